//! What decoding writes: hypotheses, references, scores.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use linnet_ctc::Hypothesis;
use linnet_files::write_beside;
use linnet_score::{
    ScoreOptions, ScoreReport, ScoreUnit, Trn, Weights, fewest_errors, score_with, write_trn,
};
use linnet_text::{Pronunciation, TokenTable, Tokenizer, Unit};

use super::emissions::Emission;
use super::output::{UtteranceRecord, text};
use crate::error::StudyError;

/// An utterance with what was heard in it.
pub(super) struct Heard<'a> {
    pub(super) emission: &'a Emission,
    pub(super) hypotheses: Vec<Hypothesis>,
}

/// The model's tokens, and whether the search makes words.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) unit: Unit,
    pub(super) words: bool,
}

impl Kind {
    pub(super) fn words_of_phones(self) -> bool {
        self.unit == Unit::Phone && self.words
    }
}

/// The transcript, empty where nobody has written one.
pub(super) fn said(emission: &Emission) -> &str {
    emission.utterance.text.as_deref().unwrap_or_default()
}

/// The same, its words parted by single spaces.
fn single_spaces(heard: &Heard) -> String {
    said(heard.emission).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is written and scored.
pub(super) struct Written<'a> {
    pub(super) tokenizer: &'a Tokenizer,
    pub(super) all: &'a [&'a Heard<'a>],
}

impl Written<'_> {
    /// Hypotheses and references in the search's own unit: words, where it makes them of phones.
    pub(super) fn as_decoded(&self, kind: Kind) -> (Vec<Trn>, Vec<Trn>) {
        if kind.words_of_phones() { self.words() } else { self.tokens() }
    }

    /// Writes the hypotheses alone.
    pub(super) fn write_hypotheses(&self, out: &Path, kind: Kind) -> Result<(), StudyError> {
        if kind.words_of_phones() {
            write_trn(&out.join("hyp-phones.trn"), &self.tokens().0)?;
        }
        Ok(write_trn(&out.join("hyp.trn"), &self.as_decoded(kind).0)?)
    }

    /// Writes hypotheses, references and scores. Returns the scores, and for phones the errors where any listed
    /// pronunciation is right.
    pub(super) fn write_scored(
        &self,
        out: &Path,
        kind: Kind,
    ) -> Result<(Vec<ScoreReport>, Option<f64>), StudyError> {
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

fn write_scores(out: &Path, scores: &[ScoreReport]) -> Result<(), StudyError> {
    let text: String = scores.iter().map(|s| s.table() + "\n").collect();
    write(&out.join("score.txt"), text.trim_end().as_bytes())?;
    let path: PathBuf = out.join("score.json");
    let json = serde_json::to_string(scores);
    let json = json.map_err(|e| StudyError::Io { path: path.clone(), source: e.into() })?;
    write(&path, json.as_bytes())
}

pub(super) fn write_nbest(
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
