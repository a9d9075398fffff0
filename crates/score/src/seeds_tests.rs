//! Tests of intervals over seeds.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::bootstrap::stream_of;

/// Speakers with one utterance of 10 tokens each.
fn run(errors: &[usize]) -> Vec<Scored> {
    let one =
        |(i, &errors): (usize, &usize)| Scored { speaker: Some(format!("s{i:04}")), errors, reference: 10 };
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
    let freedom = 1600.0f64.powi(2) / (1050.0f64.powi(2) / 2.0 + 600.0f64.powi(2) + 50.0f64.powi(2) / 2.0);
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
