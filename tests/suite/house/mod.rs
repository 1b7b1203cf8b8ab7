//! The house rules of the tree, held by tests. Each scanner is tested on bad input in `seeded.rs`.

mod rules;
mod scan;
mod seeded;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Longest file and longest function, in lines.
const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;

/// A text file of the tree, named from the tree's root.
struct File {
    name: String,
    text: String,
}

/// What the house looks at: everything that is ours and is text.
fn tree() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    let mut todo: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(&folder).expect("the tree can be read") {
            let path = entry.expect("the tree can be read").path();
            let name = path.strip_prefix(root).expect("inside the root").to_string_lossy().into_owned();
            // Built, fetched or versioned by others; `data` may hold public data sets.
            if ["target", ".git", "data"].contains(&name.as_str()) || name.ends_with("__pycache__") {
                continue;
            }
            if path.is_dir() {
                todo.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                files.push(File { name, text });
            }
        }
    }
    assert!(files.len() > 10, "the house found only {} files below {}", files.len(), root.display());
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

fn rust(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|f| Path::new(&f.name).extension().is_some_and(|e| e == "rs"))
}

/// Fails with every fault of every file, one a line.
fn hold<'a>(files: impl Iterator<Item = &'a File>, rule: impl Fn(&File) -> Vec<scan::Fault>) {
    let mut said = String::new();
    for file in files {
        for (line, fault) in rule(file) {
            let _ = writeln!(said, "{}:{line}: {fault}", file.name);
        }
    }
    assert!(said.is_empty(), "the house rules do not hold:\n{said}");
}

#[test]
fn imports_point_one_way() {
    hold(rust(&tree()), |f| rules::import_faults(&f.name, &f.text));
}

#[test]
fn files_and_functions_fit() {
    let files = tree();
    let code = files.iter().filter(|f| rules::is_code(&f.name));
    hold(code, |f| rules::size_faults(&f.text, FILE_LINES_MAX, FUNCTION_LINES_MAX));
}

#[test]
fn every_source_file_opens_with_what_it_is() {
    hold(rust(&tree()), |f| rules::opening_faults(&f.name, &f.text));
}

#[test]
fn pure_files_touch_nothing_worldly() {
    hold(rust(&tree()), |f| rules::purity_faults(&f.name, &f.text));
}

#[test]
fn nothing_unsafe_unfinished_or_silenced() {
    hold(rust(&tree()), |f| rules::forbidden_faults(&f.name, &f.text));
}

#[test]
fn no_tracked_file_names_a_machine_or_a_registry() {
    let files = tree();
    hold(files.iter().filter(|f| f.name != "Cargo.lock"), |f| rules::machine_faults(&f.text));
}

#[test]
fn no_query_hides_an_absent_series() {
    let files = tree();
    hold(files.iter().filter(|f| f.name.starts_with("deploy/")), |f| rules::hidden_absence_faults(&f.text));
}

#[test]
fn every_dependency_says_what_it_is_for() {
    let files = tree();
    hold(files.iter().filter(|f| f.name == "Cargo.toml"), |f| scan::uncommented_dependencies(&f.text));
}
