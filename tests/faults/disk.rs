//! The disk of the snapshots, where `disk.c` can stand before it: full, or slow.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::root;

/// The library that makes it so.
pub(crate) struct Disk {
    library: PathBuf,
}

/// What a disk suffers from, in the library's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ill {
    Full,
    Slow,
}

impl Disk {
    /// The error says why there is none: the disk then stays well.
    pub(crate) fn build() -> Result<Self, String> {
        let (source, folder) = (root().join("tests/faults/disk.c"), root().join("target/tools"));
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        // Another driver may be loading the one that is there.
        let (library, made) = (folder.join("disk.so"), folder.join(format!("disk-{}.so", std::process::id())));
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&made).arg(source);
        let output = compiler.output().map_err(|error| format!("no C compiler: {error}"))?;
        if !output.status.success() {
            return Err(format!("disk.c does not compile: {}", String::from_utf8_lossy(&output.stderr)));
        }
        std::fs::rename(made, &library).map_err(|error| error.to_string())?;
        Ok(Self { library })
    }

    /// What an instance's environment needs for it.
    pub(crate) fn environment(&self, folder: &Path) -> [(&'static str, String); 3] {
        [
            ("LD_PRELOAD", self.library.display().to_string()),
            ("HOMEQOS_DISK", control(folder).display().to_string()),
            ("HOMEQOS_DISK_OF", folder.join("state").display().to_string()),
        ]
    }
}

/// The store in the deployment's `folder` falls ill.
pub(crate) fn fall(folder: &Path, ill: Ill) {
    let word = match ill {
        Ill::Full => "full",
        Ill::Slow => "slow",
    };
    let _ = std::fs::remove_file(met(folder));
    std::fs::write(control(folder), word).expect("our own file");
}

/// The store is well again; whether anybody has met it while it was not.
pub(crate) fn recover(folder: &Path) -> bool {
    std::fs::remove_file(control(folder)).expect("our own file");
    is_met(folder)
}

/// Whether somebody has met the store since it fell ill.
pub(crate) fn is_met(folder: &Path) -> bool {
    met(folder).exists()
}

fn control(folder: &Path) -> PathBuf {
    folder.join("disk")
}

fn met(folder: &Path) -> PathBuf {
    folder.join("disk.met")
}
