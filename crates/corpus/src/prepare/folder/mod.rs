//! A folder of audio files with their texts: beside them, or in a table.

mod split;
mod table;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use linnet_audio::{RawFormat, is_audio_path};
use linnet_files::io_problem;
use linnet_text::Normaliser;

pub use split::Split;

use self::table::read_rows;
use super::draft::Draft;
use super::{Output, Progress, Report, Skipped, raw, write};
use crate::files::{has_extension, walk};
use crate::manifest::plain_id;
use crate::{CorpusError, Utterance};

/// What to read, and how to split it.
#[derive(Clone, Debug)]
pub struct FolderOptions {
    /// A folder whose audio files have `.txt` files of the same name beside them, or a table (`.tsv`, `.csv`) of file,
    /// text and perhaps speaker, whose paths are taken from the table's folder or, as Common Voice's, from `clips` in
    /// it.
    pub source: PathBuf,
    /// How much goes to which set.
    pub split: Split,
    /// How texts are spelt.
    pub normaliser: Normaliser,
    /// What `.raw` files hold; without a byte order the likelier one is taken, of all together.
    pub raw: Option<RawFormat>,
}

/// Prepares `train`, `dev` and `test`, with the speakers of each in no other where they are known: from the table, or
/// from the folders right below the source where the files lie in such.
///
/// # Errors
///
/// No recording with a text; a table that can't be read; an output folder with another preparation's files, or that
/// can't be written to.
pub fn prepare(options: &FolderOptions, output: &Output, progress: Progress) -> Result<Report, CorpusError> {
    options.split.validate()?;
    let (mut notes, mut skipped) = (Vec::new(), Vec::new());
    let mut utterances = match options.source.is_dir() {
        true => beside(&options.source, &output.dir.join("audio"), &mut notes, &mut skipped)?,
        false => listed(&options.source, &mut skipped)?,
    };
    if let (true, Some(Skipped { id, reason })) = (utterances.is_empty(), skipped.first()) {
        let (what, reason) = (options.source.display().to_string(), format!("{id}: {reason}"));
        return Err(CorpusError::Empty { what, reason });
    }
    if utterances.is_empty() {
        let problem = "no audio file has a .txt file of the same name beside it, and this is no table of them; give a folder \
                       with both, or a table of files and texts";
        return Err(CorpusError::layout(&options.source, problem));
    }
    for utterance in &mut utterances {
        utterance.text = utterance.text.take().map(|text| options.normaliser.apply(&text));
    }
    name_apart(&mut utterances);
    let mut sets = options.split.apply(utterances, &mut notes);
    if let Some(train) = sets.first_mut() {
        train.skipped = skipped;
    }
    if let Some(format) = options.raw {
        raw::set_format(&mut sets, format);
    }
    write(Draft { sets, notes, lexicons: Vec::new(), spelling: options.normaliser }, output, progress)
}

/// The audio files of a folder that have texts beside them. `joined` is where joined utterances are written: they have
/// none.
fn beside(
    folder: &Path,
    joined: &Path,
    notes: &mut Vec<String>,
    skipped: &mut Vec<Skipped>,
) -> Result<Vec<Utterance>, CorpusError> {
    let mut files = walk(folder, notes)?;
    files.retain(|path| is_audio_path(path));
    let joined = joined.canonicalize().ok();
    let is_joined = |audio: &Path| {
        let within = |joined: &PathBuf| audio.canonicalize().is_ok_and(|audio| audio.starts_with(joined));
        joined.as_ref().is_some_and(within)
    };
    let best = best_of_each_text(&files);
    let mut utterances = Vec::new();
    for audio in &files {
        let within = audio.strip_prefix(folder).unwrap_or(audio).to_owned();
        let id = within.with_extension("").to_string_lossy().into_owned();
        let text = match fs::read_to_string(audio.with_extension("txt")) {
            Ok(text) => text,
            Err(_) if is_joined(audio) => continue,
            Err(error) => {
                let text = audio.with_extension("txt");
                let problem = match error.kind() {
                    ErrorKind::NotFound => "there is no such file; write what is said into it".into(),
                    _ => io_problem(&error),
                };
                let reason = format!("{}: {problem}", text.display());
                skipped.push(Skipped { id, reason });
                continue;
            }
        };
        if let Some(other) = best.get(&audio.with_extension("")).filter(|&&best| best != audio) {
            let reason = format!("its text is taken for {}; keep one of them", other.display());
            skipped.push(Skipped { id: within.to_string_lossy().into_owned(), reason });
            continue;
        }
        let mut levels = within.iter();
        let speaker = levels.next().filter(|_| levels.next().is_some());
        let speaker = speaker.map(|speaker| speaker.to_string_lossy().into_owned());
        utterances.push(Utterance {
            id,
            audio: audio.clone(),
            text: Some(text),
            speaker,
            ..Default::default()
        });
    }
    Ok(utterances)
}

/// By path without extension the one file that a text is taken for: the first, if possible of a kind without losses. Of
/// two the same speech might come into several sets.
fn best_of_each_text(files: &[PathBuf]) -> BTreeMap<PathBuf, &PathBuf> {
    let is_lossy = |path: &Path| ["mp3", "ogg", "oga"].iter().any(|kind| has_extension(path, kind));
    let mut best: BTreeMap<PathBuf, &PathBuf> = BTreeMap::new();
    for path in files {
        let known = best.entry(path.with_extension("")).or_insert(path);
        if is_lossy(known) && !is_lossy(path) {
            *known = path;
        }
    }
    best
}

fn listed(table: &Path, skipped: &mut Vec<Skipped>) -> Result<Vec<Utterance>, CorpusError> {
    let folder = table.parent().unwrap_or(Path::new(""));
    let mut utterances = Vec::new();
    for row in read_rows(table, skipped)? {
        let mut audio = folder.join(&row.file);
        let in_clips = folder.join("clips").join(&row.file);
        if !audio.is_file() && in_clips.is_file() {
            audio = in_clips;
        }
        let id = Path::new(&row.file).with_extension("").to_string_lossy().into_owned();
        if audio.is_file() {
            utterances.push(Utterance {
                id,
                audio,
                text: Some(row.text),
                speaker: row.speaker,
                ..Default::default()
            });
        } else {
            let reason = format!(
                "{}, line {}: {} is not there; check the path",
                table.display(),
                row.line,
                audio.display()
            );
            skipped.push(Skipped { id, reason });
        }
    }
    Ok(utterances)
}

/// Makes names without separators or spaces, which score files cannot have, and tells equal ones apart by numbers.
fn name_apart(utterances: &mut [Utterance]) {
    let mut taken = HashSet::new();
    for utterance in utterances {
        let name = plain_id(utterance.id.trim_start_matches(['/', '.']));
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        utterance.id = std::iter::once(name.clone())
            .chain(numbered)
            .find(|candidate| !taken.contains(candidate))
            .unwrap_or(name);
        taken.insert(utterance.id.clone());
    }
}
