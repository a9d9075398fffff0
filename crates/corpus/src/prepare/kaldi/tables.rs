//! Kaldi's tables: a key, then the value to the line's end.

use std::collections::btree_map::{BTreeMap, Entry as Place};
use std::fs;
use std::path::Path;

use linnet_files::text_lines;

use crate::{CorpusError, Skipped};

/// Longest line, bytes: a file that is no table may be one long line.
const LONGEST_LINE: usize = 1 << 20;

/// A table.
#[derive(Default)]
pub(super) struct Table {
    pub(super) entries: BTreeMap<String, Entry>,
    /// Lines that can't be used, and keys that stand on several lines with different values, of which nobody knows
    /// which is right.
    pub(super) bad: Vec<Skipped>,
}

/// A value.
pub(super) struct Entry {
    /// Its line, from 1.
    pub(super) line: usize,
    pub(super) value: String,
}

impl Table {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.entries.get(key).map(|entry| entry.value.as_str())
    }
}

/// Reads a table.
pub(super) fn read_table(path: &Path) -> Result<Table, CorpusError> {
    let bytes = fs::read(path).map_err(CorpusError::io(path))?;
    let mut table = Table::default();
    let mut several = Vec::new();
    for (line, text) in text_lines(&bytes, LONGEST_LINE) {
        let text = match text {
            Ok(text) => text.trim(),
            Err(reason) => {
                table.bad.push(Skipped { id: format!("{}, line {line}", path.display()), reason });
                continue;
            }
        };
        if text.is_empty() {
            continue;
        }
        let (key, value) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let value = value.trim().to_owned();
        match table.entries.entry(key.to_owned()) {
            Place::Vacant(place) => drop(place.insert(Entry { line, value })),
            Place::Occupied(place) if place.get().value == value => {}
            Place::Occupied(place) => several.push((key.to_owned(), place.get().line, line)),
        }
    }
    for (id, first, second) in several {
        // A third line has found it gone.
        if table.entries.remove(&id).is_some() {
            let reason = format!(
                "{}: lines {first} and {second} have different values of it; remove the wrong one",
                path.display()
            );
            table.bad.push(Skipped { id, reason });
        }
    }
    Ok(table)
}

/// Reads a table if there is one.
pub(super) fn read_optional(path: &Path) -> Result<Option<Table>, CorpusError> {
    path.is_file().then(|| read_table(path)).transpose()
}
