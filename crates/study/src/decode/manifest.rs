//! A manifest decoded by a model and scored against its texts.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use linnet::{Search, SearchOptions};
use linnet_corpus::Skipped;
use linnet_ctc::Hypothesis;
use linnet_files::write_beside;
use linnet_score::{
    CtmWord, ScoreOptions, ScoreReport, ScoreUnit, Trn, Weights, fewest_errors, score_with, write_ctm,
    write_trn,
};
use linnet_text::{Pronunciation, TokenTable, Tokenizer, Unit};
use rayon::prelude::*;

use super::emissions::{Emission, Emissions, Source};
use super::output::{UtteranceRecord, ctm, text};
use super::record::{self, DecodeRecord};
use super::references::References;
use super::unknown::unknown_words;
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

/// An utterance with what was heard in it.
struct Heard<'a> {
    emission: &'a Emission,
    hypotheses: Vec<Hypothesis>,
}

/// Decodes a manifest and writes `hyp.trn`, `ref.trn`, `score.txt`, `score.json`, `hyp.ctm`, `decode.json` (the search and
/// the checksums of its files and of the model) and perhaps `nbest.jsonl` to the folder `out`; where phones become words, the phones are in `hyp-phones.trn` and `ref-phones.trn`. Utterances
/// without a transcript don't count, and their hypotheses are in `hyp-without-text.trn`. Where no utterance has a text,
/// or all are empty, there is nothing to score, and hypotheses alone are written. Of these files none stays there from an
/// earlier decoding.
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
    let record = DecodeRecord::new(source.folder, options.search.as_ref())?;
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
    record.write(out)?;
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
            "{count} utterances are not scored but in {WITHOUT_TEXT}, as {}: {reason}",
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

/// The model's tokens, and whether the search makes words.
#[derive(Clone, Copy)]
struct Kind {
    unit: Unit,
    words: bool,
}

impl Kind {
    fn words_of_phones(self) -> bool {
        self.unit == Unit::Phone && self.words
    }
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

/// The transcript, empty where nobody has written one.
fn said(emission: &Emission) -> &str {
    emission.utterance.text.as_deref().unwrap_or_default()
}

/// The same, its words parted by single spaces.
fn single_spaces(heard: &Heard) -> String {
    said(heard.emission).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is written and scored.
struct Written<'a> {
    tokenizer: &'a Tokenizer,
    all: &'a [&'a Heard<'a>],
}

impl Written<'_> {
    /// Hypotheses and references in the search's own unit: words, where it makes them of phones.
    fn as_decoded(&self, kind: Kind) -> (Vec<Trn>, Vec<Trn>) {
        if kind.words_of_phones() { self.words() } else { self.tokens() }
    }

    /// Writes the hypotheses alone.
    fn write_hypotheses(&self, out: &Path, kind: Kind) -> Result<(), StudyError> {
        if kind.words_of_phones() {
            write_trn(&out.join("hyp-phones.trn"), &self.tokens().0)?;
        }
        Ok(write_trn(&out.join("hyp.trn"), &self.as_decoded(kind).0)?)
    }

    /// Writes hypotheses, references and scores. Returns the scores, and for phones the errors where any listed
    /// pronunciation is right.
    fn write_scored(&self, out: &Path, kind: Kind) -> Result<(Vec<ScoreReport>, Option<f64>), StudyError> {
        let mut scores = Vec::new();
        if kind.words_of_phones() {
            let (hyp, reference) = self.words();
            write_both(out, ["hyp.trn", "ref.trn"], &hyp, &reference)?;
            scores.push(self.score(&hyp, &reference, ScoreUnit::Word, true)?);
        }
        let (hyp, reference) = self.tokens();
        let phones = ["hyp-phones.trn", "ref-phones.trn"];
        let names = if kind.words_of_phones() { phones } else { ["hyp.trn", "ref.trn"] };
        write_both(out, names, &hyp, &reference)?;
        let units: &[ScoreUnit] = match kind.unit {
            Unit::Phone => &[ScoreUnit::Phone],
            Unit::Char => &[ScoreUnit::Word, ScoreUnit::Char],
        };
        for &unit in units {
            scores.push(self.score(&hyp, &reference, unit, false)?);
        }
        let of_phones = scores.last().filter(|report| report.unit == ScoreUnit::Phone);
        let any_pronunciation = of_phones.and_then(|report| self.any_pronunciation(&hyp, report));
        write_scores(out, &scores)?;
        Ok((scores, any_pronunciation))
    }

    /// Hypotheses and references as words.
    fn words(&self) -> (Vec<Trn>, Vec<Trn>) {
        let trn = |h: &Heard, text: String| Trn { id: h.emission.utterance.id.clone(), text };
        self.all.iter().map(|h| (trn(h, h.hypotheses[0].text()), trn(h, single_spaces(h)))).unzip()
    }

    /// Hypotheses and references as the tokens say them; of phones of those utterances whose references have any.
    fn tokens(&self) -> (Vec<Trn>, Vec<Trn>) {
        let Tokenizer { table, unit, .. } = self.tokenizer;
        let both = |h: &&Heard| {
            let reference = match unit {
                Unit::Phone => self.tokenizer.decode(&self.tokenizer.encode(said(h.emission)).ok()?),
                Unit::Char => single_spaces(h),
            };
            let trn = |text| Trn { id: h.emission.utterance.id.clone(), text };
            Some((trn(text(&h.hypotheses[0], table, *unit)), trn(reference)))
        };
        self.all.iter().filter_map(both).unzip()
    }

    fn score(
        &self,
        hyp: &[Trn],
        reference: &[Trn],
        unit: ScoreUnit,
        ignore_case: bool,
    ) -> Result<ScoreReport, StudyError> {
        let speaker = |h: &&Heard<'_>| {
            let utterance = &h.emission.utterance;
            Some((utterance.id.clone(), utterance.speaker.clone()?))
        };
        let speakers: HashMap<String, String> = self.all.iter().filter_map(speaker).collect();
        let options = ScoreOptions { unit, weights: Weights::Equal, ignore_case };
        let mut report = score_with(reference, hyp, options, |id| speakers.get(id).cloned())?;
        let utterances = self.all.iter().map(|h| &h.emission.utterance);
        let durations: HashMap<&str, Option<f64>> =
            utterances.map(|u| (u.id.as_str(), u.duration_s)).collect();
        for utterance in &mut report.utterances {
            utterance.duration_s = durations.get(utterance.id.as_str()).copied().flatten();
        }
        Ok(report)
    }

    fn any_pronunciation(&self, hyp: &[Trn], report: &ScoreReport) -> Option<f64> {
        let lexicon = self.tokenizer.lexicon.as_ref()?;
        let emissions = self.all.iter().map(|h| h.emission);
        let texts: HashMap<&str, &str> = emissions.map(|e| (e.utterance.id.as_str(), said(e))).collect();
        let errors: usize = hyp
            .iter()
            .map(|h| {
                let text = texts.get(h.id.as_str()).copied().unwrap_or_default();
                let words: Vec<Vec<Pronunciation>> =
                    text.split_whitespace().map(|word| lexicon.lookup(word).to_vec()).collect();
                let phones: Pronunciation = h.text.split_whitespace().map(Arc::from).collect();
                fewest_errors(&words, &phones)
            })
            .sum();
        Some(100.0 * errors as f64 / report.counts.reference.max(1) as f64)
    }
}

fn write_both(out: &Path, names: [&str; 2], hyp: &[Trn], reference: &[Trn]) -> Result<(), StudyError> {
    write_trn(&out.join(names[0]), hyp)?;
    Ok(write_trn(&out.join(names[1]), reference)?)
}

fn remove(path: &Path) -> Result<(), StudyError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(StudyError::Io { path: path.into(), source })
        }
        _ => Ok(()),
    }
}

fn write_scores(out: &Path, scores: &[ScoreReport]) -> Result<(), StudyError> {
    let text: String = scores.iter().map(|s| s.table() + "\n").collect();
    write(&out.join("score.txt"), text.trim_end().as_bytes())?;
    let path: PathBuf = out.join("score.json");
    let json = serde_json::to_string(scores);
    let json = json.map_err(|e| StudyError::Io { path: path.clone(), source: e.into() })?;
    write(&path, json.as_bytes())
}

fn write_nbest(
    path: &Path,
    all: &[Heard],
    table: &TokenTable,
    words: bool,
    frame_s: f64,
) -> Result<(), StudyError> {
    let line = |h: &Heard| {
        let Emission { utterance, log_probs } = h.emission;
        let frames = log_probs.len() / table.len();
        let clock = Some(h.emission.clock(frame_s));
        let record = UtteranceRecord::new(Some(&utterance.id), frames, &h.hypotheses, table, words, clock);
        serde_json::to_string(&record).map(|json| json + "\n")
    };
    let lines: Result<String, _> = all.iter().map(line).collect();
    let lines = lines.map_err(|e| StudyError::Io { path: path.into(), source: e.into() })?;
    write(path, lines.as_bytes())
}

/// Writes a whole file, see [`write_beside`].
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), StudyError> {
    write_beside(path, |out| out.write_all(bytes))
        .map_err(|source| StudyError::Io { path: path.to_path_buf(), source })
}
