//! Snapshots in a local directory: ours, whole, of this cluster and key. Shell.
//!
//! Looks at the beginning and the end of each lane's files, which costs nothing however large they are; the payload's
//! checksum is for the recovery.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use rdkafka::consumer::Consumer as _;

use super::cluster::Cluster;
use super::{Finding, Level};
use crate::config::{Config, Store};
use crate::shell::snapshot_file::{self, HEAD_BYTES_MAX, TAIL_BYTES};

pub(super) fn check(config: &Config, cluster: &Cluster) -> Vec<Finding> {
    let Store::Directory(root) = &config.store else { return Vec::new() };
    let key = config.id_key().map(|key| key.fingerprint()).unwrap_or_default();
    let (mut found, mut sound) = (Vec::new(), 0);
    for lane in 0..cluster.lanes() {
        let files = newest_first(&root.join(&cluster.settings.group).join(format!("lane-{lane:05}")));
        let mut unusable = Vec::new();
        let usable = files.iter().find(|path| match look(path, cluster, &key) {
            Ok(()) => true,
            Err(why) => {
                unusable.push(format!("{} ({why})", path.display()));
                false
            }
        });
        match usable {
            Some(_) => sound += 1,
            None if files.is_empty() => {}
            None if journal_is_cut(cluster, lane) => {
                found.push(Finding::new(
                    Level::RefusedState,
                    format!(
                        "lane {lane}: no snapshot can be used, and the journal no longer reaches back to the lane's \
                         beginning: {}; bring back the right store, key or release",
                        unusable.join(", ")
                    ),
                ));
                continue;
            }
            None => {}
        }
        if let Some(first) = unusable.first() {
            let instead =
                if usable.is_some() { "the snapshot before is used" } else { "the journal is replayed whole" };
            let said = format!("lane {lane}: the snapshot {first} cannot be used; {instead}, recovery takes longer");
            found.push(Finding::new(Level::Warning, said));
        }
    }
    if found.is_empty() {
        let said = format!("{sound} of {} lanes have a snapshot", cluster.lanes());
        found.push(Finding::new(Level::Fine, said));
    }
    found
}

/// Names are zero-padded epochs.
fn newest_first(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "snap"));
    files.sort_unstable_by(|a, b| b.cmp(a));
    files
}

fn look(path: &Path, cluster: &Cluster, key: &str) -> Result<(), String> {
    let ends = || -> std::io::Result<(Vec<u8>, Vec<u8>)> {
        let mut file = File::open(path)?;
        let (mut head, mut tail) = (Vec::new(), Vec::new());
        file.by_ref().take(HEAD_BYTES_MAX as u64).read_to_end(&mut head)?;
        let bytes = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(bytes.saturating_sub(TAIL_BYTES as u64)))?;
        file.read_to_end(&mut tail)?;
        Ok((head, tail))
    };
    let (head, tail) = ends().map_err(|error| error.to_string())?;
    let header = snapshot_file::glance(&head, &tail).map_err(|error| error.to_string())?;
    if header.lanes != cluster.lanes() {
        return Err(format!("it is of {} lanes, there are {}", header.lanes, cluster.lanes()));
    }
    if header.key != key {
        return Err(format!("it was made with the identity key {}, this one is {key}", header.key));
    }
    let id = cluster.consumer.client().fetch_cluster_id(cluster.settings.request_timeout).unwrap_or_default();
    if header.cluster != id {
        return Err(format!("it is of the Kafka cluster {}, this one is {id}", header.cluster));
    }
    Ok(())
}

/// Whether the lane's first journal records are deleted. When nobody can tell, recovery will.
fn journal_is_cut(cluster: &Cluster, lane: u16) -> bool {
    cluster.ends(&cluster.settings.topics.journal, i32::from(lane)).is_ok_and(|(low, _)| low > 0)
}
