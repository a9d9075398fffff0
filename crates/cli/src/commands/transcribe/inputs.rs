//! The recordings to transcribe: files, those below folders, those of a list.

use std::path::{Path, PathBuf};

use linnet_audio::is_audio_path;
use linnet_files::{io_problem, text_lines};
use serde_json::{Map, Value};
use walkdir::WalkDir;

use crate::args::Transcribe;

/// The longest line of a list, in bytes.
const LONGEST_LINE: usize = 1 << 20;

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
}

impl Input {
    /// A file whose results lie at `name`, and which was named as `key`.
    fn new(path: PathBuf, name: PathBuf, key: PathBuf, args: &Transcribe) -> Self {
        let stem = name.with_extension("");
        let (offset_s, duration_s) = (args.offset, args.duration);
        Self { path, name, stem, key, offset_s, duration_s, hotwords: Vec::new(), fields: Map::new() }
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
            let name = if source == Path::new("-") { "stdin".into() } else { file_name(source) };
            all.recordings.push(Input::new(source.clone(), name, source.clone(), args));
        }
    }
    if let Some(list) = &args.list {
        all.recordings.extend(listed(list, args)?);
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
    let mut all = Vec::new();
    for (number, line) in text_lines(&bytes, LONGEST_LINE) {
        let fail = |problem: String| format!("{shown}:{number}: {problem}");
        let line = line.map_err(fail)?.trim();
        if line.is_empty() {
            continue;
        }
        if line.starts_with('{') {
            all.push(entry(line, list, args).map_err(fail)?);
        } else {
            let path = PathBuf::from(line);
            all.push(Input::new(path.clone(), file_name(&path), path, args));
        }
    }
    if all.is_empty() {
        return Err(format!("{shown}: it names no recording; write a path a line"));
    }
    Ok(all)
}

/// A line of a manifest. Its path counts from the list's folder.
fn entry(line: &str, list: &Path, args: &Transcribe) -> Result<Input, String> {
    const PATH: &str = "audio_filepath";
    let mut fields: Map<String, Value> =
        serde_json::from_str(line).map_err(|error| linnet_files::json_problem(&error))?;
    let Some(Value::String(path)) = fields.remove(PATH) else {
        return Err(format!("it has no {PATH}; give the recording's path there"));
    };
    let mut seconds = |name: &str| match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64().filter(|seconds| *seconds >= 0.0) {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(format!("its {name} is {value}, no number of seconds; correct it")),
        },
    };
    let (offset, duration) = (seconds("offset")?, seconds("duration")?);
    let key = PathBuf::from(path);
    let path = list.parent().unwrap_or(Path::new("")).join(&key);
    let id = fields.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
    let id = id.map(|id| PathBuf::from(id.replace(['/', '\\'], "_")));
    let hotwords = hotwords(&mut fields)?;
    let name = file_name(&path);
    let mut input = Input { hotwords, ..Input::new(path, name, key, args) };
    if let Some(id) = id {
        // A dot in it begins no ending.
        (input.name, input.stem, input.key) = (id.clone(), id.clone(), id);
    }
    input.offset_s += offset.unwrap_or(0.0);
    // A manifest's duration is mostly the whole file's.
    input.duration_s = match (args.duration, duration) {
        (Some(wanted), Some(there)) => Some(wanted.min((there - args.offset).max(0.0))),
        (Some(wanted), None) => Some(wanted),
        (None, there) => there.filter(|_| offset.is_some()).map(|there| (there - args.offset).max(0.0)),
    };
    input.fields = fields;
    Ok(input)
}

/// Takes the hotwords out of a manifest's fields: phrases, or phrases and their weights.
fn hotwords(fields: &mut Map<String, Value>) -> Result<Vec<(String, Option<f32>)>, String> {
    const FIELD: &str = "hotwords";
    let wrong = |value: &Value| {
        format!(
            "its {FIELD} has {value}, no phrase; write [\"phrase\", \u{2026}] or {{\"phrase\": weight, \u{2026}}}"
        )
    };
    let weighed = |(phrase, weight): (&String, &Value)| match weight.as_f64() {
        Some(weight) if weight > 0.0 => Ok((phrase.clone(), Some(weight as f32))),
        _ => Err(format!("the weight of hotword {phrase:?} is {weight}; write a number above 0")),
    };
    match fields.remove(FIELD) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(phrase)) => Ok(vec![(phrase, None)]),
        Some(Value::Array(phrases)) => {
            let phrase =
                |value: &Value| value.as_str().map(|text| (text.into(), None)).ok_or_else(|| wrong(value));
            phrases.iter().map(phrase).collect()
        }
        Some(Value::Object(phrases)) => phrases.iter().map(weighed).collect(),
        Some(other) => Err(wrong(&other)),
    }
}
