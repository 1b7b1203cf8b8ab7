//! `homeqos topics create`: the topics and the identity key that a deployment needs. Shell.

use std::io::{Read as _, Write as _};
use std::path::Path;

use clap::Subcommand;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::{ConfigOptions, Failure, Kind};
use crate::act::IdKey;
use crate::config::{Config, KEY_VARIABLE};
use crate::shell::Settings;
use crate::shell::checks;
use crate::shell::topics::{Admin, Made, Needed, Sizes, needed};

/// Creates topics
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Create(Create),
}

/// Creates the topics that are missing, with the settings they need, and the identity key
///
/// What exists is left as it is; `homeqos check` tells whether it will do. The keyed inputs and the journal get the same
/// number of partitions: it is the number of lanes, bounds how far the deployment can grow, and cannot be changed
/// later without starting anew.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  homeqos topics create --config homeqos.toml --partitions 32 --replication-factor 3"
)]
struct Create {
    /// Partitions of the keyed inputs, the journal, actions and dead letters: the number of lanes
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=4096))]
    partitions: u16,
    /// Partitions of the two area topics
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=4096))]
    area_partitions: u16,
    /// Copies of each partition; without it, the broker's default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=15))]
    replication_factor: Option<u8>,
    #[command(flatten)]
    options: ConfigOptions,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let Command::Create(create) = &args.command;
    let config = create.options.load(Vec::new())?;
    let settings = Settings::new(&config, false);
    let sizes = Sizes {
        lanes: create.partitions,
        area_lanes: create.area_partitions,
        replication: create.replication_factor.map_or(-1, i32::from),
    };
    let admin = Admin::new(&settings).map_err(|error| {
        Failure::new(Kind::Configuration, format!("`kafka.properties`: librdkafka refuses them: {error}"))
    })?;
    let mut out = std::io::stdout().lock();
    let mut existed = false;
    for topic in needed(&settings.topics) {
        let failed = |error: KafkaError| refused(&settings, &topic, &error);
        match admin.create(&topic, sizes).map_err(failed)? {
            Made::Created { partitions } => {
                admin.wait_for(&topic.name).map_err(failed)?;
                writeln!(out, "created  {} ({partitions} partitions)", topic.name)?;
            }
            Made::Existed => {
                existed = true;
                writeln!(out, "exists   {}", topic.name)?;
            }
        }
    }
    // What was just made is as it must be.
    for finding in if existed { checks::topics(&settings) } else { Vec::new() } {
        writeln!(out, "differs  {}", finding.said)?;
    }
    writeln!(out, "{}", identity(&config)?)?;
    Ok(())
}

fn refused(settings: &Settings, topic: &Needed, error: &KafkaError) -> Failure {
    let name = &topic.name;
    let advice = match error {
        KafkaError::AdminOp(
            RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::ClusterAuthorizationFailed,
        ) => "access is denied: creating topics needs Create on the cluster, or on these topics".to_owned(),
        KafkaError::AdminOp(RDKafkaErrorCode::InvalidReplicationFactor) => {
            "the cluster has fewer brokers than copies are asked for: give --replication-factor".to_owned()
        }
        other => format!(
            "{other}; no broker may have answered within {} ms at `kafka.brokers` = \"{}\"",
            settings.request_timeout.as_millis(),
            settings.brokers
        ),
    };
    Failure::new(Kind::Broker, format!("topic {name} could not be created: {advice}"))
}

/// Makes the key file unless there is a key, and says which key it is.
fn identity(config: &Config) -> Result<String, Failure> {
    let path = &config.written.identity.key_file;
    if std::env::var_os(KEY_VARIABLE).is_some() {
        return Ok(format!("exists   identity key in {KEY_VARIABLE} (fingerprint {})", config.id_key()?.fingerprint()));
    }
    if path.exists() {
        return Ok(format!(
            "exists   identity key {} (fingerprint {})",
            path.display(),
            config.id_key()?.fingerprint()
        ));
    }
    let key = create_key(path).map_err(|error| {
        let said = format!(
            "identity key {} could not be written ({error}); name another place with --set identity.key_file=FILE",
            path.display()
        );
        Failure::new(Kind::Configuration, said)
    })?;
    Ok(format!(
        "created  identity key {} (fingerprint {}); keep a copy, every instance needs this same file",
        path.display(),
        key.fingerprint()
    ))
}

/// 32 bytes of the system's randomness, in a file that only its owner can read. An existing file is never replaced.
fn create_key(path: &Path) -> std::io::Result<IdKey> {
    let mut bytes = [0; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let key = IdKey::new(bytes);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut open = std::fs::OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    let mut file = open.open(path)?;
    writeln!(file, "{}", key.to_hex())?;
    file.sync_all()?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_and_can_be_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/homeqos.key");
        let key = create_key(&path).unwrap();
        assert_eq!(IdKey::from_hex(&std::fs::read_to_string(&path).unwrap()), Some(key));
        assert!(create_key(&path).is_err());
    }
}
