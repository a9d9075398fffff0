//! The files of a disc set, found whatever layout and case they were copied with.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::CorpusError;
use crate::files::{has_extension, walk};

/// All files below the roots, by name.
///
/// A file is asked for by its path from `wsj0/` or `wsj1/` on, which all layouts share: `11-1.1/wsj0/…`,
/// `11_1.1/wsj0/…`, `wsj0/…`, each with levels above. The disc that an index names only decides between several copies,
/// so the one index that names the wrong disc (13-32.1's of the 1993 evaluation) needs no rule of its own.
pub(super) struct Discs {
    /// Lower-case file name to the files of that name: lower-case absolute path with `/`, and the path as it is.
    files: HashMap<String, Vec<(String, PathBuf)>>,
}

impl Discs {
    /// Looks through the roots. What cannot be read below them is named in `notes`.
    pub(super) fn find(roots: &[PathBuf], notes: &mut Vec<String>) -> Result<Self, CorpusError> {
        let mut files: HashMap<String, Vec<(String, PathBuf)>> = HashMap::new();
        for root in roots {
            // A root may itself be the folder called wsj0: its name belongs to the paths.
            let root = root.canonicalize().map_err(CorpusError::io(root))?;
            for path in walk(&root, notes)? {
                let key = key(&path);
                let name = key.rsplit('/').next().unwrap_or_default().to_owned();
                files.entry(name).or_default().push((key, path));
            }
        }
        Ok(Self { files })
    }

    /// The file at `path` (lower case, from `wsj0/` or `wsj1/` on), of `disc` where there are several.
    pub(super) fn get(&self, disc: &str, path: &str) -> Option<&Path> {
        let name = path.rsplit('/').next()?;
        let below = format!("/{path}");
        let candidates =
            || self.files.get(name).into_iter().flatten().filter(|(key, _)| key.ends_with(&below));
        let on_disc = |(key, _): &&(String, PathBuf)| {
            key.strip_suffix(&below)
                .and_then(|above| above.rsplit('/').next())
                .is_some_and(|d| same_disc(d, disc))
        };
        candidates().find(on_disc).or_else(|| candidates().next()).map(|(_, path)| path.as_path())
    }

    /// The files with an extension, sorted by their paths in lower case, each with that path.
    pub(super) fn with_extension(&self, extension: &str) -> Vec<(&str, &Path)> {
        let all = self.files.values().flatten().filter(|(_, path)| has_extension(path, extension));
        let mut found: Vec<_> = all.map(|(key, path)| (key.as_str(), path.as_path())).collect();
        found.sort_unstable();
        found
    }
}

fn key(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/").to_lowercase()
}

/// `11_1.1`, as some copies have it, is `11-1.1`.
fn same_disc(found: &str, disc: &str) -> bool {
    found.replacen('_', "-", 1) == disc
}
