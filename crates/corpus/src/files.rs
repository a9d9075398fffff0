//! Files written whole, and folders walked in a fixed order.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use linnet_files::io_problem;
use walkdir::WalkDir;

use crate::CorpusError;

/// Folders below a root that are looked into: corpora are shallow, and a bound ends a walk that went astray.
const DEEPEST: usize = 24;

/// Writes a whole file, see [`linnet_files::write_beside`].
pub(crate) fn write_beside(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), CorpusError> {
    linnet_files::write_beside(path, write).map_err(CorpusError::io(path))
}

/// Times that links may lead to one folder: folders that link to each other would be walked in every order.
const MOST_VISITS: usize = 8;

/// All files below `root` in the order of their names, links followed. What cannot be looked into is named in `notes`
/// and left out, but for the root itself.
pub(crate) fn walk(root: &Path, notes: &mut Vec<String>) -> Result<Vec<PathBuf>, CorpusError> {
    fs::read_dir(root).map_err(CorpusError::io(root))?;
    let (mut files, mut paths) = (Vec::new(), RealPaths::default());
    let mut visits: HashMap<PathBuf, usize> = HashMap::new();
    let mut entries =
        WalkDir::new(root).follow_links(true).max_depth(DEEPEST).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) if entry.file_type().is_file() => files.push(entry.into_path()),
            Ok(entry) if entry.file_type().is_dir() => {
                let visits = visits.entry(paths.of(entry.path())).or_default();
                *visits += 1;
                if *visits > MOST_VISITS {
                    let path = entry.path().display();
                    notes.push(format!("left out: {path}: too many links lead to it; take some out"));
                    entries.skip_current_dir();
                }
            }
            Ok(_) => {}
            Err(error) => notes.push(format!("left out: {}", unreadable(root, error))),
        }
    }
    Ok(files)
}

/// Paths without links, remembered.
#[derive(Default)]
pub(crate) struct RealPaths(HashMap<PathBuf, PathBuf>);

impl RealPaths {
    /// Where a path leads to; itself, where nothing is there.
    pub(crate) fn of(&mut self, path: &Path) -> PathBuf {
        let resolve = || path.canonicalize().unwrap_or_else(|_| path.to_owned());
        self.0.entry(path.to_owned()).or_insert_with(resolve).clone()
    }
}

/// The fault of a path that can't be looked into.
fn unreadable(root: &Path, error: walkdir::Error) -> String {
    let path = error.path().unwrap_or(root).display().to_string();
    let problem = error.into_io_error().map(|error| io_problem(&error));
    format!("{path}: {}", problem.unwrap_or_else(|| "its links lead in a circle; take one out".into()))
}

/// A file's text, without the mark of UTF-8 that some editors put at its beginning. Bytes that are not UTF-8 are
/// replaced: the texts of discs have few.
pub(crate) fn read_lossy(path: &Path) -> Result<String, CorpusError> {
    let bytes = fs::read(path).map_err(CorpusError::io(path))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// Whether a path ends in an extension, in any case.
pub(crate) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}
