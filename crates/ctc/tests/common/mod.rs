//! Independent references: the textbook recursion in f64 log space, and the sum over every path. What searches are
//! given.
#![allow(clippy::unwrap_used, dead_code)]

use std::collections::HashMap;

use linnet_ctc::{BeamOptions, log_softmax_rows};
use linnet_text::TokenTable;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Normalised log-probabilities, `(frames, tokens)`; `sharpness` scales the logits.
pub(crate) fn random_log_probs(rng: &mut impl Rng, frames: usize, tokens: usize, sharpness: f32) -> Vec<f32> {
    let mut rows: Vec<f32> = (0..frames * tokens).map(|_| rng.random_range(-1.0..1.0) * sharpness).collect();
    for row in rows.chunks_mut(tokens) {
        let max = row.iter().cloned().fold(f32::MIN, f32::max);
        let log_sum = row.iter().map(|&x| f64::from(x - max).exp()).sum::<f64>().ln();
        row.iter_mut().for_each(|x| *x = (f64::from(*x - max) - log_sum) as f32);
    }
    rows
}

/// Labels with many repeats.
pub(crate) fn random_labels(rng: &mut impl Rng, count: usize, tokens: usize, blank: u32) -> Vec<u32> {
    let mut labels: Vec<u32> = Vec::new();
    while labels.len() < count {
        let label = match labels.last() {
            Some(&last) if rng.random_range(0..4) == 0 => last,
            _ => rng.random_range(0..tokens as u32),
        };
        if label != blank {
            labels.push(label);
        }
    }
    labels
}

fn log_add(a: f64, b: f64) -> f64 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

/// Loss and gradient by the textbook: alpha and beta in log space, both with the frame's emission.
pub(crate) fn plain(log_probs: &[f64], tokens: usize, labels: &[u32], blank: u32) -> (f64, Vec<f64>) {
    const ZERO: f64 = f64::NEG_INFINITY;
    let frames = log_probs.len() / tokens;
    let mut states = vec![blank];
    labels.iter().for_each(|&label| states.extend([label, blank]));
    let count = states.len();
    let y = |t: usize, s: usize| log_probs[t * tokens + states[s] as usize];
    let skips = |s: usize| s >= 2 && states[s] != blank && states[s] != states[s - 2];
    let mut alpha = vec![vec![ZERO; count]; frames];
    let mut beta = alpha.clone();
    for t in 0..frames {
        for s in 0..count {
            let mut sum = if t == 0 { if s < 2 { 0.0 } else { ZERO } } else { alpha[t - 1][s] };
            if t > 0 && s > 0 {
                sum = log_add(sum, alpha[t - 1][s - 1]);
            }
            if t > 0 && skips(s) {
                sum = log_add(sum, alpha[t - 1][s - 2]);
            }
            alpha[t][s] = sum + y(t, s);
        }
    }
    for t in (0..frames).rev() {
        for s in 0..count {
            let last = t == frames - 1;
            let mut sum = if last { if s + 2 >= count { 0.0 } else { ZERO } } else { beta[t + 1][s] };
            if !last && s + 1 < count {
                sum = log_add(sum, beta[t + 1][s + 1]);
            }
            if !last && s + 2 < count && skips(s + 2) {
                sum = log_add(sum, beta[t + 1][s + 2]);
            }
            beta[t][s] = sum + y(t, s);
        }
    }
    let end = &alpha[frames - 1];
    let total = if count > 1 { log_add(end[count - 1], end[count - 2]) } else { end[0] };
    let mut gradient = vec![0.0; log_probs.len()];
    for t in 0..frames {
        for s in 0..count {
            if alpha[t][s] > ZERO && beta[t][s] > ZERO {
                let share = (alpha[t][s] + beta[t][s] - y(t, s) - total).exp();
                gradient[t * tokens + states[s] as usize] -= share;
            }
        }
    }
    (-total, gradient)
}

/// Every token path of `frames` frames that collapses to `labels`.
pub(crate) fn all_paths(frames: usize, tokens: usize, labels: &[u32], blank: u32) -> Vec<Vec<u32>> {
    let mut paths = vec![vec![]];
    for _ in 0..frames {
        let longer = |path: &Vec<u32>| {
            let path = path.clone();
            (0..tokens as u32).map(move |token| [path.clone(), vec![token]].concat())
        };
        paths = paths.iter().flat_map(longer).collect();
    }
    paths.retain(|path| {
        let mut collapsed = path.clone();
        collapsed.dedup();
        collapsed.retain(|&token| token != blank);
        collapsed == labels
    });
    paths
}

/// The log-probability of one token path.
pub(crate) fn path_score(log_probs: &[f32], tokens: usize, path: &[u32]) -> f64 {
    path.iter().enumerate().map(|(t, &token)| f64::from(log_probs[t * tokens + token as usize])).sum()
}

pub(crate) fn to_f64(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&x| f64::from(x)).collect()
}

/// Asserts |ours − reference| ≤ relative · max(|reference|, floor).
pub(crate) fn assert_close(ours: &[f32], reference: &[f64], relative: f64, floor: f64, what: &str) {
    assert_eq!(ours.len(), reference.len());
    for (i, (&a, &b)) in ours.iter().zip(reference).enumerate() {
        let error = (f64::from(a) - b).abs();
        assert!(error <= relative * b.abs().max(floor), "{what}, element {i}: {a} against {b}");
    }
}

/// A token table of these symbols and the blank.
pub(crate) fn table(symbols: &[&str]) -> TokenTable {
    TokenTable::new(symbols.iter().map(|s| s.to_string()).collect())
}

/// A search that cuts nothing.
pub(crate) fn exact() -> BeamOptions {
    BeamOptions { nbest: 100_000, ..BeamOptions::exact(100_000) }
}

/// Log-probabilities of a path, quite sure of it.
pub(crate) fn spoken(table: &TokenTable, path: &[u32]) -> Vec<f32> {
    let row = |&best: &u32| (0..table.len() as u32).map(move |t| if t == best { 5.0f32 } else { 0.0 });
    let mut log_probs: Vec<f32> = path.iter().flat_map(row).collect();
    log_softmax_rows(&mut log_probs, table.len());
    log_probs
}

/// The probability of every text, by trying every path; `text` says what a row of tokens says, or that it says nothing
/// that is allowed.
pub(crate) fn texts(
    log_probs: &[f32],
    tokens: usize,
    text: impl Fn(&[u32]) -> Option<String>,
) -> HashMap<String, f64> {
    let frames = log_probs.len() / tokens;
    let mut sums: HashMap<String, f64> = HashMap::new();
    for number in 0..tokens.pow(frames as u32) {
        let path: Vec<u32> = (0..frames).map(|t| (number / tokens.pow(t as u32) % tokens) as u32).collect();
        let mut row = path.clone();
        row.dedup();
        row.retain(|&token| token != 0);
        if let Some(text) = text(&row) {
            *sums.entry(text).or_default() += path_score(log_probs, tokens, &path).exp();
        }
    }
    sums
}

/// The text of tokens: `<space>` and `▁` part words.
pub(crate) fn spelt(row: &[u32], table: &TokenTable) -> String {
    let text: String = row.iter().filter_map(|&token| table.symbol(token)).collect();
    text.replace("<space>", " ").replace('▁', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}
