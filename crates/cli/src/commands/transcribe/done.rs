//! The recordings that are done, as the journals in the folder of results note.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use linnet_files::{io_problem, is_unfinished};

use super::inputs::Input;
use super::journal::{Entry, checksum, is_journal};

/// How the results of a recording stand.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    Done,
    /// Not all of them are there.
    Missing,
    /// They are of other sources, as said here.
    Stale(&'static str),
    /// The last attempt at them failed, as said here.
    Failed(String),
}

/// The notes of all journals of a folder of results.
#[derive(Debug)]
pub(super) struct Journals {
    folder: PathBuf,
    /// The last entry about each result.
    last: HashMap<String, Entry>,
    /// The checksums that each result has had.
    written: HashMap<String, Sums>,
}

/// The checksums that a result has had.
#[derive(Debug, Default)]
struct Sums {
    known: HashSet<u32>,
    /// When it was last written by a version that notes none, and by one that notes them: the greatest of the entries'
    /// times.
    without: Option<u64>,
    with: Option<u64>,
}

impl Sums {
    /// Whether a content may be a run's: one of the known checksums, or the last to write it was a run that noted none.
    fn may_be(&self, content: &[u8]) -> bool {
        self.without > self.with || self.known.contains(&checksum(content))
    }
}

impl Journals {
    /// Reads those of a folder; there are none where it isn't there.
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        let mut last: HashMap<String, Entry> = HashMap::new();
        let mut written: HashMap<String, Sums> = HashMap::new();
        let found = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("{}: {}", folder.display(), io_problem(&error))),
            Ok(found) => Some(found),
        };
        for found in found.into_iter().flatten().flatten() {
            if !is_journal(&found.file_name().to_string_lossy()) {
                continue;
            }
            let path = found.path();
            let bytes =
                fs::read(&path).map_err(|error| format!("{}: {}", path.display(), io_problem(&error)))?;
            // A line that was cut off isn't read.
            let lines = bytes.split(|byte| *byte == b'\n');
            for mut entry in lines.filter_map(|line| serde_json::from_slice::<Entry>(line).ok()) {
                for (i, file) in std::mem::take(&mut entry.files).into_iter().enumerate() {
                    let (sum, is_whole) = (entry.sums.get(i), entry.failed.is_none());
                    if sum.is_some() || is_whole {
                        let sums = written.entry(file.clone()).or_default();
                        sums.known.extend(sum);
                        let last = if sum.is_some() { &mut sums.with } else { &mut sums.without };
                        *last = (*last).max(Some(entry.time).filter(|_| is_whole));
                    }
                    if last.get(&file).is_none_or(|known| known.time <= entry.time) {
                        last.insert(file, entry.clone());
                    }
                }
            }
        }
        Ok(Self { folder: folder.into(), last, written })
    }

    /// How results, these files, stand to what `stamp` stands for.
    pub(super) fn state(&self, files: &[PathBuf], stamp: &str) -> State {
        let known = |file: &PathBuf| self.last.get(&*file.to_string_lossy());
        if let Some(reason) = files.iter().find_map(|file| known(file)?.failed.clone()) {
            return State::Failed(reason);
        }
        let is_there = |file: &PathBuf| known(file).is_some() && self.folder.join(file).is_file();
        if !files.iter().all(is_there) {
            return State::Missing;
        }
        let other = files.iter().filter_map(known).find(|entry| entry.stamp != stamp);
        match other.map(|entry| settings_of(&entry.stamp) == settings_of(stamp)) {
            None => State::Done,
            Some(true) => State::Stale("the recording, or its line in the list, is another by now"),
            Some(false) => State::Stale("the model or the options are others"),
        }
    }

    /// Why one of these files must not be replaced: it isn't as a run has written it, so that somebody else's work would
    /// be lost. `None` if all may be.
    pub(super) fn refuse(&self, files: &[PathBuf]) -> Option<String> {
        files.iter().find_map(|file| {
            let path = self.folder.join(file);
            let content = match fs::read(&path) {
                Ok(content) => content,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
                Err(error) => {
                    return Some(format!(
                        "{}: whether a run has written this file can't be seen: {}",
                        path.display(),
                        io_problem(&error)
                    ));
                }
            };
            match self.written.get(&*file.to_string_lossy()) {
                None => Some(format!(
                    "{}: the transcript would replace this file, which by the journals here no run has written; move it, \
                     or give another --out",
                    path.display()
                )),
                Some(sums) if sums.may_be(&content) => None,
                Some(_) => Some(format!(
                    "{}: the transcript would replace this file, which was changed since a run wrote it; move it to have \
                     a new one, or give another --out",
                    path.display()
                )),
            }
        })
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

/// The sources of an input's results as two numbers: `settings`, which stands for the model and all options, and one for
/// the recording by its path, size and time. `None` for a stream, of which nobody knows that it is the same.
pub(super) fn stamp(settings: u64, input: &Input) -> Option<String> {
    let mut hasher = DefaultHasher::new();
    hash_file(&input.path, &mut hasher);
    (input.part(), serde_json::to_string(&input.fields).unwrap_or_default()).hash(&mut hasher);
    for (phrase, weight) in &input.hotwords {
        (phrase, weight.map(f32::to_bits)).hash(&mut hasher);
    }
    (!input.is_stdin()).then(|| format!("{settings:016x}-{:016x}", hasher.finish()))
}

/// The part of a stamp that stands for the model and the options.
fn settings_of(stamp: &str) -> &str {
    stamp.split_once('-').map_or(stamp, |(settings, _)| settings)
}

/// Feeds a file's path, size and time.
pub(super) fn hash_file(path: &Path, hasher: &mut impl Hasher) {
    let found = fs::metadata(path).ok();
    let time = found.as_ref().and_then(|found| found.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    (path, found.map(|found| found.len()), time).hash(hasher);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Map;

    use super::super::journal::{BEGUN, Journal, journal_name};
    use super::super::shard::Shard;
    use super::*;

    const NOBODYS: Option<Shard> = None;

    fn input(path: PathBuf) -> Input {
        let name = PathBuf::from("a");
        let (stem, key, hotwords) = (name.clone(), name.clone(), Vec::new());
        Input { name, stem, key, path, offset_s: 0.0, duration_s: None, hotwords, fields: Map::new() }
    }

    #[test]
    fn what_is_done_is_known_until_anything_changes() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a.wav"), "1").unwrap();
        let (input, files) = (input(at("a.wav")), [PathBuf::from("a.txt")]);
        let stamp = |settings, input: &Input| stamp(settings, input).unwrap();
        let out = at("out");
        let state = |settings| Journals::read(&out).unwrap().state(&files, &stamp(settings, &input));
        assert!(state(7) == State::Missing && !out.exists());
        let mut journal = Journal::open(&out, NOBODYS).unwrap();
        let mut note = |settings, failed| {
            journal.note(&input, (&files, &[]), Some(&stamp(settings, &input)), failed).unwrap()
        };
        fs::write(out.join("a.txt"), "A").unwrap();
        assert_eq!(state(7), State::Missing);
        note(7, None);
        let others = State::Stale("the model or the options are others");
        assert_eq!((state(7), state(8)), (State::Done, others));
        let journals = Journals::read(&out).unwrap();
        let state_of = |files: &[PathBuf], input: &Input| journals.state(files, &stamp(7, input));
        assert_eq!(state_of(&["a.txt".into(), "a.srt".into()], &input), State::Missing);
        let changed = |other: Input| {
            assert!(matches!(state_of(&files, &other), State::Stale(why) if why.contains("recording")))
        };
        changed(Input { offset_s: 1.0, ..input.clone() });
        changed(Input { hotwords: vec![("a".into(), None)], ..input.clone() });
        // Results of other settings, written over them, count; so does that nothing came of them.
        note(8, None);
        assert!(state(8) == State::Done && state(7) != State::Done);
        note(8, Some("full"));
        assert_eq!(state(8), State::Failed("full".into()));
        note(8, None);
        fs::remove_file(out.join("a.txt")).unwrap();
        assert_eq!(state(8), State::Missing);
        fs::write(out.join("a.txt"), "A").unwrap();
        fs::write(at("a.wav"), "longer").unwrap();
        assert!(matches!(state(8), State::Stale(why) if why.contains("recording")));
        assert_eq!(super::stamp(7, &Input { path: "-".into(), ..input }), None);
    }

    #[test]
    fn of_two_journals_the_later_entry_counts() {
        let out = tempfile::tempdir().unwrap();
        let entry = |stamp: &str, time| {
            format!("{{\"input\":\"a\",\"files\":[\"a.txt\"],\"stamp\":\"{stamp}\",\"time\":{time}}}\n")
        };
        fs::write(out.path().join("a.txt"), "A").unwrap();
        for (journal, entries) in [
            ("done.jsonl", entry("7-1", 10)),
            ("done.1-of-2.jsonl", entry("8-1", 30)),
            ("done.2-of-2.jsonl", entry("9-1", 20) + "{\"input\":"),
            ("done.x-of-2.jsonl", entry("10-1", 40)),
        ] {
            fs::write(out.path().join(journal), entries).unwrap();
        }
        let journals = Journals::read(out.path()).unwrap();
        let done = ["7-1", "8-1", "9-1", "10-1"]
            .map(|stamp| journals.state(&["a.txt".into()], stamp) == State::Done);
        assert_eq!(done, [false, true, false, false]);
        let journal = [
            "done.jsonl",
            "done.12-of-30.jsonl",
            "done.wav.jsonl",
            "done.1-of-.jsonl",
            "done.txt",
            "undone.jsonl",
        ];
        assert_eq!(journal.map(is_journal), [true, true, false, false, false, false]);
    }

    #[test]
    fn a_line_that_was_cut_off_costs_itself_alone() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path();
        let names = ["a", "b", "c"].map(|name| PathBuf::from(format!("{name}.txt")));
        let mut journal = Journal::open(out, NOBODYS).unwrap();
        let input = input(out.join("a.wav"));
        for name in &names[..2] {
            fs::write(out.join(name), "").unwrap();
            journal.note(&input, (std::slice::from_ref(name), &[]), Some("7"), None).unwrap();
        }
        let path = out.join(journal_name(NOBODYS));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 9]).unwrap();
        for name in [".b.txt.123.part", ".other.txt.123.part", "b.txt.123.part"] {
            fs::write(out.join(name), "half").unwrap();
        }
        Journals::read(out).unwrap().clear(names.iter().cloned());
        fs::write(out.join("c.txt"), "").unwrap();
        let mut journal = Journal::open(out, NOBODYS).unwrap();
        journal.note(&input, (&names[2..], &[]), Some("7"), None).unwrap();
        let journals = Journals::read(out).unwrap();
        let done = [0, 1, 2].map(|i| journals.state(&names[i..=i], "7") == State::Done);
        assert_eq!(done, [true, false, true]);
        // Files of another name, perhaps of another process, stay.
        assert!(!out.join(".b.txt.123.part").exists() && out.join(".other.txt.123.part").exists());
    }

    #[test]
    fn a_file_is_replaced_as_a_run_wrote_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path();
        let (input, name) = (input(out.join("a.wav")), PathBuf::from("a.txt"));
        let files = std::slice::from_ref(&name);
        let refused = || Journals::read(out).unwrap().refuse(files);
        assert_eq!(refused(), None);
        fs::write(out.join("a.txt"), "by hand").unwrap();
        assert!(refused().is_some_and(|why| why.contains("a.txt: ") && why.contains("no run has written;")));
        let mut journal = Journal::open(out, NOBODYS).unwrap();
        journal.note(&input, (files, &[]), Some("7"), Some("silent")).unwrap();
        assert!(refused().is_some());
        // Ended before the new text was there, and after.
        journal.note(&input, (files, &[checksum(b"A")]), Some("7"), None).unwrap();
        journal.note(&input, (files, &[checksum(b"B")]), Some("8"), Some(BEGUN)).unwrap();
        for (text, is_own) in [("A", true), ("B", true), ("A, corrected", false)] {
            fs::write(out.join("a.txt"), text).unwrap();
            assert_eq!(refused().is_none(), is_own, "{text}");
        }
        assert!(refused().is_some_and(|why| why.contains("changed since a run wrote it")));
        // A version that noted no checksums may have written anything, until one that notes them has written it again.
        std::thread::sleep(Duration::from_millis(2));
        journal.note(&input, (files, &[]), Some("9"), None).unwrap();
        assert_eq!(refused(), None);
        std::thread::sleep(Duration::from_millis(2));
        journal.note(&input, (files, &[checksum(b"C")]), Some("9"), None).unwrap();
        assert!(refused().is_some_and(|why| why.contains("changed since a run wrote it")));
        fs::remove_file(out.join("a.txt")).unwrap();
        assert_eq!(refused(), None);
        fs::create_dir(out.join("a.txt")).unwrap();
        assert!(refused().is_some_and(|why| why.contains("can't be seen")));
    }
}
