//! A causal encoder as an RNN: frames go in as they come, and a state of constant size remembers the past
//! (Katharopoulos et al., 2020, section 3.4).

use std::sync::Arc;

use candle_core::Tensor;

use crate::blocks::{Memory, Pass, Stage, with_slice};
use crate::error::EncoderError;
use crate::lengths::Lengths;
use crate::ops::pool::Pool;

/// One utterance that arrives bit by bit. Put together, what it gives is what [`crate::Encoder::forward`] gives for the
/// whole.
///
/// Subsampling waits for one frame (by 2) or three (by 4) before it tells an output frame; nothing else looks ahead.
/// Only layers of softmax attention to all frames before (`causal_softmax`, `causal_alibi_softmax`,
/// `causal_forgetting_softmax`) remember more with every frame.
#[derive(Debug)]
pub struct EncoderStream {
    stages: Arc<[Stage]>,
    /// All parameters, block after block.
    weights: Tensor,
    memories: Vec<Memory>,
    bands: usize,
    pool: Pool,
}

impl EncoderStream {
    pub(crate) fn new(stages: Arc<[Stage]>, weights: Tensor, bands: usize) -> Self {
        let memories = stages.iter().map(|_| Memory::default()).collect();
        Self { stages, weights, memories, bands, pool: Pool::default() }
    }

    /// The next frames of features, (frames, bands), none or more. Returns the log-probabilities that can be told now,
    /// (frames′, tokens).
    ///
    /// # Errors
    ///
    /// Features that don't fill whole frames.
    pub fn push(&mut self, features: &[f32]) -> Result<Vec<f32>, EncoderError> {
        self.step(features, false)
    }

    /// The end of the utterance. Returns the last frames' log-probabilities.
    ///
    /// # Errors
    ///
    /// As [`EncoderStream::push`].
    pub fn finish(mut self) -> Result<Vec<f32>, EncoderError> {
        self.step(&[], true)
    }

    /// The memory of the past, in bytes.
    pub fn state_bytes(&self) -> usize {
        self.memories.iter().map(Memory::len).sum::<usize>() * size_of::<f32>()
    }

    fn step(&mut self, features: &[f32], end: bool) -> Result<Vec<f32>, EncoderError> {
        if !features.len().is_multiple_of(self.bands) {
            let (found, frames) = (vec![features.len()], features.len() / self.bands);
            return Err(EncoderError::Features { found, frames, bands: self.bands });
        }
        let (stages, memories, pool) = (&self.stages, &mut self.memories, &self.pool);
        Ok(with_slice(&self.weights, |weights| {
            let mut rows = features.to_vec();
            for (i, (stage, memory)) in stages.iter().zip(memories).enumerate() {
                // Only the first block, the subsampling, holds rows back.
                if i > 0 && rows.is_empty() {
                    break;
                }
                let lengths = Lengths::new(&[rows.len() / stage.block.dims().0]);
                let pass = Pass { lengths, dropout: None, train: false, pool: pool.clone() };
                rows = stage.block.step(&pass, memory, &weights[stage.range.clone()], &rows, end);
            }
            rows
        })?)
    }
}
