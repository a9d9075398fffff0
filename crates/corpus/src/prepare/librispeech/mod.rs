//! LibriSpeech (Panayotov et al., 2015), as the archives of OpenSLR 12 and 31 unpack.

mod sets;
mod speakers;

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use linnet_audio::is_audio_path;
use linnet_text::Normaliser;

use self::speakers::Speakers;
use super::draft::{Draft, SetDraft};
use super::folder::{names, texts};
use super::overlap::is_training;
use super::{Output, Progress, Report, Skipped, write};
use crate::files::walk;
use crate::{CorpusError, Utterance};

/// The set that is cut from training sets.
const DEV: &str = "dev";
/// The field of a manifest that has the speaker's sex, `F` or `M`.
const SEX: &str = "sex";

/// Where the corpus is, and which sets are wanted.
#[derive(Clone, Debug, Default)]
pub struct LibriSpeechOptions {
    /// Folders with sets in them, or in `LibriSpeech`; or sets themselves.
    pub roots: Vec<PathBuf>,
    /// Sets by the names of their folders, like `train-clean-100`; empty: all that are there.
    pub sets: Vec<String>,
    /// Speakers of training sets whose utterances become the set `dev` instead.
    pub dev_speakers: Vec<String>,
    /// How texts are spelt; the corpus has upper case, apostrophes and no other signs.
    pub normaliser: Normaliser,
}

/// Prepares the sets by the names of their folders. A manifest's lines tell speakers, and by `SPEAKERS.TXT` their
/// sexes. A number of utterances other than the published one is noted.
///
/// # Errors
///
/// Folders without sets, or without a wanted one; a set in two of them; development speakers that no training set has;
/// no utterance that can be used; an output folder with another preparation's files, or that can't be written to.
pub fn prepare(
    options: &LibriSpeechOptions,
    output: &Output,
    progress: Progress,
) -> Result<Report, CorpusError> {
    let mut notes = Vec::new();
    let mut sets = Vec::new();
    for (name, folder) in sets::find(&options.roots, &options.sets)? {
        let mut set = read(&name, &folder, &mut notes)?;
        for utterance in &mut set.utterances {
            utterance.text = utterance.text.take().map(|text| options.normaliser.apply(&text));
        }
        sets.push(set);
    }
    if !options.dev_speakers.is_empty() {
        cut_dev(&mut sets, &options.dev_speakers)?;
    }
    write(Draft { sets, notes, lexicons: Vec::new(), spelling: options.normaliser }, output, progress)
}

/// A set as its folder has it, `SPEAKER/CHAPTER/SPEAKER-CHAPTER.trans.txt` beside the audio of the chapter.
fn read(name: &str, folder: &Path, notes: &mut Vec<String>) -> Result<SetDraft, CorpusError> {
    let speakers = Speakers::beside(folder, notes)?;
    let mut set = SetDraft::new(name, sets::published(name));
    let files = walk(folder, notes)?;
    let (audio, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|path| is_audio_path(path));
    let by_stem = names::ByStem::of(&audio);
    let (mut taken, mut ids) = (HashSet::new(), HashSet::new());
    for path in others.iter().filter(|path| texts::is_of_folder(path)) {
        let place = |number| format!("{}, line {number}", path.display());
        let lines = match texts::read_of_folder(path) {
            Ok(lines) => lines,
            Err(reason) => {
                set.skipped.push(Skipped { id: path.display().to_string(), reason });
                continue;
            }
        };
        for (number, id, text) in lines {
            let here = by_stem.all(path.parent().unwrap_or(Path::new("")), OsStr::new(&id));
            taken.extend(here);
            let skip =
                |reason: &str| Skipped { id: id.clone(), reason: format!("{}: {reason}", place(number)) };
            match names::best(here) {
                None => set.skipped.push(skip("no audio file of this name lies beside it; put it there")),
                Some(_) if text.is_empty() => {
                    set.skipped.push(skip("no text behind the name; write what is said"))
                }
                Some(_) if !ids.insert(id.clone()) => {
                    set.skipped.push(skip("another line has this name; take one of the two out"))
                }
                Some(audio) => set.utterances.push(utterance(id, audio, text, &speakers)),
            }
        }
    }
    for audio in audio.iter().filter(|audio| !taken.contains(audio)) {
        let id = audio.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let reason = format!("{}: no .trans.txt beside it has a line of it; add one", audio.display());
        set.skipped.push(Skipped { id, reason });
    }
    if !speakers.is_empty() {
        note_unlisted(&set, notes);
    }
    Ok(set)
}

fn utterance(id: String, audio: &Path, text: String, speakers: &Speakers) -> Utterance {
    let speaker = id.split_once('-').map(|(speaker, _)| speaker.to_owned());
    let sex = speaker.as_deref().and_then(|speaker| speakers.sex(speaker));
    let extra = sex.map(|sex| (SEX.to_owned(), sex.into())).into_iter().collect();
    Utterance { id, audio: audio.to_owned(), text: Some(text), speaker, extra, ..Default::default() }
}

/// Notes the speakers whose sexes aren't known.
fn note_unlisted(set: &SetDraft, notes: &mut Vec<String>) {
    let unlisted = set.utterances.iter().filter(|utterance| !utterance.extra.contains_key(SEX));
    let unlisted: BTreeSet<&str> = unlisted.filter_map(|utterance| utterance.speaker.as_deref()).collect();
    if let Some(first) = unlisted.first() {
        let many = unlisted.len();
        notes.push(format!("{}: SPEAKERS.TXT lacks {many} of its speakers, such as {first}", set.name));
    }
}

/// Moves the utterances of some speakers from the training sets to a set of their own.
fn cut_dev(sets: &mut Vec<SetDraft>, speakers: &[String]) -> Result<(), CorpusError> {
    let fail = |problem| Err(CorpusError::Option { key: "dev_speakers", problem });
    if sets.iter().any(|set| set.name == DEV) {
        return fail(format!("there is a set {DEV} already; leave the speakers out, or rename its folder"));
    }
    let training = || sets.iter().filter(|set| is_training(&set.name));
    let names: Vec<&str> = training().map(|set| set.name.as_str()).collect();
    if names.is_empty() {
        return fail(
            "there is no training set to take speakers from; name one, such as train-clean-5".to_owned(),
        );
    }
    let known =
        training().flat_map(|set| &set.utterances).filter_map(|utterance| utterance.speaker.as_deref());
    let known: BTreeSet<&str> = known.collect();
    if let Some(unknown) = speakers.iter().find(|speaker| !known.contains(speaker.as_str())) {
        const NAMED: usize = 40;
        let some: Vec<&str> = known.iter().copied().take(NAMED).collect();
        let more = if known.len() > NAMED { ", …" } else { "" };
        let (names, some) = (names.join(", "), some.join(", "));
        return fail(format!("no speaker {unknown} is in {names}; the speakers there are {some}{more}"));
    }
    let mut dev = SetDraft::new(DEV, None);
    for set in sets.iter_mut().filter(|set| is_training(&set.name)) {
        let is_dev = |utterance: &Utterance| {
            utterance.speaker.as_ref().is_some_and(|speaker| speakers.contains(speaker))
        };
        let (cut, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut set.utterances).into_iter().partition(is_dev);
        set.utterances = rest;
        set.expected = set.expected.map(|expected| expected.saturating_sub(cut.len()));
        dev.utterances.extend(cut);
    }
    let behind_training = sets.iter().take_while(|set| is_training(&set.name)).count();
    sets.insert(behind_training, dev);
    Ok(())
}
