//! The store of snapshots: a local directory, or an object store by URL. Shell.
//!
//! Paths are `<group>/lane-<lane>/<epoch>.snap`, zero-padded, so that the newest sorts last. A snapshot appears under
//! its name only when it is whole and on the disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, WriteMultipart};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::clock;
use super::draft::Stamp;
use super::failpoint::{self, Point};
use super::settings::Settings;
use super::snapshot_file::{self, HEAD_BYTES_MAX, Header, Unusable};
use crate::config::Store;
use crate::units::Lane;

/// Slices of a snapshot that may wait for the upload: the worker writes the next one when there is room.
const SLICES_AHEAD: usize = 4;

/// Where this instance keeps snapshots.
#[derive(Debug, Clone)]
pub struct Snapshots {
    store: Arc<dyn ObjectStore>,
    /// The directory, where the store is one.
    directory: Option<PathBuf>,
    prefix: Path,
    /// Random name of the store, kept in it.
    id: String,
    runtime: Handle,
    /// Uploads begun.
    begun: Arc<AtomicU64>,
}

/// What an upload came to.
#[derive(Debug)]
pub struct Uploaded {
    pub lane: Lane,
    /// Of the upload: one that was given up and its successor may have the same path.
    pub number: u64,
    pub path: String,
    pub bytes: u64,
    pub result: Result<()>,
}

/// An upload under way.
#[derive(Debug)]
pub struct Upload {
    slices: mpsc::Sender<Vec<u8>>,
    /// Tells it from every other of this process.
    pub number: u64,
}

impl Upload {
    /// Whether another slice can be handed over without waiting.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.slices.capacity() > 0 || self.slices.is_closed()
    }

    /// Hands a slice over; `false` when the upload has failed.
    #[must_use]
    pub fn push(&self, slice: Vec<u8>) -> bool {
        self.slices.try_send(slice).is_ok()
    }

    /// As [`Self::push`], but waits for room: for the last snapshot of a stop.
    #[must_use]
    pub fn push_waiting(&self, slice: Vec<u8>) -> bool {
        self.slices.blocking_send(slice).is_ok()
    }
}

impl Snapshots {
    /// Opens the store and reads its name, or gives it one. Fails where nothing can be written.
    pub fn open(settings: &Settings, runtime: &Handle) -> Result<Self> {
        let (store, root, directory): (Arc<dyn ObjectStore>, Path, Option<PathBuf>) = match &settings.store {
            Store::Directory(path) => {
                std::fs::create_dir_all(path)
                    .with_context(|| format!("the snapshot directory {} cannot be made", path.display()))?;
                let local = object_store::local::LocalFileSystem::new_with_prefix(path)
                    .with_context(|| format!("the snapshot directory {} cannot be opened", path.display()))?;
                (Arc::new(local.with_fsync(true)), Path::default(), Some(path.clone()))
            }
            Store::Url(url) => {
                let lower = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
                let (store, path) = object_store::parse_url_opts(url, std::env::vars().map(lower))
                    .with_context(|| format!("the snapshot store {url} cannot be opened"))?;
                (Arc::from(store), path, None)
            }
        };
        let prefix = root.join(settings.group.as_str());
        let id = runtime
            .block_on(name(store.as_ref(), &prefix, &settings.instance))
            .context("the snapshot store cannot be written")?;
        Ok(Self { store, directory, prefix, id, runtime: runtime.clone(), begun: Arc::default() })
    }

    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    fn folder(&self, lane: Lane) -> Path {
        self.prefix.clone().join(format!("lane-{:05}", lane.0))
    }

    /// Begins an upload. Its end is told through `done`.
    #[must_use]
    pub fn upload(&self, lane: Lane, epoch: u64, done: std::sync::mpsc::Sender<Uploaded>) -> Upload {
        let (slices, mut inbox) = mpsc::channel::<Vec<u8>>(SLICES_AHEAD);
        let path = self.folder(lane).join(format!("{epoch:020}.snap"));
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        let store = Arc::clone(&self.store);
        self.runtime.spawn(async move {
            let mut bytes = 0;
            let result = async {
                let mut upload = WriteMultipart::new(store.put_multipart(&path).await?);
                let mut whole = false;
                while let Some(slice) = inbox.recv().await {
                    // An empty slice ends the file: a sender that is dropped before has given it up.
                    whole = slice.is_empty();
                    bytes += slice.len() as u64;
                    upload.wait_for_capacity(2).await?;
                    upload.write(&slice);
                    if whole {
                        break;
                    }
                }
                if whole {
                    tokio::time::sleep(failpoint::due(Point::Upload)).await;
                    upload.finish().await?;
                    Ok(())
                } else {
                    upload.abort().await?;
                    anyhow::bail!("given up")
                }
            };
            let result: Result<()> = result.await;
            // Nobody listens any more when the worker has ended.
            let _ = done.send(Uploaded { lane, number, path: path.to_string(), bytes, result });
        });
        Upload { slices, number }
    }

    /// The epochs of a lane's snapshots with their paths and sizes, newest first.
    pub fn list(&self, lane: Lane) -> Result<Vec<(u64, String, u64)>> {
        let folder = self.folder(lane);
        let listed = self.runtime.block_on(self.store.list_with_delimiter(Some(&folder)))?;
        let epoch = |name: &str| name.strip_suffix(".snap").and_then(|digits| digits.parse().ok());
        let mut found: Vec<(u64, String, u64)> = listed
            .objects
            .iter()
            .filter_map(|o| Some((epoch(o.location.filename()?)?, o.location.to_string(), o.size)))
            .collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        Ok(found)
    }

    /// A snapshot's file.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        let path = Path::parse(path)?;
        let read = async { Ok(self.store.get(&path).await?.bytes().await?.to_vec()) };
        self.runtime.block_on(read)
    }

    /// What a snapshot says of itself, by its beginning.
    pub fn header(&self, path: &str) -> Result<Header> {
        let path = Path::parse(path)?;
        let beginning = self.runtime.block_on(self.store.get_range(&path, 0..HEAD_BYTES_MAX as u64))?;
        Ok(snapshot_file::head(&beginning)?)
    }

    /// Removes all but the newest `keep` of this deployment's snapshots of a lane, and what a process that was killed
    /// left of one, in the background. A stranger's snapshots, and those of a newer release, neither count nor go. The
    /// next upload may have begun by then: only what is older than the newest snapshot is nobody's.
    pub fn prune(&self, lane: Lane, keep: usize, group: &str, stamp: &Stamp) -> tokio::task::JoinHandle<()> {
        let (this, group, stamp) = (self.clone(), group.to_owned(), stamp.clone());
        self.runtime.spawn_blocking(move || {
            let (mut ours, mut unreadable) = (Vec::new(), Vec::new());
            for (epoch, path, _) in this.list(lane).unwrap_or_default() {
                match this.header(&path).map_err(anyhow::Error::downcast::<Unusable>) {
                    Ok(header) if header.is_of(lane, &group, &stamp) => ours.push((epoch, path)),
                    Ok(header) => tracing::warn!(
                        lane = lane.0,
                        path,
                        cluster = header.cluster,
                        "a snapshot of another cluster, group, set of topics or lane lies here and is left alone; give \
                         each deployment a store or a group of its own (state.store, kafka.group)"
                    ),
                    Err(Ok(Unusable::NotOurs | Unusable::Truncated | Unusable::Damaged(_))) => {
                        unreadable.push((epoch, path));
                    }
                    Err(Ok(Unusable::Newer(_)) | Err(_)) => {}
                }
            }
            let newest = ours.first().map_or(0, |(epoch, _)| *epoch);
            let old = ours.into_iter().skip(keep).chain(unreadable.into_iter().filter(|(epoch, _)| *epoch < newest));
            for (_, path) in old {
                let Ok(path) = Path::parse(&path) else { continue };
                if let Err(error) = this.runtime.block_on(this.store.delete(&path)) {
                    tracing::warn!(%error, %path, "an old snapshot could not be removed");
                }
            }
            this.remove_parts(lane, newest);
        })
    }

    fn remove_parts(&self, lane: Lane, newest: u64) {
        let Some(directory) = &self.directory else { return };
        let folder = directory.join(self.folder(lane).to_string());
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if part_of(&entry.file_name().to_string_lossy()).is_some_and(|epoch| epoch < newest)
                && let Err(error) = std::fs::remove_file(entry.path())
            {
                tracing::warn!(%error, path = %entry.path().display(), "part of a snapshot could not be removed");
            }
        }
    }
}

/// The epoch, if this is the file of an upload that is not finished: `<epoch>.snap#<number>`. Object stores keep such
/// parts out of sight; there a rule of the bucket removes them.
fn part_of(name: &str) -> Option<u64> {
    let (epoch, part) = name.split_once(".snap#")?;
    part.parse::<u64>().ok().and(epoch.parse().ok())
}

/// The store's name: what the first instance wrote into it.
async fn name(store: &dyn ObjectStore, prefix: &Path, instance: &str) -> Result<String> {
    let path = prefix.clone().join("store-id");
    let fresh = clock::fresh_name(instance);
    let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    match store.put_opts(&path, PutPayload::from(fresh.clone()), options).await {
        Ok(_) => return Ok(fresh),
        Err(object_store::Error::AlreadyExists { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let bytes = store.get(&path).await?.bytes().await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::journal::Offsets;

    fn snapshots(folder: &std::path::Path, runtime: &Handle) -> Snapshots {
        let config = crate::config::Config::defaults().unwrap();
        let mut settings = Settings::new(&config, false);
        settings.store = Store::Directory(folder.to_owned());
        Snapshots::open(&settings, runtime).unwrap()
    }

    fn write(snapshots: &Snapshots, epoch: u64, slices: &[&[u8]]) -> Result<()> {
        let (done, ended) = std::sync::mpsc::channel();
        let upload = snapshots.upload(Lane(3), epoch, done);
        assert!(slices.iter().all(|slice| upload.push_waiting(slice.to_vec())));
        drop(upload);
        ended.recv().unwrap().result
    }

    fn stamp(cluster: &str) -> Stamp {
        let (code, policy, key) = (String::new(), String::new(), String::new());
        Stamp {
            cluster: cluster.to_owned(),
            lanes: 4,
            code,
            policy,
            key,
            area_lanes: 1,
            inputs: vec!["crm".to_owned()],
        }
    }

    /// A snapshot's file with nothing in it.
    fn file(cluster: &str, epoch: u64) -> Vec<u8> {
        let Stamp { cluster, lanes, inputs: topics, code, policy, key, .. } = stamp(cluster);
        let (group, lane, ends) = ("homeqos".to_owned(), Lane(3), Offsets::default());
        let (journal, written_at, mode) = (0, 0, Vec::new());
        let header =
            Header { cluster, topics, group, lane, lanes, epoch, ends, journal, policy, code, key, written_at, mode };
        let mut out = Vec::new();
        let _ = snapshot_file::Writer::begin(&header, &mut out).finish(&mut out);
        out
    }

    fn prune(snapshots: &Snapshots, runtime: &tokio::runtime::Runtime) {
        runtime.block_on(snapshots.prune(Lane(3), 2, "homeqos", &stamp("ours"))).unwrap();
    }

    #[test]
    fn a_strangers_snapshots_neither_count_among_ours_nor_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let snapshots = snapshots(folder.path(), runtime.handle());
        let mut newer = file("ours", 1);
        newer[8] = 9;
        write(&snapshots, 1, &[&newer, b""]).unwrap();
        for epoch in [2, 900, 901] {
            write(&snapshots, epoch, &[&file("another", epoch), b""]).unwrap();
        }
        write(&snapshots, 3, &[b"cut", b""]).unwrap();
        for epoch in [5, 6, 7, 8] {
            write(&snapshots, epoch, &[&file("ours", epoch), b""]).unwrap();
        }
        prune(&snapshots, &runtime);
        let left: Vec<u64> = snapshots.list(Lane(3)).unwrap().iter().map(|(epoch, ..)| *epoch).collect();
        assert_eq!(left, [901, 900, 8, 7, 2, 1]);
    }

    #[test]
    fn snapshots_are_listed_newest_first_read_whole_and_pruned_to_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let snapshots = snapshots(folder.path(), runtime.handle());
        for epoch in [9, 100, 20] {
            let file = file("ours", epoch);
            let (one, other) = file.split_at(30);
            write(&snapshots, epoch, &[one, other, b""]).unwrap();
        }
        let listed: Vec<u64> = snapshots.list(Lane(3)).unwrap().iter().map(|(epoch, ..)| *epoch).collect();
        assert_eq!(listed, [100, 20, 9]);
        assert!(snapshots.list(Lane(4)).unwrap().is_empty());
        let (_, path, bytes) = &snapshots.list(Lane(3)).unwrap()[0];
        let whole = file("ours", 100);
        assert_eq!((snapshots.read(path).unwrap(), *bytes), (whole.clone(), whole.len() as u64));
        prune(&snapshots, &runtime);
        let kept = std::fs::read_dir(folder.path().join("homeqos/lane-00003")).unwrap().count();
        assert_eq!(kept, 2);
    }

    #[test]
    fn what_a_killed_process_left_of_a_snapshot_is_removed_with_the_old_ones() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let snapshots = snapshots(folder.path(), runtime.handle());
        // Uploads that never end: one as a kill leaves it, and the next one under way.
        let (done, _ended) = std::sync::mpsc::channel();
        let uploads = [7, 12].map(|epoch| snapshots.upload(Lane(3), epoch, done.clone()));
        assert!(uploads.iter().all(|upload| upload.push_waiting(vec![1; 16 << 20])));
        write(&snapshots, 9, &[&file("ours", 9), b""]).unwrap();
        let lane = folder.path().join("homeqos/lane-00003");
        let names = || -> Vec<String> {
            let entries = std::fs::read_dir(&lane).unwrap().flatten();
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
        };
        let parts = || -> std::collections::BTreeSet<u64> { names().iter().filter_map(|name| part_of(name)).collect() };
        while parts() != [7, 12].into() {
            std::thread::yield_now();
        }
        prune(&snapshots, &runtime);
        assert_eq!(parts(), [12].into(), "what is being written stays");
        let left: Vec<String> = names().into_iter().filter(|name| part_of(name).is_none()).collect();
        assert_eq!(left, ["00000000000000000009.snap"]);
    }

    #[test]
    fn an_upload_that_is_given_up_leaves_no_snapshot() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let snapshots = snapshots(folder.path(), runtime.handle());
        assert!(write(&snapshots, 1, &[b"half"]).is_err());
        assert!(snapshots.list(Lane(3)).unwrap().is_empty());
    }

    #[test]
    fn a_store_keeps_its_name_and_another_has_another() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let open = |folder: &tempfile::TempDir| snapshots(folder.path(), runtime.handle()).id().to_owned();
        assert_eq!(open(&one), open(&one));
        assert_ne!(open(&one), open(&two));
    }
}
