//! Audio files that have their texts beside them.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use super::own::Own;
use super::pairs::{self, within};
use super::sets::{self, Kind};
use super::{Entry, Found, texts};
use crate::files::{RealPaths, walk};
use crate::{CorpusError, Utterance};

/// The recordings below a folder that have texts, with the speakers and sets that folders name. What is left out is
/// named in the skipped ones.
pub(super) fn read(root: &Path, own: &Own, found: &mut Found) -> Result<(), CorpusError> {
    let files = walk(root, &mut found.notes)?;
    for (audio, text) in pairs::find(root, files, own, found) {
        let id = within(&audio, root).with_extension("").to_string_lossy().into_owned();
        match text.read() {
            Ok(text) => {
                found.entries.push(Entry::of(Utterance { id, audio, text: Some(text), ..Default::default() }))
            }
            Err(reason) => found.skip(id, reason),
        }
    }
    let texts: Vec<&mut String> =
        found.entries.iter_mut().filter_map(|entry| entry.utterance.text.as_mut()).collect();
    if texts::strip_samples(texts) {
        let note = "all texts begin with 0 and a number of samples, as TIMIT's do; these are left out";
        found.notes.push(note.to_owned());
    }
    place(found);
    drop_links(found);
    tell_speakers(root, found);
    Ok(())
}

/// Takes sets and speakers from the folders that the recordings lie in: the sets from the level where all folders are
/// named as such, the speakers from the first level, but for that one, where the folders differ.
fn place(found: &mut Found) {
    let entries = std::mem::take(&mut found.entries);
    let folders: Vec<PathBuf> = entries.iter().map(|entry| folder(&entry.utterance.id).to_owned()).collect();
    let level = sets::level(&folders.iter().map(PathBuf::as_path).collect());
    let without_set = |folder: &PathBuf| -> PathBuf {
        let names = folder.iter().enumerate().filter(|(at, _)| Some(*at) != level);
        names.map(|(_, name)| name).collect()
    };
    let speakers: Vec<PathBuf> = folders.iter().map(without_set).collect();
    let common = sets::common_levels(&speakers.iter().map(PathBuf::as_path).collect());
    for ((mut entry, folder), below) in entries.into_iter().zip(&folders).zip(&speakers) {
        entry.utterance.speaker = sets::names(below).into_iter().nth(common);
        if let Some(level) = level {
            let set = sets::names(folder).into_iter().nth(level);
            entry.set = set.filter(|name| Kind::of_first_word(name).is_some());
            if entry.set.is_none() {
                let reason = "it lies in no folder of a set, where others do; move it into one";
                found.skip(&entry.utterance.id, reason);
                continue;
            }
        }
        found.entries.push(entry);
    }
}

/// Tells which folders are taken for speakers.
fn tell_speakers(root: &Path, found: &mut Found) {
    let names: BTreeSet<&str> =
        found.entries.iter().filter_map(|entry| entry.utterance.speaker.as_deref()).collect();
    if let Some(first) = names.first() {
        found.notes.push(format!(
            "speakers are the names of {} folders below {}, such as {first}",
            names.len(),
            root.display()
        ));
    }
    if let Some(name) = names.iter().find(|name| Kind::of(name).is_some()) {
        let note =
            format!("the folder {name} is taken for a speaker, as others beside it aren't named as sets");
        found.notes.push(note);
    }
}

/// Takes a recording once in each set, however many links lead to it.
fn drop_links(found: &mut Found) {
    let (mut seen, mut paths) = (HashSet::new(), RealPaths::default());
    let before = found.entries.len();
    found.entries.retain(|Entry { utterance, set }| seen.insert((paths.of(&utterance.audio), set.clone())));
    match before - found.entries.len() {
        0 => {}
        twice => found.notes.push(format!("links lead to {twice} recordings again; each is taken once")),
    }
}

fn folder(id: &str) -> &Path {
    Path::new(id).parent().unwrap_or(Path::new(""))
}
