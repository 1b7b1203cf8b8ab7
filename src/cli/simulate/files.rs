//! The files of a simulated town, a line for each record. Shell.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::replay::InputFile;
use crate::ingest::Input;
use crate::sim::SimRecord;

/// The inputs that a town has; nobody knows the outcome of an action before it is decided.
const INPUTS: [Input; 5] = [Input::Probes, Input::Contacts, Input::Crm, Input::Surveys, Input::Cells];

struct Out {
    input: Input,
    path: PathBuf,
    to: BufWriter<File>,
    lines: u64,
}

/// One file per input.
pub(super) struct Files(Vec<Out>);

impl Files {
    /// Makes all of them, so that a town without a survey has an empty file and not an older town's.
    pub(super) fn create(folder: &Path) -> anyhow::Result<Self> {
        let open = |input| {
            let path = folder.join(InputFile::name(input));
            let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
            Ok(Out { input, path, to: BufWriter::with_capacity(1 << 20, file), lines: 0 })
        };
        INPUTS.into_iter().map(open).collect::<anyhow::Result<_>>().map(Self)
    }

    pub(super) fn put(&mut self, record: &SimRecord) -> anyhow::Result<()> {
        let out = self.0.iter_mut().find(|out| out.input == record.input);
        let (Some(out), Some(value)) = (out, &record.value) else {
            anyhow::bail!("a town has no {} of the key {}", record.input, record.key)
        };
        out.lines += 1;
        out.to
            .write_all(value.as_bytes())
            .and_then(|()| out.to.write_all(b"\n"))
            .with_context(|| format!("cannot write {}", out.path.display()))
    }

    /// Writes what is buffered; answers the lines of each file.
    pub(super) fn finish(self) -> anyhow::Result<Vec<(&'static str, u64)>> {
        let finish = |mut out: Out| {
            out.to.flush().with_context(|| format!("cannot write {}", out.path.display()))?;
            Ok((out.input.as_str(), out.lines))
        };
        self.0.into_iter().map(finish).collect()
    }
}

/// Writes a whole file.
pub(super) fn write(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let path = folder.join(name);
    std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
