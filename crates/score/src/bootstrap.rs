//! Intervals by resampling (Bisani and Ney, 2004), speakers first, then their utterances.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// One utterance's errors and who spoke it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scored {
    /// The speaker; utterances without one are speakers of their own.
    pub speaker: Option<String>,
    /// Errors.
    pub errors: usize,
    /// Tokens of the reference.
    pub reference: usize,
}

/// A 95 % interval in percent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// Whether it holds 0.
    pub fn contains_zero(&self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }
}

/// The 95 % percentile interval of an error rate.
pub fn bootstrap(utterances: &[Scored], resamples: usize, seed: u64) -> Interval {
    resample(utterances, resamples, seed, |picks| {
        let (errors, reference) =
            picks.iter().fold((0, 0), |(e, r), &i| (e + utterances[i].errors, r + utterances[i].reference));
        rate(errors, reference)
    })
}

/// The 95 % percentile interval of the difference b − a of two systems' error rates on the same utterances in the same
/// order: each resample picks the same utterances for both. Lists of different lengths are no pairs and say nothing of
/// the difference: its interval is then (−∞, ∞).
pub fn bootstrap_difference(a: &[Scored], b: &[Scored], resamples: usize, seed: u64) -> Interval {
    if a.len() != b.len() {
        return Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };
    }
    resample(a, resamples, seed, |picks| {
        let sum = |of: fn(&Scored) -> usize, s: &[Scored]| picks.iter().map(|&i| of(&s[i])).sum::<usize>();
        let of_system = |s: &[Scored]| rate(sum(|u| u.errors, s), sum(|u| u.reference, s));
        of_system(b) - of_system(a)
    })
}

fn rate(errors: usize, reference: usize) -> f64 {
    100.0 * errors as f64 / reference.max(1) as f64
}

/// The middle 95 % of a statistic over resamples of the utterances' places.
fn resample(
    utterances: &[Scored],
    resamples: usize,
    seed: u64,
    statistic: impl Fn(&[usize]) -> f64,
) -> Interval {
    let mut speakers: BTreeMap<(Option<&str>, usize), Vec<usize>> = BTreeMap::new();
    for (i, u) in utterances.iter().enumerate() {
        let alone = if u.speaker.is_none() { i } else { 0 };
        speakers.entry((u.speaker.as_deref(), alone)).or_default().push(i);
    }
    let speakers: Vec<Vec<usize>> = speakers.into_values().collect();
    if speakers.is_empty() || resamples == 0 {
        return Interval { low: 0.0, high: 0.0 };
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut picks = Vec::with_capacity(utterances.len());
    let mut values: Vec<f64> = (0..resamples)
        .map(|_| {
            picks.clear();
            for _ in 0..speakers.len() {
                let own = &speakers[rng.random_range(0..speakers.len())];
                picks.extend((0..own.len()).map(|_| own[rng.random_range(0..own.len())]));
            }
            statistic(&picks)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    Interval { low: at(0.025), high: at(0.975) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utterances(speakers: usize, each: usize, errors: impl Fn(usize, usize) -> usize) -> Vec<Scored> {
        let one = |s: usize, u: usize| Scored {
            speaker: Some(format!("s{s}")),
            errors: errors(s, u),
            reference: 10,
        };
        (0..speakers).flat_map(|s| (0..each).map(move |u| (s, u))).map(|(s, u)| one(s, u)).collect()
    }

    #[test]
    fn equal_utterances_have_an_interval_of_one_point() {
        let same = bootstrap(&utterances(5, 4, |_, _| 2), 200, 1);
        assert_eq!(same, Interval { low: 20.0, high: 20.0 });
    }

    #[test]
    fn independent_utterances_give_the_binomials_interval() {
        // 400 speakers of one utterance, every fifth wrong in half its tokens: rate 10 %, deviation of the mean 1 %.
        let interval = bootstrap(&utterances(400, 1, |s, _| if s % 5 == 0 { 5 } else { 0 }), 2000, 1);
        assert!((interval.low - 8.04).abs() < 0.4 && (interval.high - 11.96).abs() < 0.4, "{interval:?}");
    }

    #[test]
    fn speakers_who_differ_widen_it() {
        let alike = bootstrap(&utterances(10, 20, |_, u| u % 5), 1000, 1);
        let differ = bootstrap(&utterances(10, 20, |s, _| s % 5), 1000, 1);
        assert!(differ.high - differ.low > 2.0 * (alike.high - alike.low), "{differ:?} {alike:?}");
    }

    #[test]
    fn a_difference_that_all_utterances_share_is_certain() {
        let a = utterances(10, 5, |s, u| (s * 7 + u) % 4);
        let b: Vec<Scored> = a.iter().map(|u| Scored { errors: u.errors + 1, ..u.clone() }).collect();
        let interval = bootstrap_difference(&a, &b, 500, 3);
        assert!((interval.low - 10.0).abs() < 1e-9 && (interval.high - 10.0).abs() < 1e-9);
        assert!(!interval.contains_zero() && bootstrap_difference(&a, &a, 500, 3).contains_zero());
        assert!(bootstrap_difference(&a, &b[1..], 500, 3).contains_zero());
    }
}
