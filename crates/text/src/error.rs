//! What can go wrong with files of text.

use std::fs::File;
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
    /// The compact form of an n-gram model is not what it should be.
    #[error("{path}: {problem}")]
    Compact {
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
const LONGEST_LINE: usize = 1 << 16;

/// The bytes of a file.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, TextError> {
    std::fs::read(path).map_err(|source| TextError::Io { path: path.to_path_buf(), source })
}

/// The lines of a UTF-8 file's bytes with their numbers from 1.
pub(crate) fn each_line(
    bytes: &[u8],
    path: &Path,
    mut each: impl FnMut(usize, &str) -> Result<(), TextError>,
) -> Result<(), TextError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes); // some editors mark UTF-8 so
    for (i, line) in bytes.split(|&b| b == b'\n').enumerate() {
        if line.len() > LONGEST_LINE {
            let problem = format!("the line is longer than {LONGEST_LINE} bytes; give a file of text");
            return Err(TextError::line(path, i + 1, problem));
        }
        let line = std::str::from_utf8(line).map_err(|_| {
            let problem = "the line is not UTF-8; convert the file, as by `iconv -f LATIN1 -t UTF-8`";
            TextError::line(path, i + 1, problem)
        })?;
        each(i + 1, line.strip_suffix('\r').unwrap_or(line))?;
    }
    Ok(())
}

/// Writes a whole file: beside it first, then renamed.
pub(crate) fn write_beside(path: &Path, text: &str) -> Result<(), TextError> {
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
        TextError::Io { path: path.to_path_buf(), source }
    })
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
}
