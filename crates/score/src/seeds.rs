//! Error rates of a way of training that was tried with several seeds, and differences of two, with intervals over
//! speakers and seeds.
//!
//! Every run decodes the same speakers, so that speakers and seeds are crossed. A run's errors on a speaker's words are
//! one cell of (seeds, speakers): the mean, plus an effect of the seed, one of the speaker, and a rest. An analysis of
//! variance tells them apart (Searle, Casella and McCulloch, Variance Components, 1992, chapter 4). The variance of the
//! mean over seeds and speakers is (MS_speakers + MS_seeds − MS_rest) / (seeds · speakers), where MS are the mean
//! squares; the seeds' part, MS_seeds − MS_rest, is left out where it is negative. Utterances lie within their speakers
//! and need no term of their own.
//!
//! In simulations with the spread of the runs kept beside the recipes, intervals of 95 % hold the truth in 94 to 97 % of
//! cases with three seeds and more, and in 89 to 97 % with two.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use crate::bootstrap::{Interval, Scored, by_speaker, rate};

/// The probabilities below the upper end of a 95 % interval, and with which a test shall see a difference.
const INTERVAL: f64 = 0.975;
const POWER: f64 = 0.8;

/// A rate or a difference of two, in percent, and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean over the seeds.
    pub value: f64,
    /// Its 95 % interval, value ± t₀.₉₇₅ · standard error with Student's t; without bounds where there is one speaker,
    /// or one utterance. The interval of a rate is cut at 0.
    pub interval: Interval,
    /// Its standard error.
    pub standard_error: f64,
    /// The number of seeds; of a difference, that of the side with fewer. With one, how much seeds differ is unknown
    /// and missing from the standard error.
    pub seeds: usize,
    /// The degrees of freedom of t (Satterthwaite, 1946), at least those of the term that has the fewest; infinite where
    /// nothing varies.
    pub degrees_of_freedom: f64,
}

impl Estimate {
    fn new(value: f64, parts: &[Part], seeds: usize) -> Self {
        let variance: f64 = parts.iter().map(|part| part.variance).sum();
        let squares: f64 = parts.iter().map(|part| part.variance.powi(2) / part.degrees_of_freedom).sum();
        // The difference of two mean squares may seem to know less than either; it doesn't.
        let terms = parts.iter().filter(|part| part.variance > 0.0).map(|part| part.degrees_of_freedom);
        let least = terms.fold(f64::INFINITY, f64::min);
        let degrees_of_freedom =
            if squares > 0.0 { (variance.powi(2) / squares).max(least) } else { f64::INFINITY };
        let (standard_error, degrees_of_freedom) = match variance.is_finite() {
            true => (variance.sqrt(), degrees_of_freedom),
            false => (f64::INFINITY, 1.0),
        };
        let most = quantile(INTERVAL, degrees_of_freedom) * standard_error;
        let interval = Interval { low: value - most, high: value + most };
        Self { value, interval, standard_error, seeds, degrees_of_freedom }
    }

    /// The smallest true difference that a two-sided test at 5 % would have seen with a probability of 80 %:
    /// (t₀.₉₇₅ + t₀.₈) · standard error (Cohen, 1988).
    pub fn smallest_detectable(&self) -> f64 {
        (quantile(INTERVAL, self.degrees_of_freedom) + quantile(POWER, self.degrees_of_freedom))
            * self.standard_error
    }

    /// The two-sided p-value of the hypothesis that the true value is 0.
    pub fn p_value(&self) -> f64 {
        if self.value == 0.0 { 1.0 } else { 2.0 * self.below(-self.value.abs()) }
    }

    /// The two-sided p-value of the hypothesis that the true value is `margin`, where the value is below it; 1 where it
    /// isn't.
    pub fn p_value_below(&self, margin: f64) -> f64 {
        if self.value < margin { 2.0 * self.below(self.value - margin) } else { 1.0 }
    }

    /// The probability of a t below `difference` / standard error.
    fn below(&self, difference: f64) -> f64 {
        if self.standard_error == 0.0 {
            return 0.0;
        }
        let t = difference / self.standard_error;
        student(self.degrees_of_freedom).map_or_else(|| Normal::standard().cdf(t), |student| student.cdf(t))
    }
}

/// Student's t; `None` where the degrees of freedom are so many that it agrees with the normal distribution.
fn student(degrees_of_freedom: f64) -> Option<StudentsT> {
    const MANY: f64 = 1e5;
    if degrees_of_freedom > MANY {
        return None;
    }
    StudentsT::new(0.0, 1.0, degrees_of_freedom.max(1.0)).ok()
}

fn quantile(probability: f64, degrees_of_freedom: f64) -> f64 {
    match student(degrees_of_freedom) {
        Some(student) => student.inverse_cdf(probability),
        None => Normal::standard().inverse_cdf(probability),
    }
}

/// A term of an estimate's variance, and the degrees of freedom that it was estimated with.
struct Part {
    variance: f64,
    degrees_of_freedom: f64,
}

/// The mean error rate of runs with different seeds, each with the same utterances in the same order; `None` if they
/// haven't, or there are none. Utterances without a speaker count as speakers of their own, and so do those of one
/// speaker alone.
pub fn estimate_rate(runs: &[Vec<Scored>]) -> Option<Estimate> {
    let cells = Cells::new(runs, runs)?;
    let mut estimate = Estimate::new(cells.mean, &cells.parts(), runs.len());
    // There are no errors below 0.
    estimate.interval.low = estimate.interval.low.max(0.0);
    Some(estimate)
}

/// The difference b − a of the mean error rates of two such groups of runs on the same utterances; `None` if they are
/// of different ones. `paired`: the groups have the same seeds in the same order. Then the seeds' differences count,
/// since data order and augmentation are the seed's.
pub fn estimate_difference(a: &[Vec<Scored>], b: &[Vec<Scored>], paired: bool) -> Option<Estimate> {
    let [of_a, of_b] = [Cells::new(a, b)?, Cells::new(b, a)?];
    let (value, seeds) = (of_b.mean - of_a.mean, a.len().min(b.len()));
    if paired && a.len() == b.len() {
        return Some(Estimate::new(value, &of_b.less(&of_a).parts(), seeds));
    }
    let columns: Vec<f64> = of_b.columns().iter().zip(of_a.columns()).map(|(b, a)| b - a).collect();
    let mut parts = vec![part_of_mean(&columns)];
    parts.extend(of_a.parts_of_seeds().into_iter().chain(of_b.parts_of_seeds()));
    Some(Estimate::new(value, &parts, seeds))
}

/// The mean of one value a seed, with its interval over the seeds; `None` where there are none.
pub fn estimate_mean(values: &[f64]) -> Option<Estimate> {
    let part = part_of_mean(values);
    (!values.is_empty()).then(|| Estimate::new(mean(values), &[part], values.len()))
}

/// A value for each seed and speaker, whose mean over the speakers is the seed's error rate less the mean over all
/// seeds, in percent points.
struct Cells {
    /// By seed, then speaker.
    rows: Vec<Vec<f64>>,
    /// The mean error rate, in percent.
    mean: f64,
}

impl Cells {
    /// Of some runs on the same utterances as others; `None` where the utterances differ or there are none.
    fn new(runs: &[Vec<Scored>], others: &[Vec<Scored>]) -> Option<Self> {
        let utterances = runs.first().filter(|run| !run.is_empty())?;
        let same =
            |run: &Vec<Scored>| run.iter().map(|u| &u.speaker).eq(utterances.iter().map(|u| &u.speaker));
        if !runs.iter().chain(others).all(same) {
            return None;
        }
        let speakers = speakers(utterances);
        let sum = |run: &[Scored], of: &dyn Fn(&Scored) -> usize| run.iter().map(of).sum::<usize>();
        // A reference with alternatives may have another number of tokens in each run.
        let total = |run: &[Scored]| (sum(run, &|u| u.reference) as f64).max(1.0);
        let shares: Vec<f64> = runs.iter().map(|run| sum(run, &|u| u.errors) as f64 / total(run)).collect();
        let share = mean(&shares);
        let row = |run: &Vec<Scored>| {
            let scale = 100.0 * speakers.len() as f64 / total(run);
            let cell = |own: &Vec<usize>| {
                let of =
                    |of: &dyn Fn(&Scored) -> usize| own.iter().map(|&i| of(&run[i])).sum::<usize>() as f64;
                scale * (of(&|u| u.errors) - share * of(&|u| u.reference))
            };
            speakers.iter().map(cell).collect()
        };
        let rates: Vec<f64> = runs
            .iter()
            .map(|run| rate(sum(run, &|u| u.errors) as u64, sum(run, &|u| u.reference) as u64))
            .collect();
        Some(Self { rows: runs.iter().map(row).collect(), mean: mean(&rates) })
    }

    /// Cell by cell less another's of as many seeds.
    fn less(&self, other: &Self) -> Self {
        let row = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| a - b).collect();
        Self { rows: self.rows.iter().zip(&other.rows).map(row).collect(), mean: self.mean - other.mean }
    }

    /// Each speaker's mean over the seeds.
    fn columns(&self) -> Vec<f64> {
        let column = |k: usize| mean(&self.rows.iter().map(|row| row[k]).collect::<Vec<_>>());
        (0..self.rows[0].len()).map(column).collect()
    }

    fn parts(&self) -> Vec<Part> {
        std::iter::once(part_of_mean(&self.columns())).chain(self.parts_of_seeds()).collect()
    }

    /// (MS_seeds − MS_rest) / (seeds · speakers) as two terms; none where it isn't positive, or there is one seed.
    fn parts_of_seeds(&self) -> Vec<Part> {
        let (seeds, speakers) = (self.rows.len() as f64, self.rows[0].len() as f64);
        if seeds < 2.0 || speakers < 2.0 {
            return Vec::new();
        }
        let (means, columns) = (self.rows.iter().map(|row| mean(row)).collect::<Vec<_>>(), self.columns());
        let all = mean(&means);
        let of_seeds: f64 = means.iter().map(|own| (own - all).powi(2)).sum::<f64>() / (seeds - 1.0) / seeds;
        let rest = self.rows.iter().zip(&means).flat_map(|(row, own)| {
            row.iter().zip(&columns).map(move |(cell, column)| (cell - own - column + all).powi(2))
        });
        let freedom = (seeds - 1.0) * (speakers - 1.0);
        let of_rest = rest.sum::<f64>() / freedom / (seeds * speakers);
        if of_seeds <= of_rest {
            return Vec::new();
        }
        vec![
            Part { variance: of_seeds, degrees_of_freedom: seeds - 1.0 },
            Part { variance: -of_rest, degrees_of_freedom: freedom },
        ]
    }
}

/// The variance of the mean of independent values.
fn part_of_mean(values: &[f64]) -> Part {
    let (n, all) = (values.len() as f64, mean(values));
    let squares: f64 = values.iter().map(|own| (own - all).powi(2)).sum();
    if n < 2.0 {
        return Part { variance: f64::INFINITY, degrees_of_freedom: 1.0 };
    }
    Part { variance: squares / (n - 1.0) / n, degrees_of_freedom: n - 1.0 }
}

/// The places of each speaker's utterances; those of a single speaker count one by one.
fn speakers(utterances: &[Scored]) -> Vec<Vec<usize>> {
    let speakers = by_speaker(utterances);
    match speakers.len() {
        1 => (0..utterances.len()).map(|i| vec![i]).collect(),
        _ => speakers,
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::bootstrap::stream_of;

    /// Speakers with one utterance of 10 tokens each.
    fn run(errors: &[usize]) -> Vec<Scored> {
        let one = |(i, &errors): (usize, &usize)| Scored {
            speaker: Some(format!("s{i:04}")),
            errors,
            reference: 10,
        };
        errors.iter().enumerate().map(one).collect()
    }

    #[test]
    fn a_small_example_has_the_mean_squares_of_its_table() {
        // Rates in percent, seeds × speakers: 10 20 60 / 30 50 70. Means of seeds 30 and 50, of speakers 20, 35 and 65,
        // of all 40. MS_seeds = 3·(100 + 100) = 600, MS_speakers = 2·(400 + 25 + 625)/2 = 1050, rests 0, −5, 5 and
        // their opposites: MS_rest = 100/2 = 50. Variance (1050 + 600 − 50)/6, degrees of freedom
        // 1600²/(1050²/2 + 600²/1 + 50²/2).
        let estimate = estimate_rate(&[run(&[1, 2, 6]), run(&[3, 5, 7])]).unwrap();
        assert!((estimate.value - 40.0).abs() < 1e-9);
        assert!((estimate.standard_error - (1600.0f64 / 6.0).sqrt()).abs() < 1e-9, "{estimate:?}");
        let freedom =
            1600.0f64.powi(2) / (1050.0f64.powi(2) / 2.0 + 600.0f64.powi(2) + 50.0f64.powi(2) / 2.0);
        assert!((estimate.degrees_of_freedom - freedom).abs() < 1e-9, "{estimate:?}");
        // One seed: speakers alone, t₀.₉₇₅ = 4.3027 and t₀.₈ = 1.0607 with 2 degrees of freedom by a table.
        let one = estimate_rate(&[run(&[1, 2, 6])]).unwrap();
        let error = (700.0f64 / 3.0).sqrt();
        assert!((one.standard_error - error).abs() < 1e-9 && one.seeds == 1, "{one:?}");
        assert!((one.interval.high - (30.0 + 4.302_65 * error)).abs() < 1e-3, "{one:?}");
        assert!((one.smallest_detectable() - (4.302_65 + 1.060_66) * error).abs() < 1e-3, "{one:?}");
        // Seeds that differ less than the rest would have them: the speakers' mean square alone.
        let alike = estimate_rate(&[run(&[1, 5, 6]), run(&[3, 3, 6])]).unwrap();
        assert!((alike.degrees_of_freedom - 2.0).abs() < 1e-9, "{alike:?}");
    }

    #[test]
    fn p_values_are_those_of_a_table() {
        let estimate = |value: f64, degrees_of_freedom: f64| Estimate {
            value,
            interval: Interval { low: 0.0, high: 0.0 },
            standard_error: 1.0,
            seeds: 3,
            degrees_of_freedom,
        };
        for (t, freedom, p) in [(2.228, 10.0, 0.05), (-3.169, 10.0, 0.01), (1.959_964, f64::INFINITY, 0.05)] {
            assert!((estimate(t, freedom).p_value() - p).abs() < 1e-4, "{t}");
            assert!((estimate(1.5 - t.abs(), freedom).p_value_below(1.5) - p).abs() < 1e-4, "{t}");
        }
        assert_eq!(estimate(2.0, 5.0).p_value_below(1.5), 1.0);
        assert_eq!(estimate(0.0, 5.0).p_value(), 1.0);
    }

    fn normal(rng: &mut ChaCha8Rng) -> f64 {
        let [a, b]: [f64; 2] = [rng.random(), rng.random()];
        (-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }

    /// Runs with a rate of `rate` percent in all the world, on speakers with 12 utterances of 9 tokens: standard
    /// deviations of seeds and speakers in percent points, each token wrong by chance.
    fn drawn(rate: f64, speakers: &[f64], seeds: &[f64], rng: &mut ChaCha8Rng) -> Vec<Vec<Scored>> {
        let mut utterance = |speaker: usize, probability: f64| Scored {
            speaker: Some(format!("{speaker:03}")),
            errors: (0..9).filter(|_| rng.random_bool(probability)).count(),
            reference: 9,
        };
        let mut of_seed = |seed: &f64| {
            let each = speakers.iter().enumerate().flat_map(|(i, own)| [(i, own); 12]);
            each.map(|(i, own)| utterance(i, ((rate + seed + own) / 100.0).clamp(0.0, 1.0))).collect()
        };
        seeds.iter().map(&mut of_seed).collect()
    }

    #[test]
    fn intervals_hold_the_truth_as_often_as_they_say() {
        // Seeds, and the standard deviations of seeds, of speakers, and of speakers between two kinds, in percent
        // points: the spread of the runs kept beside the recipes, and more of it.
        let cases = [
            (2, 0.3, 3.0, 0.8),
            (3, 0.0, 2.5, 0.4),
            (3, 0.4, 2.5, 0.4),
            (3, 1.0, 5.0, 2.5),
            (5, 0.4, 2.5, 0.4),
            (5, 1.0, 5.0, 2.5),
        ];
        const ROUNDS: usize = 2000;
        let mut rng = stream_of(9, 0);
        for (seeds, of_seeds, of_speakers, between) in cases {
            let (mut rates, mut differences) = (0, 0);
            for _ in 0..ROUNDS {
                let rng = &mut rng;
                let speakers: Vec<f64> = (0..18).map(|_| of_speakers * normal(rng)).collect();
                let others: Vec<f64> = speakers.iter().map(|own| own + between * normal(rng)).collect();
                let mut draw = || -> Vec<f64> { (0..seeds).map(|_| of_seeds * normal(rng)).collect() };
                let (first, second) = (draw(), draw());
                let (a, b) = (drawn(20.0, &speakers, &first, rng), drawn(21.0, &others, &second, rng));
                let holds = |estimate: Estimate, truth: f64| {
                    usize::from(estimate.interval.low <= truth && truth <= estimate.interval.high)
                };
                rates += holds(estimate_rate(&a).unwrap(), 20.0);
                differences += holds(estimate_difference(&a, &b, true).unwrap(), 1.0);
            }
            for held in [rates, differences] {
                let share = held as f64 / ROUNDS as f64;
                // 94 to 97 %, and twice the standard error of so many rounds.
                assert!((0.93..=0.98).contains(&share), "{seeds} seeds, {of_seeds}, {of_speakers}: {share}");
            }
        }
    }

    #[test]
    fn pairs_of_seeds_cancel_what_they_share() {
        let runs = |more: usize| [1, 2, 6].map(|errors| run(&[errors + more, errors + more + 1, errors]));
        let (a, b) = (runs(0), runs(1));
        let paired = estimate_difference(&a, &b, true).unwrap();
        let unpaired = estimate_difference(&a, &b, false).unwrap();
        assert!((paired.value - 20.0 / 3.0).abs() < 1e-9 && (unpaired.value - paired.value).abs() < 1e-9);
        assert!(unpaired.standard_error > 2.0 * paired.standard_error, "{paired:?} {unpaired:?}");
        assert!(unpaired.interval.contains_zero());
    }

    #[test]
    fn a_rate_is_not_below_0_but_a_difference_may_be() {
        let (low, high) = (run(&[0, 0, 1]), run(&[2, 3, 9]));
        assert_eq!(estimate_rate(&[low.clone(), high.clone()]).unwrap().interval.low, 0.0);
        let difference = estimate_difference(&[run(&[1, 2, 3]), high], &[low.clone(), low], true).unwrap();
        assert!(difference.interval.low < -20.0);
    }

    #[test]
    fn one_speaker_s_utterances_count_and_one_utterance_tells_nothing_of_others() {
        let alone = |errors: &[usize]| -> Vec<Scored> {
            run(errors).into_iter().map(|u| Scored { speaker: Some("a".into()), ..u }).collect()
        };
        assert_eq!(estimate_rate(&[alone(&[1, 2, 6])]), estimate_rate(&[run(&[1, 2, 6])]));
        let one = estimate_rate(&[run(&[3])]).unwrap();
        assert!(one.interval.high.is_infinite() && one.value == 30.0, "{one:?}");
        let same = estimate_difference(&[run(&[3, 4])], &[run(&[3, 4])], true).unwrap();
        assert_eq!((same.value, same.standard_error, same.p_value()), (0.0, 0.0, 1.0));
    }

    #[test]
    fn a_reference_may_have_other_tokens_in_each_run() {
        // Rates: 3 of 20 and 2 of 16 tokens.
        let shorter = |errors: &[usize]| -> Vec<Scored> {
            run(errors).into_iter().map(|u| Scored { reference: 8, ..u }).collect()
        };
        let (a, b) = ([run(&[1, 2])], [shorter(&[1, 1])]);
        assert!((estimate_rate(&[run(&[1, 2]), shorter(&[1, 1])]).unwrap().value - 13.75).abs() < 1e-9);
        assert!((estimate_difference(&a, &b, true).unwrap().value + 2.5).abs() < 1e-9);
        // As many errors for each token are no difference.
        let same = estimate_difference(&[run(&[5, 0])], &[shorter(&[4, 0])], true).unwrap();
        assert!(same.value.abs() < 1e-9 && same.standard_error < 1e-9, "{same:?}");
    }

    #[test]
    fn runs_on_other_utterances_have_no_estimate() {
        let a = [run(&[1, 2])];
        assert_eq!(estimate_difference(&a, &[run(&[1])], true), None);
        assert_eq!(estimate_rate(&[run(&[1, 2]), run(&[1])]), None);
        assert_eq!(estimate_rate(&[]), None);
    }
}
