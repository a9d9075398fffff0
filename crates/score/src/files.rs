//! Text files, read line by line and written whole.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::ScoreError;

/// The longest line that is read, in bytes: a transcript of days of speech has less.
const LONGEST_LINE: usize = 1 << 24;

/// Reads a file of UTF-8 lines and hands over each that is neither blank nor a comment (`;;`), trimmed, with its number.
pub(crate) fn each_line(
    path: &Path,
    mut each: impl FnMut(usize, &str) -> Result<(), ScoreError>,
) -> Result<(), ScoreError> {
    let bytes = std::fs::read(path).map_err(|source| ScoreError::Io { path: path.to_path_buf(), source })?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes); // some editors mark UTF-8 so
    for (number, line) in (1..).zip(bytes.split(|&b| b == b'\n')) {
        let error = |problem: String| ScoreError::line(path, number, problem);
        if line.len() > LONGEST_LINE {
            return Err(error(format!("the line is longer than {LONGEST_LINE} bytes; give a file of text")));
        }
        let line = std::str::from_utf8(line).map_err(|_| {
            error("the line is not UTF-8; convert the file, as by `iconv -f LATIN1 -t UTF-8`".into())
        })?;
        let line = line.trim();
        if !line.is_empty() && !line.starts_with(";;") {
            each(number, line)?;
        }
    }
    Ok(())
}

/// Whether a line begins with what isn't read: a comment's sign, or the mark of UTF-8, which is dropped from a file's first line.
pub(crate) fn begins_unread(line: &str) -> bool {
    line.starts_with(";;") || line.starts_with('\u{feff}')
}

/// Writes a whole file: beside it first, then renamed.
pub(crate) fn write_beside(path: &Path, text: &str) -> Result<(), ScoreError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let written = || {
        let mut file = File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    written().map_err(|source| {
        // What is left of a failed write is of no use; the first error is the one to tell.
        let _ = std::fs::remove_file(&beside);
        ScoreError::Io { path: path.to_path_buf(), source }
    })
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

/// Whether NIST's formats would take a text's braces for alternatives, as in `{ um / uh }`.
pub(crate) fn has_alternatives(text: &str) -> bool {
    let mut words = text.split_whitespace();
    ["{", "/", "}"].iter().all(|sign| words.any(|word| word == *sign))
}

/// What is said of a line with alternatives.
pub(crate) const ALTERNATIVES: &str =
    "alternatives, as in `{ um / uh }`, are not supported; keep one of them";

/// A time or duration, in seconds.
pub(crate) fn seconds(field: &str) -> Option<f64> {
    field.parse().ok().filter(|&time: &f64| (0.0..1e9).contains(&time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_with_the_usual_rights_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let (path, plain) = (folder.path().join("out.txt"), folder.path().join("plain.txt"));
        write_beside(&path, "new").unwrap();
        std::fs::write(&plain, "new").unwrap();
        let rights = |path: &Path| std::fs::metadata(path).unwrap().permissions();
        assert_eq!(rights(&path), rights(&plain));
        let taken = folder.path().join("folder");
        std::fs::create_dir(&taken).unwrap();
        let message = write_beside(&taken, "new").unwrap_err().to_string();
        assert!(message.contains("folder: "), "{message}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "a rest lies about");
    }

    #[test]
    fn alternatives_are_seen_and_braces_alone_are_not_them() {
        assert!(has_alternatives("so { um / @ } yes"));
        assert!(
            !has_alternatives("{ and / or") && !has_alternatives("{um/uh}") && !has_alternatives("} / {")
        );
    }
}
