//! The rules themselves: from a file's name and text to its faults.

use super::scan::{self, Fault, code_only, line_of, words_at};

/// The dataflow: a module may use those before it. Modules of one row may use each other.
const ORDER: &[&[&str]] = &[
    &["units", "limits"],
    &["ingest"],
    &["home"],
    &["qos"],
    &["perception"],
    &["neighbourhood"],
    &["decide"],
    &["act"],
    &["pipeline"],
    &["config"],
    &["shell"],
    &["cli"],
];

/// The simulator knows records and nothing of what is computed from them; commands and the shell's demo may use it.
const SIM_USES: &[&str] = &["units", "limits", "ingest", "sim"];
const SIM_USERS: &[&str] = &["sim", "cli"];

/// Where the world is touched. Everything else is pure.
const WORLDLY: &[&str] = &["config", "shell", "cli"];

/// What a pure file may not name.
const WORLDLY_WORDS: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::io",
    "tokio",
    "tracing",
    "rdkafka",
    "prometheus",
    "axum",
    "object_store",
    "indicatif",
    "println!",
    "eprintln!",
    "print!",
    "eprint!",
    "rand::rng",
    "thread_rng",
    "from_os_rng",
    "from_entropy",
    ".await",
];

const CLOCKS: &[&str] = &["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"];

/// `src/home/night.rs` → (`home`, depth 2); `None` outside `src` and for its two roots.
fn module(name: &str) -> Option<(&str, usize)> {
    let path = name.strip_prefix("src/")?.strip_suffix(".rs")?;
    if path == "lib" || path == "main" {
        return None;
    }
    let path = path.strip_suffix("/mod").unwrap_or(path);
    Some((path.split('/').next().unwrap_or(path), path.split('/').count()))
}

fn may_use(user: &str, used: &str) -> bool {
    let rank = |m: &str| ORDER.iter().position(|row| row.contains(&m));
    if used == "sim" {
        return SIM_USERS.contains(&user);
    }
    if user == "sim" {
        return SIM_USES.contains(&used);
    }
    matches!((rank(user), rank(used)), (Some(user), Some(used)) if used <= user)
}

pub(super) fn import_faults(name: &str, text: &str) -> Vec<Fault> {
    let Some((user, depth)) = module(name) else { return Vec::new() };
    let code = code_only(text);
    let mut faults = scan::escapes(&code, depth);
    for (line, used) in scan::imports(&code) {
        if used != user && !may_use(user, &used) {
            faults.push((line, format!("`{user}` may not use `{used}`")));
        }
    }
    faults
}

/// Tests may print, and are neither pure nor shell.
fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.contains("/tests/")
}

pub(super) fn is_code(name: &str) -> bool {
    name == "tests/run" || name == ".ci/run" || [".rs", ".py", ".sh"].iter().any(|end| name.ends_with(end))
}

pub(super) fn size_faults(text: &str, file_lines_max: usize, function_lines_max: usize) -> Vec<Fault> {
    let lines = text.lines().count();
    let mut faults = Vec::new();
    if lines > file_lines_max {
        faults.push((lines, format!("{lines} lines, {file_lines_max} at most")));
    }
    for (line, name, lines) in scan::functions(&code_only(text)) {
        if lines > function_lines_max {
            faults.push((line, format!("`{name}` has {lines} lines, {function_lines_max} at most")));
        }
    }
    faults
}

pub(super) fn opening_faults(name: &str, text: &str) -> Vec<Fault> {
    let doc = scan::opening_doc(text);
    if doc.is_empty() {
        return vec![(1, "does not open with `//!` and what it is".to_owned())];
    }
    let Some((top, _)) = module(name) else { return Vec::new() };
    if name.ends_with("/mod.rs") || is_test(name) {
        return Vec::new();
    }
    let first = doc.split("\n\n").take(2).collect::<Vec<_>>().join(" ");
    let says = |word: &str| [".", ":", ";"].iter().any(|end| first.contains(&format!("{word}{end}")));
    match (says("Pure"), says("Shell")) {
        (true, false) => Vec::new(),
        (false, true) if WORLDLY.contains(&top) => Vec::new(),
        (false, true) => vec![(1, format!("`{top}` is pure: nothing in it is \"Shell.\""))],
        _ => vec![(1, "does not say \"Pure.\" or \"Shell.\"".to_owned())],
    }
}

pub(super) fn purity_faults(name: &str, text: &str) -> Vec<Fault> {
    let Some((top, _)) = module(name) else { return Vec::new() };
    if is_test(name) || WORLDLY.contains(&top) && !scan::opening_doc(text).contains("Pure") {
        return Vec::new();
    }
    let code = code_only(text);
    named(&code, WORLDLY_WORDS, "is not for a pure file")
}

pub(super) fn forbidden_faults(name: &str, text: &str) -> Vec<Fault> {
    let code = code_only(text);
    let mut faults = named(&code, &["todo!", "unimplemented!", "dbg!"], "is unfinished work");
    let unsafe_word = concat!("uns", "afe");
    faults.extend(words_at(&code, unsafe_word).map(|at| (line_of(&code, at), format!("`{unsafe_word}` is forbidden"))));
    if module(name).is_some_and(|(top, _)| top != "shell" && top != "cli") {
        faults.extend(named(&code, CLOCKS, "reads a clock outside shell and cli"));
    }
    faults.extend(scan::unreasoned_lints(text, &code));
    faults
}

fn named(code: &str, words: &[&str], why: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for word in words {
        faults.extend(words_at(code, word).map(|at| (line_of(code, at), format!("`{word}` {why}"))));
    }
    faults
}

/// Written in two halves, so that this file does not accuse itself.
const MACHINES: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];
const REGISTRIES: &[&str] = &[
    concat!("repo1.ma", "ven.org"),
    concat!("repo.ma", "ven.apache.org"),
    concat!("static.cra", "tes.io"),
    concat!("index.cra", "tes.io"),
    concat!("registry.np", "mjs.org"),
    concat!("files.pytho", "nhosted.org"),
    concat!("proxy.go", "lang.org"),
    concat!("deb.deb", "ian.org"),
];

pub(super) fn machine_faults(text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (i, line) in text.lines().enumerate() {
        // A path of the tree (`src/…`) or of a URL goes on before its slash; an absolute one does not.
        let absolute = |path: &str| {
            line.match_indices(path)
                .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "_-.}*)".contains(c)))
        };
        for path in MACHINES.iter().filter(|path| absolute(path)) {
            faults.push((i + 1, format!("names a folder of somebody's machine (`{path}`)")));
        }
        for host in REGISTRIES.iter().filter(|host| line.contains(**host)) {
            faults.push((i + 1, format!("names a registry's host (`{host}`)")));
        }
    }
    faults
}

pub(super) fn hidden_absence_faults(text: &str) -> Vec<Fault> {
    let hiding = |line: &str| line.to_lowercase().replace(' ', "").contains(concat!("orvec", "tor("));
    text.lines()
        .enumerate()
        .filter(|(_, line)| hiding(line))
        .map(|(i, _)| (i + 1, "an absent series is hidden by a constant".to_owned()))
        .collect()
}
