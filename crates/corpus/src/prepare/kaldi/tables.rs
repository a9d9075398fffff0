//! Kaldi's tables: a key, then the value to the line's end.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::CorpusError;

/// Reads a table. A key may stand once.
pub(super) fn read_table(path: &Path) -> Result<BTreeMap<String, String>, CorpusError> {
    Ok(read_entries(path)?.into_iter().map(|(key, (_, value))| (key, value)).collect())
}

/// As [`read_table`], with the line of each value, from 1.
pub(super) fn read_entries(path: &Path) -> Result<BTreeMap<String, (usize, String)>, CorpusError> {
    let text = fs::read(path).map_err(CorpusError::io(path))?;
    let mut table = BTreeMap::new();
    for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        let fail = |problem: String| CorpusError::Line { path: path.into(), line: number, problem };
        let line = std::str::from_utf8(line)
            .map_err(|_| {
                fail("the line is not UTF-8; convert the file, as by `iconv -f LATIN1 -t UTF-8`".to_owned())
            })?
            .trim();
        if line.is_empty() {
            continue;
        }
        let (key, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if table.insert(key.to_owned(), (number, value.trim().to_owned())).is_some() {
            return Err(fail(format!("{key} stands on an earlier line too; keys must differ")));
        }
    }
    Ok(table)
}
