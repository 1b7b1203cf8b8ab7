//! Scanners of Rust text: small, without a parser, and tested on seeded bad input in `seeded.rs`.

use std::collections::BTreeSet;

/// A fault found: the line (from 1) and what is wrong there.
pub(super) type Fault = (usize, String);

/// The text with comments and the contents of strings and characters blanked out; lines and columns stay.
pub(super) fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let Some(end) = literal_end(bytes, at) else {
            at += 1;
            continue;
        };
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    String::from_utf8(out).unwrap_or_else(|_| text.replace(|c: char| !c.is_ascii(), " "))
}

/// Where the comment, string or character that starts at `at` ends; `None` when none starts there.
fn literal_end(b: &[u8], at: usize) -> Option<usize> {
    let starts_word = at > 0 && (b[at - 1].is_ascii_alphanumeric() || b[at - 1] == b'_');
    match b[at] {
        b'/' if b.get(at + 1) == Some(&b'/') => Some(find(b, at, b"\n").unwrap_or(b.len())),
        b'/' if b.get(at + 1) == Some(&b'*') => Some(block_comment_end(b, at)),
        b'"' => Some(string_end(b, at)),
        b'r' if !starts_word || b[at - 1] == b'b' => {
            let hashes = b[at + 1..].iter().take_while(|c| **c == b'#').count();
            (b.get(at + 1 + hashes) == Some(&b'"')).then(|| {
                let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
                find(b, at + 2 + hashes, &close).map_or(b.len(), |start| start + close.len())
            })
        }
        b'\'' if b.get(at + 1) == Some(&b'\\') => find(b, at + 3, b"'").map(|end| end + 1),
        // A lifetime has no closing quote after its first character (which may be of several bytes).
        b'\'' => (at + 2..(at + 6).min(b.len()))
            .find(|end| b[*end] == b'\'' && std::str::from_utf8(&b[at + 1..*end]).is_ok_and(|s| s.chars().count() == 1))
            .map(|end| end + 1),
        _ => None,
    }
}

fn find(b: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    b.get(from..)?.windows(what.len()).position(|w| w == what).map(|i| from + i)
}

fn block_comment_end(b: &[u8], at: usize) -> usize {
    let (mut depth, mut i) = (0, at);
    while i < b.len() {
        match &b[i..b.len().min(i + 2)] {
            b"/*" => (depth, i) = (depth + 1, i + 2),
            b"*/" if depth == 1 => return i + 2,
            b"*/" => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
    }
    b.len()
}

fn string_end(b: &[u8], at: usize) -> usize {
    let mut i = at + 1;
    while i < b.len() {
        match b[i] {
            b'\\' => i += 2,
            b'"' => return i + 1,
            _ => i += 1,
        }
    }
    b.len()
}

pub(super) fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

fn is_word(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_'
}

/// Positions of `word` in `code` where it is not part of a longer word.
pub(super) fn words_at<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let b = code.as_bytes();
    let (first, last) = (word.as_bytes()[0], word.as_bytes()[word.len() - 1]);
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = at.checked_sub(1).is_some_and(|i| is_word(b[i])) && is_word(first);
        let after = b.get(at + word.len()).is_some_and(|c| is_word(*c)) && is_word(last);
        !before && !after
    })
}

fn word_after(code: &str, at: usize) -> &str {
    let rest = &code[at..];
    &rest[..rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())]
}

/// The top-level modules of the crate that `code` names by `crate::`, with the line of each.
pub(super) fn imports(code: &str) -> BTreeSet<(usize, String)> {
    let mut found = BTreeSet::new();
    for at in words_at(code, "crate::") {
        let line = line_of(code, at);
        let rest = at + "crate::".len();
        if code[rest..].starts_with('{') {
            found.extend(group_heads(&code[rest..]).into_iter().map(|head| (line, head.to_owned())));
        } else {
            found.insert((line, word_after(code, rest).to_owned()));
        }
    }
    found
}

/// The first word of each item of a `{a::b, c::{d, e}}` group.
fn group_heads(group: &str) -> Vec<&str> {
    let (mut depth, mut heads, mut expect) = (0, Vec::new(), false);
    for (at, c) in group.char_indices() {
        match c {
            '{' => (depth, expect) = (depth + 1, depth == 0),
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' => expect = depth == 1,
            c if expect && (c.is_alphanumeric() || c == '_') => {
                heads.push(word_after(group, at));
                expect = false;
            }
            _ => {}
        }
    }
    heads
}

/// Chains of `super::` that leave the file's top-level module; `depth` is the file's own (`crate::a::b` = 2).
pub(super) fn escapes(code: &str, depth: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    for at in words_at(code, "super::") {
        if code[..at].ends_with("super::") {
            continue;
        }
        let supers = code[at..].split("super::").take_while(|part| part.is_empty()).count().max(1);
        if supers >= depth + inline_modules(&code[..at]) {
            faults.push((line_of(code, at), format!("{supers}× `super::` leaves the module: write `crate::`")));
        }
    }
    faults
}

/// How many inline modules are open at the end of `code`.
fn inline_modules(code: &str) -> usize {
    let mut open = Vec::new();
    for (at, c) in code.char_indices() {
        match c {
            '{' => {
                let head = code[..at].rsplit([';', '}', '{']).next().unwrap_or("");
                open.push(words_at(head, "mod").next().is_some());
            }
            '}' => drop(open.pop()),
            _ => {}
        }
    }
    open.into_iter().filter(|module| *module).count()
}

/// Functions with their first line and how many lines they take, signature and closing brace included.
pub(super) fn functions(code: &str) -> Vec<(usize, String, usize)> {
    let mut found = Vec::new();
    for at in words_at(code, "fn ") {
        let name = word_after(code, at + 3);
        let Some(open) = code[at..].find(['{', ';']).map(|i| at + i) else { continue };
        if name.is_empty() || code.as_bytes()[open] == b';' {
            continue;
        }
        let (first, last) = (line_of(code, at), line_of(code, matching_brace(code, open)));
        found.push((first, name.to_owned(), last - first + 1));
    }
    found
}

fn matching_brace(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (i, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return open + i,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// The leading `//!` lines as one text.
pub(super) fn opening_doc(text: &str) -> String {
    text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect::<Vec<_>>().join("\n")
}

/// Attributes that silence a lint without saying why.
pub(super) fn unreasoned_lints(text: &str, code: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for attribute in ["allow(", "expect("] {
        for at in words_at(code, attribute) {
            if !(code[..at].ends_with("#[") || code[..at].ends_with("#![")) {
                continue;
            }
            let end = text[at..].find(")]").map_or(text.len(), |i| at + i);
            if attribute == "allow(" || !text[at..end].contains("reason =") {
                faults.push((line_of(code, at), format!("`#[{attribute}…)]`: use `#[expect(…, reason = \"…\")]`")));
            }
        }
    }
    for at in words_at(code, "ignore") {
        if code[..at].ends_with("#[") && code[at + 6..].trim_start().starts_with(']') {
            faults.push((line_of(code, at), "`#[ignore]` without a reason".to_owned()));
        }
    }
    faults
}

/// Dependencies of a `Cargo.toml` that have no comment of their own.
pub(super) fn uncommented_dependencies(manifest: &str) -> Vec<Fault> {
    let (mut faults, mut inside, mut previous) = (Vec::new(), false, "");
    for (i, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            inside = line.trim_end().ends_with("dependencies]");
        } else if inside && line.contains('=') && !line.starts_with([' ', '#']) && !previous.starts_with('#') {
            faults.push((i + 1, format!("`{}` has no comment that says what it is for", word_after(line, 0))));
        }
        previous = line;
    }
    faults
}
