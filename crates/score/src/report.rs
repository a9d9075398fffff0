//! The score of a set of utterances.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::alignment::align;
use crate::bootstrap::{Interval, Scored, bootstrap};
use crate::counts::{ErrorCounts, count_errors};
use crate::error::ScoreError;
use crate::trn::Trn;
use crate::units::{ScoreUnit, tokens};

/// Resamples of a report's interval, and their seed.
const RESAMPLES: usize = 1000;
const SEED: u64 = 0;

/// The score of a set of utterances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreReport {
    /// What is counted.
    pub unit: ScoreUnit,
    /// The errors of all utterances.
    pub counts: ErrorCounts,
    /// Errors in percent of the reference's tokens.
    pub rate: f64,
    /// The rate's 95 % interval: speakers, then utterances, resampled 1,000 times.
    pub interval: Interval,
    /// The speakers, by name; utterances without one are left out.
    pub speakers: Vec<SpeakerScore>,
    /// The utterances, in the references' order.
    pub utterances: Vec<UtteranceScore>,
}

/// One speaker's errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpeakerScore {
    /// The speaker.
    pub speaker: String,
    /// Their utterances.
    pub utterances: usize,
    /// Their errors.
    pub counts: ErrorCounts,
}

/// One utterance's errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UtteranceScore {
    /// The utterance.
    pub id: String,
    /// Who spoke it, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Its errors.
    pub counts: ErrorCounts,
}

/// Scores hypotheses against references, paired by id. `speaker` tells who spoke an utterance, where known.
pub fn score(
    references: &[Trn],
    hypotheses: &[Trn],
    unit: ScoreUnit,
    speaker: impl Fn(&str) -> Option<String>,
) -> Result<ScoreReport, ScoreError> {
    let utterances: Vec<UtteranceScore> = pair(references, hypotheses)?
        .into_iter()
        .map(|(reference, hypothesis)| UtteranceScore {
            id: reference.id.clone(),
            speaker: speaker(&reference.id),
            counts: count_errors(&tokens(&reference.text, unit), &tokens(&hypothesis.text, unit)),
        })
        .collect();
    let mut counts = ErrorCounts::default();
    let mut speakers: BTreeMap<&str, SpeakerScore> = BTreeMap::new();
    for utterance in &utterances {
        counts += utterance.counts;
        if let Some(name) = &utterance.speaker {
            let fresh =
                || SpeakerScore { speaker: name.clone(), utterances: 0, counts: ErrorCounts::default() };
            let speaker = speakers.entry(name).or_insert_with(fresh);
            speaker.utterances += 1;
            speaker.counts += utterance.counts;
        }
    }
    let speakers = speakers.into_values().collect();
    let scored: Vec<Scored> = utterances.iter().map(UtteranceScore::scored).collect();
    let interval = bootstrap(&scored, RESAMPLES, SEED);
    Ok(ScoreReport { unit, counts, rate: counts.rate(), interval, speakers, utterances })
}

/// The alignment of each utterance, in the references' order: its id and errors, then `REF`, `HYP` and `EVAL`.
pub fn alignments(references: &[Trn], hypotheses: &[Trn], unit: ScoreUnit) -> Result<String, ScoreError> {
    let mut text = String::new();
    for (reference, hypothesis) in pair(references, hypotheses)? {
        let (r, h) = (tokens(&reference.text, unit), tokens(&hypothesis.text, unit));
        let alignment = align(&r, &h);
        let c = alignment.counts();
        text += &format!(
            "({}) {} errors in {} {}\n{}\n\n",
            reference.id,
            c.errors(),
            c.reference,
            unit.plural(),
            alignment.print(&r, &h)
        );
    }
    Ok(text)
}

/// Each reference with the hypothesis of the same utterance.
fn pair<'a>(references: &'a [Trn], hypotheses: &'a [Trn]) -> Result<Vec<(&'a Trn, &'a Trn)>, ScoreError> {
    let mut by_id = BTreeMap::new();
    for hypothesis in hypotheses {
        if by_id.insert(hypothesis.id.as_str(), hypothesis).is_some() {
            return Err(ScoreError::Repeated { id: hypothesis.id.clone(), of: "hypotheses" });
        }
    }
    let mut ids = HashSet::new();
    let (mut pairs, mut alone) = (Vec::with_capacity(references.len()), Vec::new());
    for reference in references {
        if !ids.insert(reference.id.as_str()) {
            return Err(ScoreError::Repeated { id: reference.id.clone(), of: "references" });
        }
        match by_id.remove(reference.id.as_str()) {
            Some(hypothesis) => pairs.push((reference, hypothesis)),
            None => alone.push(reference.id.as_str()),
        }
    }
    let extra: Vec<&str> = by_id.into_keys().collect();
    for (ids, missing) in [(alone, "hypothesis"), (extra, "reference")] {
        if let Some((first, rest)) = ids.split_first() {
            return Err(ScoreError::Unpaired { id: first.to_string(), more: rest.len(), missing });
        }
    }
    Ok(pairs)
}

impl UtteranceScore {
    /// What resampling wants to know.
    pub fn scored(&self) -> Scored {
        Scored {
            speaker: self.speaker.clone(),
            errors: self.counts.errors(),
            reference: self.counts.reference,
        }
    }
}

impl ScoreReport {
    /// One line: the rate, its interval and the errors.
    pub fn line(&self) -> String {
        let c = &self.counts;
        format!(
            "{} {:.2} % [{:.2}, {:.2}]: {} errors ({} substitutions, {} deletions, {} insertions) in {} {} of {} utterances",
            self.unit.rate_name(),
            self.rate,
            self.interval.low,
            self.interval.high,
            c.errors(),
            c.substitutions,
            c.deletions,
            c.insertions,
            c.reference,
            self.unit.plural(),
            self.utterances.len(),
        )
    }

    /// The line, and a row for each speaker.
    pub fn table(&self) -> String {
        let mut text = self.line() + "\n";
        if self.speakers.is_empty() {
            return text;
        }
        let width = self.speakers.iter().map(|s| s.speaker.chars().count()).max().unwrap_or(0).max(7);
        let (unit, rate) = (self.unit.plural(), self.unit.rate_name());
        text += &format!(
            "\n{:width$} {:>10} {unit:>10} {:>6} {:>6} {:>6} {rate:>7}\n",
            "speaker", "utterances", "sub", "del", "ins"
        );
        for s in &self.speakers {
            let c = &s.counts;
            text += &format!(
                "{:width$} {:>10} {:>10} {:>6} {:>6} {:>6} {:>7.2}\n",
                s.speaker,
                s.utterances,
                c.reference,
                c.substitutions,
                c.deletions,
                c.insertions,
                c.rate()
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trn(lines: &[(&str, &str)]) -> Vec<Trn> {
        lines.iter().map(|(id, text)| Trn { id: id.to_string(), text: text.to_string() }).collect()
    }

    #[test]
    fn utterances_are_paired_by_id_and_summed_by_speaker() {
        let references = trn(&[("a-1", "ONE TWO"), ("a-2", "THREE"), ("b-1", "FOUR FIVE SIX")]);
        let hypotheses = trn(&[("b-1", "FOUR SIX"), ("a-1", "ONE TWO"), ("a-2", "TREE NOW")]);
        let speaker = |id: &str| id.split('-').next().map(String::from);
        let report = score(&references, &hypotheses, ScoreUnit::Word, speaker).unwrap();
        assert_eq!((report.counts.errors(), report.counts.reference, report.rate), (3, 6, 50.0));
        let rates: Vec<f64> = report.speakers.iter().map(|s| s.counts.rate()).collect();
        assert!((rates[0] - 200.0 / 3.0).abs() < 1e-9 && (rates[1] - 100.0 / 3.0).abs() < 1e-9);
        assert!(report.interval.low <= 50.0 && report.interval.high >= 50.0);
        assert!(report.table().contains("WER 50.00 %"));
        let chars = score(&references[1..2], &hypotheses[2..], ScoreUnit::Char, |_| None).unwrap();
        assert_eq!((chars.counts.errors(), chars.counts.reference), (5, 5));
        let text = alignments(&references[..1], &hypotheses[1..2], ScoreUnit::Word).unwrap();
        assert_eq!(text, "(a-1) 0 errors in 2 words\nREF:  ONE TWO\nHYP:  ONE TWO\nEVAL:\n\n");
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<ScoreReport>(&json).unwrap(), report);
    }

    #[test]
    fn unpaired_utterances_are_named() {
        let (r, h) = (trn(&[("x", "A")]), trn(&[("x", "A"), ("z", "C"), ("y", "B")]));
        let message = |r: &[Trn], h: &[Trn]| score(r, h, ScoreUnit::Word, |_| None).unwrap_err().to_string();
        assert!(message(&h, &r).starts_with("utterance z (and 1 more) has no hypothesis"));
        assert!(message(&r, &h[..2]).starts_with("utterance z has no reference"));
        let twice = trn(&[("x", "A"), ("x", "B")]);
        assert!(message(&r, &twice).contains("x occurs twice in the hypotheses"));
        assert!(message(&twice, &r).contains("x occurs twice in the references"));
    }
}
