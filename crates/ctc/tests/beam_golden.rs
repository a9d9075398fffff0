//! Hypotheses and their probabilities against pyctcdecode's and fast-ctc-decode's (`tools/golden/beam.py`).
#![allow(clippy::unwrap_used)]

use linnet_ctc::{BeamOptions, Decoder, log_softmax_rows};
use linnet_text::TokenTable;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    tokens: usize,
    logits_sixteenths: Vec<i32>,
    nbest: Vec<Scored>,
    fast_ctc_decode: Vec<u32>,
}

#[derive(Deserialize)]
struct Scored {
    tokens: Vec<u32>,
    score: f64,
}

#[test]
fn equals_pyctcdecode_and_fast_ctc_decode() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/golden/beam/cases.json");
    let golden: Golden = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(golden.cases.len(), 5);
    for case in golden.cases {
        let mut log_probs: Vec<f32> = case.logits_sixteenths.iter().map(|&x| x as f32 / 16.0).collect();
        log_softmax_rows(&mut log_probs, case.tokens);
        let table = TokenTable::new((1..case.tokens).map(|token| format!("t{token}")).collect());
        let options = BeamOptions { nbest: case.nbest.len(), ..BeamOptions::exact(3000) };
        let found = Decoder::new(&table, options).unwrap().decode(&log_probs, case.tokens).unwrap();
        assert_eq!(found.len(), case.nbest.len());
        assert_eq!(found[0].tokens, case.fast_ctc_decode, "{}", case.name);
        for (ours, theirs) in found.iter().zip(&case.nbest) {
            assert_eq!(ours.tokens, theirs.tokens, "{}", case.name);
            assert!(
                (ours.score - theirs.score).abs() < 1e-4,
                "{}: {} {}",
                case.name,
                ours.score,
                theirs.score
            );
        }
    }
}
