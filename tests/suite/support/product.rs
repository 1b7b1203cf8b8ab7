//! The real binary as a child process.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::time::Duration;

use super::children::Process;
use super::{http, now, wait_for};

/// The binary that is tested: what cargo has built, or another build that `HOMEQOS_BINARY` names.
pub(crate) fn binary() -> PathBuf {
    std::env::var_os("HOMEQOS_BINARY").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_homeqos")), PathBuf::from)
}

/// A running `homeqos`.
#[derive(Debug)]
pub(crate) struct Product {
    process: Process,
    http_port: u16,
}

impl Product {
    /// Starts `homeqos ARGS…` in `folder`; its stderr goes to `folder/NAME.err`.
    pub(crate) fn start(args: &[&str], http_port: u16, folder: &Path, name: &str) -> Self {
        Self::start_with(args, &[], http_port, folder, name)
    }

    /// As [`Self::start`], with further variables of the environment.
    pub(crate) fn start_with(
        args: &[&str],
        environment: &[(&str, &str)],
        http_port: u16,
        folder: &Path,
        name: &str,
    ) -> Self {
        Self::start_program(&binary(), args, environment, http_port, folder, name)
    }

    /// As [`Self::start_with`], but that program.
    pub(crate) fn start_program(
        program: &Path,
        args: &[&str],
        environment: &[(&str, &str)],
        http_port: u16,
        folder: &Path,
        name: &str,
    ) -> Self {
        let args: Vec<_> = args.iter().map(|a| (*a).to_owned()).collect();
        let all = [&[("RUST_BACKTRACE", "1"), ("NO_COLOR", "1")], environment].concat();
        let process = Process::start_with(program, &args, &all, folder, name).expect("homeqos starts");
        Self { process, http_port }
    }

    /// Waits until `/readyz` says 200; panics with its last words when it ends before.
    pub(crate) fn ready(&mut self, limit: Duration) {
        let end = now() + limit;
        loop {
            if http::get(self.http_port, "/readyz").is_ok_and(|(status, _)| status == 200) {
                return;
            }
            let ended = self.process.ended();
            assert!(
                ended.is_none() && now() < end,
                "homeqos is not ready ({ended:?}); its last words:\n{}",
                self.process.last_words()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The status and body of a GET.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        wait_for(path, Duration::from_secs(10), || http::get(self.http_port, path).ok())
    }

    /// The value of a series on `/metrics`, by its whole name with labels as they are written there.
    pub(crate) fn metric(&self, series: &str) -> Option<f64> {
        let (_, body) = self.get("/metrics");
        let line = body.lines().find(|l| l.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    pub(crate) fn resident_bytes(&self) -> u64 {
        let resident = self.status("VmRSS").expect("VmRSS");
        let kib: u64 = resident.trim_end_matches("kB").trim().parse().expect("a number of KiB");
        kib * 1024
    }

    /// Whether SIGTERM is one of the signals for which the process has a handler.
    fn catches_term(&self) -> bool {
        const TERM: u32 = 15;
        let caught = self.status("SigCgt").and_then(|mask| u64::from_str_radix(&mask, 16).ok());
        caught.is_some_and(|mask| mask >> (TERM - 1) & 1 == 1)
    }

    /// What the kernel says of the process under this name.
    fn status(&self, name: &str) -> Option<String> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).ok()?;
        let said = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        Some(said.trim().to_owned())
    }

    pub(crate) fn http_port(&self) -> u16 {
        self.http_port
    }

    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.process.ended()
    }

    /// `TERM`, `HUP`, `STOP`, `CONT`, …
    pub(crate) fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// SIGTERM and its end: 30 s are promised. A process that has only just begun would die of the signal: it is given
    /// the time to say that it wants to hear of it.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let heard = Duration::from_secs(10);
        wait_for("a process that catches SIGTERM", heard, || {
            (self.ended().is_some() || self.catches_term()).then_some(())
        });
        self.process.signal("TERM");
        self.process.wait(Duration::from_secs(30))
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    pub(crate) fn wait(&mut self, limit: Duration) -> ExitStatus {
        self.process.wait(limit)
    }

    pub(crate) fn stdout(&self) -> String {
        self.process.stdout()
    }

    pub(crate) fn stderr(&self) -> String {
        self.process.stderr()
    }
}

/// Runs a command of homeqos to its end.
pub(crate) fn command(args: &[&str], folder: &Path) -> Output {
    Command::new(binary()).args(args).current_dir(folder).env("NO_COLOR", "1").output().expect("homeqos starts")
}
