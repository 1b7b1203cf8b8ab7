//! Progress of long work: a bar on a terminal, nothing elsewhere. Shell.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that counts bytes or records.
pub struct Progress(ProgressBar);

impl Progress {
    /// Bytes of files. On standard error, and only where that is a terminal.
    #[must_use]
    pub fn bytes(what: &'static str, total: u64) -> Self {
        Self::new(what, total, "{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}")
    }

    /// Records, customers, whatever is counted.
    #[must_use]
    pub fn count(what: &'static str, total: u64) -> Self {
        Self::new(what, total, "{msg} [{bar:30}] {human_pos}/{human_len} {per_sec} {eta}")
    }

    fn new(what: &'static str, total: u64, template: &str) -> Self {
        use std::io::IsTerminal as _;
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new(total) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(bar.with_style(style).with_message(what))
    }

    pub fn set(&self, done: u64) {
        self.0.set_position(done);
    }

    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
