//! Recordings that no row of a table names.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use linnet_audio::is_audio_path;

use super::Found;
use super::names::recordings;
use super::own::Own;
use crate::CorpusError;
use crate::files::{RealPaths, walk};

/// Counts the recordings that no row names: of all in the source if it is a folder, or else of those in the folders
/// where others are named.
pub(super) fn count(source: &Path, own: &Own, found: &mut Found) -> Result<(), CorpusError> {
    // Links among folders are followed, so that one recording has one place.
    let mut folders = RealPaths::default();
    let mut place = |path: &Path| Some((folders.of(path.parent()?), path.file_name()?.to_owned()));
    let named: Vec<&Path> = found.entries.iter().map(|entry| entry.utterance.audio.as_path()).collect();
    let all: Vec<PathBuf> = match source.is_dir() {
        true => walk(source, &mut found.notes)?.into_iter().filter(|path| is_audio_path(path)).collect(),
        false => {
            let folders: BTreeSet<&Path> = named.iter().filter_map(|path| path.parent()).collect();
            folders.into_iter().flat_map(recordings).collect()
        }
    };
    let named: HashSet<_> = named.into_iter().map(&mut place).collect();
    let unnamed: Vec<&PathBuf> =
        all.iter().filter(|path| !named.contains(&place(path)) && !own.is_joined(path)).collect();
    if let [first, ..] = unnamed[..] {
        let (count, first) = (unnamed.len(), first.display());
        found.notes.push(format!("{count} recordings are in no row that is used, the first of them {first}"));
    }
    Ok(())
}
