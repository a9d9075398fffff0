//! Two systems on the same utterances.

use serde::{Deserialize, Serialize};

use crate::aligned::aligned;
use crate::bootstrap::{PairedBootstrap, Scored, paired_bootstrap};
use crate::error::ScoreError;
use crate::mapsswe::{self, MatchedPairs};
use crate::report::{ScoreOptions, ScoreReport, pair};
use crate::trn::Trn;

/// Resamples of a difference, and their seed.
const RESAMPLES: usize = 10_000;
const SEED: u64 = 0;

/// The level at which a difference counts as clear.
const LEVEL: f64 = 0.05;

/// Fewer speakers than this say little of others: resampling them gives intervals that are too narrow.
const FEW_SPEAKERS: usize = 6;

/// How a system b differs from a system a.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SystemComparison {
    /// The error rate of b less that of a, in percent points: below 0 where b is better.
    pub difference: f64,
    /// Utterances in which b has fewer errors than a, more, and as many.
    pub better: usize,
    /// See `better`.
    pub worse: usize,
    /// See `better`.
    pub equal: usize,
    /// The matched-pairs sentence-segment word error test.
    pub matched_pairs: MatchedPairs,
    /// Speakers, then their utterances, resampled 10,000 times; of utterances without a speaker each is one by itself.
    pub bootstrap: PairedBootstrap,
    /// The speakers that are known.
    pub speakers: usize,
}

/// Compares two systems' hypotheses; the reports are those that [`score_with`](crate::score_with) made of them, with
/// the same options.
///
/// # Errors
///
/// [`ScoreError`] where a system has other utterances than the references.
pub fn compare_systems(
    references: &[Trn],
    (a, report_a): (&[Trn], &ScoreReport),
    (b, report_b): (&[Trn], &ScoreReport),
) -> Result<SystemComparison, ScoreError> {
    let options =
        ScoreOptions { unit: report_a.unit, weights: report_a.weights, ignore_case: report_a.ignore_case };
    let (of_a, of_b) = (aligned(&pair(references, a)?, options), aligned(&pair(references, b)?, options));
    let segments: Vec<(usize, usize)> = of_a
        .iter()
        .zip(&of_b)
        .flat_map(|(a, b)| match a.reference == b.reference {
            true => mapsswe::segments(a.reference.len(), &a.alignment, &b.alignment),
            // Of a reference's alternatives the systems may have said different ones: then it is one segment.
            false => vec![(a.alignment.counts().errors(), b.alignment.counts().errors())],
        })
        .filter(|errors| *errors != (0, 0))
        .collect();
    let scored = |report: &ScoreReport| report.utterances.iter().map(|u| u.scored()).collect::<Vec<Scored>>();
    let (scored_a, scored_b) = (scored(report_a), scored(report_b));
    let count = |of: fn(&usize, &usize) -> bool| {
        scored_a.iter().zip(&scored_b).filter(|(a, b)| of(&a.errors, &b.errors)).count()
    };
    Ok(SystemComparison {
        difference: report_b.rate - report_a.rate,
        better: count(|a, b| b < a),
        worse: count(|a, b| b > a),
        equal: count(|a, b| a == b),
        matched_pairs: mapsswe::test(&segments),
        bootstrap: paired_bootstrap(&scored_a, &scored_b, RESAMPLES, SEED),
        speakers: report_a.speakers.len(),
    })
}

impl SystemComparison {
    /// What is to be said of it, the systems being named.
    pub fn text(&self, a: &str, b: &str, rate: &str) -> String {
        let Self { difference, better, worse, equal, matched_pairs: m, bootstrap: p, .. } = self;
        format!(
            "{b} less {a}: {difference:+.2} {rate} points [{:+.2}, {:+.2}]; utterances: {better} better, {worse} worse, {equal} equal\n  \
             matched pairs (MAPSSWE): {}, W = {:.2} over {} segments\n  \
             paired bootstrap: {}, probability of improvement {:.3}\n  {}\n",
            p.interval.low,
            p.interval.high,
            probability(m.p_value),
            m.statistic,
            m.segments,
            probability(p.p_value),
            p.improvement,
            self.verdict(a, b)
        )
    }

    /// The tests' verdict at the 5 % level.
    pub fn verdict(&self, a: &str, b: &str) -> String {
        let better = if self.difference < 0.0 { b } else { a };
        match (self.matched_pairs.p_value < LEVEL, self.bootstrap.p_value < LEVEL) {
            (true, true) if self.speakers >= FEW_SPEAKERS => {
                format!("{better} is better, by both tests at the 5 % level")
            }
            (true, true) => {
                let few = match self.speakers {
                    0 => "no speakers are known".to_string(),
                    1 => "one speaker is too few".to_string(),
                    speakers => format!("{speakers} speakers are too few"),
                };
                format!(
                    "{better} is better on this speech, by both tests at the 5 % level; {few} to tell of others"
                )
            }
            (false, false) => "no clear difference at the 5 % level".into(),
            (true, false) => format!(
                "{better} is better on this speech (matched pairs), but not surely with other speakers (bootstrap)"
            ),
            (false, true) => format!("{better} is better by the bootstrap, but not by matched pairs"),
        }
    }
}

/// A p-value with the digits that mean something.
pub(crate) fn probability(p: f64) -> String {
    if p < 0.0001 { "p < 0.0001".into() } else { format!("p = {p:.4}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::score;
    use crate::units::ScoreUnit;

    #[test]
    fn the_better_system_is_named() {
        let side = |of: fn(usize) -> &'static str| -> Vec<Trn> {
            (0..60).map(|i| Trn { id: format!("u{i}"), text: of(i).to_string() }).collect()
        };
        let references = side(|_| "one two three four five six");
        let good =
            side(|i| if i % 10 == 0 { "one two three four five" } else { "one two three four five six" });
        let bad =
            side(|i| if i % 2 == 0 { "one too three four five sex" } else { "one two three four five six" });
        let report = |h: &[Trn]| score(&references, h, ScoreUnit::Word, |_| None).unwrap();
        let (of_good, of_bad) = (report(&good), report(&bad));
        let result = compare_systems(&references, (&bad, &of_bad), (&good, &of_good)).unwrap();
        assert!((result.difference - (of_good.rate - of_bad.rate)).abs() < 1e-12 && result.difference < 0.0);
        assert_eq!((result.better, result.worse, result.equal), (30, 0, 30));
        assert_eq!(result.matched_pairs.segments, 60);
        assert!(result.matched_pairs.p_value < 1e-6 && result.bootstrap.p_value < 0.001, "{result:?}");
        let verdict = |speakers| SystemComparison { speakers, ..result }.verdict("bad", "good");
        let here = "good is better on this speech, by both tests at the 5 % level; ";
        assert_eq!(result.speakers, 0);
        assert_eq!(verdict(0), format!("{here}no speakers are known to tell of others"));
        assert_eq!(verdict(4), format!("{here}4 speakers are too few to tell of others"));
        assert_eq!(verdict(6), "good is better, by both tests at the 5 % level");
        let same = compare_systems(&references, (&bad, &of_bad), (&bad, &of_bad)).unwrap();
        assert_eq!((same.matched_pairs.p_value, same.bootstrap.p_value, same.equal), (1.0, 1.0, 60));
        assert!(same.text("a", "b", "WER").contains("no clear difference"));
    }
}
