//! What can go wrong with files of text.

use std::io::Write;
use std::path::{Path, PathBuf};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// A file can't be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A line is not what the format wants.
    #[error("{path}:{line}: {problem}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
}

impl TextError {
    pub(crate) fn line(path: &Path, line: usize, problem: impl Into<String>) -> Self {
        Self::Line { path: path.to_path_buf(), line, problem: problem.into() }
    }
}

/// The longest line that a file of text may have, in bytes: a longer one is no text.
const LONGEST_LINE: usize = 1 << 16;

/// The lines of a UTF-8 file with their numbers from 1.
pub(crate) fn read_lines(
    path: &Path,
    mut each: impl FnMut(usize, &str) -> Result<(), TextError>,
) -> Result<(), TextError> {
    let bytes = std::fs::read(path).map_err(|source| TextError::Io { path: path.to_path_buf(), source })?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes); // some editors mark UTF-8 so
    for (i, line) in bytes.split(|&b| b == b'\n').enumerate() {
        if line.len() > LONGEST_LINE {
            return Err(TextError::line(
                path,
                i + 1,
                format!("the line is longer than {LONGEST_LINE} bytes"),
            ));
        }
        let line = std::str::from_utf8(line).map_err(|_| {
            TextError::line(
                path,
                i + 1,
                "the line is not UTF-8; convert the file, as by `iconv -f LATIN1 -t UTF-8`",
            )
        })?;
        each(i + 1, line.strip_suffix('\r').unwrap_or(line))?;
    }
    Ok(())
}

/// Writes a whole file: beside it first, then renamed.
pub(crate) fn write_beside(path: &Path, text: &str) -> Result<(), TextError> {
    let error = |source| TextError::Io { path: path.to_path_buf(), source };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(error)?;
    file.write_all(text.as_bytes()).map_err(error)?;
    file.persist(path).map_err(|e| error(e.error))?;
    Ok(())
}
