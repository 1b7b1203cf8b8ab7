//! Rows of comma-separated values (RFC 4180, any delimiter). Pure.

use std::borrow::Cow;

use super::super::raw::Raw;
use super::super::{RejectCode, Rejection};
use crate::limits::RECORD_BYTES_MAX;

/// Which column fills which source.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns(Vec<Option<u16>>);

impl Columns {
    /// Column by column, the source of that name.
    ///
    /// # Errors
    /// The name of a source that no column has and that must be there, or of a column that is there twice.
    pub(super) fn new<'p>(
        names: &[Cow<'_, str>],
        sources: impl Iterator<Item = (&'p str, bool)>,
    ) -> Result<Self, String> {
        let mut columns = vec![None; names.len()];
        for (source, (path, must)) in sources.enumerate() {
            let mut at = (0..names.len()).filter(|column| names[*column] == path);
            match (at.next(), at.next()) {
                (Some(column), None) => columns[column] = Some(source as u16),
                (Some(_), Some(_)) => return Err(format!("two columns are named `{path}`")),
                (None, _) if must => {
                    return Err(format!("no column is named `{path}`: the row has {}", names.join(", ")));
                }
                (None, _) => {}
            }
        }
        Ok(Self(columns))
    }

    /// Fills the sources' values from one row.
    pub(super) fn fill<'a>(&self, row: &'a str, delimiter: u8, values: &mut [Raw<'a>]) -> Result<(), Rejection> {
        let count = split(row, delimiter, |column, cell| {
            if let Some(Some(source)) = self.0.get(column) {
                values[usize::from(*source)] = Raw::Str(cell);
            }
        })
        .map_err(|detail| Rejection::new(RejectCode::NotJson, detail))?;
        if count == self.0.len() {
            return Ok(());
        }
        let detail = format!("{count} columns where the header has {}", self.0.len());
        Err(Rejection::new(RejectCode::WrongType, detail))
    }
}

/// The cells of a row.
///
/// # Errors
/// As [`split`].
pub(super) fn cells(row: &str, delimiter: u8) -> Result<Vec<Cow<'_, str>>, String> {
    let mut cells = Vec::new();
    split(row, delimiter, |_, cell| cells.push(cell)).map_err(str::to_owned)?;
    Ok(cells)
}

/// Hands each cell to `take`, with its column; answers how many there are. What is not quoted is trimmed.
fn split<'a>(row: &'a str, delimiter: u8, mut take: impl FnMut(usize, Cow<'a, str>)) -> Result<usize, &'static str> {
    let mut rest = row.trim_end_matches(['\r', '\n']);
    let mut column = 0;
    loop {
        let (cell, after) = if let Some(inside) = rest.strip_prefix('"') {
            quoted(inside)?
        } else {
            let end = rest.bytes().position(|b| b == delimiter).unwrap_or(rest.len());
            (Cow::Borrowed(rest[..end].trim()), &rest[end..])
        };
        take(column, cell);
        column += 1;
        match after.as_bytes().first() {
            None => return Ok(column),
            Some(b) if *b == delimiter => rest = &after[1..],
            Some(_) => return Err("no CSV: text after a closing quote"),
        }
    }
}

/// A quoted cell from after its opening quote, and what follows its closing one. A doubled quote is a quote.
fn quoted(inside: &str) -> Result<(Cow<'_, str>, &str), &'static str> {
    let mut from = 0;
    let mut doubled = false;
    while let Some(at) = inside[from..].find('"').map(|at| from + at) {
        if !inside[at + 1..].starts_with('"') {
            let cell = &inside[..at];
            let cell = if doubled { Cow::Owned(cell.replace("\"\"", "\"")) } else { Cow::Borrowed(cell) };
            return Ok((cell, &inside[at + 1..]));
        }
        doubled = true;
        from = at + 2;
    }
    Err("no CSV: a quote is not closed")
}

/// The rows of a file, header first, each as the bytes that a topic would carry as a value: lines are joined while
/// a quoted cell goes on, blank ones are left out. A row that outgrows [`RECORD_BYTES_MAX`] is handed out as it is,
/// to be refused as too large, and the next line begins a row.
#[derive(Debug)]
pub struct CsvRows<I> {
    lines: I,
    delimiter: u8,
}

/// The rows of `lines`, which come without their line feeds (as from `BufRead::split`).
pub fn csv_rows<I, E>(lines: I, delimiter: u8) -> CsvRows<I>
where
    I: Iterator<Item = Result<Vec<u8>, E>>,
{
    CsvRows { lines, delimiter }
}

impl<I: Iterator<Item = Result<Vec<u8>, E>>, E> Iterator for CsvRows<I> {
    type Item = Result<Vec<u8>, E>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut row: Vec<u8> = Vec::new();
        let mut state = State::CellStart;
        for line in self.lines.by_ref() {
            let line = match line {
                Ok(line) => line,
                Err(error) => return Some(Err(error)),
            };
            if state == State::Quoted {
                row.push(b'\n');
            } else {
                state = State::CellStart;
            }
            state = line.iter().fold(state, |state, byte| state.after(*byte, self.delimiter));
            row.extend_from_slice(&line);
            if state == State::Quoted && row.len() <= RECORD_BYTES_MAX {
                continue;
            }
            if row.last() == Some(&b'\r') {
                row.pop();
            }
            if !row.is_empty() {
                return Some(Ok(row));
            }
        }
        // A quote that the file never closes: what there is will be refused by name.
        (!row.is_empty()).then_some(Ok(row))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Plain,
    Quoted,
}

impl State {
    /// A doubled quote closes and opens again, which comes to the same.
    fn after(self, byte: u8, delimiter: u8) -> Self {
        match self {
            Self::Quoted if byte != b'"' => Self::Quoted,
            Self::CellStart if byte == b'"' => Self::Quoted,
            Self::Quoted => Self::CellStart,
            _ if byte == delimiter => Self::CellStart,
            _ => Self::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_trimmed_unless_quoted_and_doubled_quotes_are_one() {
        assert_eq!(cells(r#"a, b ," c","say ""hi""",,"#, b',').unwrap(), ["a", "b", " c", "say \"hi\"", "", ""]);
        assert_eq!(cells("a;b,c\r", b';').unwrap(), ["a", "b,c"]);
        assert!(cells("a,\"b", b',').unwrap_err().contains("not closed"));
        assert!(cells("\"a\"b", b',').unwrap_err().contains("closing quote"));
    }

    #[test]
    fn rows_are_lines_unless_a_quoted_cell_goes_on() {
        let file = "h,i\r\n\r\n1,\"two\nlines, \"\"quoted\"\"\"\n5\" pipe,2\n3,\"open";
        let lines = file.split('\n').map(|line| Ok::<_, ()>(line.as_bytes().to_vec()));
        let rows: Vec<String> = csv_rows(lines, b',').map(|row| String::from_utf8(row.unwrap()).unwrap()).collect();
        assert_eq!(rows, ["h,i", "1,\"two\nlines, \"\"quoted\"\"\"", "5\" pipe,2", "3,\"open"]);
    }

    #[test]
    fn a_row_that_outgrows_a_record_ends_there() {
        let long = vec![b'x'; RECORD_BYTES_MAX];
        let lines = [b"a,\"b".to_vec(), long, b"c,d".to_vec()].map(Ok::<_, ()>);
        let rows: Vec<usize> = csv_rows(lines.into_iter(), b',').map(|row| row.unwrap().len()).collect();
        assert_eq!(rows, [RECORD_BYTES_MAX + 5, 3]);
    }
}
