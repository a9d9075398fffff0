//! Error rates of a way of training that was tried with several seeds: speakers, then utterances, and seeds resampled.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use crate::bootstrap::{Interval, Scored, Speakers, percentiles, rate, stream_of};

/// The probabilities below the upper end of a 95 % interval, and with which a test shall see a difference.
const INTERVAL: f64 = 0.975;
const POWER: f64 = 0.8;

/// A rate or a difference of two, in percent, with what resampling says of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean over the seeds.
    pub value: f64,
    /// Its 95 % interval. With several seeds value ± t₀.₉₇₅ · standard error, Student's t, since few seeds tell little
    /// of how much seeds differ, and resampling few of them finds few values; with one, percentiles of the resampled
    /// values. That of a rate is cut at 0.
    pub interval: Interval,
    /// Its standard error: the resampled values' standard deviation, or the seeds' part of it if that is more.
    pub standard_error: f64,
    /// The seeds behind it: of a difference, the fewer of the two sides'. With one, how much seeds differ is unknown
    /// and in no figure.
    pub seeds: usize,
    /// The degrees of freedom of t, infinite where seeds don't differ or there is one: the square of the variance over
    /// the sum of the squares of its parts that are the seeds', each over its seeds less 1 (Satterthwaite, 1946).
    pub degrees_of_freedom: f64,
}

/// How much of an estimate's variance is the seeds': that of the mean of n runs, and n.
struct OfSeeds {
    variance: f64,
    runs: usize,
}

impl OfSeeds {
    /// Of the mean of rates, one a run.
    fn of(rates: &[f64]) -> Self {
        let (runs, mean) = (rates.len(), mean(rates));
        let squares: f64 = rates.iter().map(|rate| (rate - mean).powi(2)).sum();
        Self { variance: squares / (runs.max(2) - 1) as f64 / runs.max(1) as f64, runs }
    }
}

impl Estimate {
    fn new(value: f64, resampled: Vec<f64>, parts: &[OfSeeds]) -> Self {
        let n = resampled.len().max(1) as f64;
        let mean = resampled.iter().sum::<f64>() / n;
        let variance = resampled.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
        let of_seeds = |part: &OfSeeds| part.variance.powi(2) / (part.runs.max(2) - 1) as f64;
        let all: f64 = parts.iter().map(|part| part.variance).sum();
        let degrees_of_freedom = variance.max(all).powi(2) / parts.iter().map(of_seeds).sum::<f64>();
        let degrees_of_freedom = if degrees_of_freedom.is_nan() { f64::INFINITY } else { degrees_of_freedom };
        let seeds = parts.iter().map(|part| part.runs).min().unwrap_or(0);
        let standard_error = variance.max(all).sqrt();
        let most = quantile(INTERVAL, degrees_of_freedom) * standard_error;
        let interval = match seeds {
            0 | 1 => percentiles(resampled),
            _ => Interval { low: value - most, high: value + most },
        };
        Self { value, interval, standard_error, seeds, degrees_of_freedom }
    }

    /// The smallest true difference that a two-sided test at 5 % would have seen with a probability of 80 %:
    /// (t₀.₉₇₅ + t₀.₈) · standard error (Cohen, 1988).
    pub fn smallest_detectable(&self) -> f64 {
        (quantile(INTERVAL, self.degrees_of_freedom) + quantile(POWER, self.degrees_of_freedom))
            * self.standard_error
    }
}

/// Student's t; the normal distribution's where the degrees of freedom are so many that the two agree.
fn quantile(probability: f64, degrees_of_freedom: f64) -> f64 {
    const MANY: f64 = 1e5;
    if degrees_of_freedom > MANY {
        return Normal::standard().inverse_cdf(probability);
    }
    let student = StudentsT::new(0.0, 1.0, degrees_of_freedom.max(1.0));
    student.map_or(f64::INFINITY, |student| student.inverse_cdf(probability))
}

/// The mean error rate of runs with different seeds, each with the same utterances in the same order; `None` if they
/// haven't, or there are none.
///
/// Each resample draws speakers, then their utterances, the same for all runs, and n − 1 of n runs with replacement,
/// which makes the variance between seeds unbiased (Rao and Wu, 1988). With one run that variance is unknown and left
/// out.
pub fn estimate_rate(runs: &[Vec<Scored>], resamples: usize, seed: u64) -> Option<Estimate> {
    let totals = totals(runs)?;
    let resampled = resample(&[runs], resamples, seed, |rates, rng| {
        let seeds = draw(runs.len(), rng);
        mean_of(&rates[0], &seeds)
    })?;
    let mut estimate = Estimate::new(mean(&totals), resampled, &[OfSeeds::of(&totals)]);
    // t knows no bound, but there are no errors below 0.
    estimate.interval.low = estimate.interval.low.max(0.0);
    Some(estimate)
}

/// The difference b − a of the mean error rates of two such groups of runs on the same utterances; `None` if they are
/// of different ones. As [`estimate_rate`], each resample picking the same utterances for both. `paired`: the groups
/// have the same seeds in the same order; a resample then draws the same seeds for both, since order and augmentation
/// are theirs.
pub fn estimate_difference(
    a: &[Vec<Scored>],
    b: &[Vec<Scored>],
    paired: bool,
    resamples: usize,
    seed: u64,
) -> Option<Estimate> {
    let (totals_a, totals_b) = (totals(a)?, totals(b)?);
    let paired = paired && a.len() == b.len();
    let resampled = resample(&[a, b], resamples, seed, |rates, rng| {
        let first = draw(a.len(), rng);
        let second = if paired { first.clone() } else { draw(b.len(), rng) };
        mean_of(&rates[1], &second) - mean_of(&rates[0], &first)
    })?;
    let differences: Vec<f64> = totals_a.iter().zip(&totals_b).map(|(a, b)| b - a).collect();
    let parts = match paired {
        true => vec![OfSeeds::of(&differences)],
        false => vec![OfSeeds::of(&totals_a), OfSeeds::of(&totals_b)],
    };
    Some(Estimate::new(mean(&totals_b) - mean(&totals_a), resampled, &parts))
}

/// Each run's error rate; `None` if there is no run, or no utterance.
fn totals(runs: &[Vec<Scored>]) -> Option<Vec<f64>> {
    let one = |run: &Vec<Scored>| {
        let sum = |of: fn(&Scored) -> usize| run.iter().map(of).sum::<usize>() as u64;
        rate(sum(|u| u.errors), sum(|u| u.reference))
    };
    let some = runs.first().is_some_and(|run| !run.is_empty());
    some.then(|| runs.iter().map(one).collect())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn mean_of(rates: &[f64], seeds: &[usize]) -> f64 {
    mean(&seeds.iter().map(|&i| rates[i]).collect::<Vec<_>>())
}

/// n − 1 of n, with replacement; the one of one.
fn draw(runs: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    if runs == 1 { vec![0] } else { (1..runs).map(|_| rng.random_range(0..runs)).collect() }
}

/// `of` each resample's rates, by group and run, and of its random numbers; `None` if the runs' utterances differ.
fn resample(
    groups: &[&[Vec<Scored>]],
    resamples: usize,
    seed: u64,
    of: impl Fn(&[Vec<f64>], &mut ChaCha8Rng) -> f64 + Sync,
) -> Option<Vec<f64>> {
    let utterances = groups.first()?.first()?;
    let same = |run: &Vec<Scored>| {
        run.iter().map(|u| (&u.speaker, u.reference)).eq(utterances.iter().map(|u| (&u.speaker, u.reference)))
    };
    if !groups.iter().all(|runs| runs.iter().all(same)) {
        return None;
    }
    let speakers = Speakers::new(utterances);
    let runs: Vec<&Vec<Scored>> = groups.iter().flat_map(|runs| runs.iter()).collect();
    // The reference's tokens, then each run's errors; one row a place.
    let counts = |&i: &usize| {
        let errors = runs.iter().map(move |run| run[i].errors as u64);
        std::iter::once(utterances[i].reference as u64).chain(errors)
    };
    let width = 1 + runs.len();
    let counts: Vec<u64> = speakers.order.iter().flat_map(counts).collect();
    let one = |stream: usize| {
        let mut rng = stream_of(seed, stream);
        let mut sums = vec![0; width];
        speakers.draw(&mut rng, |place| {
            let row = &counts[place * width..][..width];
            sums.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
        });
        let mut rates = sums[1..].iter().map(|&errors| rate(errors, sums[0]));
        let rates: Vec<Vec<f64>> =
            groups.iter().map(|runs| rates.by_ref().take(runs.len()).collect()).collect();
        of(&rates, &mut rng)
    };
    Some((0..resamples).into_par_iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::bootstrap::paired_bootstrap;

    /// `speakers` with one utterance of 10 tokens each.
    fn run(speakers: usize, errors: impl Fn(usize) -> usize) -> Vec<Scored> {
        let one = |i: usize| Scored { speaker: Some(format!("s{i:04}")), errors: errors(i), reference: 10 };
        (0..speakers).map(one).collect()
    }

    #[test]
    fn one_seed_gives_the_paired_bootstraps_interval() {
        let (a, b) = (run(60, |i| i % 4), run(60, |i| (i * 7) % 5));
        let estimate = estimate_difference(from_ref(&a), from_ref(&b), true, 2000, 3).unwrap();
        assert_eq!(estimate.interval, paired_bootstrap(&a, &b, 2000, 3).interval);
        let total = |run: &[Scored]| run.iter().map(|u| u.errors).sum::<usize>() as f64 / 6.0;
        assert!((estimate.value - (total(&b) - total(&a))).abs() < 1e-12);
    }

    #[test]
    fn a_small_example_has_the_standard_error_of_its_parts() {
        // Utterances that are alike within a run: only the seeds vary. Rates 10, 20 and 60 %: mean 30, unbiased
        // variance 700, standard error of the mean √(700 / 3).
        let runs = [1, 2, 6].map(|errors| run(50, |_| errors));
        let estimate = estimate_rate(&runs, 20_000, 1).unwrap();
        let exact = (700.0f64 / 3.0).sqrt();
        assert!((estimate.value - 30.0).abs() < 1e-9);
        assert!((estimate.standard_error - exact).abs() < 0.02 * exact, "{estimate:?}");
        // All of the variance is the seeds': 2 degrees of freedom, t₀.₉₇₅ = 4.3027 and t₀.₈ = 1.0607 by a table.
        assert_eq!(estimate.seeds, 3);
        assert!((estimate.degrees_of_freedom - 2.0).abs() < 0.1, "{estimate:?}");
        let visible = (4.3027 + 1.0607) * estimate.standard_error;
        assert!((estimate.smallest_detectable() / visible - 1.0).abs() < 0.05, "{estimate:?}");
        // Of 50 speakers every fifth has 5 errors of 10: variance 0.2 · 0.8 · 50², over 50 speakers.
        let alone = estimate_rate(&[run(50, |i| if i % 5 == 0 { 5 } else { 0 })], 20_000, 1).unwrap();
        let exact = (0.16 * 2500.0 / 50.0f64).sqrt();
        assert!((alone.standard_error - exact).abs() < 0.02 * exact, "{alone:?}");
        assert!((alone.smallest_detectable() - 2.801_585 * alone.standard_error).abs() < 1e-5, "{alone:?}");
    }

    #[test]
    fn the_interval_of_few_seeds_holds_the_truth_as_often_as_it_says() {
        // Runs whose rates are normally distributed about 40 %, with utterances that say all of it, and half of it.
        let mut rng = stream_of(9, 0);
        for (seeds, noise, least) in [(2, 0.0, 0.935), (3, 0.0, 0.935), (3, 0.2, 0.92)] {
            let mut held = 0;
            let rounds = 1500;
            for round in 0..rounds {
                let mut normal = || {
                    let [a, b]: [f64; 2] = [rng.random(), rng.random()];
                    (-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos()
                };
                // 60 speakers of 1000 tokens; what is a speaker's own is the same in all runs.
                let own: Vec<f64> = (0..60).map(|_| noise * 1000.0 * normal()).collect();
                let mut one = || {
                    let rate = 400.0 + 30.0 * normal();
                    let run = run(60, |i| (rate + own[i]).round().clamp(0.0, 1000.0) as usize);
                    run.into_iter().map(|u| Scored { reference: 1000, ..u }).collect::<Vec<_>>()
                };
                let runs: Vec<_> = (0..seeds).map(|_| one()).collect();
                let Interval { low, high } = estimate_rate(&runs, 300, round).unwrap().interval;
                held += u32::from(low <= 40.0 && 40.0 <= high);
            }
            let share = f64::from(held) / f64::from(rounds as u32);
            assert!((least..=0.975).contains(&share), "{seeds} seeds, noise {noise}: {share}");
        }
    }

    #[test]
    fn pairs_of_seeds_cancel_what_they_share() {
        let a = [1, 2, 6].map(|errors| run(50, |_| errors));
        let b = [2, 3, 7].map(|errors| run(50, |_| errors));
        let paired = estimate_difference(&a, &b, true, 2000, 1).unwrap();
        assert!((paired.value - 10.0).abs() < 1e-9 && paired.standard_error < 1e-9, "{paired:?}");
        let unpaired = estimate_difference(&a, &b, false, 2000, 1).unwrap();
        assert!(unpaired.interval.contains_zero() && unpaired.standard_error > 10.0, "{unpaired:?}");
        assert_eq!(unpaired, estimate_difference(&a, &b, false, 2000, 1).unwrap());
    }

    #[test]
    fn a_rate_is_not_below_0_but_a_difference_may_be() {
        let (low, high) = (run(50, |_| 0), run(50, |_| 2));
        let Interval { low: from, high: to } =
            estimate_rate(&[low.clone(), high.clone()], 1000, 1).unwrap().interval;
        assert!(from == 0.0 && to > 100.0, "{from} {to}");
        let difference = estimate_difference(&[run(50, |_| 1), high], &[low.clone(), low], true, 1000, 1);
        let Interval { low: from, high: to } = difference.unwrap().interval;
        assert!(from < -20.0 && to > -10.0, "{from} {to}");
    }

    #[test]
    fn runs_on_other_utterances_have_no_estimate() {
        let a = [run(5, |_| 1)];
        assert_eq!(estimate_difference(&a, &[run(4, |_| 1)], true, 100, 1), None);
        assert_eq!(estimate_rate(&[run(5, |_| 1), run(4, |_| 1)], 100, 1), None);
        assert_eq!(estimate_rate(&[], 100, 1), None);
    }
}
