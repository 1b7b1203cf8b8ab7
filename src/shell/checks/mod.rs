//! Start-up checks: what would go wrong later is told now, in sentences an operator can act on. Shell.
//!
//! In: the settings. Out: a [`Finding`] for each thing looked at. What must hold: nothing is written anywhere, each
//! refusal says what is wrong, where, and what to do; `run` refuses exactly what `check` refuses.

mod access;
mod acls;
mod cluster;
mod keys;
mod state;

pub use acls::acls;
pub use keys::{KEYS_READ, MISFITS_MAX, Sample};

use super::Settings;
use super::http::Server;
use crate::config::{Config, Store};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Fine,
    /// Worth knowing.
    Note,
    /// Runs, and will hurt.
    Warning,
    /// Does not start: exit code 2.
    RefusedConfiguration,
    /// Does not start: exit code 3.
    RefusedBroker,
    /// Does not start: exit code 4.
    RefusedState,
}

impl Level {
    #[must_use]
    pub fn refuses(self) -> bool {
        self >= Self::RefusedConfiguration
    }

    /// The word that stands before the sentence.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::RefusedConfiguration | Self::RefusedBroker | Self::RefusedState => "refused",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub level: Level,
    /// What is wrong, where, and what to do; what was found, when nothing is.
    pub said: String,
}

impl Finding {
    pub(super) fn new(level: Level, said: impl Into<String>) -> Self {
        Self { level, said: said.into() }
    }
}

/// Looks at everything that can be looked at before a start. A broker that does not answer ends the list, since the
/// rest depends on it.
#[must_use]
pub fn all(config: &Config) -> Vec<Finding> {
    let mut found = vec![identity(config), store(config), port(config)];
    match cluster::Cluster::reach(&Settings::new(config, false)) {
        Err(finding) => found.push(finding),
        Ok(cluster) => {
            found.push(cluster.reached());
            found.extend(cluster.topics());
            if !found.iter().any(|finding| finding.level.refuses()) {
                found.extend(cluster.cleanup());
                found.extend(keys::check(&cluster));
                found.extend(access::check(&cluster));
                found.extend(state::check(config, &cluster));
            }
        }
    }
    found
}

/// The topics alone: what is not as it must be. For `topics create`, which leaves what exists as it is.
#[must_use]
pub fn topics(settings: &Settings) -> Vec<Finding> {
    let found = match cluster::Cluster::reach(settings) {
        Err(finding) => vec![finding],
        Ok(cluster) => cluster.topics().into_iter().chain(cluster.cleanup()).collect(),
    };
    found.into_iter().filter(|finding| finding.level >= Level::Warning).collect()
}

fn identity(config: &Config) -> Finding {
    match config.id_key() {
        Ok(key) => Finding::new(Level::Fine, format!("identity key found, fingerprint {}", key.fingerprint())),
        Err(error) => Finding::new(Level::RefusedConfiguration, error.to_string()),
    }
}

/// A directory must be there or be makeable, and hold what we write.
fn store(config: &Config) -> Finding {
    let Store::Directory(path) = &config.store else {
        return Finding::new(Level::Fine, format!("snapshots go to {}", config.written.state.store));
    };
    let probe = path.join(format!(".homeqos-check-{}", std::process::id()));
    let tried = std::fs::create_dir_all(path).and_then(|()| std::fs::write(&probe, b"check"));
    drop(std::fs::remove_file(&probe));
    match tried {
        Ok(()) => Finding::new(Level::Fine, format!("snapshots go to the directory {}", path.display())),
        Err(error) => Finding::new(
            Level::RefusedState,
            format!(
                "`state.store` = \"{}\": nothing can be written there ({error}); give this user the directory, or name \
                 another one",
                config.written.state.store
            ),
        ),
    }
}

fn port(config: &Config) -> Finding {
    let Some(listen) = config.listen else {
        return Finding::new(Level::Note, "HTTP is off: no /metrics, /livez, /readyz (`http.listen` is empty)");
    };
    match Server::bind(listen, &config.http) {
        Err(said) => Finding::new(Level::RefusedConfiguration, said),
        Ok(_) if listen.ip().is_loopback() => Finding::new(Level::Fine, format!("HTTP can listen on {listen}")),
        Ok(_) if config.http.token.is_some() => {
            let over =
                if config.http.tls.is_some() { "by TLS" } else { "in plain HTTP, for the proxy that speaks TLS" };
            Finding::new(Level::Fine, format!("HTTP can listen on {listen} {over}; /v1 asks for the token"))
        }
        Ok(_) => {
            let said = format!(
                "HTTP can listen on {listen}; beyond loopback /v1 is served only with a token (`http.token_file`), since it \
                 tells of customers"
            );
            Finding::new(Level::Note, said)
        }
    }
}
