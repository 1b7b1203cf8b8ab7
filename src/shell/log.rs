//! Logs on stderr: for people on a terminal, one JSON object a line otherwise. Shell.
//!
//! No line of ours names a customer: what concerns one of them is told by `tap` and `/v1`, on request.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Installs the process's log. A second call in the same process changes nothing.
///
/// # Errors
/// When `filter` cannot be read; the text says which part.
pub fn start(format: LogFormat, filter: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        format!("`log.filter` = {filter:?}: {error}; write a level as `info`, or `warn,homeqos::shell=debug`")
    })?;
    let human = match format {
        LogFormat::Human => true,
        LogFormat::Json => false,
        LogFormat::Auto => std::io::stderr().is_terminal(),
    };
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if human {
        log.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init()
    } else {
        log.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
    };
    // Somebody else's log is installed already: in tests of this process, by the test before.
    drop(started);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_is_named() {
        let said = start(LogFormat::Json, "homeqos=loud").unwrap_err();
        assert!(said.contains("log.filter") && said.contains("homeqos=loud"), "{said}");
    }
}
