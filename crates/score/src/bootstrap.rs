//! Intervals by resampling (Bisani and Ney, 2004), speakers first, then their utterances.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
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

/// What resampling says of the difference of two systems.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairedBootstrap {
    /// The 95 % percentile interval of the difference b − a of the error rates, in percent points.
    pub interval: Interval,
    /// The two-sided p-value: 2 · min(P(Δ* ≤ 0), P(Δ* ≥ 0)) over the resampled differences Δ*, at most 1, each
    /// probability as (count + 1) / (resamples + 1), so that it is never 0 (Davison and Hinkley, 1997, section 4.2).
    pub p_value: f64,
    /// The share of resamples in which b has the lower rate: Bisani and Ney's probability of improvement.
    pub improvement: f64,
}

/// The 95 % percentile interval of an error rate.
pub fn bootstrap(utterances: &[Scored], resamples: usize, seed: u64) -> Interval {
    let values = resample(utterances, resamples, seed, |&Scored { errors, reference, .. }, _| {
        [errors as u64, reference as u64]
    });
    percentiles(values.into_iter().map(|[errors, reference]| rate(errors, reference)).collect())
}

/// The difference b − a of two systems' error rates on the same utterances in the same order: each resample picks the
/// same utterances for both. Lists of different lengths are no pairs and say nothing of the difference: the interval is
/// then (−∞, ∞), the p-value 1 and the probability of improvement 0.
pub fn paired_bootstrap(a: &[Scored], b: &[Scored], resamples: usize, seed: u64) -> PairedBootstrap {
    if a.len() != b.len() {
        let interval = Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };
        return PairedBootstrap { interval, p_value: 1.0, improvement: 0.0 };
    }
    let sums = resample(a, resamples, seed, |a, i| {
        [a.errors as u64, a.reference as u64, b[i].errors as u64, b[i].reference as u64]
    });
    let difference = |[a, a_reference, b, b_reference]: [u64; 4]| rate(b, b_reference) - rate(a, a_reference);
    let values: Vec<f64> = sums.into_iter().map(difference).collect();
    let share = |of: fn(&f64) -> bool| {
        let count = values.iter().filter(|value| of(value)).count();
        (count as f64 + 1.0) / (values.len() as f64 + 1.0)
    };
    let p_value = (2.0 * share(|&d| d <= 0.0).min(share(|&d| d >= 0.0))).min(1.0);
    let improvement = values.iter().filter(|&&d| d < 0.0).count() as f64 / values.len().max(1) as f64;
    PairedBootstrap { interval: percentiles(values), p_value, improvement }
}

pub(crate) fn rate(errors: u64, reference: u64) -> f64 {
    100.0 * errors as f64 / reference.max(1) as f64
}

/// The middle 95 % of values; (0, 0) where there are none.
fn percentiles(mut values: Vec<f64>) -> Interval {
    if values.is_empty() {
        return Interval { low: 0.0, high: 0.0 };
    }
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    Interval { low: at(0.025), high: at(0.975) }
}

/// For each resample, the sums of what is counted over the utterances that it picks.
fn resample<const N: usize>(
    utterances: &[Scored],
    resamples: usize,
    seed: u64,
    count: impl Fn(&Scored, usize) -> [u64; N],
) -> Vec<[u64; N]> {
    let speakers = Speakers::new(utterances);
    if speakers.is_empty() {
        return Vec::new();
    }
    let counts: Vec<[u64; N]> = speakers.order.iter().map(|&i| count(&utterances[i], i)).collect();
    let one = |stream: usize| {
        let mut sums = [0; N];
        speakers.draw(&mut stream_of(seed, stream), |place| {
            sums.iter_mut().zip(counts[place]).for_each(|(sum, count)| *sum += count);
        });
        sums
    };
    (0..resamples).into_par_iter().map(one).collect()
}

/// Each resample has its own stream of the seed's random numbers, so threads don't matter.
pub(crate) fn stream_of(seed: u64, stream: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream as u64);
    rng
}

/// The places of each speaker's utterances; utterances without one are speakers of their own.
pub(crate) fn by_speaker(utterances: &[Scored]) -> Vec<Vec<usize>> {
    let mut speakers: BTreeMap<(Option<&str>, usize), Vec<usize>> = BTreeMap::new();
    for (i, u) in utterances.iter().enumerate() {
        let alone = if u.speaker.is_none() { i } else { 0 };
        speakers.entry((u.speaker.as_deref(), alone)).or_default().push(i);
    }
    speakers.into_values().collect()
}

/// Utterances by their speakers.
struct Speakers {
    /// The utterances' indices, each speaker's one after the other.
    order: Vec<usize>,
    /// Each speaker's first place in `order`, and how many.
    places: Vec<(u32, u32)>,
}

impl Speakers {
    fn new(utterances: &[Scored]) -> Self {
        let mut order = Vec::with_capacity(utterances.len());
        let mut places = Vec::new();
        for own in by_speaker(utterances) {
            places.push((order.len() as u32, own.len() as u32));
            order.extend(own);
        }
        Self { order, places }
    }

    fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Draws as many speakers as there are, then as many of each one's utterances; hands over their places in `order`.
    fn draw(&self, rng: &mut ChaCha8Rng, mut each: impl FnMut(usize)) {
        for _ in 0..self.places.len() {
            let (first, own) = self.places[rng.random_range(0..self.places.len() as u32) as usize];
            for _ in 0..own {
                let pick = if own == 1 { 0 } else { rng.random_range(0..own) };
                each((first + pick) as usize);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utterances(
        speakers: usize,
        each: usize,
        mut errors: impl FnMut(usize, usize) -> usize,
    ) -> Vec<Scored> {
        let mut one = |s: usize, u: usize| Scored {
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
        let interval = paired_bootstrap(&a, &b, 500, 3).interval;
        assert!((interval.low - 10.0).abs() < 1e-9 && (interval.high - 10.0).abs() < 1e-9);
        assert!(!interval.contains_zero() && paired_bootstrap(&a, &a, 500, 3).interval.contains_zero());
        assert!(paired_bootstrap(&a, &b[1..], 500, 3).interval.contains_zero());
    }

    #[test]
    fn p_values_of_no_difference_are_spread_evenly() {
        // 200 comparisons of two systems that are alike: about 5 % have p below 0.05.
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let mut low = 0;
        for round in 0..200 {
            let mut side = || utterances(100, 1, |_, _| rng.random_range(0..4));
            let (a, b) = (side(), side());
            let result = paired_bootstrap(&a, &b, 300, round);
            low += usize::from(result.p_value < 0.05);
        }
        assert!((2..=20).contains(&low), "{low}");
        let a = utterances(50, 1, |s, _| s % 3);
        let better: Vec<Scored> = a.iter().map(|u| Scored { errors: u.errors / 2, ..u.clone() }).collect();
        let result = paired_bootstrap(&a, &better, 999, 1);
        assert!((result.p_value - 0.002).abs() < 1e-12 && result.improvement == 1.0, "{result:?}");
        assert_eq!(paired_bootstrap(&a, &a, 99, 1).p_value, 1.0);
    }
}
