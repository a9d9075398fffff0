//! Columns without names.

use std::collections::HashSet;

use super::columns::{Columns, hits};
use super::{Match, Record, Records, SAMPLE};

/// The columns by what they hold: the file is the one that names recordings, the text has spaces, the speaker none.
///
/// # Errors
///
/// Where that leaves several ways, with the mend.
pub(super) fn columns(records: &Records, find: &dyn Fn(&str) -> Match) -> Result<Columns, String> {
    let rows = &records.records;
    let width = rows.iter().map(|row| row.fields.len()).max().unwrap_or(0);
    let sample = &rows[..rows.len().min(SAMPLE)];
    // Of equal ones `max_by_key` takes the last.
    let file = (0..width).rev().max_by_key(|&column| hits(sample, column, find)).unwrap_or(0);
    let others: Vec<usize> = (0..width).filter(|&column| column != file).collect();
    let told = |text: usize, rest: String| {
        format!("no names of columns: file from column {}, text from column {}{rest}", file + 1, text + 1)
    };
    match others[..] {
        // Each row is told that it has one column.
        [] => Ok(Columns::plain(file, 1, None, String::new())),
        [text] => Ok(Columns::plain(file, text, None, told(text, String::new()))),
        [a, b] => {
            let speaker = |speaker: usize, text: usize| {
                let rest = format!(", speaker from column {}", speaker + 1);
                Ok(Columns::plain(file, text, Some(speaker), told(text, rest)))
            };
            match (Kind::of(rows, a), Kind::of(rows, b)) {
                (Kind::Sentences, Kind::Words) => speaker(b, a),
                (Kind::Words, Kind::Sentences) => speaker(a, b),
                // LJSpeech's: the text as it is written, then as it is spoken.
                (Kind::Sentences, Kind::Sentences) if records.delimiter == Some(b'|') => {
                    let note = told(b, format!(", or from column {} where that is empty", a + 1));
                    Ok(Columns::with_texts(file, b, a, note))
                }
                _ => Err(unclear(records, 3)),
            }
        }
        _ => Err(unclear(records, width)),
    }
}

/// The kind of a column's values.
enum Kind {
    /// A value has several words.
    Sentences,
    /// All have one.
    Words,
    /// Numbers, none twice: no speakers, but sizes or lengths.
    Measures,
}

impl Kind {
    fn of(rows: &[Record], column: usize) -> Self {
        let values = || rows.iter().filter_map(|row| row.filled(column));
        if values().any(|value| value.contains(char::is_whitespace)) {
            return Self::Sentences;
        }
        let (count, different) = (values().count(), values().collect::<HashSet<_>>().len());
        match values().all(|value| value.parse::<f64>().is_ok()) && different == count {
            true => Self::Measures,
            false => Self::Words,
        }
    }
}

fn unclear(records: &Records, width: usize) -> String {
    let delimiter = match records.delimiter {
        Some(b'\t') => "<tab>".to_owned(),
        other => char::from(other.unwrap_or(b',')).to_string(),
    };
    format!(
        "{width} columns without names, and what they hold doesn't tell which is the text; write a first line with their \
         names, such as {}",
        ["file", "text", "speaker"].join(&delimiter)
    )
}
