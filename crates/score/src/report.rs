//! The score of a set of utterances: they are paired, counted and summed up.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::fast::FixedState;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::alignment::Edit;
use crate::bootstrap::{Interval, Scored, bootstrap};
use crate::choose::chosen;
use crate::code::Token;
use crate::counts::ErrorCounts;
use crate::details::{Counter, ErrorDetails};
use crate::error::ScoreError;
use crate::trn::Trn;
use crate::units::{ScoreUnit, fold_case};
use crate::weighted::Weights;

/// Resamples of a report's interval, and their seed.
const RESAMPLES: usize = 1000;
const SEED: u64 = 0;

/// The score of a set of utterances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreReport {
    /// What is counted.
    pub unit: ScoreUnit,
    /// What errors cost where an alignment is chosen.
    #[serde(default)]
    pub weights: Weights,
    /// Whether upper and lower case are the same.
    #[serde(default)]
    pub ignore_case: bool,
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
    /// Which tokens are mistaken, and for what.
    #[serde(default)]
    pub details: ErrorDetails,
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
    /// How long its audio is, in seconds, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
    /// Its errors.
    pub counts: ErrorCounts,
}

/// How to score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreOptions {
    /// What is counted.
    pub unit: ScoreUnit,
    /// What errors cost where an alignment is chosen.
    pub weights: Weights,
    /// Whether upper and lower case are the same.
    pub ignore_case: bool,
}

impl From<ScoreUnit> for ScoreOptions {
    /// Equal weights, and case counts.
    fn from(unit: ScoreUnit) -> Self {
        Self { unit, weights: Weights::Equal, ignore_case: false }
    }
}

/// Scores hypotheses against references, paired by id. References may have alternations, as `{ um / uh / @ }`, and
/// optional words, as `(uh)`: those count that suit the hypothesis best. sclite's `-D` counts an optional word that is
/// left out as right, where here it is no part of the reference. `speaker` tells who spoke an utterance, where known.
///
/// # Errors
///
/// [`ScoreError`] where an utterance is on one side only, or twice.
pub fn score(
    references: &[Trn],
    hypotheses: &[Trn],
    unit: ScoreUnit,
    speaker: impl Fn(&str) -> Option<String>,
) -> Result<ScoreReport, ScoreError> {
    score_with(references, hypotheses, unit.into(), speaker)
}

/// As [`score`], with options.
///
/// # Errors
///
/// Those of [`score`].
pub fn score_with(
    references: &[Trn],
    hypotheses: &[Trn],
    options: ScoreOptions,
    speaker: impl Fn(&str) -> Option<String>,
) -> Result<ScoreReport, ScoreError> {
    let pairs = pair(references, hypotheses)?;
    let texts = texts(&pairs, options);
    let (all, details) = count(&borrowed(&texts), options, true);
    let utterances: Vec<UtteranceScore> = pairs
        .iter()
        .zip(all)
        .map(|((r, _), counts)| {
            let (id, speaker) = (r.id.clone(), speaker(&r.id));
            UtteranceScore { id, speaker, duration_s: None, counts }
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
    let ScoreOptions { unit, weights, ignore_case } = options;
    let rate = counts.rate();
    Ok(ScoreReport { unit, weights, ignore_case, counts, rate, interval, speakers, utterances, details })
}

/// The errors of each pair of a reference's and a hypothesis's text, in parallel; texts are taken as they are, without
/// choices.
pub fn count_texts(pairs: &[(&str, &str)], options: ScoreOptions) -> Vec<ErrorCounts> {
    count(pairs, options, false).0
}

/// The alignments of many pairs, one after another in one piece of memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Alignments {
    edits: Vec<Edit>,
    /// Where each pair's steps end.
    ends: Vec<usize>,
}

impl Alignments {
    /// The steps of each pair, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[Edit]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(&start, &end)| &self.edits[start..end])
    }
}

/// The alignment of each pair of a reference's and a hypothesis's text, in parallel; its places count the text's
/// tokens.
pub fn align_texts(pairs: &[(&str, &str)], options: ScoreOptions) -> Alignments {
    fn align<'a, T: Token<'a>>(pairs: &[(&'a str, &'a str)], weights: Weights) -> Alignments {
        let task = |pairs: &[(&'a str, &'a str)]| {
            let mut counter = Counter::<T>::new(false);
            let mut part = Alignments::default();
            for (reference, hypothesis) in pairs {
                counter.align(reference, hypothesis, weights, &mut part.edits);
                part.ends.push(part.edits.len());
            }
            part
        };
        let parts: Vec<Alignments> = pairs.par_chunks(TASK).map(task).collect();
        let mut all = Alignments {
            edits: Vec::with_capacity(parts.iter().map(|part| part.edits.len()).sum()),
            ends: Vec::with_capacity(pairs.len()),
        };
        for part in parts {
            let before = all.edits.len();
            all.edits.extend_from_slice(&part.edits);
            all.ends.extend(part.ends.iter().map(|end| before + end));
        }
        all
    }
    folded(pairs, options.ignore_case, |pairs| match options.unit {
        ScoreUnit::Phone | ScoreUnit::Word => align::<&str>(pairs, options.weights),
        ScoreUnit::Char => align::<char>(pairs, options.weights),
    })
}

fn count(pairs: &[(&str, &str)], options: ScoreOptions, note: bool) -> (Vec<ErrorCounts>, ErrorDetails) {
    folded(pairs, options.ignore_case, |pairs| match options.unit {
        ScoreUnit::Phone | ScoreUnit::Word => count_tokens::<&str>(pairs, options.weights, note),
        ScoreUnit::Char => count_tokens::<char>(pairs, options.weights, note),
    })
}

/// What comes of pairs of texts as they are, or with their case folded.
fn folded<R>(pairs: &[(&str, &str)], ignore_case: bool, of: impl FnOnce(&[(&str, &str)]) -> R) -> R {
    if !ignore_case {
        return of(pairs);
    }
    let texts: Vec<(String, String)> = pairs.par_iter().map(|(r, h)| (fold_case(r), fold_case(h))).collect();
    of(&texts.iter().map(|(r, h)| (r.as_str(), h.as_str())).collect::<Vec<_>>())
}

/// Utterances that one task counts.
const TASK: usize = 1024;

fn count_tokens<'a, T: Token<'a>>(
    pairs: &[(&'a str, &'a str)],
    weights: Weights,
    note: bool,
) -> (Vec<ErrorCounts>, ErrorDetails) {
    let task = |pairs: &[(&'a str, &'a str)]| {
        let mut counter = Counter::<T>::new(note);
        let counts: Vec<ErrorCounts> = pairs.iter().map(|(r, h)| counter.add(r, h, weights)).collect();
        (counts, counter)
    };
    let (counts, counters): (Vec<_>, Vec<_>) = pairs.par_chunks(TASK).map(task).unzip();
    let mut counters = counters.into_iter();
    let mut all = counters.next().unwrap_or_else(|| Counter::new(note));
    counters.for_each(|counter| all.merge(counter));
    (counts.concat(), all.details())
}

/// The texts of pairs: of a reference's choices those that suit the hypothesis best.
pub(crate) fn texts<'a>(pairs: &[(&'a Trn, &'a Trn)], options: ScoreOptions) -> Vec<(Cow<'a, str>, &'a str)> {
    let text = |&(r, h): &(&'a Trn, &'a Trn)| (chosen(&r.text, &h.text, options), h.text.as_str());
    pairs.par_iter().map(text).collect()
}

/// The same, borrowed.
pub(crate) fn borrowed<'a>(texts: &'a [(Cow<'_, str>, &'a str)]) -> Vec<(&'a str, &'a str)> {
    texts.iter().map(|(r, h)| (r.as_ref(), *h)).collect()
}

/// Each reference with the hypothesis of the same utterance.
pub(crate) fn pair<'a>(
    references: &'a [Trn],
    hypotheses: &'a [Trn],
) -> Result<Vec<(&'a Trn, &'a Trn)>, ScoreError> {
    let mut by_id: HashMap<&str, &Trn, FixedState> = HashMap::default();
    by_id.reserve(hypotheses.len());
    for hypothesis in hypotheses {
        if by_id.insert(hypothesis.id.as_str(), hypothesis).is_some() {
            return Err(ScoreError::Repeated { id: hypothesis.id.clone(), of: "hypotheses" });
        }
    }
    let mut ids: HashSet<&str, FixedState> = HashSet::default();
    let (mut pairs, mut alone) = (Vec::with_capacity(references.len()), Vec::new());
    for reference in references {
        if !ids.insert(reference.id.as_str()) {
            return Err(ScoreError::Repeated { id: reference.id.clone(), of: "references" });
        }
        match by_id.get(reference.id.as_str()) {
            Some(hypothesis) => pairs.push((reference, *hypothesis)),
            None => alone.push(reference.id.as_str()),
        }
    }
    let mut extra: Vec<&str> = by_id.into_keys().filter(|id| !ids.contains(id)).collect();
    extra.sort_unstable();
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

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::counts::count_errors;
    use crate::details::TokenErrors;
    use crate::units::tokens;

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

    #[test]
    fn counts_of_many_texts_are_those_of_each() {
        // Many words and characters, so that vocabularies grow, are coded anew and are forgotten.
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let character = |rng: &mut ChaCha8Rng| char::from_u32(rng.random_range(0x61..0x161)).unwrap_or('x');
        let mut text = || -> String {
            (0..rng.random_range(0..40))
                .map(|_| if rng.random_ratio(1, 4) { ' ' } else { character(&mut rng) })
                .collect()
        };
        let texts: Vec<(String, String)> = (0..3000).map(|_| (text(), text())).collect();
        let pairs: Vec<(&str, &str)> = texts.iter().map(|(r, h)| (r.as_str(), h.as_str())).collect();
        for unit in [ScoreUnit::Word, ScoreUnit::Char] {
            let want: Vec<ErrorCounts> =
                pairs.iter().map(|(r, h)| count_errors(&tokens(r, unit), &tokens(h, unit))).collect();
            assert_eq!(count_texts(&pairs, unit.into()), want);
            let alignments = align_texts(&pairs, unit.into());
            let alone = |(r, h): &(&str, &str)| crate::align(&tokens(r, unit), &tokens(h, unit));
            assert!(alignments.iter().eq(pairs.iter().map(alone).map(|a| a.edits)));
            let (noted, details) = count(&pairs, unit.into(), true);
            assert_eq!(noted, want);
            let sum = |of: fn(&TokenErrors) -> usize| details.tokens.iter().map(of).sum::<usize>();
            let mut all = ErrorCounts::default();
            want.iter().for_each(|counts| all += *counts);
            assert_eq!(
                (sum(|t| t.substitutions), sum(|t| t.deletions), sum(|t| t.insertions)),
                (all.substitutions, all.deletions, all.insertions)
            );
            assert_eq!(
                sum(|t| t.false_substitutions),
                details.confusions.iter().map(|c| c.count).sum::<usize>()
            );
        }
    }
}
