//! Loss and gradient by the logits against PyTorch's (`tools/golden/ctc.py`).
#![allow(clippy::unwrap_used)]

use linnet_ctc::{ctc_loss, log_softmax_backward_rows, log_softmax_rows};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    tokens: usize,
    blank: u32,
    labels: Vec<u32>,
    logits_sixteenths: Vec<i32>,
    loss: f64,
    gradient: Vec<f64>,
}

#[test]
fn equals_pytorch() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/golden/ctc/cases.json");
    let golden: Golden = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(golden.cases.len(), 12);
    let (mut largest_loss, mut largest_gradient) = (0.0f64, 0.0f64);
    for case in golden.cases {
        let mut log_probs: Vec<f32> = case.logits_sixteenths.iter().map(|&x| x as f32 / 16.0).collect();
        log_softmax_rows(&mut log_probs, case.tokens);
        let mut gradient = vec![0.0; log_probs.len()];
        let loss = ctc_loss(&log_probs, case.tokens, &case.labels, case.blank, Some(&mut gradient)).unwrap();
        log_softmax_backward_rows(&log_probs, &mut gradient, case.tokens);
        largest_loss = largest_loss.max((loss - case.loss).abs() / case.loss);
        for (&ours, theirs) in gradient.iter().zip(case.gradient) {
            // A gradient by a logit is a difference of two probabilities, known to f32's precision of 1.
            let error = (f64::from(ours) - theirs).abs();
            assert!(error <= 1e-4 * theirs.abs() + 1e-6, "{}: {ours} against {theirs}", case.name);
            largest_gradient = largest_gradient.max(error);
        }
    }
    assert!(largest_loss < 1e-6, "relative error of the loss {largest_loss}");
    eprintln!(
        "largest relative error of the loss {largest_loss:.1e}, error of the gradient {largest_gradient:.1e}"
    );
}
