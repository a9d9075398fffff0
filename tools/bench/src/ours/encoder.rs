//! A pass of the paper's encoder over a batch of random features.

use std::error::Error;
use std::time::Instant;

use candle_core::{Device, Tensor};
use linnet_encoder::{Activation, Encoder, EncoderConfig, EncoderError, Lengths, MixerKind, Mode, Positions};
use linnet_train::{Adam, AdamSettings, OptimizerKind};

use super::{Step, noise};
use crate::case::{BANDS, Batch, DIM, FEED_FORWARD, HEADS, LAYERS, TOKENS, Work};
use crate::memory;

/// The paper's encoder with some mixer; the bi-LSTM has 3 layers of 320 in each direction there.
fn encoder(mixer: MixerKind) -> Result<Encoder, EncoderError> {
    let (layers, dim) = if mixer == MixerKind::BiLstm { (3, 640) } else { (LAYERS, DIM) };
    let config = EncoderConfig {
        subsampling: 1,
        positions: Positions::None,
        layers,
        dim,
        heads: HEADS,
        feed_forward: FEED_FORWARD,
        activation: Activation::Relu,
        mixer,
        dropout: 0.0,
        ..EncoderConfig::default()
    };
    Encoder::new(&config, BANDS, TOKENS, 0, &Device::Cpu)
}

/// Its number of parameters.
pub(crate) fn parameters(mixer: MixerKind) -> Result<usize, EncoderError> {
    Ok(encoder(mixer)?.parameter_count())
}

/// Multiply-adds of a forward pass.
pub(crate) fn multiply_adds(mixer: MixerKind, batch: Batch) -> Option<usize> {
    let lengths = Lengths::new(&vec![batch.frames; batch.utterances]);
    encoder(mixer).ok().map(|encoder| encoder.multiply_adds(&lengths))
}

pub(crate) fn step(work: Work, mixer: MixerKind, batch: Batch) -> Result<Step, Box<dyn Error>> {
    let base = memory::peak_mb("self")?;
    let (encoder, device) = (encoder(mixer)?, Device::Cpu);
    let frames = batch.utterances * batch.frames;
    let lengths = Lengths::new(&vec![batch.frames; batch.utterances]);
    let features = Tensor::from_vec(noise(frames * BANDS, 1), (frames, BANDS), &device)?;
    if work == Work::Infer {
        return Ok(Box::new(move || {
            let start = Instant::now();
            encoder.forward(&features, &lengths, Mode::Infer)?;
            Ok(milliseconds(start))
        }));
    }
    let weight = Tensor::from_vec(noise(frames * TOKENS, 2), (frames, TOKENS), &device)?;
    let settings = AdamSettings {
        kind: OptimizerKind::AdamW,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weight_decay: 1e-2,
    };
    let mut adam = Adam::new(&encoder, settings);
    let mut number = 0;
    Ok(Box::new(move || {
        let start = Instant::now();
        let (log_probs, _) = encoder.forward(&features, &lengths, Mode::Train { seed: 0, step: number })?;
        let gradient = encoder.take_gradient(&(log_probs * &weight)?.mean_all()?.backward()?)?;
        adam.step(&encoder, &gradient, 1e-4, 1.0)?;
        number += 1;
        if work == Work::Memory { Ok(memory::peak_mb("self")? - base) } else { Ok(milliseconds(start)) }
    }))
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
