//! The options that every command with a configuration has. Shell.

use std::path::PathBuf;

use super::Failure;
use crate::config::{Config, ConfigError, Override, Problem, Sources};

/// Where the configuration comes from.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Configuration")]
pub struct ConfigOptions {
    /// Configuration file; without one, the defaults of config/homeqos.toml
    #[arg(long, short, value_name = "FILE", env = "HOMEQOS_CONFIG")]
    pub config: Option<PathBuf>,
    /// One key of it, above file and environment: --set kafka.brokers=kafka-1:9092 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

impl ConfigOptions {
    /// The configuration that file, environment, `--set` and `more` (flags of the command) add up to.
    pub fn load(&self, more: Vec<Override>) -> Result<Config, Failure> {
        let mut flags = Vec::with_capacity(self.set.len() + more.len());
        for text in &self.set {
            let (key, value) = text.split_once('=').ok_or_else(|| {
                let allowed = "must be KEY=VALUE, as --set kafka.workers=4".to_owned();
                ConfigError::from(Problem { at: "flag --set".into(), key: text.clone(), value: String::new(), allowed })
            })?;
            flags.push(Override { key: key.trim().into(), value: value.into(), at: "flag --set".into() });
        }
        flags.extend(more);
        let sources = Sources::read(self.config.as_deref(), std::env::vars_os(), flags)?;
        Ok(Config::load(&sources)?)
    }
}

/// A flag of a command that stands for a key.
pub(super) fn flag(name: &str, key: &str, value: Option<impl ToString>) -> Option<Override> {
    value.map(|value| Override { key: key.into(), value: value.to_string(), at: format!("flag {name}") })
}
