//! A folder of audio files with their texts: beside them, or in a table.

mod split;
mod table;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use linnet_audio::is_audio_path;
use linnet_text::Normaliser;

pub use split::Split;

use self::table::read_rows;
use super::draft::Draft;
use super::{Output, Progress, Report, Skipped, write};
use crate::files::walk;
use crate::{CorpusError, Utterance};

/// What to read, and how to split it.
#[derive(Clone, Debug)]
pub struct FolderOptions {
    /// A folder whose audio files have `.txt` files of the same name beside them, or a table (`.tsv`, `.csv`) of file, text
    /// and perhaps speaker, whose paths are taken from the table's folder.
    pub source: PathBuf,
    /// How much goes to which set.
    pub split: Split,
    /// How texts are spelt.
    pub normaliser: Normaliser,
}

/// Prepares `train`, `dev` and `test`, with the speakers of each in no other where they are known: from the table, or from
/// the folders right below the source where the files lie in such.
pub fn prepare(options: &FolderOptions, output: &Output, progress: Progress) -> Result<Report, CorpusError> {
    options.split.validate()?;
    let (mut notes, mut skipped) = (Vec::new(), Vec::new());
    let mut utterances = match options.source.is_dir() {
        true => beside(&options.source, &mut notes, &mut skipped)?,
        false => listed(&options.source, &mut skipped)?,
    };
    if utterances.is_empty() {
        let problem = "no audio file with a .txt file of the same name beside it, nor a table of them";
        return Err(CorpusError::layout(&options.source, problem));
    }
    for utterance in &mut utterances {
        utterance.text = options.normaliser.apply(&utterance.text);
    }
    name_apart(&mut utterances);
    let mut sets = options.split.apply(utterances, &mut notes);
    if let Some(train) = sets.first_mut() {
        train.skipped = skipped;
    }
    write(Draft { sets, notes, lexicons: Vec::new() }, output, progress)
}

fn beside(
    folder: &Path,
    notes: &mut Vec<String>,
    skipped: &mut Vec<Skipped>,
) -> Result<Vec<Utterance>, CorpusError> {
    let mut utterances = Vec::new();
    for audio in walk(folder, notes)?.into_iter().filter(|path| is_audio_path(path)) {
        let within = audio.strip_prefix(folder).unwrap_or(&audio).to_owned();
        let id = within.with_extension("").to_string_lossy().into_owned();
        let text = match fs::read_to_string(audio.with_extension("txt")) {
            Ok(text) => text,
            Err(error) => {
                let text = audio.with_extension("txt");
                let reason = format!("{}: {error}; write what is said into it", text.display());
                skipped.push(Skipped { id, reason });
                continue;
            }
        };
        let mut levels = within.iter();
        let speaker = levels.next().filter(|_| levels.next().is_some());
        let speaker = speaker.map(|speaker| speaker.to_string_lossy().into_owned());
        utterances.push(Utterance { id, audio, text, speaker, ..Default::default() });
    }
    Ok(utterances)
}

fn listed(table: &Path, skipped: &mut Vec<Skipped>) -> Result<Vec<Utterance>, CorpusError> {
    let folder = table.parent().unwrap_or(Path::new(""));
    let mut utterances = Vec::new();
    for row in read_rows(table)? {
        let audio = folder.join(&row.file);
        let id = Path::new(&row.file).with_extension("").to_string_lossy().into_owned();
        if audio.is_file() {
            utterances.push(Utterance {
                id,
                audio,
                text: row.text,
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
        let plain = |c: char| if c.is_whitespace() || matches!(c, '/' | '\\' | '(' | ')') { '-' } else { c };
        let name: String = utterance.id.trim_start_matches(['/', '.']).chars().map(plain).collect();
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        utterance.id = std::iter::once(name.clone())
            .chain(numbered)
            .find(|candidate| !taken.contains(candidate))
            .unwrap_or(name);
        taken.insert(utterance.id.clone());
    }
}
