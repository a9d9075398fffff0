//! The recordings to transcribe: files, those below folders, those of a list.

use std::path::{Path, PathBuf};

use linnet_audio::is_audio_path;
use linnet_corpus::{BadLine, Listed};
use linnet_files::io_problem;
use serde_json::{Map, Value};
use walkdir::WalkDir;

use crate::args::Transcribe;

/// A recording to transcribe.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Input {
    /// The file; `-` is standard input.
    pub(super) path: PathBuf,
    /// The name of its results, below the folder they are written to: with the file's ending, if it has one.
    pub(super) name: PathBuf,
    /// The same without this ending.
    pub(super) stem: PathBuf,
    /// The name by which it falls to a share, the same on every machine: its path below the folder that was given, or its
    /// id or path in a list.
    pub(super) key: PathBuf,
    /// Where the part that is wanted starts, in seconds, and how long it is, where not all is.
    pub(super) offset_s: f64,
    pub(super) duration_s: Option<f64>,
    /// Hotwords of its own, and their weights.
    pub(super) hotwords: Vec<(String, Option<f32>)>,
    /// Other fields of its line in a list.
    pub(super) fields: Map<String, Value>,
}

/// The recordings that are asked for, and the faults on the way to them.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    pub(super) recordings: Vec<Input>,
    /// A line about each folder or link that can't be looked into.
    pub(super) unread: Vec<String>,
    /// A line about the list.
    pub(super) note: Option<String>,
}

impl Input {
    /// A file whose results lie at `name`, and which was named as `key`.
    fn new(path: PathBuf, name: PathBuf, key: PathBuf, args: &Transcribe) -> Self {
        let stem = name.with_extension("");
        let (offset_s, duration_s) = (args.offset, args.duration);
        Self { path, name, stem, key, offset_s, duration_s, hotwords: Vec::new(), fields: Map::new() }
    }

    /// A recording of a list.
    fn listed(one: Listed, args: &Transcribe) -> Self {
        let Listed { audio, named, id, offset_s, duration_s, hotwords, fields } = one;
        let name = file_name(&audio);
        let mut input = Self { hotwords, fields, ..Self::new(audio, name, named, args) };
        if let Some(id) = id.map(PathBuf::from) {
            // A dot in it begins no ending.
            (input.name, input.stem, input.key) = (id.clone(), id.clone(), id);
        }
        input.offset_s += offset_s.unwrap_or(0.0);
        // A manifest's duration is mostly the whole file's.
        input.duration_s = match (args.duration, duration_s) {
            (Some(wanted), Some(there)) => Some(wanted.min((there - args.offset).max(0.0))),
            (Some(wanted), None) => Some(wanted),
            (None, there) => there.filter(|_| offset_s.is_some()).map(|there| (there - args.offset).max(0.0)),
        };
        input
    }

    pub(super) fn is_stdin(&self) -> bool {
        self.path == Path::new("-")
    }

    /// The part of it that is wanted, in seconds, as numbers that can be compared and hashed.
    pub(super) fn part(&self) -> (u64, Option<u64>) {
        (self.offset_s.to_bits(), self.duration_s.map(f64::to_bits))
    }

    /// Its size in bytes; 0 where nobody knows.
    pub(super) fn bytes(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |found| found.len())
    }
}

/// All recordings that are asked for, those of a folder in alphabetical order.
pub(super) fn inputs(args: &Transcribe) -> Result<Inputs, String> {
    let mut all = Inputs::default();
    for source in &args.audio {
        if source.is_dir() {
            all.add_below(source, args)?;
        } else {
            // Among several files it may be one that a pattern of names takes along.
            if args.audio.len() == 1 && is_list(source) {
                return Err(format!(
                    "{}: by its name this is a list of recordings and not one; give it as --list, if its lines are paths or \
                     records of a manifest",
                    source.display()
                ));
            }
            let name = if source == Path::new("-") { "stdin".into() } else { file_name(source) };
            all.recordings.push(Input::new(source.clone(), name, source.clone(), args));
        }
    }
    if let Some(list) = &args.list {
        let listed = listed(list, args)?;
        all.note = note_of_prompts(list, &listed);
        all.recordings.extend(listed);
    }
    match all.recordings.iter().filter(|input| input.is_stdin()).count() {
        0 => {}
        _ if args.shard.is_some() => {
            return Err("standard input can't be shared out; give files to --shard".into());
        }
        _ if args.check => return Err("standard input can't be known again; give files to --check".into()),
        1 => {}
        _ => return Err("standard input is given twice; give it once".into()),
    }
    Ok(all)
}

/// Whether a file's name says that it names recordings.
fn is_list(path: &Path) -> bool {
    let known = ["txt", "lst", "list", "json", "jsonl", "csv", "tsv", "scp"];
    let is = |end: &str| known.iter().any(|known| end.eq_ignore_ascii_case(known));
    path.extension().and_then(|end| end.to_str()).is_some_and(is)
}

fn file_name(path: &Path) -> PathBuf {
    path.file_name().map_or_else(|| path.to_path_buf(), PathBuf::from)
}

impl Inputs {
    /// Adds the recordings below a folder; links are followed.
    fn add_below(&mut self, folder: &Path, args: &Transcribe) -> Result<(), String> {
        let before = self.recordings.len() + self.unread.len();
        for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
            let path = match entry {
                Ok(entry) => entry.into_path(),
                // A link that leads nowhere is no recording, unless it is called like one.
                Err(error)
                    if error.path().is_some_and(|path| path.is_symlink() && !is_audio_path(path))
                        && error.loop_ancestor().is_none() =>
                {
                    continue;
                }
                Err(error) => {
                    self.unread.push(unreadable(folder, error));
                    continue;
                }
            };
            if path.is_file() && is_audio_path(&path) {
                let name = path.strip_prefix(folder).map_or_else(|_| file_name(&path), Path::to_path_buf);
                self.recordings.push(Input::new(path, name.clone(), name, args));
            }
        }
        if self.recordings.len() + self.unread.len() == before {
            let folder = folder.display();
            return Err(format!("{folder}: there is no audio file in this folder; give one with recordings"));
        }
        Ok(())
    }
}

/// The message about a folder that can't be walked through.
fn unreadable(folder: &Path, error: walkdir::Error) -> String {
    let path = error.path().unwrap_or(folder).display().to_string();
    let problem = error.into_io_error().map(|error| io_problem(&error));
    format!("{path}: {}", problem.unwrap_or_else(|| "its links lead in a circle; take one out".into()))
}

/// The recordings of a list.
fn listed(list: &Path, args: &Transcribe) -> Result<Vec<Input>, String> {
    let shown = list.display();
    let bytes = std::fs::read(list).map_err(|error| format!("{shown}: {}", io_problem(&error)))?;
    let all = Listed::parse(&bytes, list.parent().unwrap_or(Path::new("")));
    let all = all.map_err(|BadLine { line, problem }| format!("{shown}:{line}: {problem}"))?;
    if all.is_empty() {
        return Err(format!("{shown}: it names no recording; write a path a line"));
    }
    Ok(all.into_iter().map(|one| Input::listed(one, args)).collect())
}

/// A note about a list's prompts, where there are some. They stay fields of its transcripts.
fn note_of_prompts(list: &Path, recordings: &[Input]) -> Option<String> {
    const FIELDS: [&str; 2] = ["prompt", "initial_prompt"];
    let has = |field: &Value| field.as_str().is_some_and(|text| !text.trim().is_empty());
    let prompted = |input: &&Input| FIELDS.iter().any(|name| input.fields.get(*name).is_some_and(has));
    let count = recordings.iter().filter(prompted).count();
    (count > 0).then(|| {
        format!(
            "note: {}: {count} recordings have a prompt, which no model here reads; write its names and rare words as \
             hotwords",
            list.display()
        )
    })
}
