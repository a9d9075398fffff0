//! The files of a disc set, found whatever layout and case they were copied with.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::CorpusError;
use crate::files::walk;

/// All files below the roots, by name.
///
/// A file is asked for by its path from `wsj0/` or `wsj1/` on, which all layouts share: `11-1.1/wsj0/…`,
/// `11_1.1/wsj0/…`, `wsj0/…`, each with levels above. The disc that an index names only decides between several copies,
/// so the one index that names the wrong disc (13-32.1's of the 1993 evaluation) needs no rule of its own.
pub(super) struct Discs {
    /// Files other than audio: by their name the files of that name, each with its whole path.
    files: Files,
    /// Audio of the first channel, by its name without extension: each with its whole path without extension.
    audio: Files,
}

/// By a name, in lower case, the files of that name: the absolute path as it is looked for, and as it is.
type Files = HashMap<String, Vec<(String, PathBuf)>>;

/// Ends of the names of the first channel's audio, the first where there are several: as it is on the discs, or
/// converted.
const AUDIO: [&str; 9] =
    [".wv1", ".wv1.sph", ".wv1.flac", ".wv1.wav", "_1.flac", "_1.wav", ".sph", ".flac", ".wav"];

impl Discs {
    /// Looks through the roots. What cannot be read below them is named in `notes`.
    pub(super) fn find(roots: &[PathBuf], notes: &mut Vec<String>) -> Result<Self, CorpusError> {
        let (mut files, mut audio) = (Files::new(), Vec::new());
        for root in roots {
            // A root may itself be the folder called wsj0: its name belongs to the paths.
            let root = root.canonicalize().map_err(CorpusError::io(root))?;
            for path in walk(&root, notes)? {
                let key = key(&path);
                match first_channel(&key) {
                    Some((stem, rank)) => audio.push((rank, stem.to_owned(), path)),
                    None => files.entry(name(&key).to_owned()).or_default().push((key, path)),
                }
            }
        }
        audio.sort();
        let mut by_name = Files::new();
        for (_, stem, path) in audio {
            by_name.entry(name(&stem).to_owned()).or_default().push((stem, path));
        }
        Ok(Self { files, audio: by_name })
    }

    /// The file at `path` (lower case, from `wsj0/` or `wsj1/` on), of `disc` where there are several.
    pub(super) fn get(&self, disc: &str, path: &str) -> Option<&Path> {
        find(&self.files, disc, path)
    }

    /// The first channel's audio at `stem`, a path without its extension, of `disc` where there are several.
    pub(super) fn audio(&self, disc: &str, stem: &str) -> Option<&Path> {
        find(&self.audio, disc, stem)
    }

    /// All audio of the first channel, by its paths in lower case without extension.
    pub(super) fn all_audio(&self) -> Vec<(&str, &Path)> {
        // Sorting is stable: of several with one stem the first one stays first.
        let mut found = listed(self.audio.values().flatten());
        found.sort_by_key(|&(stem, _)| stem);
        found
    }

    /// The files with an extension, sorted by their paths in lower case, each with that path.
    pub(super) fn with_extension(&self, extension: &str) -> Vec<(&str, &Path)> {
        let end = format!(".{extension}");
        let mut found = listed(self.files.values().flatten().filter(|(key, _)| key.ends_with(&end)));
        found.sort_unstable();
        found
    }
}

fn listed<'a>(files: impl Iterator<Item = &'a (String, PathBuf)>) -> Vec<(&'a str, &'a Path)> {
    files.map(|(key, path)| (key.as_str(), path.as_path())).collect()
}

fn find<'a>(files: &'a Files, disc: &str, path: &str) -> Option<&'a Path> {
    let below = format!("/{path}");
    let candidates = || files.get(name(path)).into_iter().flatten().filter(|(key, _)| key.ends_with(&below));
    let on_disc = |(key, _): &&(String, PathBuf)| {
        let above = key.strip_suffix(&below).and_then(|above| above.rsplit('/').next());
        above.is_some_and(|found| same_disc(found, disc))
    };
    candidates().find(on_disc).or_else(|| candidates().next()).map(|(_, path)| path.as_path())
}

/// The stem of the first channel's audio, and how much it is to be preferred.
fn first_channel(key: &str) -> Option<(&str, usize)> {
    let (rank, stem) =
        AUDIO.iter().enumerate().find_map(|(rank, end)| Some((rank, key.strip_suffix(end)?)))?;
    let is_second = stem.ends_with(".wv2") || stem.ends_with("_2");
    (!is_second).then_some((stem, rank))
}

fn name(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or_default()
}

/// A path in lower case. Copies of the discs may have the versions of ISO 9660 behind the names: `01IC0201.WV1;1`.
fn key(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    let key = parts.join("/").to_lowercase();
    let is_version = |version: &str| !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit());
    match key.rsplit_once(';') {
        Some((name, version)) if is_version(version) => name.trim_end_matches('.').to_owned(),
        _ => key,
    }
}

/// `11_1.1`, as some copies have it, is `11-1.1`.
fn same_disc(found: &str, disc: &str) -> bool {
    found.replacen('_', "-", 1) == disc
}
