//! Names of files that are the same but for case or Unicode form.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use linnet_audio::is_audio_path;
use unicode_normalization::UnicodeNormalization;

use super::table::Match;
use crate::files::has_extension;

/// A name in lower case and Unicode's composed form. Discs and file systems hand names over in other cases and forms
/// than the ones that tables and other files have.
pub(super) fn folded(name: &OsStr) -> String {
    name.to_string_lossy().nfc().collect::<String>().to_lowercase()
}

/// Files by their folder and folded stem.
#[derive(Default)]
pub(in crate::prepare) struct ByStem(HashMap<PathBuf, HashMap<String, Vec<PathBuf>>>);

impl ByStem {
    pub(in crate::prepare) fn of<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> Self {
        let mut by_stem = Self::default();
        for path in files {
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            let stem = folded(path.file_stem().unwrap_or_default());
            by_stem.0.entry(folder).or_default().entry(stem).or_default().push(path.clone());
        }
        by_stem
    }

    /// The files of a folder with this stem, in order.
    pub(in crate::prepare) fn all(&self, folder: &Path, stem: &OsStr) -> &[PathBuf] {
        let found = self.0.get(folder).and_then(|here| here.get(&folded(stem)));
        found.map_or(&[], Vec::as_slice)
    }

    /// Whether one of the files lies in this folder.
    pub(super) fn has_folder(&self, folder: &Path) -> bool {
        self.0.contains_key(folder)
    }

    /// Of these the one with exactly this stem, or else the first.
    pub(super) fn find(&self, folder: &Path, stem: &OsStr) -> Option<&Path> {
        let all = self.all(folder, stem);
        let exact = all.iter().find(|path| path.file_stem() == Some(stem));
        exact.or(all.first()).map(PathBuf::as_path)
    }
}

/// Of several recordings of one text the one to take: the first, if possible of a kind that is read without losses, or
/// else with losses.
pub(in crate::prepare) fn best<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> Option<&'a PathBuf> {
    const WHOLE: &str = "wav wave bwf rf64 w64 sph sphere nist wv1 wv2 flac fla aif aiff aifc au snd caf raw";
    const LOSSY: &str = "mp1 mp2 mp3 mpga ogg oga ogx opus aac adts m4a m4b mp4 3gp mka mkv webm weba";
    let is_in = |path: &Path, kinds: &str| kinds.split(' ').any(|kind| has_extension(path, kind));
    let rank = |path: &Path| match () {
        () if is_in(path, WHOLE) => 0,
        () if is_in(path, LOSSY) => 1,
        () => 2,
    };
    files.into_iter().min_by_key(|path| rank(path))
}

/// Folders in which corpora keep the recordings that their tables name.
const FOLDERS: [&str; 5] = ["", "clips", "wavs", "wav", "audio"];

/// Finds the recordings that a table names.
pub(super) struct Finder {
    folder: PathBuf,
    listings: RefCell<HashMap<PathBuf, ByStem>>,
}

impl Finder {
    /// For a table in this folder.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), listings: RefCell::default() }
    }

    /// The recording of this name, whose extension may be missing, in the table's folder or one that is usual below
    /// it.
    pub(super) fn find(&self, name: &str) -> Option<(Match, PathBuf)> {
        // A name of dots would be a folder's.
        Path::new(name).file_name()?;
        let slashes = name.replace('\\', "/");
        let paths: Vec<PathBuf> = FOLDERS.iter().map(|below| self.folder.join(below).join(name)).collect();
        if let Some(path) = paths.into_iter().find(|path| path.is_file()) {
            let how = if is_audio_path(&path) { Match::File } else { Match::Stem };
            return Some((how, path));
        }
        let others = FOLDERS.iter().map(|below| self.folder.join(below).join(&slashes));
        let found: Vec<_> = others.filter_map(|path| self.alike(&path)).collect();
        found.into_iter().max_by_key(|(how, _)| *how)
    }

    /// How well a name is one of a recording.
    pub(super) fn rate(&self, name: &str) -> Match {
        self.find(name).map_or(Match::None, |(how, _)| how)
    }

    /// A recording whose name differs in case, Unicode form or extension.
    fn alike(&self, path: &Path) -> Option<(Match, PathBuf)> {
        let (folder, name) = (path.parent()?, path.file_name()?);
        let mut listings = self.listings.borrow_mut();
        let listing = listings.entry(folder.to_owned()).or_insert_with(|| listing(folder));
        let whole = listing.all(folder, path.file_stem()?);
        if let Some(found) = whole.iter().find(|found| found.file_name().map(folded) == Some(folded(name))) {
            return Some((Match::File, found.clone()));
        }
        Some((Match::Stem, best(listing.all(folder, name))?.clone()))
    }
}

fn listing(folder: &Path) -> ByStem {
    ByStem::of(&recordings(folder))
}

/// The recordings in a folder, not below it, in order; none where it can't be looked into.
pub(super) fn recordings(folder: &Path) -> Vec<PathBuf> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(here).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| folder.join(entry.file_name())).collect();
    files.retain(|path| is_audio_path(path));
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_are_found_by_names_that_differ_in_case_form_and_extension() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("wavs")).unwrap();
        for name in ["Gru\u{308}n.WAV", "wavs/a.b.wav", "wavs/c.mp3", "wavs/c.wav", "wavs/c.txt"] {
            std::fs::write(root.path().join(name), "").unwrap();
        }
        let finder = Finder::new(root.path());
        let found = |name: &str| {
            finder.find(name).map(|(how, path)| {
                (how, path.strip_prefix(root.path()).unwrap().to_str().unwrap().to_owned())
            })
        };
        let is = |how, name: &str| Some((how, name.to_owned()));
        assert_eq!(found("gr\u{fc}n.wav"), is(Match::File, "Gru\u{308}n.WAV"));
        assert_eq!(found("gr\u{fc}n"), is(Match::Stem, "Gru\u{308}n.WAV"));
        assert_eq!(found("a.b"), is(Match::Stem, "wavs/a.b.wav"));
        assert_eq!(found("c"), is(Match::Stem, "wavs/c.wav"));
        assert_eq!(found("wavs\\c.mp3"), is(Match::File, "wavs/c.mp3"));
        assert_eq!(found("wavs/c.txt"), is(Match::Stem, "wavs/c.txt"), "it may be a recording of any name");
        for none in ["", "c.flac", "d", "wavs", "a\0b", ".", ".."] {
            assert_eq!(found(none), None, "{none:?}");
        }
    }
}
