//! The folders of sets.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::CorpusError;
use crate::prepare::kind::Kind;

/// The sets with the number of utterances that is published of each: OpenSLR 12, then the small ones of OpenSLR 31.
const PUBLISHED: [(&str, usize); 9] = [
    ("dev-clean", 2703),
    ("dev-other", 2864),
    ("test-clean", 2620),
    ("test-other", 2939),
    ("train-clean-100", 28_539),
    ("train-clean-360", 104_014),
    ("train-other-500", 148_688),
    ("train-clean-5", 1519),
    ("dev-clean-2", 1089),
];

/// The deepest level below a root that sets may lie at: `librispeech/train-clean-5/LibriSpeech/…` in a folder of corpora
/// has three above the set.
const DEEPEST: usize = 4;

/// The number of utterances that is published of a set.
pub(super) fn published(name: &str) -> Option<usize> {
    PUBLISHED.iter().find(|(set, _)| *set == name).map(|&(_, count)| count)
}

/// The wanted sets below the roots, with their folders: training sets first, then those for development and test.
pub(super) fn find(roots: &[PathBuf], wanted: &[String]) -> Result<Vec<(String, PathBuf)>, CorpusError> {
    let Some(root) = roots.first() else {
        let problem = "give at least one folder that holds sets".to_owned();
        return Err(CorpusError::Option { key: "roots", problem });
    };
    let mut found: BTreeMap<String, PathBuf> = BTreeMap::new();
    for root in roots {
        for (name, folder) in below(root)? {
            let Some(other) = found.insert(name.clone(), folder.clone()) else { continue };
            if other.canonicalize().ok() != folder.canonicalize().ok() {
                let problem = format!("the set {name} lies in {} too; give one of them", other.display());
                return Err(CorpusError::layout(&folder, problem));
            }
        }
    }
    let names = found.keys().cloned().collect::<Vec<_>>().join(", ");
    if found.is_empty() {
        let problem = "no folder of a set is below it, such as LibriSpeech/train-clean-100/103/1240; give the folder \
                       that LibriSpeech's archives were unpacked in";
        return Err(CorpusError::layout(root, problem));
    }
    if let Some(missing) = wanted.iter().find(|name| !found.contains_key(*name)) {
        let problem = format!("no folder of the set {missing} is below it; the sets there are {names}");
        return Err(CorpusError::layout(root, problem));
    }
    let mut sets: Vec<_> =
        found.into_iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(name)).collect();
    sets.sort_by_cached_key(|(name, _)| Kind::of_first_word(name).map(|(kind, _)| kind));
    Ok(sets)
}

/// The sets below a root, or the root itself, by name.
fn below(root: &Path) -> Result<Vec<(String, PathBuf)>, CorpusError> {
    fs::read_dir(root).map_err(CorpusError::io(root))?;
    // One like `..` has no name.
    let named = || root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let root = root.file_name().map_or_else(named, |_| root.to_owned());
    let (mut sets, mut open) = (Vec::new(), vec![(root, 0)]);
    while let Some((folder, depth)) = open.pop() {
        let inside = folders(&folder);
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if Kind::of_first_word(&name).is_some() && inside.iter().any(|folder| is_speaker(folder)) {
            sets.push((name, folder));
        } else if depth < DEEPEST {
            open.extend(inside.into_iter().filter(|folder| !is_speaker(folder)).map(|f| (f, depth + 1)));
        }
    }
    Ok(sets)
}

/// The folders in a folder, links followed; none where it can't be looked into.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// Whether a folder is a speaker's, whose name is a number.
fn is_speaker(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().as_encoded_bytes();
    !name.is_empty() && name.iter().all(u8::is_ascii_digit)
}
