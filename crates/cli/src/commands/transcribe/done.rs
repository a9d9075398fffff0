//! The recordings that are done: a journal in the folder of results.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use linnet_files::{io_problem, is_unfinished};
use serde::{Deserialize, Serialize};

use super::inputs::Input;

/// The journal in the folder of results.
const FILE: &str = "done.jsonl";

/// A line of the journal: what was done, by which model and options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// The recording.
    input: String,
    /// The results, below the folder. A name that is no text is told as nearly as it can be.
    files: Vec<String>,
    /// Their sources: the recording by its size and time, the model and all options.
    stamp: String,
}

/// The journal of a folder of results.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    /// The stamp of each result that was written last.
    done: HashMap<String, String>,
    file: File,
}

impl Journal {
    /// Opens the journal of a folder, which is made.
    pub(super) fn open(folder: &Path) -> Result<Self, String> {
        let path = folder.join(FILE);
        let fail = |error: io::Error| format!("{}: {}", path.display(), io_problem(&error));
        fs::create_dir_all(folder)
            .map_err(|error| format!("{}: {}", folder.display(), io_problem(&error)))?;
        let mut file = File::options().read(true).append(true).create(true).open(&path).map_err(fail)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(fail)?;
        // The last line may have been cut off.
        if !text.is_empty() && !text.ends_with('\n') {
            file.seek(SeekFrom::End(0)).and_then(|_| file.write_all(b"\n")).map_err(fail)?;
        }
        let entries = text.lines().filter_map(|line| serde_json::from_str::<Entry>(line).ok());
        let files =
            entries.flat_map(|entry| entry.files.into_iter().map(move |file| (file, entry.stamp.clone())));
        Ok(Self { folder: folder.into(), done: files.collect(), file })
    }

    /// Whether results, these files, are there and made of what `stamp` stands for.
    pub(super) fn is_done(&self, files: &[PathBuf], stamp: &str) -> bool {
        let is_current = |file: &PathBuf| {
            self.done.get(&*file.to_string_lossy()).is_some_and(|known| known == stamp)
                && self.folder.join(file).is_file()
        };
        files.iter().all(is_current)
    }

    /// Notes that an input is done.
    pub(super) fn note(&mut self, input: &Input, files: &[PathBuf], stamp: &str) -> Result<(), String> {
        let path = self.folder.join(FILE);
        let fail = |error: io::Error| format!("{}: {}", path.display(), io_problem(&error));
        let shown = |path: &PathBuf| path.to_string_lossy().into_owned();
        let (input, files) = (shown(&input.path), files.iter().map(shown).collect());
        let line = serde_json::to_string(&Entry { input, files, stamp: stamp.into() })
            .map_err(|error| fail(error.into()))?;
        self.file.write_all((line + "\n").as_bytes()).map_err(fail)
    }

    /// Removes what an interrupted run has left of these files.
    pub(super) fn clear(&self, files: impl Iterator<Item = PathBuf>) {
        let mut folders: HashMap<PathBuf, HashSet<OsString>> = HashMap::new();
        for file in files {
            if let (Some(folder), Some(name)) = (file.parent(), file.file_name()) {
                folders.entry(self.folder.join(folder)).or_default().insert(name.into());
            }
        }
        for (folder, names) in folders {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if unfinished(&entry.path()).is_some_and(|name| names.contains(&name)) {
                    // It does no harm where it stays.
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
    }
}

/// The file that an unfinished one, `.NAME.….part`, was to become.
fn unfinished(path: &Path) -> Option<OsString> {
    if !is_unfinished(path) {
        return None;
    }
    let within = Path::new(path.file_stem()?).file_stem()?;
    within.to_str().and_then(|name| name.strip_prefix('.')).map(OsString::from)
}

/// A number for the sources of an input's results: `settings`, which stand for the model and all options, and the
/// recording by its path, size and time. `None` for a stream, of which nobody knows that it is the same.
pub(super) fn stamp(settings: u64, input: &Input) -> Option<String> {
    let mut hasher = DefaultHasher::new();
    settings.hash(&mut hasher);
    hash_file(&input.path, &mut hasher);
    (input.part(), serde_json::to_string(&input.fields).unwrap_or_default()).hash(&mut hasher);
    for (phrase, weight) in &input.hotwords {
        (phrase, weight.map(f32::to_bits)).hash(&mut hasher);
    }
    (!input.is_stdin()).then(|| format!("{:016x}", hasher.finish()))
}

/// Feeds a file's path, size and time.
pub(super) fn hash_file(path: &Path, hasher: &mut impl Hasher) {
    let found = fs::metadata(path).ok();
    let time = found.as_ref().and_then(|found| found.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    (path, found.map(|found| found.len()), time).hash(hasher);
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    fn input(path: PathBuf) -> Input {
        let name = PathBuf::from("a");
        let (stem, hotwords) = (name.clone(), Vec::new());
        Input { name, stem, path, offset_s: 0.0, duration_s: None, hotwords, fields: Map::new() }
    }

    #[test]
    fn what_is_done_is_known_until_anything_changes() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a.wav"), "1").unwrap();
        let (input, files) = (input(at("a.wav")), [PathBuf::from("a.txt")]);
        let stamp = |settings, input: &Input| stamp(settings, input).unwrap();
        let out = at("out");
        let mut journal = Journal::open(&out).unwrap();
        assert!(!journal.is_done(&files, &stamp(7, &input)));
        fs::write(out.join("a.txt"), "A").unwrap();
        journal.note(&input, &files, &stamp(7, &input)).unwrap();
        let is_done = |settings| Journal::open(&out).unwrap().is_done(&files, &stamp(settings, &input));
        assert!(is_done(7) && !is_done(8));
        let journal = Journal::open(&out).unwrap();
        assert!(!journal.is_done(&["a.txt".into(), "a.srt".into()], &stamp(7, &input)));
        let other = |other: Input| assert!(!journal.is_done(&files, &stamp(7, &other)));
        other(Input { offset_s: 1.0, ..input.clone() });
        other(Input { hotwords: vec![("a".into(), None)], ..input.clone() });
        // What other settings have written over it counts.
        Journal::open(&out).unwrap().note(&input, &files, &stamp(8, &input)).unwrap();
        assert!(is_done(8) && !is_done(7));
        fs::remove_file(out.join("a.txt")).unwrap();
        assert!(!is_done(8));
        fs::write(out.join("a.txt"), "A").unwrap();
        fs::write(at("a.wav"), "longer").unwrap();
        assert!(!is_done(8));
        assert_eq!(super::stamp(7, &Input { path: "-".into(), ..input }), None);
    }

    #[test]
    fn a_line_that_was_cut_off_costs_itself_alone() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path();
        let names = ["a", "b", "c"].map(|name| PathBuf::from(format!("{name}.txt")));
        let mut journal = Journal::open(out).unwrap();
        let input = input(out.join("a.wav"));
        for name in &names[..2] {
            fs::write(out.join(name), "").unwrap();
            journal.note(&input, std::slice::from_ref(name), "7").unwrap();
        }
        let text = fs::read_to_string(out.join(FILE)).unwrap();
        fs::write(out.join(FILE), &text[..text.len() - 9]).unwrap();
        for name in [".b.txt.123.part", ".other.txt.123.part", "b.txt.123.part"] {
            fs::write(out.join(name), "half").unwrap();
        }
        let mut journal = Journal::open(out).unwrap();
        journal.clear(names.iter().cloned());
        fs::write(out.join("c.txt"), "").unwrap();
        journal.note(&input, &names[2..], "7").unwrap();
        let journal = Journal::open(out).unwrap();
        let done = [0, 1, 2].map(|i| journal.is_done(&names[i..=i], "7"));
        assert_eq!(done, [true, false, true]);
        // Files of another name, perhaps of another process, stay.
        assert!(!out.join(".b.txt.123.part").exists() && out.join(".other.txt.123.part").exists());
    }
}
