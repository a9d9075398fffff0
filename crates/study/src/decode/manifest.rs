//! A manifest decoded by a model and scored against its texts.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use linnet::{Search, SearchOptions};
use linnet_corpus::Skipped;
use linnet_score::{CtmWord, ScoreReport, write_ctm, write_trn};
use linnet_text::{Tokenizer, Unit};
use rayon::prelude::*;

use super::emissions::{Emission, Emissions, Source};
use super::output::ctm;
use super::record::{self, DecodeRecord};
use super::references::References;
use super::unknown::unknown_words;
use super::written::{Heard, Kind, Written, said, write_nbest};
use crate::compare::plural;
use crate::error::StudyError;

/// The hypotheses of utterances that nobody has transcribed, beside a scored `hyp.trn`.
const WITHOUT_TEXT: &str = "hyp-without-text.trn";

/// How to decode a manifest.
#[derive(Clone, Debug, Default)]
pub struct DecodeOptions {
    /// How to search; `None`: greedily.
    pub search: Option<SearchOptions>,
    /// Whether to write `nbest.jsonl`.
    pub nbest: bool,
    /// For phones the lexicon that the references' words are looked up in first; words that it lacks have the
    /// pronunciations of the lexicon beside the manifest, or of the model folder.
    pub lexicon: Option<PathBuf>,
}

/// What decoding a manifest gave.
#[derive(Debug)]
pub struct Decoded {
    /// The utterances that were decoded.
    pub utterances: usize,
    /// The error rates, where any utterance has a text: PER for phones, after the WER where a lexicon makes words of
    /// them; WER and CER for characters.
    pub scores: Vec<ScoreReport>,
    /// For phones: errors where any listed pronunciation of each word is right, in percent.
    pub any_pronunciation: Option<f64>,
    /// Utterances that could not be decoded or have no reference.
    pub skipped: Vec<Skipped>,
    /// Utterances that count for the WER, but whose references have no phones.
    pub without_phones: Vec<Skipped>,
    /// Notes for the user.
    pub notes: Vec<String>,
    /// A line about each hotword that was left out.
    pub left_out: Vec<String>,
}

/// Decodes a manifest and writes `hyp.trn`, `ref.trn`, `score.txt`, `score.json`, `hyp.ctm`, `decode.json` (the search, and
/// the checksums of its files, of the model and of the manifest) and perhaps `nbest.jsonl` to the folder `out`; where phones become words,
/// the phones are in `hyp-phones.trn` and `ref-phones.trn`. Utterances without a transcript don't count, and their
/// hypotheses are in `hyp-without-text.trn`. Where no utterance has a text, or all are empty, there is nothing to score,
/// and hypotheses alone are written. Of these files none stays there from an earlier decoding.
///
/// Times in `hyp.ctm` count from each utterance's beginning, none lies behind its end, and its file is the utterance's
/// id. The words that a lexicon makes of phones are scored without regard to upper and lower case, which the lexicon
/// doesn't know.
///
/// # Errors
///
/// A manifest or model that can't be read, an option that is out of range, a file that can't be written. Utterances
/// that can't be read are named in the result and left out.
pub fn decode(source: &Source<'_>, out: &Path, options: &DecodeOptions) -> Result<Decoded, StudyError> {
    let model = source.model;
    if out.is_file() {
        let problem = "this is a file; give a folder for the hypotheses".into();
        return Err(StudyError::File { path: out.into(), problem });
    }
    // What the options name is read first: the encoder takes longer.
    let references = References::read(source, options.lexicon.as_deref())?;
    let search = match &options.search {
        Some(options) => model.search(options)?,
        None => model.plain_search(),
    };
    let record = DecodeRecord::new(source.folder, source.manifest, options.search.as_ref())?;
    let emissions = Emissions::new(source)?;
    let tokenizer = references.tokenizer(emissions.utterances.iter().map(said))?;
    let kind = Kind { unit: model.config.unit, words: search.has_words() };
    let Found { all, skipped, without_phones } = find(&emissions, &search, &tokenizer, kind);
    if all.is_empty() {
        let reason = skipped.first().map_or_else(String::new, |s| format!("{}: {}", s.id, s.reason));
        return Err(linnet_corpus::CorpusError::Empty {
            what: source.manifest.display().to_string(),
            reason,
        }
        .into());
    }

    fs::create_dir_all(out).map_err(|source| StudyError::Io { path: out.to_path_buf(), source })?;
    // Scores of earlier hypotheses must not lie beside new ones, wherever this ends.
    ["score.json", "score.txt", record::FILE].iter().try_for_each(|name| remove(&out.join(name)))?;
    record.with_left_out(skipped.len()).write(out)?;
    let scored = all.iter().any(|heard| !said(heard.emission).trim().is_empty());
    let (with_text, without_text): (Vec<&Heard>, Vec<&Heard>) =
        all.iter().partition(|heard| !scored || heard.emission.utterance.text.is_some());
    let mut notes = [search.notes(), &emissions.notes].concat();
    notes.extend(unknown_words(&search, &emissions.utterances));
    let counted = Written { tokenizer: &tokenizer, all: &with_text };
    let (scores, any_pronunciation) = if scored {
        counted.write_scored(out, kind)?
    } else {
        let transcribed = all.iter().any(|heard| heard.emission.utterance.text.is_some());
        let why = if transcribed { "every text is empty" } else { "no utterance has a text" };
        notes.push(format!("{why}, so nothing is scored"));
        counted.write_hypotheses(out, kind)?;
        (Vec::new(), None)
    };
    if let Some(first) = without_text.first() {
        let (hyp, _) = Written { tokenizer: &tokenizer, all: &without_text }.as_decoded(kind);
        write_trn(&out.join(WITHOUT_TEXT), &hyp)?;
        let (count, utterance) = (without_text.len(), &first.emission.utterance);
        let reason = utterance.transcript().err().unwrap_or_default();
        notes.push(format!(
            "{} not scored but in {WITHOUT_TEXT}, as {}: {reason}",
            plural(count, "utterance"),
            utterance.id
        ));
    }
    let (table, frame_s) = (&model.tokens, model.frame_s());
    let best = |h: &Heard| {
        let Emission { utterance, .. } = h.emission;
        ctm(&utterance.id, &h.hypotheses[0], table, h.emission.clock(frame_s), kind.words)
    };
    let times: Vec<CtmWord> = all.iter().flat_map(best).collect();
    write_ctm(&out.join("hyp.ctm"), &times)?;
    if options.nbest {
        write_nbest(&out.join("nbest.jsonl"), &all, table, kind.words, frame_s)?;
    }
    for (name, kept) in [
        ("ref.trn", scored),
        ("hyp-phones.trn", kind.words_of_phones()),
        ("ref-phones.trn", kind.words_of_phones() && scored),
        ("nbest.jsonl", options.nbest),
        (WITHOUT_TEXT, !without_text.is_empty()),
    ] {
        if !kept {
            remove(&out.join(name))?;
        }
    }
    let left_out = search.left_out().to_vec();
    Ok(Decoded { utterances: all.len(), scores, any_pronunciation, skipped, without_phones, notes, left_out })
}

/// The hypotheses of a manifest's utterances.
struct Found<'a> {
    all: Vec<Heard<'a>>,
    /// Utterances that could not be decoded or have no reference, in the manifest's order.
    skipped: Vec<Skipped>,
    /// Utterances of `all` whose references have words but no phones.
    without_phones: Vec<Skipped>,
}

/// Searches every utterance and checks that its reference can be written in tokens.
fn find<'a>(emissions: &'a Emissions, search: &Search, tokenizer: &Tokenizer, kind: Kind) -> Found<'a> {
    let utterances = &emissions.utterances;
    let heard: Vec<_> = utterances
        .par_iter()
        .map(|emission| search.decode(&emission.log_probs).map_err(|error| error.to_string()))
        .collect();
    let mut found = Found { all: Vec::new(), skipped: emissions.skipped.clone(), without_phones: Vec::new() };
    for (emission, hypotheses) in utterances.iter().zip(heard) {
        let because = |reason| Skipped { id: emission.utterance.id.clone(), reason };
        let hypotheses = match hypotheses {
            Ok(hypotheses) => hypotheses,
            Err(reason) => {
                found.skipped.push(because(reason));
                continue;
            }
        };
        // Characters that are no token count as errors.
        if kind.unit == Unit::Phone
            && let Err(error) = tokenizer.encode(said(emission))
        {
            let list = if kind.words { &mut found.without_phones } else { &mut found.skipped };
            list.push(because(error.to_string()));
            if !kind.words {
                continue;
            }
        }
        found.all.push(Heard { emission, hypotheses });
    }
    emissions.sort(&mut found.skipped);
    found
}

fn remove(path: &Path) -> Result<(), StudyError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(StudyError::Io { path: path.into(), source })
        }
        _ => Ok(()),
    }
}
