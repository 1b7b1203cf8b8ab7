//! Configuration: file, environment and flags → [`Config`]. Shell: it reads files and the environment.
//!
//! In: `homeqos.toml` (each section and key is optional), variables `HOMEQOS_<SECTION>__<KEY>`, and flags; a flag wins
//! over the environment, the environment over the file. Out: first [`Written`], the text as typed, where an unknown key
//! fails; then [`Config`], what it means, cross-checked before any connection is made.
//! What must hold: every refusal names where the value was written, the key, the value and what is allowed; the
//! defaults are those of `config/homeqos.toml`, key by key.

mod checks;
mod defaults;
mod error;
mod http;
mod mappings;
mod meant;
mod rules;
mod sources;
#[cfg(test)]
mod tests;
mod written;

pub use error::{ConfigError, Problem};
pub use http::{HttpAccess, TOKEN_VARIABLE, TlsFiles, Token};
pub use meant::{Config, KEY_VARIABLE, Store};
pub use sources::{Override, Sources};
pub use written::{
    Deployment, Http, Identity, InputSource, Kafka, Log, LogFormat, OnReplayGap, Routing, State, Time, TimeMode,
    Topics, Written,
};
