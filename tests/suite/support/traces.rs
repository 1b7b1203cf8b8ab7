//! The public probe traces, out of their archive.

use std::fs::File;
use std::io::Read as _;

use super::data;

/// Where the archive of traces lies below the data folder.
pub(crate) const ARCHIVE: &str = "ucc5g/5G-production-dataset.zip";

/// One trace: its name in the archive and its file, header row first.
pub(crate) struct Trace {
    pub(crate) name: String,
    pub(crate) csv: Vec<u8>,
}

/// All traces, in the order of their first timestamps; the error says where they were looked for.
pub(crate) fn all() -> Result<Vec<Trace>, String> {
    let file = File::open(data(ARCHIVE)?).map_err(|error| error.to_string())?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| error.to_string())?;
    let mut traces = Vec::new();
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(|error| error.to_string())?;
        let name = entry.name().map_err(|error| error.to_string())?.into_owned();
        let is_csv = std::path::Path::new(&name).extension().is_some_and(|extension| extension == "csv");
        if !is_csv || name.starts_with("__MACOSX") {
            continue;
        }
        let mut csv = Vec::new();
        entry.read_to_end(&mut csv).map_err(|error| error.to_string())?;
        traces.push(Trace { name, csv });
    }
    traces.sort_by(|a, b| first_row(&a.csv).cmp(first_row(&b.csv)).then_with(|| a.name.cmp(&b.name)));
    Ok(traces)
}

/// The row after the header; it begins with its timestamp.
fn first_row(csv: &[u8]) -> &[u8] {
    csv.split(|byte| *byte == b'\n').nth(1).unwrap_or_default()
}
