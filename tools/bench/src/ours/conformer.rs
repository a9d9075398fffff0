//! The encoder that recipes train, on batches of real utterances' lengths.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use candle_core::{Device, Tensor};
use linnet_encoder::{Encoder, EncoderConfig, Lengths, MixerKind, Mode};
use linnet_train::{ctc_losses, gradient_norm};

use super::{Step, adam, milliseconds, noise};
use crate::case::{CONFORMER_BANDS, CONFORMER_LAYERS, TOKENS, Work};
use crate::material::utterances::{self, Corpus};

/// Eight layers of width 144 with the Conformer's convolution over 15 frames, a convolution of the values over 3 frames
/// and a gate; softmax attention has rotary positions, too.
fn encoder(mixer: MixerKind) -> Result<Encoder, Box<dyn Error>> {
    let config = EncoderConfig {
        layers: CONFORMER_LAYERS,
        mixer,
        rotary: mixer == MixerKind::Softmax,
        value_convolution: 3,
        gate: true,
        convolution: 15,
        ..EncoderConfig::default()
    };
    Ok(Encoder::new(&config, CONFORMER_BANDS, TOKENS, 0)?)
}

/// Multiply-adds of a forward pass over a step's batches.
pub(crate) fn multiply_adds(mixer: MixerKind, corpus: Corpus) -> Option<usize> {
    let encoder = encoder(mixer).ok()?;
    let batches = corpus.batches().ok()?;
    Some(batches.iter().map(|batch| encoder.multiply_adds(&Lengths::new(&batch.lengths))).sum())
}

pub(crate) fn step(work: Work, mixer: MixerKind, folder: &Path) -> Result<Step, Box<dyn Error>> {
    let encoder = encoder(mixer)?;
    let mut batches = Vec::new();
    for batch in utterances::read(folder)? {
        let frames: usize = batch.lengths.iter().sum();
        let features = noise(frames * CONFORMER_BANDS, 1);
        let features = Tensor::from_vec(features, (frames, CONFORMER_BANDS), &Device::Cpu)?;
        batches.push((features, Lengths::new(&batch.lengths), batch.labels));
    }
    let mut adam = adam(&encoder, 0.98);
    let mut number = 0;
    Ok(Box::new(move || {
        let start = Instant::now();
        for (features, lengths, labels) in &batches {
            if work == Work::Infer {
                encoder.forward(features, lengths, Mode::Infer)?;
                continue;
            }
            let (log_probs, lengths) =
                encoder.forward(features, lengths, Mode::Train { seed: 0, step: number })?;
            let losses = ctc_losses(&log_probs, &lengths, labels)?;
            let gradient = encoder.take_gradient(&losses.loss.backward()?)?;
            let scale = (5.0 / gradient_norm(&gradient)).min(1.0);
            adam.step(&encoder, &gradient, 1e-4, scale)?;
            number += 1;
        }
        Ok(milliseconds(start))
    }))
}
