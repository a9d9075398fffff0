//! Tables of recordings and texts: separated columns, or JSON.

mod columns;
mod json;
mod places;
mod separated;
mod times;

use std::fs;
use std::path::Path;

use linnet_files::decode_text;

use self::columns::Columns;
use crate::CorpusError;
use crate::files::has_extension;
use crate::prepare::Skipped;

/// The longest table, in bytes: it is read whole.
const MOST_BYTES: u64 = 1 << 30;
/// Rows that are looked at to tell what the columns are.
const SAMPLE: usize = 200;

/// How well a name in a table is one of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// Nothing.
    None,
    /// A recording whose name goes on with an extension.
    Stem,
    /// A recording.
    File,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The table and the line (of a JSON array the entry), from 1.
    pub place: String,
    /// The recording as the table names it.
    pub file: String,
    /// The transcript.
    pub text: String,
    /// Who says it.
    pub speaker: Option<String>,
    /// The set that the row belongs to, as the table names it.
    pub set: Option<String>,
    /// Where the utterance starts in the recording, in seconds.
    pub start_s: f64,
    /// Where it ends, in seconds; `None`: at the recording's end.
    pub end_s: Option<f64>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The rows that could be read.
    pub rows: Vec<Row>,
    /// Rows that could not.
    pub skipped: Vec<Skipped>,
    /// How the columns were taken.
    pub notes: Vec<String>,
}

/// Reads a table, see [`parse_table`].
pub(super) fn read_table(path: &Path, find: &dyn Fn(&str) -> Match) -> Result<Table, CorpusError> {
    let length = fs::metadata(path).map_err(CorpusError::io(path))?.len();
    if length > MOST_BYTES {
        return Err(CorpusError::layout(
            path,
            format!("{length} bytes, where tables have at most {MOST_BYTES}; split it"),
        ));
    }
    parse_table(&fs::read(path).map_err(CorpusError::io(path))?, path, find)
}

/// Parses a table: JSON (an array of objects, or an object a line) where `path` ends in `.json`, `.jsonl` or `.ndjson`,
/// else columns parted by commas, semicolons, tabs or `|`. The first line of columns may name them: a name of the
/// recording and one of the text are needed, speaker, set, start, end and duration are known, others are left. Columns
/// without names are taken by their places where that is unambiguous. `find` tells which names are recordings'.
///
/// # Errors
///
/// Columns that can't be told apart, or whose names aren't known; text in UTF-16 without its mark; JSON that is no
/// array of objects; a quotation mark that isn't closed. Single rows that can't be read are listed in the table.
pub fn parse_table(bytes: &[u8], path: &Path, find: &dyn Fn(&str) -> Match) -> Result<Table, CorpusError> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        let problem = "this is a spreadsheet and no text; save it as CSV";
        return Err(CorpusError::layout(path, problem));
    }
    let decoded;
    let bytes = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            decoded = decode_text(bytes).map_err(|problem| CorpusError::layout(path, problem))?;
            decoded.as_bytes()
        }
        _ if bytes.contains(&0) => {
            let problem = decode_text(bytes).err().unwrap_or_default();
            return Err(CorpusError::layout(path, problem));
        }
        _ => bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
    };
    let is_json = ["json", "jsonl", "ndjson"].iter().any(|kind| has_extension(path, kind));
    let mut records = match is_json {
        true => json::read(bytes, path)?,
        false => separated::read(bytes, path, find)?,
    };
    let mut table = Table { skipped: std::mem::take(&mut records.skipped), ..Table::default() };
    if records.records.is_empty() {
        return Ok(table);
    }
    let columns = Columns::of(&mut records, find).map_err(|problem| CorpusError::Line {
        path: path.into(),
        line: 1,
        problem,
    })?;
    table.notes.push(format!("{}: {}", path.display(), columns.note));
    for record in &records.records {
        let place = format!("{}, {} {}", path.display(), records.unit, record.place);
        match columns.row(record, place.clone()) {
            Ok(row) => table.rows.push(row),
            Err(reason) => table.skipped.push(Skipped { id: place, reason }),
        }
    }
    Ok(table)
}

/// A table as it is written, whatever its columns mean.
struct Records {
    /// The columns' names, where the kind of file has them.
    names: Option<Vec<String>>,
    /// The unit that `place` counts.
    unit: &'static str,
    /// The character that parts columns; JSON has none.
    delimiter: Option<u8>,
    records: Vec<Record>,
    skipped: Vec<Skipped>,
}

/// A row as it is written; `None` where JSON has no value.
struct Record {
    place: u64,
    fields: Vec<Option<String>>,
}

impl Record {
    /// A field without spaces around it; `None` also where the row is too short.
    fn field(&self, column: usize) -> Option<&str> {
        self.fields.get(column)?.as_deref().map(str::trim)
    }

    /// A field that isn't empty.
    fn filled(&self, column: usize) -> Option<&str> {
        self.field(column).filter(|field| !field.is_empty())
    }
}
