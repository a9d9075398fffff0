//! The score of a set of utterances.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::alignment::align;
use crate::bootstrap::{Interval, Scored, bootstrap};
use crate::counts::ErrorCounts;
use crate::error::ScoreError;
use crate::trn::Trn;
use crate::units::{ScoreUnit, tokens};

/// Resamples of a report's interval, and their seed.
const RESAMPLES: usize = 1000;
const SEED: u64 = 0;

/// The score of a set of utterances.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpeakerScore {
    /// The speaker.
    pub speaker: String,
    /// Their utterances.
    pub utterances: usize,
    /// Their errors.
    pub counts: ErrorCounts,
}

/// One utterance's errors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UtteranceScore {
    /// The utterance.
    pub id: String,
    /// Who spoke it, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
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
    let mut by_id: HashMap<&str, &Trn> = hypotheses.iter().map(|h| (h.id.as_str(), h)).collect();
    let mut utterances = Vec::with_capacity(references.len());
    for reference in references {
        let hypothesis = by_id
            .remove(reference.id.as_str())
            .ok_or_else(|| ScoreError::Unpaired { id: reference.id.clone(), missing: "hypothesis" })?;
        let counts = align(&tokens(&reference.text, unit), &tokens(&hypothesis.text, unit)).counts();
        utterances.push(UtteranceScore { id: reference.id.clone(), speaker: speaker(&reference.id), counts });
    }
    if let Some(id) = by_id.keys().min() {
        return Err(ScoreError::Unpaired { id: id.to_string(), missing: "reference" });
    }
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
    }

    #[test]
    fn unpaired_utterances_are_named() {
        let (r, h) = (trn(&[("x", "A")]), trn(&[("x", "A"), ("y", "B")]));
        assert!(
            score(&h, &r, ScoreUnit::Word, |_| None).unwrap_err().to_string().contains("y has no hypothesis")
        );
        assert!(
            score(&r, &h, ScoreUnit::Word, |_| None).unwrap_err().to_string().contains("y has no reference")
        );
    }
}
