//! What can go wrong with files of text.

use std::path::{Path, PathBuf};

use linnet_files::{text_lines, write_beside};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// A file can't be read or written.
    #[error("{}: {}", path.display(), linnet_files::io_problem(source))]
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
    /// A file is not what it should be, such as a damaged compact form of an n-gram model, or one that isn't read.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and the mend.
        problem: &'static str,
    },
}

impl TextError {
    pub(crate) fn line(path: &Path, line: usize, problem: impl Into<String>) -> Self {
        Self::Line { path: path.to_path_buf(), line, problem: problem.into() }
    }
}

/// The longest line that a file of text may have, in bytes: a longer one is no text.
pub(crate) const LONGEST_LINE: usize = 1 << 16;

/// The bytes of a file.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, TextError> {
    std::fs::read(path).map_err(|source| TextError::Io { path: path.to_path_buf(), source })
}

/// Reads a text of UTF-8 whole, without the mark that some editors put at its beginning.
///
/// # Errors
///
/// A file that can't be read; the first line that is not UTF-8, or too long for a text.
pub fn read_text(path: &Path) -> Result<String, TextError> {
    let mut text = String::new();
    each_line(&read_bytes(path)?, path, |_, line| {
        text += line;
        text.push('\n');
        Ok(())
    })?;
    Ok(text)
}

/// The lines of a UTF-8 file's bytes with their numbers from 1.
pub(crate) fn each_line(
    bytes: &[u8],
    path: &Path,
    mut each: impl FnMut(usize, &str) -> Result<(), TextError>,
) -> Result<(), TextError> {
    for (number, line) in text_lines(bytes, LONGEST_LINE) {
        each(number, line.map_err(|problem| TextError::line(path, number, problem))?)?;
    }
    Ok(())
}

/// Writes a text's file, see [`write_beside`].
pub(crate) fn write_text(path: &Path, text: &str) -> Result<(), TextError> {
    write_beside(path, |out| out.write_all(text.as_bytes()))
        .map_err(|source| TextError::Io { path: path.to_path_buf(), source })
}
