//! Kaldi's data folders: `wav.scp`, `text`, `utt2spk`, `segments`.

mod scp;
mod tables;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use linnet_audio::RawFormat;
use linnet_text::Normaliser;

pub use scp::{WavSource, parse_wav_source};

use self::tables::{read_entries, read_table};
use super::draft::{Draft, SetDraft};
use super::{Output, Progress, Report, Skipped, raw, write};
use crate::{CorpusError, Utterance};

/// Which folders to read.
#[derive(Clone, Debug, Default)]
pub struct KaldiOptions {
    /// Data folders, each a set of its folder's name; or folders of data folders, like `data`.
    pub folders: Vec<PathBuf>,
    /// How texts are spelt.
    pub normaliser: Normaliser,
    /// What `.raw` files hold; without a byte order the likelier one is taken, of all together.
    pub raw: Option<RawFormat>,
}

/// Prepares each data folder as a set.
///
/// # Errors
///
/// A folder that is no data folder, two of one name, a table that can't be read; an output folder with another
/// preparation's files, or that can't be written to.
pub fn prepare(options: &KaldiOptions, output: &Output, progress: Progress) -> Result<Report, CorpusError> {
    let (mut sets, mut names) = (Vec::new(), BTreeSet::new());
    for folder in data_folders(options)? {
        let resolved = folder.canonicalize().map_err(CorpusError::io(&folder))?;
        let name = resolved.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !names.insert(name.clone()) {
            let problem = format!("a second set of the name {name}; rename one of the folders");
            return Err(CorpusError::layout(&folder, problem));
        }
        sets.push(read_folder(&folder, &name, &options.normaliser)?);
    }
    if let Some(format) = options.raw {
        raw::set_format(&mut sets, format);
    }
    let draft = Draft { sets, notes: Vec::new(), lexicons: Vec::new(), spelling: options.normaliser };
    write(draft, output, progress)
}

fn data_folders(options: &KaldiOptions) -> Result<Vec<PathBuf>, CorpusError> {
    let is_one = |folder: &Path| folder.join("wav.scp").is_file();
    let mut found = Vec::new();
    for folder in &options.folders {
        if is_one(folder) {
            found.push(folder.clone());
            continue;
        }
        let entries = std::fs::read_dir(folder).map_err(CorpusError::io(folder))?;
        let mut below: Vec<_> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_one(path)).collect();
        if below.is_empty() {
            return Err(CorpusError::layout(
                folder,
                "no wav.scp in it or in a folder below; give a Kaldi data folder",
            ));
        }
        below.sort();
        found.append(&mut below);
    }
    if found.is_empty() {
        return Err(CorpusError::Option {
            key: "folders",
            problem: "give at least one data folder".to_owned(),
        });
    }
    Ok(found)
}

/// An utterance's place: its recording, start and end in seconds.
struct Segment {
    recording: String,
    start_s: f64,
    end_s: Option<f64>,
}

fn read_folder(folder: &Path, name: &str, normaliser: &Normaliser) -> Result<SetDraft, CorpusError> {
    let recordings = read_table(&folder.join("wav.scp"))?;
    let texts = read_table(&folder.join("text"))?;
    let optional = |file: &str| {
        let path = folder.join(file);
        if path.is_file() { read_table(&path) } else { Ok(BTreeMap::new()) }
    };
    let speakers = optional("utt2spk")?;
    let mut draft = SetDraft::new(name, None);
    let segments = match folder.join("segments") {
        path if path.is_file() => read_segments(&path, &mut draft.skipped)?,
        _ => recordings.keys().map(|id| (id.clone(), Segment::whole(id))).collect(),
    };
    for (id, segment) in segments {
        let source = recordings.get(&segment.recording).map(|line| parse_wav_source(line));
        let skip = |reason: String| Skipped { id: id.clone(), reason };
        let source = match source {
            Some(Ok(source)) => source,
            Some(Err(problem)) => {
                draft.skipped.push(skip(format!("wav.scp, {}: {problem}", segment.recording)));
                continue;
            }
            None => {
                draft.skipped.push(skip(format!("wav.scp has no recording {}", segment.recording)));
                continue;
            }
        };
        let Some(text) = texts.get(&id) else {
            draft.skipped.push(skip("the file text has no line of it".to_owned()));
            continue;
        };
        draft.utterances.push(Utterance {
            audio: scp::locate(&source.path, folder),
            channel: source.channel,
            offset_s: segment.start_s,
            duration_s: segment.end_s.map(|end| end - segment.start_s),
            text: normaliser.apply(text),
            speaker: speakers.get(&id).cloned(),
            id,
            ..Default::default()
        });
    }
    let known = draft.utterances.iter().map(|u| &u.id).chain(draft.skipped.iter().map(|s| &s.id));
    let known: HashSet<&String> = known.collect();
    let reason = || "neither segments nor wav.scp has it".to_owned();
    let unheard = texts.keys().filter(|id| !known.contains(id));
    let unheard: Vec<_> = unheard.map(|id| Skipped { id: id.clone(), reason: reason() }).collect();
    draft.skipped.extend(unheard);
    Ok(draft)
}

impl Segment {
    fn whole(recording: &str) -> Self {
        Self { recording: recording.to_owned(), start_s: 0.0, end_s: None }
    }
}

/// Lines `utterance recording start end`; an end below 0 is the recording's. Other lines are named and left out.
fn read_segments(path: &Path, skipped: &mut Vec<Skipped>) -> Result<BTreeMap<String, Segment>, CorpusError> {
    let mut segments = BTreeMap::new();
    for (id, (line, fields)) in read_entries(path)? {
        match parse_segment(&fields) {
            Some(segment) => drop(segments.insert(id, segment)),
            None => {
                let reason = format!(
                    "{}, line {line}: \"{fields}\" is not a recording, a start and a later end in seconds",
                    path.display()
                );
                skipped.push(Skipped { id, reason });
            }
        }
    }
    Ok(segments)
}

fn parse_segment(fields: &str) -> Option<Segment> {
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let [recording, start, end] = fields[..] else { return None };
    let seconds = |field: &str| field.parse::<f64>().ok().filter(|value| value.is_finite());
    let (start_s, end) = (seconds(start)?, seconds(end)?);
    let end_s = (end >= 0.0).then_some(end);
    let valid = start_s >= 0.0 && end_s.is_none_or(|end| end > start_s);
    valid.then(|| Segment { recording: recording.to_owned(), start_s, end_s })
}
