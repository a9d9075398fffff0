//! Tables whose columns are parted by a character.

use std::path::Path;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::columns::is_header;
use super::{Match, Record, Records, SAMPLE};
use crate::CorpusError;
use crate::files::has_extension;
use crate::prepare::Skipped;

/// Characters that part columns; of two that fit as well the first counts.
const DELIMITERS: [u8; 4] = [b',', b';', b'|', b'\t'];
/// The longest row, in bytes: no utterance has more.
const LONGEST_ROW: usize = 1 << 20;

/// Reads the records. Rows that are not UTF-8 are named in the skipped ones.
pub(super) fn read(bytes: &[u8], path: &Path, find: &dyn Fn(&str) -> Match) -> Result<Records, CorpusError> {
    let delimiter = delimiter(bytes, has_extension(path, "tsv"), find);
    let (mut records, mut skipped) = (Vec::new(), Vec::new());
    let mut reader = reader(bytes, delimiter);
    let mut raw = ByteRecord::new();
    let mut lines = Lines { bytes, at: 0, line: 1 };
    loop {
        let fail = |line, problem| CorpusError::Line { path: path.into(), line, problem };
        match reader.read_byte_record(&mut raw) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(fail(lines.line as usize, error.to_string())),
        }
        let place = lines.of_record(raw.position().map_or(0, csv::Position::byte) as usize);
        // Swallowed rows are a mistake of the whole table, not of a row.
        if let Some(line) = swallowed(&raw, delimiter, find) {
            let problem = format!(
                "a quotation mark opens here and isn't closed before {line:?}, another recording's row; close it, or \
                 write it twice where it is part of the text"
            );
            return Err(fail(place as usize, problem));
        }
        match record(&raw, place) {
            Ok(record) => records.push(record),
            Err(reason) => skipped.push(Skipped { id: format!("{}, line {place}", path.display()), reason }),
        }
    }
    Ok(Records { names: None, unit: "line", delimiter: Some(delimiter), records, skipped })
}

/// Counts lines. The reader's own count lacks the line feed of a CRLF before a record, and blank lines before it.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line, from 1, of a record that the reader says begins at a byte.
    fn of_record(&mut self, byte: usize) -> u64 {
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let blank = self.bytes.iter().skip(byte).take_while(|byte| is_end(byte)).count();
        let begin = (byte + blank).min(self.bytes.len());
        let passed = self.bytes.get(self.at..begin).unwrap_or_default();
        self.line += passed.iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.at = begin.max(self.at);
        self.line
    }
}

fn record(raw: &ByteRecord, place: u64) -> Result<Record, String> {
    let length = raw.as_slice().len();
    if length > LONGEST_ROW {
        return Err(format!("{length} bytes; a row is one utterance and has at most {LONGEST_ROW}"));
    }
    let mut fields = Vec::with_capacity(raw.len());
    for (column, field) in (1..).zip(raw) {
        let text = std::str::from_utf8(field).map_err(|error| {
            let byte = field.get(error.valid_up_to()).copied().unwrap_or_default();
            format!(
                "column {column} has the byte {byte:#04x}, which is not UTF-8; convert the table from its encoding, as \
                 by `iconv -f LATIN1 -t UTF-8 OLD > NEW`"
            )
        })?;
        fields.push(Some(text.to_owned()));
    }
    Ok(Record { place, fields })
}

/// Commas and semicolons come with fields in quotation marks; tabs and `|` with quotation marks as they are.
fn reader(bytes: &[u8], delimiter: u8) -> Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(delimiter)
        .quoting(matches!(delimiter, b',' | b';'))
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes)
}

/// The character that parts columns: by it the first line is a known header, or the most rows name a recording, or the
/// most rows have columns.
fn delimiter(bytes: &[u8], tabs_first: bool, find: &dyn Fn(&str) -> Match) -> u8 {
    if bytes.is_empty() {
        return b',';
    }
    let fit = |&delimiter: &u8| {
        let mut reader = reader(bytes, delimiter);
        let rows: Vec<ByteRecord> = reader.byte_records().take(SAMPLE).filter_map(Result::ok).collect();
        let text = |field: &[u8]| String::from_utf8_lossy(field).trim().to_owned();
        let header = rows.first().is_some_and(|row| is_header(&row.iter().map(text).collect::<Vec<_>>()));
        let names = |row: &&ByteRecord| {
            row.len() > 1 && row.iter().take(MOST_COLUMNS).any(|field| find(&text(field)) > Match::None)
        };
        let parted = rows.iter().filter(|row| row.len() > 1).count();
        (header, rows.iter().filter(names).count(), parted)
    };
    let mut order = DELIMITERS;
    if tabs_first {
        order.rotate_right(1);
    }
    // Of equal ones `max_by_key` takes the last.
    order.into_iter().rev().max_by_key(fit).unwrap_or(b',')
}

/// Columns among which a recording's name is looked for.
const MOST_COLUMNS: usize = 40;

/// The line of another recording within a field that spans lines.
fn swallowed(raw: &ByteRecord, delimiter: u8, find: &dyn Fn(&str) -> Match) -> Option<String> {
    let within = raw.iter().filter(|field| field.contains(&b'\n'));
    let lines = within.flat_map(|field| field.split(|&byte| byte == b'\n').skip(1).take(SAMPLE));
    let names_recording = |line: &&[u8]| {
        let mut fields = line.split(|&byte| byte == delimiter);
        let name = |field: &[u8]| find(String::from_utf8_lossy(field).trim()) == Match::File;
        line.contains(&delimiter) && fields.any(name)
    };
    lines.filter(names_recording).map(|line| String::from_utf8_lossy(line).trim().to_owned()).next()
}
