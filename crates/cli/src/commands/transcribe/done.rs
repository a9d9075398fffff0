//! The recordings that are done: a journal in the folder of results.

use std::collections::HashMap;
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
    input: PathBuf,
    /// The results, below the folder.
    files: Vec<PathBuf>,
    /// Their sources: the recording by its size and time, the model and all options.
    stamp: String,
}

/// The journal of a folder of results.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    /// The stamp of each result that was written last.
    done: HashMap<PathBuf, String>,
    file: File,
    /// What model and options are.
    settings: u64,
}

impl Journal {
    /// Opens the journal of a folder, which is made. `settings` stands for the model and all options.
    pub(super) fn open(folder: &Path, settings: u64) -> Result<Self, String> {
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
        Ok(Self { folder: folder.into(), done: files.collect(), file, settings })
    }

    /// Whether the results of an input, these files, are there and up to date. What an interrupted run has left of them
    /// is removed.
    pub(super) fn is_done(&self, input: &Input, files: &[PathBuf]) -> bool {
        files.iter().for_each(|file| remove_unfinished(&self.folder.join(file)));
        let stamp = self.stamp(input);
        let is_current =
            |file: &PathBuf| self.done.get(file) == Some(&stamp) && self.folder.join(file).is_file();
        !input.is_stdin() && files.iter().all(is_current)
    }

    /// Notes that an input is done.
    pub(super) fn note(&mut self, input: &Input, files: &[PathBuf]) -> Result<(), String> {
        let path = self.folder.join(FILE);
        let fail = |error: io::Error| format!("{}: {}", path.display(), io_problem(&error));
        let entry = Entry { input: input.path.clone(), files: files.to_vec(), stamp: self.stamp(input) };
        let line = serde_json::to_string(&entry).map_err(|error| fail(error.into()))?;
        self.file.write_all((line + "\n").as_bytes()).map_err(fail)
    }

    /// What the results of an input are made of.
    fn stamp(&self, input: &Input) -> String {
        let mut hasher = DefaultHasher::new();
        self.settings.hash(&mut hasher);
        hash_file(&input.path, &mut hasher);
        let part = (input.offset_s.to_bits(), input.duration_s.map(f64::to_bits));
        (part, serde_json::to_string(&input.fields).unwrap_or_default()).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}

/// Feeds a file's path, size and time.
pub(super) fn hash_file(path: &Path, hasher: &mut impl Hasher) {
    let found = fs::metadata(path).ok();
    let time = found.as_ref().and_then(|found| found.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    (path, found.map(|found| found.len()), time).hash(hasher);
}

/// Removes what a process that was ended while it wrote a file has left beside it.
fn remove_unfinished(path: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
    let prefix = format!(".{}.", name.to_string_lossy());
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_unfinished(&entry.path()) && entry.file_name().to_string_lossy().starts_with(&prefix) {
            // It does no harm where it stays.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    fn input(path: PathBuf) -> Input {
        Input { name: "a".into(), path, offset_s: 0.0, duration_s: None, fields: Map::new() }
    }

    #[test]
    fn what_is_done_is_known_until_anything_changes() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a.wav"), "1").unwrap();
        let (input, files) = (input(at("a.wav")), [PathBuf::from("a.txt")]);
        let out = at("out");
        let mut journal = Journal::open(&out, 7).unwrap();
        assert!(!journal.is_done(&input, &files));
        fs::write(out.join("a.txt"), "A").unwrap();
        journal.note(&input, &files).unwrap();
        let open = |settings| Journal::open(&out, settings).unwrap();
        assert!(open(7).is_done(&input, &files));
        assert!(!open(8).is_done(&input, &files));
        assert!(!open(7).is_done(&input, &["a.txt".into(), "a.srt".into()]));
        assert!(!open(7).is_done(&Input { offset_s: 1.0, ..input.clone() }, &files));
        // What other settings have written over it counts.
        open(8).note(&input, &files).unwrap();
        assert!(open(8).is_done(&input, &files) && !open(7).is_done(&input, &files));
        open(7).note(&input, &files).unwrap();
        fs::remove_file(out.join("a.txt")).unwrap();
        assert!(!open(7).is_done(&input, &files));
        fs::write(out.join("a.txt"), "A").unwrap();
        fs::write(at("a.wav"), "longer").unwrap();
        assert!(!open(7).is_done(&input, &files));
    }

    #[test]
    fn a_line_that_was_cut_off_costs_itself_alone() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path();
        let names = ["a", "b", "c"].map(|name| PathBuf::from(format!("{name}.txt")));
        let input = |name: &PathBuf| input(out.join(name).with_extension("wav"));
        let mut journal = Journal::open(out, 7).unwrap();
        for name in &names[..2] {
            fs::write(out.join(name), "").unwrap();
            journal.note(&input(name), std::slice::from_ref(name)).unwrap();
        }
        let text = fs::read_to_string(out.join(FILE)).unwrap();
        fs::write(out.join(FILE), &text[..text.len() - 9]).unwrap();
        fs::write(out.join(".b.txt.123.part"), "half").unwrap();
        let mut journal = Journal::open(out, 7).unwrap();
        fs::write(out.join("c.txt"), "").unwrap();
        journal.note(&input(&names[2]), &names[2..]).unwrap();
        let journal = Journal::open(out, 7).unwrap();
        let done = [0, 1, 2].map(|i| journal.is_done(&input(&names[i]), &names[i..=i]));
        assert_eq!(done, [true, false, true]);
        assert!(!out.join(".b.txt.123.part").exists());
    }
}
