//! The configuration as meant: cross-checked, before any connection is made. Shell: it reads secret files and the host
//! name.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::checks::{self, Findings};
use super::error::{ConfigError, Problem};
use super::http::{self, HttpAccess};
use super::sources::Sources;
use super::written::Written;
use super::{mappings, rules};
use crate::act::IdKey;
use crate::ingest::Mapping;
use crate::pipeline::Policy;
use crate::units::Zone;

/// The environment variable that holds the identity key itself.
pub const KEY_VARIABLE: &str = "HOMEQOS_KEY";

/// A configuration that can be run. What needs no other form is read from `written`.
#[derive(Debug, Clone)]
pub struct Config {
    pub written: Written,
    pub zone: Zone,
    /// This instance's name: as written, else the host's.
    pub instance: String,
    /// `None`: no HTTP.
    pub listen: Option<SocketAddr>,
    /// Who may ask of customers over HTTP, and over what.
    pub http: HttpAccess,
    /// Properties for every Kafka client, secrets included: never to be logged.
    pub properties: BTreeMap<String, String>,
    pub store: Store,
    /// How each input's records are read.
    pub mapping: Mapping,
}

/// Where snapshots go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// A directory of this machine: only this machine can recover from it.
    Directory(PathBuf),
    /// `s3://…`, `gs://…`, `az://…`.
    Url(url::Url),
}

impl Config {
    /// Reads the sources and checks them against one another. All that is wrong is told at once.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let written = sources.written()?;
        let mut found = Findings::new(sources);
        checks::deployment(&written, &mut found);
        checks::kafka(&written.kafka, &mut found);
        checks::topics(&written.topics, &mut found);
        checks::state(&written.state, &mut found);
        checks::inputs(&written.inputs, &mut found);
        rules::check(&written, &mut found);
        let mapping = mappings::read(&written, &mut found);
        let zone = Zone::named(&written.time.zone).map_err(|error| found.add("time.zone", &written.time.zone, error));
        let listen = listen(&written.http.listen).map_err(|allowed| {
            found.add("http.listen", &written.http.listen, allowed);
        });
        let http = http::access(&written.http, listen.ok().flatten(), &mut found);
        let store = store(&written.state.store).map_err(|allowed| {
            found.add("state.store", &written.state.store, allowed);
        });
        let properties = properties(&written, &mut found);
        let instance = instance(&written, &mut found);
        found.finish()?;
        let (Ok(zone), Ok(listen), Ok(store)) = (zone, listen, store) else {
            return Err(ConfigError(Vec::new()));
        };
        Ok(Self { written, zone, instance, listen, http, properties, store, mapping })
    }

    /// The defaults, as far as they are good for anything without a broker.
    pub fn defaults() -> Result<Self, ConfigError> {
        Self::load(&Sources::default())
    }

    /// The rules of all stages as the lanes use them, with ids made by `key`.
    #[must_use]
    pub fn policy(&self, key: IdKey) -> Policy {
        rules::policy(&self.written, &self.zone, key)
    }

    /// The identity key: from `HOMEQOS_KEY`, else from the key file.
    pub fn id_key(&self) -> Result<IdKey, ConfigError> {
        let problem = |at: String, allowed: &str| Problem {
            at,
            key: "identity.key_file".to_owned(),
            value: format!("{:?}", self.written.identity.key_file.display().to_string()),
            allowed: allowed.to_owned(),
        };
        if let Ok(text) = std::env::var(KEY_VARIABLE) {
            let at = format!("environment variable {KEY_VARIABLE}");
            return IdKey::from_hex(&text)
                .ok_or_else(|| problem(at, "the variable must hold 64 hexadecimal digits").into());
        }
        let at = || "configuration".to_owned();
        let text = std::fs::read_to_string(&self.written.identity.key_file).map_err(|error| {
            let allowed = format!(
                "cannot be read ({error}); `homeqos topics create` makes it, or copy it from another instance, or set \
                 {KEY_VARIABLE}"
            );
            problem(at(), &allowed)
        })?;
        IdKey::from_hex(&text).ok_or_else(|| problem(at(), "the file must hold 64 hexadecimal digits").into())
    }
}

fn listen(text: &str) -> Result<Option<SocketAddr>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| "must be `address:port`, as `127.0.0.1:9464` or `[::1]:9464`, or empty".to_owned())
}

fn store(text: &str) -> Result<Store, String> {
    if let Some(path) = text.strip_prefix("file:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return if path.is_empty() {
            Err("`file:` must name a directory".into())
        } else {
            Ok(Store::Directory(path.into()))
        };
    }
    let url = url::Url::parse(text)
        .map_err(|_| "must be `file:DIRECTORY`, or an URL as `s3://bucket/prefix`, `gs://…`, `az://…`".to_owned())?;
    let (feature, built) = match url.scheme() {
        "s3" => ("s3", cfg!(feature = "s3")),
        "gs" => ("gcs", cfg!(feature = "gcs")),
        "az" => ("azure", cfg!(feature = "azure")),
        other => return Err(format!("`{other}` is not a store; use `file:`, `s3://`, `gs://` or `az://`")),
    };
    if built {
        Ok(Store::Url(url))
    } else {
        Err(format!("this build has no such store; build with `--features {feature}`"))
    }
}

/// Plain properties and those whose value is the content of a file.
fn properties(written: &Written, found: &mut Findings<'_>) -> BTreeMap<String, String> {
    let mut all = written.kafka.properties.clone();
    for (name, path) in &written.kafka.secret_files {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                all.insert(name.clone(), text.trim_end_matches(['\n', '\r']).to_owned());
            }
            Err(error) => {
                let allowed = format!("cannot be read ({error}); it must hold the property's value");
                found.add(&format!("kafka.secret_files.{name}"), path.display(), allowed);
            }
        }
    }
    all
}

/// As written, else the host's name, with what a Kafka id may not hold replaced.
fn instance(written: &Written, found: &mut Findings<'_>) -> String {
    let name = match written.kafka.instance.as_str() {
        "" => host_name().unwrap_or_default(),
        name => name.to_owned(),
    };
    if !checks::is_name(&name) {
        let allowed = "must be 1 to 64 letters, digits, `.`, `_` or `-`, and another one on every instance";
        found.add("kafka.instance", &name, allowed);
    }
    name
}

fn host_name() -> Option<String> {
    let read = |path: &str| std::fs::read_to_string(Path::new(path)).ok();
    let name =
        read("/proc/sys/kernel/hostname").or_else(|| read("/etc/hostname")).or_else(|| std::env::var("HOSTNAME").ok());
    name.map(|n| n.trim().to_owned()).filter(|n| !n.is_empty())
}
