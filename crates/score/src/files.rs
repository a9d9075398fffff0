//! Text files, read line by line and written whole.

use std::path::Path;

use linnet_files::{text_lines, write_beside};

use crate::error::ScoreError;

/// The longest line that is read, in bytes: a transcript of days of speech has less.
pub(crate) const LONGEST_LINE: usize = 1 << 24;

/// Reads a file of UTF-8 lines and hands over each that is neither blank nor a comment (`;;`), trimmed, with its
/// number.
pub(crate) fn each_line(
    path: &Path,
    mut each: impl FnMut(usize, &str) -> Result<(), ScoreError>,
) -> Result<(), ScoreError> {
    let bytes = std::fs::read(path).map_err(|source| ScoreError::Io { path: path.to_path_buf(), source })?;
    for (number, line) in text_lines(&bytes, LONGEST_LINE) {
        let line = line.map_err(|problem| ScoreError::line(path, number, problem))?.trim();
        if !line.is_empty() && !line.starts_with(";;") {
            each(number, line)?;
        }
    }
    Ok(())
}

/// Whether a line begins with what isn't read: a comment's sign, or the mark of UTF-8, which is dropped from a file's
/// first line.
pub(crate) fn begins_unread(line: &str) -> bool {
    line.starts_with(";;") || line.starts_with('\u{feff}')
}

/// Writes a text's file, see [`write_beside`].
pub(crate) fn write_text(path: &Path, text: &str) -> Result<(), ScoreError> {
    write_beside(path, |out| out.write_all(text.as_bytes()))
        .map_err(|source| ScoreError::Io { path: path.to_path_buf(), source })
}

/// A text's words, parted by single spaces.
pub(crate) fn single_spaces(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line += word;
    }
    line
}

/// A time or duration, in seconds.
pub(crate) fn seconds(field: &str) -> Option<f64> {
    field.parse().ok().filter(|&time: &f64| (0.0..1e9).contains(&time))
}
