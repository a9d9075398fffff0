//! Corpora on disk to manifests, a token table and a lexicon.
//!
//! Each corpus has a module with a function `prepare`, which finds the sets, transcripts and audio; what follows is the
//! same for all. Into the output folder go a manifest for each set (`train.jsonl`, …), `tokens.txt`, `text.json` (how
//! the texts are spelt), and for phones `lexicon.txt` (the words that occur), `pronunciations.txt` (all words of the
//! lexicons that were given), `oov.txt` (the words without pronunciation, with counts) and, where a model says words that
//! the lexicons lack, `pronounced.txt` (these words).

pub mod an4;
mod draft;
pub mod folder;
mod heard;
mod join;
pub mod kaldi;
mod kind;
pub mod librispeech;
pub mod manifest;
mod overlap;
mod pronounced;
mod raw;
mod report;
mod tokens;
pub mod wsj;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use linnet_text::{Tokenizer, Unit};

pub use report::{Report, SetReport, Skipped};

use self::draft::{Draft, SetDraft, measure};
use self::heard::Heard;
use self::overlap::is_training;
use self::pronounced::{PRONOUNCED, Speaker};
use self::tokens::{LEXICON, PRONUNCIATIONS};
use crate::files::has_extension;
use crate::progress::Progress;
use crate::{CorpusError, Join, LONGEST_S, Manifest};

/// The output of a preparation.
#[derive(Clone, Debug)]
pub struct Output {
    /// The folder for what is written; it is made where it is missing. Manifests of other sets in it are refused, and
    /// so is a lexicon where tokens are characters: they would pass for this corpus's.
    pub dir: PathBuf,
    /// The unit of tokens.
    pub unit: Unit,
    /// Lexicons for phones, of which the first that has a word gives its pronunciations; empty: the corpus's own, where
    /// it has one.
    pub lexicons: Vec<PathBuf>,
    /// Says the words that the lexicons lack; `None`: they stay without pronunciation.
    pub pronounce: Option<Pronounce>,
    /// Joins the utterances of each speaker to longer ones, whose audio is written below `dir/audio`; `None`: they stay
    /// as they are.
    pub join: Option<Joining>,
}

/// What says the words that lexicons lack.
#[derive(Clone, Debug)]
pub struct Pronounce {
    /// A model of [`linnet_text::g2p`].
    pub model: PathBuf,
    /// The most pronunciations of a word. With more than one the lexicon gets probabilities.
    pub variants: usize,
}

/// Which utterances are joined.
#[derive(Clone, Debug)]
pub struct Joining {
    /// How long they become.
    pub length: Join,
    /// The sets; with none named, all.
    pub sets: Vec<String>,
}

/// Measures the audio and writes everything.
fn write(mut draft: Draft, output: &Output, progress: Progress) -> Result<Report, CorpusError> {
    if let Some(joining) = &output.join {
        joining.length.validate()?;
        if let Some(unknown) =
            joining.sets.iter().find(|name| !draft.sets.iter().any(|set| set.name == **name))
        {
            let names: Vec<&str> = draft.sets.iter().map(|set| set.name.as_str()).collect();
            let problem = format!("there is no set {unknown}; the sets are {}", names.join(", "));
            return Err(CorpusError::Option { key: "join", problem });
        }
    }
    fs::create_dir_all(&output.dir).map_err(CorpusError::io(&output.dir))?;
    refuse_others(output, &draft.sets)?;
    let own = std::mem::take(&mut draft.lexicons);
    let lexicons = if output.lexicons.is_empty() { &own } else { &output.lexicons };
    // Texts first: a missing lexicon should not be told after minutes of looking at audio.
    let mut lexicon = tokens::read_lexicons(output.unit, lexicons, &draft.spelling)?;
    let speaker =
        output.pronounce.as_ref().map(|pronounce| Speaker::read(pronounce, output.unit)).transpose()?;
    let mut heard = Heard::default();
    measure(&mut draft.sets, &mut draft.notes, &mut heard, progress);
    for SetDraft { name, expected, utterances, .. } in &draft.sets {
        if let Some(expected) = expected.filter(|&expected| expected != utterances.len()) {
            draft.notes.push(format!("{name}: {} utterances, where {expected} are known", utterances.len()));
        }
    }
    draft.notes.extend(overlap::notes(&draft.sets));
    if let Some(joining) = &output.join {
        join::join(&mut draft.sets, joining, &output.dir, (&mut heard, &mut draft.notes), progress)?;
    }
    draft.notes.extend(heard.lines());
    draft.notes.extend(draft.sets.iter().filter_map(too_long));
    for SetDraft { name, .. } in draft.sets.iter().filter(|set| set.utterances.is_empty()) {
        draft.notes.push(format!("{name}: no utterance is left, so it can't be used"));
    }
    if let Some(reason) = none_usable(&draft.sets) {
        return Err(CorpusError::Empty { what: "the corpus".to_owned(), reason });
    }
    if let Some(speaker) = speaker {
        let made_up = speaker.say(&lexicon, &draft.sets)?;
        made_up.write(&output.dir)?;
        draft.notes.extend(made_up.notes());
        lexicon.push(made_up.lexicon);
    }
    let tokenizer = tokens::build(output.unit, &lexicon, &draft.sets);
    let oov = tokenizer.out_of_vocabulary(tokens::texts(&draft.sets));
    tokens::write(&tokenizer, &lexicon, &oov, &output.dir)?;
    draft.spelling.write(&output.dir)?;
    let mut report = Report { sets: Vec::new(), tokens: tokenizer.table.len(), oov, notes: draft.notes };
    for set in draft.sets {
        report.sets.push(write_set(set, &tokenizer, output)?);
    }
    Ok(report)
}

/// A note about utterances of a training set that training leaves out by default.
fn too_long(set: &SetDraft) -> Option<String> {
    let lengths = set.utterances.iter().filter_map(|utterance| utterance.duration_s);
    let long: Vec<f64> = lengths.filter(|&length| length > LONGEST_S).collect();
    let longest = long.iter().copied().max_by(f64::total_cmp).filter(|_| is_training(&set.name))?;
    Some(format!(
        "{}: {} utterances are longer than {LONGEST_S} s, the longest {longest:.0} s; training leaves them out unless \
         train.longest_s is higher: cut them at sentences",
        set.name,
        long.len()
    ))
}

/// Fails where files would pass for this preparation's that are another's. They are not removed: they may be the user's
/// own.
fn refuse_others(output: &Output, sets: &[SetDraft]) -> Result<(), CorpusError> {
    let (dir, unit) = (&output.dir, output.unit);
    let ours = |path: &Path| match path.file_stem().and_then(OsStr::to_str) {
        Some(name) if has_extension(path, "jsonl") => sets.iter().any(|set| set.name == name),
        _ if path.file_name() == Some(OsStr::new(PRONOUNCED)) => output.pronounce.is_some(),
        _ => {
            unit == Unit::Phone
                || ![LEXICON, PRONUNCIATIONS].iter().any(|&name| path.file_name() == Some(OsStr::new(name)))
        }
    };
    let entries = fs::read_dir(dir).map_err(CorpusError::io(dir))?;
    let others = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| !ours(path));
    let mut others: Vec<_> =
        others.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
    if others.is_empty() {
        return Ok(());
    }
    others.sort();
    let problem = format!(
        "{} would pass for parts of this corpus, which doesn't write them; remove them or give another folder",
        others.join(", ")
    );
    Err(CorpusError::layout(dir, problem))
}

/// Why there is no utterance at all, where that is so.
fn none_usable(sets: &[SetDraft]) -> Option<String> {
    if sets.iter().any(|set| !set.utterances.is_empty()) {
        return None;
    }
    let first = sets.iter().flat_map(|set| &set.skipped).next();
    Some(first.map_or("it lists none".to_owned(), |Skipped { id, reason }| format!("{id}: {reason}")))
}

fn write_set(set: SetDraft, tokenizer: &Tokenizer, output: &Output) -> Result<SetReport, CorpusError> {
    let manifest = Manifest { utterances: set.utterances, ..Default::default() };
    let path = output.dir.join(format!("{}.jsonl", set.name));
    manifest.write(&path)?;
    let (mut words, mut tokens, mut oov_utterances) = (0, 0, 0);
    for text in manifest.utterances.iter().filter_map(|utterance| utterance.text.as_deref()) {
        words += text.split_whitespace().count();
        match tokenizer.encode(text) {
            Ok(labels) => tokens += labels.len(),
            Err(_) => oov_utterances += 1,
        }
    }
    Ok(SetReport {
        name: set.name,
        manifest: path,
        utterances: manifest.utterances.len(),
        expected: set.expected,
        hours: manifest.hours(),
        speakers: manifest.speakers(),
        words,
        tokens,
        oov_utterances,
        skipped: set.skipped,
    })
}
