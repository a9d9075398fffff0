//! LF-MMI against every path, a plain recursion in f64, and finite differences.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/label_model.rs"]
mod label_model;

use std::collections::HashMap;
use std::path::Path;

use common::*;
use label_model::{BOUND, Reference};
use linnet_ctc::{CtcError, Denominator, DenominatorError, DenominatorOptions, ctc_loss, lf_mmi_loss_batch};
use linnet_text::ngram::NgramModel;
use rand::RngExt;

/// Sequences in which a label often follows its like, their denominator and the reference's n-gram.
fn material(
    seed: u64,
    tokens: usize,
    blank: u32,
    options: DenominatorOptions,
) -> (Vec<Vec<u32>>, Denominator, Reference) {
    let mut rng = rng(seed);
    // The last token occurs nowhere.
    let (used, last) = (tokens as u32 - u32::from(blank != tokens as u32 - 1), tokens as u32 - 1);
    let mut sequence = || {
        let count = rng.random_range(0..12);
        let labels = random_labels(&mut rng, count, (used as usize).max(2), blank);
        labels.into_iter().filter(|&label| tokens < 4 || label != last).collect()
    };
    let sequences: Vec<Vec<u32>> = (0..40).map(|_| sequence()).collect();
    let slices = sequences.iter().map(Vec::as_slice);
    let denominator = Denominator::estimate(slices, tokens, blank, options).unwrap();
    let reference = Reference::new(&sequences, tokens, blank, options);
    (sequences, denominator, reference)
}

/// The state of a path: the history, and whether the last frame had the blank.
type State = (Vec<u32>, bool);

/// The state behind one more token, and its weight by the n-gram.
fn step(model: &Reference, (history, at_blank): &State, token: u32, blank: u32) -> (State, f64) {
    if token == blank {
        return ((history.clone(), true), 1.0);
    }
    if !at_blank && history.last() == Some(&token) {
        return ((history.clone(), false), 1.0);
    }
    ((model.next(history, token), false), model.p(history, token))
}

/// ln of the sum over all paths and its derivative, by a table of states for each frame, in f64 and with logarithms.
fn plain_sum(model: &Reference, log_probs: &[f32], tokens: usize, blank: u32) -> (f64, Vec<f64>) {
    let frames = log_probs.len() / tokens;
    let mut tables: Vec<HashMap<State, f64>> = vec![HashMap::from([((vec![BOUND], true), 0.0)])];
    let log_add = |a: f64, b: f64| {
        let (high, low) = if a > b { (a, b) } else { (b, a) };
        if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
    };
    for row in log_probs.chunks(tokens) {
        let mut next = HashMap::new();
        for (state, &log) in tables.last().unwrap() {
            for token in 0..tokens as u32 {
                let (to, weight) = step(model, state, token, blank);
                let sum = next.entry(to).or_insert(f64::NEG_INFINITY);
                *sum = log_add(*sum, log + weight.ln() + f64::from(row[token as usize]));
            }
        }
        tables.push(next);
    }
    let end = |state: &State| model.p(&state.0, BOUND).ln();
    let mut behind: HashMap<State, f64> =
        tables[frames].keys().map(|state| (state.clone(), end(state))).collect();
    let total = tables[frames].iter().fold(f64::NEG_INFINITY, |sum, (s, log)| log_add(sum, log + end(s)));
    let mut shares = vec![0.0; log_probs.len()];
    for frame in (0..frames).rev() {
        let row = &log_probs[frame * tokens..(frame + 1) * tokens];
        let mut before = HashMap::new();
        for (state, &log) in &tables[frame] {
            let mut sum = f64::NEG_INFINITY;
            for token in 0..tokens as u32 {
                let (to, weight) = step(model, state, token, blank);
                let rest = weight.ln() + f64::from(row[token as usize]) + behind[&to];
                shares[frame * tokens + token as usize] += (log + rest - total).exp();
                sum = log_add(sum, rest);
            }
            before.insert(state.clone(), sum);
        }
        behind = before;
    }
    (total, shares)
}

fn sum_of_one(denominator: &Denominator, log_probs: &[f32]) -> (f64, Vec<f32>) {
    let mut posteriors = vec![f32::NAN; log_probs.len()];
    let lengths = [log_probs.len() / denominator.tokens()];
    let sum = denominator.log_sums(log_probs, &lengths, Some(&mut posteriors)).remove(0).unwrap();
    (sum, posteriors)
}

#[test]
fn equals_the_sum_over_every_path() {
    for (tokens, blank, order, histories) in
        [(3, 0, 2, 3), (3, 2, 3, 8), (4, 1, 3, 7), (2, 0, 2, 9), (3, 0, 4, 10)]
    {
        let (_, denominator, model) = material(1, tokens, blank, DenominatorOptions { order, histories });
        for frames in 0..=6 {
            let log_probs = random_log_probs(&mut rng(frames as u64), frames, tokens, 3.0);
            let (mut total, mut expected) = (0.0, vec![0.0; log_probs.len()]);
            for number in 0..tokens.pow(frames as u32) {
                let path: Vec<u32> =
                    (0..frames).map(|t| (number / tokens.pow(t as u32) % tokens) as u32).collect();
                let mut labels = path.clone();
                labels.dedup();
                labels.retain(|&token| token != blank);
                let score = (path_score(&log_probs, tokens, &path) + model.prior(&labels)).exp();
                total += score;
                path.iter()
                    .enumerate()
                    .for_each(|(t, &token)| expected[t * tokens + token as usize] += score);
            }
            expected.iter_mut().for_each(|share| *share /= total);
            let (sum, posteriors) = sum_of_one(&denominator, &log_probs);
            let what = format!("order {order}, {tokens} tokens, {frames} frames");
            assert!((sum - total.ln()).abs() < 2e-6, "{what}: {sum} against {}", total.ln());
            assert_close(&posteriors, &expected, 1e-5, 1e-3, &what);
        }
    }
}

#[test]
fn equals_a_plain_recursion_on_random_cases() {
    let mut rng = rng(2);
    for case in 0..30 {
        let tokens = rng.random_range(3..9);
        let blank = rng.random_range(0..tokens as u32);
        let options = DenominatorOptions { order: 2 + case as usize % 3, histories: 30 };
        let (sequences, denominator, model) = material(case, tokens, blank, options);
        let frames = rng.random_range(1..90);
        let sharpness = [0.5, 5.0, 40.0][rng.random_range(0..3)];
        let mut log_probs = random_log_probs(&mut rng, frames, tokens, sharpness);
        if case % 4 == 0 {
            // Rows that aren't normalised, and tokens that are impossible.
            log_probs.iter_mut().for_each(|x| *x += 30.0);
            log_probs.iter_mut().step_by(7).for_each(|x| *x = f32::NEG_INFINITY);
        }
        let (expected, shares) = plain_sum(&model, &log_probs, tokens, blank);
        let (sum, posteriors) = sum_of_one(&denominator, &log_probs);
        let what = format!("case {case}: {tokens} tokens, {frames} frames, sharpness {sharpness}");
        assert!((sum - expected).abs() < 1e-6 * (frames as f64 + expected.abs()), "{what}: {sum} {expected}");
        assert_close(&posteriors, &shares, 3e-5, 1e-2, &what);
        for labels in &sequences {
            assert!((denominator.log_probability(labels) - model.prior(labels)).abs() < 1e-4, "{what}");
        }
    }
}

#[test]
fn a_confident_model_loses_nothing() {
    // All frames are quite sure, and the second half contradicts the first one's likely history.
    let (_, denominator, model) = material(3, 6, 0, DenominatorOptions { order: 3, histories: 20 });
    let mut log_probs = vec![-60.0; 300 * 6];
    for (t, row) in log_probs.chunks_mut(6).enumerate() {
        row[if t % 3 == 1 { 1 + t / 3 % 5 } else { 0 }] = -1e-6;
    }
    let (expected, shares) = plain_sum(&model, &log_probs, 6, 0);
    let (sum, posteriors) = sum_of_one(&denominator, &log_probs);
    assert!((sum - expected).abs() < 1e-4, "{sum} {expected}");
    assert_close(&posteriors, &shares, 3e-5, 1e-2, "confident");
    for row in posteriors.chunks(6) {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }
}

#[test]
fn the_gradient_equals_finite_differences() {
    let (sequences, denominator, _) = material(4, 5, 0, DenominatorOptions { order: 3, histories: 20 });
    let labels = vec![sequences[0].clone(), vec![], vec![1, 1, 2]];
    let lengths = [sequences[0].len() * 2 + 1, 3, 7];
    let frames: usize = lengths.iter().sum();
    let log_probs = random_log_probs(&mut rng(5), frames, 5, 2.0);
    let loss = |log_probs: &[f32], gradient: Option<&mut [f32]>| -> f64 {
        let losses = lf_mmi_loss_batch(log_probs, &lengths, &labels, &denominator, 0.1, gradient);
        losses.into_iter().map(Result::unwrap).sum()
    };
    let mut gradient = vec![f32::NAN; log_probs.len()];
    loss(&log_probs, Some(&mut gradient));
    for i in 0..log_probs.len() {
        let value = |change: f32| {
            let mut changed = log_probs.clone();
            changed[i] += change;
            (f64::from(changed[i]), loss(&changed, None))
        };
        let ((x1, up), (x0, down)) = (value(1.0 / 64.0), value(-1.0 / 64.0));
        let expected = (up - down) / (x1 - x0);
        assert!((f64::from(gradient[i]) - expected).abs() < 2e-4, "{i}: {} {expected}", gradient[i]);
    }
    for row in gradient.chunks(5) {
        assert!((row.iter().sum::<f32>() + 0.1).abs() < 1e-5, "{row:?}");
    }
}

#[test]
fn the_loss_is_that_of_a_posterior() {
    let (sequences, denominator, _) = material(6, 6, 0, DenominatorOptions { order: 3, histories: 20 });
    let mut rng = rng(7);
    let losses = |log_probs: &[f32], frames: usize, labels: &Vec<u32>, weight: f64| {
        let labels = std::slice::from_ref(labels);
        lf_mmi_loss_batch(log_probs, &[frames], labels, &denominator, weight, None).remove(0).unwrap()
    };
    for labels in &sequences {
        let frames = 2 * labels.len() + 3;
        // From a model that knows nothing to one that is sure of the labels.
        for confidence in [0.0, 3.0, 12.0, 60.0] {
            let mut log_probs = random_log_probs(&mut rng, frames, 6, 1.0);
            for (t, row) in log_probs.chunks_mut(6).enumerate() {
                let said = labels.get(t / 2).filter(|_| t % 2 == 1).copied().unwrap_or(0);
                row[said as usize] += confidence;
            }
            let loss = losses(&log_probs, frames, labels, 0.0);
            assert!(loss > -1e-4, "{labels:?} at confidence {confidence}: {loss}");
            assert!(confidence < 60.0 || loss < 1e-3, "{labels:?}: {loss}");
            // A constant in a frame is in numerator and denominator.
            let ctc = ctc_loss(&log_probs, 6, labels, 0, None).unwrap();
            let with_ctc = losses(&log_probs, frames, labels, 0.5);
            assert!((with_ctc - loss - 0.5 * ctc).abs() < 1e-6, "{with_ctc} {loss} {ctc}");
            log_probs.chunks_mut(6).for_each(|row| row.iter_mut().for_each(|x| *x += 4.0));
            assert!((losses(&log_probs, frames, labels, 0.0) - loss).abs() < 1e-4);
        }
    }
    // The posteriors of all texts in few frames sum to 1.
    let log_probs = random_log_probs(&mut rng, 4, 6, 3.0);
    let mut all = vec![vec![]];
    for length in 0..4 {
        let longer = all.iter().filter(|labels: &&Vec<u32>| labels.len() == length);
        let longer: Vec<Vec<u32>> =
            longer.flat_map(|labels| (1..6).map(|label| [&labels[..], &[label]].concat())).collect();
        all.extend(longer);
    }
    all.retain(|labels| linnet_ctc::required_frames(labels) <= 4);
    let total: f64 = all.iter().map(|labels| (-losses(&log_probs, 4, labels, 0.0)).exp()).sum();
    assert!((total - 1.0).abs() < 1e-5, "{total}");
}

#[test]
fn neighbours_and_threads_change_nothing() {
    let (_, denominator, _) = material(8, 7, 0, DenominatorOptions { order: 3, histories: 20 });
    let mut rng = rng(9);
    let lengths = [40, 1, 0, 133, 20, 90, 7, 60, 61, 62, 63, 64, 65, 66, 67, 68, 300];
    let total: usize = lengths.iter().sum();
    let mut log_probs = random_log_probs(&mut rng, total, 7, 6.0);
    let labels: Vec<Vec<u32>> =
        lengths.iter().map(|&frames| random_labels(&mut rng, frames / 3, 7, 0)).collect();
    let mut gradient = vec![f32::NAN; log_probs.len()];
    let losses = lf_mmi_loss_batch(&log_probs, &lengths, &labels, &denominator, 0.05, Some(&mut gradient));
    let mut start = 0;
    for (i, &length) in lengths.iter().enumerate() {
        let range = start * 7..(start + length) * 7;
        let mut alone = vec![0.0; length * 7];
        let own = &labels[i..=i];
        let loss = lf_mmi_loss_batch(
            &log_probs[range.clone()],
            &[length],
            own,
            &denominator,
            0.05,
            Some(&mut alone),
        );
        assert_eq!(losses[i], loss[0], "utterance {i}");
        assert!(gradient[range] == alone, "utterance {i}");
        start += length;
    }
    log_probs[..40 * 7].fill(1e9);
    let (kept, mut again) = (gradient.clone(), gradient);
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| {
            lf_mmi_loss_batch(&log_probs, &lengths, &labels, &denominator, 0.05, Some(&mut again))
        });
        assert_eq!(found[1..], losses[1..]);
        assert!(again[40 * 7..] == kept[40 * 7..], "{threads} threads");
    }
}

#[test]
fn what_is_wrong_with_an_utterance_is_its_own() {
    let (_, denominator, _) = material(10, 4, 0, DenominatorOptions { order: 2, histories: 20 });
    let log_probs = random_log_probs(&mut rng(11), 20, 4, 2.0);
    let lengths = [5, 5, 5, 5];
    let labels = vec![vec![1, 2], vec![1; 4], vec![3], vec![2]];
    let run = |log_probs: &[f32]| {
        let mut gradient = vec![f32::NAN; log_probs.len()];
        let losses = lf_mmi_loss_batch(log_probs, &lengths, &labels, &denominator, 0.0, Some(&mut gradient));
        (losses, gradient)
    };
    let (losses, gradient) = run(&log_probs);
    assert_eq!(losses[1], Err(CtcError::TooFewFrames { frames: 5, required: 7, labels: 4 }));
    assert!(gradient[20..40].iter().all(|&g| g == 0.0));
    let mut bad = log_probs.clone();
    bad[2 * 20 + 3] = f32::NAN;
    bad[3 * 20 + 4..3 * 20 + 8].fill(f32::NEG_INFINITY);
    let (found, bad_gradient) = run(&bad);
    assert!(matches!(found[2], Err(CtcError::NotALogProbability { frame: 0, token: 3, .. })), "{found:?}");
    assert!(found[3].as_ref().is_err_and(CtcError::is_numerical), "{found:?}");
    assert_eq!((&found[0], &bad_gradient[..20]), (&losses[0], &gradient[..20]));
    assert!(bad_gradient[20..].iter().all(|&g| g == 0.0));
    let mut posteriors = vec![f32::NAN; bad.len()];
    let sums = denominator.log_sums(&bad, &lengths, Some(&mut posteriors));
    assert_eq!(sums[3], Err(CtcError::NoPath));
    assert!(posteriors[40..].iter().all(|&p| p == 0.0) && posteriors[..40].iter().all(|p| p.is_finite()));

    let shape = |what, expected, found| CtcError::Shape { what, expected, found };
    let short = denominator.log_sums(&log_probs, &[5, 5], None);
    assert_eq!(short, vec![Err(shape("log-probabilities", 40, 80)); 2]);
    let mut short = [0.0; 3];
    let found = denominator.log_sums(&log_probs, &[20], Some(&mut short));
    assert_eq!(found, [Err(shape("posteriors", 80, 3))]);
    let found = lf_mmi_loss_batch(&log_probs, &lengths, &labels, &denominator, 0.0, Some(&mut short));
    assert_eq!(found, vec![Err(shape("gradient", 80, 3)); 4]);
    let found = lf_mmi_loss_batch(&log_probs, &[10, 10], &labels, &denominator, 0.0, None);
    assert_eq!(found, vec![Err(shape("label sequences", 2, 4)); 2]);
}

#[test]
fn an_estimate_keeps_to_its_bound() {
    let mut rng = rng(12);
    let sequences: Vec<Vec<u32>> = (0..300).map(|_| random_labels(&mut rng, 30, 12, 0)).collect();
    let estimate = |order: usize, histories: usize| {
        let sequences = sequences.iter().map(Vec::as_slice);
        Denominator::estimate(sequences, 12, 0, DenominatorOptions { order, histories })
    };
    let sizes = [(2, 12), (3, 100), (3, 100_000), (4, 1000)]
        .map(|(order, histories)| estimate(order, histories).unwrap().histories());
    assert_eq!(sizes, [12, 100, 1 + 11 + 11 + 11 * 11, 1000], "the start, labels, first labels, pairs");
    let error = |order: usize, histories: usize| estimate(order, histories).unwrap_err();
    assert_eq!(error(4, 11), DenominatorError::Histories { histories: 11, labels: 11 });
    assert_eq!((error(1, 100), error(11, 100)), (DenominatorError::Order(1), DenominatorError::Order(11)));
    // More of the n-gram tells more of what it was estimated from.
    let all = |order: usize, histories: usize| {
        let denominator = estimate(order, histories).unwrap();
        sequences.iter().map(|labels| denominator.log_probability(labels)).sum::<f64>()
    };
    let logs = [all(2, 12), all(3, 100), all(3, 200), all(4, 1000)];
    assert!(logs.is_sorted(), "{logs:?}");
}

#[test]
fn an_estimate_wants_labels_and_takes_any() {
    let estimate = |sequences: &[&[u32]], tokens: usize, blank: u32| {
        let options = DenominatorOptions::default();
        Denominator::estimate(sequences.iter().copied(), tokens, blank, options)
    };
    assert_eq!(estimate(&[], 3, 0).unwrap_err(), DenominatorError::Empty);
    assert_eq!(estimate(&[&[], &[]], 3, 0).unwrap_err(), DenominatorError::Empty);
    assert_eq!(estimate(&[&[1]], 1, 0).unwrap_err(), DenominatorError::NoLabels { tokens: 1, blank: 0 });
    assert_eq!(estimate(&[&[1]], 3, 3).unwrap_err(), DenominatorError::NoLabels { tokens: 3, blank: 3 });
    let message = estimate(&[&[1], &[2, 3]], 3, 0).unwrap_err().to_string();
    assert!(
        message.starts_with("label sequence 1: label 3 at position 1 is outside the 3 tokens"),
        "{message}"
    );
    // One label, and tokens that occur nowhere: all sequences stay possible.
    let few = estimate(&[&[2]], 5, 1).unwrap();
    for labels in [&[][..], &[2], &[2, 2], &[0, 3, 4, 4], &[3, 2, 0]] {
        let log = few.log_probability(labels);
        assert!(log < 0.0 && log > -60.0, "{labels:?}: {log}");
    }
    assert_eq!(few.log_probability(&[1]), f64::NEG_INFINITY);
    let log_probs = random_log_probs(&mut rng(13), 9, 5, 2.0);
    let losses = lf_mmi_loss_batch(&log_probs, &[9], &[vec![4, 4, 0]], &few, 0.0, None);
    assert!(losses[0].as_ref().is_ok_and(|loss| (1.0..60.0).contains(loss)), "{losses:?}");
}

#[test]
fn the_arpa_file_has_the_n_gram_s_probabilities() {
    for (order, histories, blank) in [(2, 20, 0), (3, 12, 2), (4, 400, 4)] {
        let options = DenominatorOptions { order, histories };
        let (sequences, denominator, _) = material(5, 5, blank, options);
        let symbols = ["a", "b", "c", "d", "e"];
        let text = denominator.arpa(|token| symbols[token as usize]);
        let arpa = NgramModel::parse(text.as_bytes(), Path::new("labels.arpa")).unwrap();
        let mut rng = rng(6);
        // Sequences that are not in the text, too.
        let others = (0..30).map(|i| random_labels(&mut rng, i % 9, 5, blank));
        for labels in sequences.into_iter().chain(others) {
            let words: Vec<&str> = labels.iter().map(|&label| symbols[label as usize]).collect();
            let log10: f64 = arpa.sentence(&words).iter().map(|score| f64::from(score.log10)).sum();
            let (found, wanted) = (log10 * std::f64::consts::LN_10, denominator.log_probability(&labels));
            assert!((found - wanted).abs() < 1e-4, "{order} {histories}: {labels:?}: {found}, {wanted}");
        }
    }
}
