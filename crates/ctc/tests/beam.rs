//! Prefix beam search against the sum over every path, and whole utterances against chunks.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashMap;

use common::{path_score, random_log_probs, rng};
use linnet_ctc::{BeamError, BeamOptions, Decoder, Hypothesis, ctc_loss, forced_align, log_softmax_rows};
use linnet_text::TokenTable;
use rand::RngExt;

fn table(tokens: usize) -> TokenTable {
    TokenTable::new((1..tokens).map(|t| format!("t{t}")).collect())
}

fn decoder(tokens: usize, options: BeamOptions) -> Decoder {
    Decoder::new(&table(tokens), options).unwrap()
}

/// All token rows with their probabilities, by summing over every path; the best first, equal ones by tokens.
fn brute_force(log_probs: &[f32], tokens: usize) -> Vec<(Vec<u32>, f64)> {
    let frames = log_probs.len() / tokens;
    let mut sums: HashMap<Vec<u32>, f64> = HashMap::new();
    for number in 0..tokens.pow(frames as u32) {
        let path: Vec<u32> = (0..frames).map(|t| (number / tokens.pow(t as u32) % tokens) as u32).collect();
        let mut row = path.clone();
        row.dedup();
        row.retain(|&token| token != 0);
        *sums.entry(row).or_default() += path_score(log_probs, tokens, &path).exp();
    }
    let mut all: Vec<_> = sums.into_iter().filter(|(_, p)| *p > 0.0).map(|(row, p)| (row, p.ln())).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all
}

#[test]
fn a_wide_beam_is_exact() {
    for seed in 0..60 {
        let mut rng = rng(seed);
        let (frames, tokens) = (rng.random_range(0..7), rng.random_range(2..5));
        let mut log_probs = random_log_probs(&mut rng, frames, tokens, 3.0);
        // Some zeros, but never a whole frame of them.
        for row in log_probs.chunks_mut(tokens) {
            if rng.random_range(0..4) == 0 {
                row[rng.random_range(0..tokens)] = f32::NEG_INFINITY;
            }
        }
        let options = BeamOptions { nbest: 1000, ..BeamOptions::exact(1000) };
        let found = decoder(tokens, options).decode(&log_probs, tokens).unwrap();
        let expected = brute_force(&log_probs, tokens);
        assert_eq!(found.len(), expected.len(), "seed {seed}");
        for (ours, (row, score)) in found.iter().zip(&expected) {
            assert!((ours.score - score).abs() < 1e-9, "seed {seed}: {ours:?} against {row:?} {score}");
            assert_eq!(ours.score, ours.acoustic);
        }
        let mut ours: Vec<_> = found.iter().map(|h| h.tokens.clone()).collect();
        let mut theirs: Vec<_> = expected.iter().map(|(row, _)| row.clone()).collect();
        assert_eq!(ours[0], theirs[0]);
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "seed {seed}");
    }
}

/// The sum over all paths through the tokens, by the loss.
fn probability(log_probs: &[f32], tokens: usize, row: &[u32]) -> f64 {
    -ctc_loss(log_probs, tokens, row, 0, None).unwrap()
}

#[test]
fn long_utterances_keep_the_loss_as_score() {
    // With one token, a beam of half the frames holds every prefix.
    let mut log_probs = random_log_probs(&mut rng(5), 2000, 2, 6.0);
    log_probs.iter_mut().for_each(|value| *value -= 30.0);
    let options = BeamOptions { nbest: 1001, ..BeamOptions::exact(1001) };
    let found = decoder(2, options).decode(&log_probs, 2).unwrap();
    // Prefixes that are e⁻⁷⁰⁰ times less probable than the best are none.
    assert!(found[0].score < -60_000.0 && found.len() > 500, "{}", found.len());
    for hypothesis in found.iter().step_by(50) {
        let exact = probability(&log_probs, 2, &hypothesis.tokens);
        let error = (hypothesis.score - exact).abs();
        assert!(error < 1e-6 * exact.abs(), "{} against {exact}", hypothesis.score);
    }
}

#[test]
fn chunks_make_no_difference() {
    let mut rng = rng(8);
    for (beam, threshold) in [(1, f32::NEG_INFINITY), (7, -4.0), (50, f32::NEG_INFINITY)] {
        let log_probs = random_log_probs(&mut rng, 400, 9, 5.0);
        let options = BeamOptions { token_threshold: threshold, nbest: beam, ..BeamOptions::exact(beam) };
        let decoder = decoder(9, options);
        let whole = decoder.decode(&log_probs, 9).unwrap();
        let mut stream = decoder.stream();
        let mut rest = &log_probs[..];
        while !rest.is_empty() {
            let size = (rng.random_range(0..40) * 9).min(rest.len());
            let (chunk, after) = rest.split_at(size);
            stream.push(chunk).unwrap();
            rest = after;
            let partial = stream.partial();
            assert!(partial.best.starts_with(&partial.stable));
            assert!(whole.iter().all(|hypothesis| hypothesis.tokens.starts_with(&partial.stable)));
        }
        assert_eq!(stream.frames(), 400);
        assert_eq!(stream.finish(), whole);
    }
}

#[test]
fn spans_are_the_best_path() {
    let options = BeamOptions { nbest: 5, ..BeamOptions::exact(200) };
    // Few tokens repeat often.
    for (tokens, sharpness) in [(3, 6.0), (2, 2.0), (7, 6.0)] {
        let log_probs = random_log_probs(&mut rng(12), 60, tokens, sharpness);
        let found = decoder(tokens, options.clone()).decode(&log_probs, tokens).unwrap();
        for hypothesis in &found {
            let aligned = forced_align(&log_probs, tokens, &hypothesis.tokens, 0).unwrap();
            assert_eq!(hypothesis.spans.len(), aligned.spans.len());
            for (ours, theirs) in hypothesis.spans.iter().zip(&aligned.spans) {
                assert_eq!((ours.token, ours.start, ours.end), (theirs.token, theirs.start, theirs.end));
                assert!((ours.posterior - theirs.posterior).abs() < 1e-5);
            }
        }
    }
    let log_probs = random_log_probs(&mut rng(12), 200, 7, 6.0);
    let found = decoder(7, options.clone()).decode(&log_probs, 7).unwrap();
    let without = decoder(7, BeamOptions { times: false, ..options }).decode(&log_probs, 7).unwrap();
    let plain = |found: &[Hypothesis]| found.iter().map(|h| (h.tokens.clone(), h.score)).collect::<Vec<_>>();
    assert_eq!(plain(&without), plain(&found));
    assert!(without.iter().all(|hypothesis| hypothesis.spans.is_empty()));
}

#[test]
fn words_come_from_spaces_and_marks() {
    let symbols = |all: &[&str]| TokenTable::new(all.iter().map(|s| s.to_string()).collect());
    let decode = |table: &TokenTable, path: &[u32]| {
        let row = |&best: &u32| (0..table.len() as u32).map(move |t| if t == best { 5.0f32 } else { 0.0 });
        let mut log_probs: Vec<f32> = path.iter().flat_map(row).collect();
        log_softmax_rows(&mut log_probs, table.len());
        Decoder::new(table, BeamOptions::default())
            .unwrap()
            .decode(&log_probs, table.len())
            .unwrap()
            .remove(0)
    };
    let found = decode(&symbols(&["<space>", "a", "b"]), &[0, 1, 2, 2, 0, 2, 3, 1, 0, 1, 3, 1, 0]);
    assert_eq!(found.text(), "aab b");
    let places: Vec<_> = found.words.iter().map(|w| (w.start, w.end, w.tokens.clone())).collect();
    assert_eq!(places, [(2, 7, 1..4), (10, 11, 6..7)]);
    let found = decode(&symbols(&["▁a", "b", "▁"]), &[1, 2, 1, 0, 3, 2]);
    assert_eq!(found.text(), "ab a b");
    assert!(decode(&symbols(&["AH", "B"]), &[1, 2, 0]).words.is_empty());
}

#[test]
fn ties_follow_the_rule() {
    let even = (1.0f32 / 4.0).ln();
    let options = BeamOptions { nbest: 9, ..BeamOptions::exact(100) };
    let rows = |options: &BeamOptions| -> Vec<Vec<u32>> {
        let found = decoder(4, options.clone()).decode(&[even; 4], 4).unwrap();
        found.into_iter().map(|hypothesis| hypothesis.tokens).collect()
    };
    assert_eq!(rows(&options), [vec![], vec![1], vec![2], vec![3]]);
    // At the edge of the beam, too.
    assert_eq!(rows(&BeamOptions { beam: 2, ..options.clone() }), [vec![], vec![1]]);
    assert_eq!(rows(&BeamOptions { max_tokens: 1, ..options }), [vec![], vec![1]]);
}

#[test]
fn cuts_cut_what_they_say() {
    let row = [0.5f32, 0.3, 0.15, 0.05].map(f32::ln);
    let options = BeamOptions { nbest: 9, ..BeamOptions::exact(9) };
    let count = |options: BeamOptions| decoder(4, options).decode(&row, 4).unwrap().len();
    assert_eq!(count(options.clone()), 4);
    assert_eq!(count(BeamOptions { token_threshold: 0.1f32.ln(), ..options.clone() }), 3);
    assert_eq!(count(BeamOptions { max_tokens: 2, ..options.clone() }), 3);
    assert_eq!(count(BeamOptions { score_threshold: 1.0, ..options.clone() }), 2);
    assert_eq!(count(BeamOptions { nbest: 2, ..options.clone() }), 2);
    // The best token counts even below the threshold.
    let best = decoder(4, BeamOptions { token_threshold: -0.1, ..options });
    let mut other = row;
    other.swap(0, 1);
    assert_eq!(best.decode(&other, 4).unwrap()[0].tokens, [1]);
}

#[test]
fn bad_input_is_named() {
    let plain = decoder(3, BeamOptions::default());
    assert_eq!(plain.decode(&[], 3).unwrap()[0], Hypothesis { complete: true, ..empty() });
    let error = |values: &[f32], tokens| plain.decode(values, tokens).unwrap_err();
    assert_eq!(error(&[-1.0; 8], 4), BeamError::Tokens { expected: 3, found: 4 });
    assert_eq!(error(&[], 0), BeamError::Tokens { expected: 3, found: 0 });
    assert_eq!(error(&[-1.0; 8], 3), BeamError::Shape { values: 8, tokens: 3 });
    for bad in [f32::NAN, f32::INFINITY, 0.01] {
        let mut values = [-1.2; 3 * 100];
        values[3 * 70 + 2] = bad;
        let found = error(&values, 3);
        assert!(matches!(found, BeamError::NotALogProbability { frame: 70, token: 2, .. }), "{found}");
        let mut stream = plain.stream();
        stream.push(&values[..3 * 50]).unwrap();
        assert_eq!(stream.push(&values[3 * 50..]).unwrap_err().to_string(), found.to_string());
    }
    assert!(matches!(
        error(&[-1.2, -1.2, -1.2, -0.1, -0.1, -0.1], 3),
        BeamError::NotNormalised { frame: 1, .. }
    ));
    assert_eq!(error(&[f32::NEG_INFINITY; 3], 3), BeamError::NothingLeft { frame: 0 });
    // Rounding may lift the best token a little above zero.
    let found = plain.decode(&[1e-6, -15.0, -15.0], 3).unwrap();
    assert!(found[0].tokens.is_empty() && found[0].score.abs() < 1e-4);
}

fn empty() -> Hypothesis {
    let (tokens, spans, words) = (vec![], vec![], vec![]);
    Hypothesis { tokens, spans, words, score: 0.0, acoustic: 0.0, model: 0.0, complete: false }
}

#[test]
fn options_have_ranges() {
    let fails = |options: BeamOptions| Decoder::new(&table(3), options).unwrap_err().to_string();
    let usual = BeamOptions::default;
    assert!(fails(BeamOptions { beam: 0, ..usual() }).contains("option beam"));
    assert!(fails(BeamOptions { nbest: 0, ..usual() }).contains("nbest"));
    assert!(fails(BeamOptions { max_tokens: 0, ..usual() }).contains("max_tokens"));
    assert!(fails(BeamOptions { token_threshold: f32::NAN, ..usual() }).contains("token_threshold"));
    assert!(fails(BeamOptions { score_threshold: -1.0, ..usual() }).contains("score_threshold"));
}
