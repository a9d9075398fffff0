//! Loss and gradient against the textbook recursion, every path, and finite differences.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use linnet_ctc::{ctc_loss, ctc_loss_batch, required_frames};
use rand::RngExt;

fn check(log_probs: &[f32], tokens: usize, labels: &[u32], blank: u32, what: &str) {
    let mut gradient = vec![f32::NAN; log_probs.len()];
    let loss = ctc_loss(log_probs, tokens, labels, blank, Some(&mut gradient)).unwrap();
    let (expected, expected_gradient) = plain(&to_f64(log_probs), tokens, labels, blank);
    assert!((loss - expected).abs() <= 1e-9 * expected.abs() + 1e-12, "{what}: {loss} against {expected}");
    assert_close(&gradient, &expected_gradient, 1e-6, 1e-30, what);
    let alone = ctc_loss(log_probs, tokens, labels, blank, None).unwrap();
    assert_eq!(loss, alone, "{what}: the loss alone differs");
}

#[test]
fn equals_the_textbook_on_random_cases() {
    let mut rng = rng(1);
    for case in 0..300 {
        let tokens = rng.random_range(2..50);
        let blank = rng.random_range(0..tokens as u32);
        let count = rng.random_range(0..40);
        let labels = random_labels(&mut rng, count, tokens, blank);
        // A third of the cases are just long enough.
        let spare = [0, 1, rng.random_range(0..60)][case % 3];
        let frames = (required_frames(&labels) + spare).max(1);
        let sharpness = [0.5, 5.0, 60.0][rng.random_range(0..3)];
        let log_probs = random_log_probs(&mut rng, frames, tokens, sharpness);
        check(&log_probs, tokens, &labels, blank, &format!("case {case}"));
    }
}

#[test]
fn equals_the_sum_over_every_path() {
    let mut rng = rng(2);
    for labels in [vec![], vec![1], vec![2, 2], vec![1, 2], vec![1, 2, 1], vec![2, 2, 1]] {
        for frames in required_frames(&labels).max(1)..=6 {
            let log_probs = random_log_probs(&mut rng, frames, 3, 3.0);
            let mut gradient = vec![0.0; log_probs.len()];
            let loss = ctc_loss(&log_probs, 3, &labels, 0, Some(&mut gradient)).unwrap();
            let paths = all_paths(frames, 3, &labels, 0);
            let total: f64 = paths.iter().map(|path| path_score(&log_probs, 3, path).exp()).sum();
            let mut expected = vec![0.0; log_probs.len()];
            for path in &paths {
                let share = path_score(&log_probs, 3, path).exp() / total;
                path.iter().enumerate().for_each(|(t, &token)| expected[t * 3 + token as usize] -= share);
            }
            assert!((loss + total.ln()).abs() < 1e-9, "{labels:?} in {frames} frames");
            assert_close(&gradient, &expected, 1e-6, 1e-9, &format!("{labels:?} in {frames} frames"));
        }
    }
}

#[test]
fn gradient_equals_finite_differences() {
    let mut rng = rng(3);
    let labels = [1, 1, 3, 2, 2, 4];
    let log_probs = random_log_probs(&mut rng, 13, 5, 2.0);
    let mut gradient = vec![0.0; log_probs.len()];
    ctc_loss(&log_probs, 5, &labels, 0, Some(&mut gradient)).unwrap();
    for i in 0..log_probs.len() {
        let step = 1.0 / 256.0;
        let value = |change: f32| {
            let mut changed = log_probs.clone();
            changed[i] += change;
            // What f32 made of the step is divided by.
            (f64::from(changed[i]), ctc_loss(&changed, 5, &labels, 0, None).unwrap())
        };
        let ((x1, up), (x0, down)) = (value(step), value(-step));
        let expected = (up - down) / (x1 - x0);
        assert!((f64::from(gradient[i]) - expected).abs() < 2e-6, "{i}: {} {expected}", gradient[i]);
    }
}

#[test]
fn extreme_inputs_stay_exact() {
    let mut rng = rng(4);
    // The blank takes nearly everything, so that the states the labels need lie e^-1000s below the first.
    let labels = random_labels(&mut rng, 150, 40, 0);
    let mut log_probs = random_log_probs(&mut rng, 1500, 40, 2.0);
    for row in log_probs.chunks_mut(40) {
        row.iter_mut().for_each(|x| *x -= 25.0);
        row[0] = -1e-7;
    }
    check(&log_probs, 40, &labels, 0, "all blank");

    // The likely path of the first half contradicts the second half's.
    let labels: Vec<u32> = (0..100).map(|i| 1 + i % 2).collect();
    let mut log_probs = vec![-300.0; 400 * 3];
    for (t, row) in log_probs.chunks_mut(3).enumerate() {
        row[if t < 150 { 1 + t % 2 } else { 0 }] = -0.001;
    }
    check(&log_probs, 3, &labels, 0, "contradiction");

    let log_probs = random_log_probs(&mut rng, 300, 10, 50_000.0);
    check(&log_probs, 10, &random_labels(&mut rng, 60, 10, 3), 3, "huge logits");

    // A confident model: the loss is near zero, where its relative error matters.
    let labels: Vec<u32> = (1..=100).collect();
    let mut log_probs = vec![-18.0; 400 * 101];
    for (t, row) in log_probs.chunks_mut(101).enumerate() {
        row[if t % 4 == 1 { t / 4 + 1 } else { 0 }] = -1.5e-6;
    }
    check(&log_probs, 101, &labels, 0, "confident");

    // Masked tokens.
    let mut log_probs = random_log_probs(&mut rng, 60, 6, 2.0);
    log_probs.chunks_mut(6).step_by(2).for_each(|row| row[2] = f32::NEG_INFINITY);
    log_probs.chunks_mut(6).skip(1).step_by(3).for_each(|row| row[0] = f32::NEG_INFINITY);
    check(&log_probs, 6, &[2, 2, 4, 1, 1, 2, 5, 5, 3], 0, "masked");
    log_probs.iter_mut().for_each(|x| *x = x.max(f32::MIN));
    let mut gradient = vec![0.0; log_probs.len()];
    ctc_loss(&log_probs, 6, &[2, 2, 4], 0, Some(&mut gradient)).unwrap();
    assert!(gradient.iter().all(|g| (-1.000_001..=0.0).contains(g)));
}

#[test]
fn each_frame_of_a_long_utterance_sums_to_minus_one() {
    let mut rng = rng(5);
    let labels = random_labels(&mut rng, 200, 45, 0);
    let log_probs = random_log_probs(&mut rng, 2001, 45, 4.0);
    check(&log_probs, 45, &labels, 0, "long");
    let mut gradient = vec![0.0; log_probs.len()];
    ctc_loss(&log_probs, 45, &labels, 0, Some(&mut gradient)).unwrap();
    for row in gradient.chunks(45) {
        assert!((row.iter().map(|&g| f64::from(g)).sum::<f64>() + 1.0).abs() < 1e-6);
    }
}

#[test]
fn a_batch_gives_what_its_utterances_give_alone() {
    let mut rng = rng(6);
    let tokens = 30;
    let lengths = [70, 1, 0, 400, 33, 5, 900];
    let labels: Vec<Vec<u32>> =
        [20, 1, 0, 60, 0, 9, 100].iter().map(|&n| random_labels(&mut rng, n, tokens, 0)).collect();
    let total: usize = lengths.iter().sum();
    let mut log_probs = random_log_probs(&mut rng, total, tokens, 3.0);
    let mut gradient = vec![f32::NAN; log_probs.len()];
    let losses = ctc_loss_batch(&log_probs, &lengths, tokens, &labels, 0, Some(&mut gradient));
    let mut start = 0;
    for (i, &length) in lengths.iter().enumerate() {
        let range = start * tokens..(start + length) * tokens;
        let mut alone = vec![0.0; length * tokens];
        let loss = ctc_loss(&log_probs[range.clone()], tokens, &labels[i], 0, Some(&mut alone));
        assert_eq!(losses[i], loss);
        assert_eq!(gradient[range], alone);
        start += length;
    }
    assert!(losses[5].is_err() && losses[2] == Ok(0.0));

    // Its neighbours don't touch an utterance, and threads don't touch the result.
    let kept = gradient.clone();
    log_probs[..70 * tokens].fill(1e9);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let again =
        pool.install(|| ctc_loss_batch(&log_probs, &lengths, tokens, &labels, 0, Some(&mut gradient)));
    assert_eq!(losses[1..], again[1..]);
    assert_eq!(kept[70 * tokens..], gradient[70 * tokens..]);
}
