//! CTC loss and gradient at the logits.

use std::time::Instant;

use linnet_ctc::{ctc_loss_batch, log_softmax_backward_rows, log_softmax_rows};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Step, noise};
use crate::case::{Batch, TOKENS};

pub(crate) fn step(batch: Batch) -> Step {
    let frames = batch.utterances * batch.frames;
    let logits = noise(frames * TOKENS, 1);
    let lengths = vec![batch.frames; batch.utterances];
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let labels: Vec<Vec<u32>> = (0..batch.utterances)
        .map(|_| (0..batch.labels()).map(|_| rng.random_range(1..TOKENS as u32)).collect())
        .collect();
    Box::new(move || {
        let start = Instant::now();
        let mut log_probs = logits.clone();
        log_softmax_rows(&mut log_probs, TOKENS);
        let mut gradient = vec![0.0; log_probs.len()];
        for loss in ctc_loss_batch(&log_probs, &lengths, TOKENS, &labels, 0, Some(&mut gradient)) {
            loss?;
        }
        log_softmax_backward_rows(&log_probs, &mut gradient, TOKENS);
        Ok(start.elapsed().as_secs_f64() * 1e3)
    })
}
