//! What bad input gets.
#![allow(clippy::unwrap_used)]

use linnet_ctc::{CtcError, ctc_loss, ctc_loss_batch, forced_align, log_softmax_rows, required_frames};

const EVEN: f32 = -1.098_612_3;

fn error(log_probs: &[f32], labels: &[u32], blank: u32) -> CtcError {
    let mut gradient = vec![7.0; log_probs.len()];
    let error = ctc_loss(log_probs, 3, labels, blank, Some(&mut gradient)).unwrap_err();
    assert!(gradient.iter().all(|&g| g == 0.0), "the gradient after an error is zero");
    // As text, since NaN differs from itself.
    assert_eq!(forced_align(log_probs, 3, labels, blank).unwrap_err().to_string(), error.to_string());
    error
}

#[test]
fn too_few_frames_are_named() {
    assert_eq!(required_frames(&[1, 1, 2, 2, 2]), 8);
    let found = error(&[EVEN; 3 * 4], &[1, 1, 1], 0);
    assert_eq!(found, CtcError::TooFewFrames { frames: 4, required: 5, labels: 3 });
    assert_eq!(found.to_string(), "3 labels need 5 frames, the utterance has 4: skip it, or subsample less");
    assert!(ctc_loss(&[EVEN; 3 * 5], 3, &[1, 1, 1], 0, None).is_ok());
    assert_eq!(error(&[], &[2], 0), CtcError::TooFewFrames { frames: 0, required: 1, labels: 1 });
    assert_eq!(ctc_loss(&[], 3, &[], 0, None), Ok(0.0));
}

#[test]
fn labels_must_be_tokens() {
    assert_eq!(error(&[EVEN; 9], &[1, 3], 0), CtcError::LabelOutOfRange { position: 1, label: 3, tokens: 3 });
    assert_eq!(error(&[EVEN; 9], &[1, 2, 0], 0), CtcError::BlankLabel { position: 2, blank: 0 });
    assert_eq!(error(&[EVEN; 9], &[1], 3), CtcError::BlankOutOfRange { blank: 3, tokens: 3 });
    assert_eq!(ctc_loss(&[], 0, &[], 0, None), Err(CtcError::BlankOutOfRange { blank: 0, tokens: 0 }));
}

#[test]
fn values_must_be_log_probabilities() {
    for bad in [f32::NAN, f32::INFINITY, f32::MAX] {
        let mut log_probs = vec![EVEN; 3 * 500];
        log_probs[3 * 321 + 2] = bad;
        match error(&log_probs, &[1], 0) {
            CtcError::NotALogProbability { frame: 321, token: 2, value } => {
                assert_eq!(value.to_bits(), bad.to_bits());
            }
            other => panic!("{other}"),
        }
    }
    let mut logits = [0.0, 1.0, 2.0, f32::NEG_INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
    log_softmax_rows(&mut logits, 3);
    let found = ctc_loss(&logits, 3, &[], 0, None).unwrap_err();
    assert!(matches!(found, CtcError::NotALogProbability { frame: 1, token: 0, .. }), "{found}");
}

#[test]
fn probability_zero_is_an_error() {
    let mut log_probs = vec![EVEN; 3 * 40];
    log_probs.chunks_mut(3).for_each(|row| row[1] = f32::NEG_INFINITY);
    assert_eq!(error(&log_probs, &[1], 0), CtcError::ZeroProbability);
    assert_eq!(error(&[f32::NEG_INFINITY; 3 * 200], &[1, 2], 0), CtcError::ZeroProbability);
    assert!(ctc_loss(&log_probs, 3, &[2], 0, None).is_ok());
    // Only one frame lets the label pass.
    log_probs[3 * 39 + 1] = -5.0;
    let expected = 5.0 - 39.0 * f64::from(EVEN);
    assert!((ctc_loss(&log_probs, 3, &[1], 0, None).unwrap() - expected).abs() < 1e-5);
}

#[test]
fn slices_must_fit() {
    let shape = |what, expected, found| CtcError::Shape { what, expected, found };
    assert_eq!(error(&[EVEN; 7], &[1], 0), shape("log-probabilities", 6, 7));
    let mut short = [0.0; 3];
    assert_eq!(ctc_loss(&[EVEN; 6], 3, &[1], 0, Some(&mut short)), Err(shape("gradient", 6, 3)));
    let labels = vec![vec![1], vec![2]];
    let batch =
        |log_probs: &[f32], lengths: &[usize]| ctc_loss_batch(log_probs, lengths, 3, &labels, 0, None);
    assert_eq!(batch(&[EVEN; 9], &[2, 2]), vec![Err(shape("log-probabilities", 12, 9)); 2]);
    assert_eq!(batch(&[EVEN; 9], &[3]), vec![Err(shape("label sequences", 1, 2))]);
    assert_eq!(batch(&[EVEN; 9], &[2, 1]).iter().filter(|loss| loss.is_ok()).count(), 2);
}
