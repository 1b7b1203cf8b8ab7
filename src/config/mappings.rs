//! The mapping of each input, read from the files that `[inputs]` names. Shell: it reads files.

use super::checks::Findings;
use super::written::Written;
use crate::ingest::{Input, Mapping, MappingFile};

/// The word for "our own field names".
const IDENTITY: &str = "identity";

/// All inputs' mappings in one. Each file gives the table of its input, and may hold others that are not read.
pub(super) fn read(written: &Written, found: &mut Findings<'_>) -> Mapping {
    let mut mapping = Mapping::identity();
    for (name, source) in &written.inputs {
        let (Some(input), Some(path)) = (Input::parse(name), &source.mapping) else { continue };
        if path.as_os_str() == IDENTITY {
            continue;
        }
        let read = || -> Result<Mapping, String> {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("cannot be read ({error}); name a mapping file, or \"{IDENTITY}\""))?;
            let file = MappingFile::parse(&text).map_err(|error| error.to_string().replace('\n', " "))?;
            let spec = file.inputs.get(&input).ok_or_else(|| format!("the file has no table [{input}]"))?;
            mapping.clone().with(input, spec).map_err(|error| error.to_string())
        };
        match read() {
            Ok(with) => mapping = with,
            Err(said) => found.add(&format!("inputs.{name}.mapping"), path.display(), said),
        }
    }
    mapping
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Sources};

    fn said(text: &str) -> String {
        Config::load(&Sources::of_text("h.toml", text, vec![]))
            .map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn the_mappings_that_ship_can_be_used_and_identity_needs_no_file() {
        assert_eq!(said("[inputs.probes]\nmapping = \"config/mappings/ucc-gnettrack.toml\"\n"), "");
        assert_eq!(said("[inputs.crm]\nmapping = \"identity\"\n"), "");
    }

    #[test]
    fn a_mapping_that_cannot_be_used_is_told_with_its_file() {
        let missing = said("[inputs.probes]\nmapping = \"no/such.toml\"\n");
        assert!(
            missing.starts_with("h.toml, line 2: `inputs.probes.mapping` = \"no/such.toml\": cannot be read"),
            "{missing}"
        );
        let other = said("[inputs.crm]\nmapping = \"config/mappings/ucc-gnettrack.toml\"\n");
        assert!(other.contains("has no table [crm]"), "{other}");
    }
}
