//! Why a command ended: the sentence for stderr and the exit code. Shell.

use std::fmt;
use std::process::ExitCode;

use crate::config::ConfigError;

/// What kind of failure it is: the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Anything else.
    Other = 1,
    Configuration = 2,
    Broker = 3,
    /// The state of a lane cannot be recovered.
    State = 4,
    /// Another instance of the same name has taken over.
    Fenced = 5,
}

/// A command's end that is not success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub kind: Kind,
    /// What went wrong, where, and what to do; one line each where there are several.
    pub said: String,
}

impl Failure {
    pub fn new(kind: Kind, said: impl Into<String>) -> Self {
        Self { kind, said: said.into() }
    }

    /// Tells stderr, and gives the exit code.
    #[must_use]
    pub fn report(&self) -> ExitCode {
        for line in self.said.lines() {
            eprintln!("homeqos: {line}");
        }
        ExitCode::from(self.kind as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl std::error::Error for Failure {}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Kind::Configuration, error.to_string())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::new(Kind::Other, format!("{error:#}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Kind::Other, error.to_string())
    }
}
