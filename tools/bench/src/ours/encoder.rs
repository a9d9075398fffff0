//! A pass of the paper's encoder over a batch of random features.

use std::error::Error;
use std::time::Instant;

use candle_core::{Device, Tensor};
use linnet_encoder::{Activation, Encoder, EncoderConfig, EncoderError, Lengths, MixerKind, Mode, Positions};

use super::{Step, adam, milliseconds, noise};
use crate::case::{BANDS, Batch, DIM, FEED_FORWARD, HEADS, Kind, LAYERS, TOKENS, WINDOW, Work};
use crate::memory;

/// The paper's encoder with some mixer; the bi-LSTM has 3 layers of 320 in each direction there.
fn encoder(Kind { mixer, plus }: Kind) -> Result<Encoder, EncoderError> {
    let (layers, dim, heads) = if mixer == MixerKind::BiLstm { (3, 640, 1) } else { (LAYERS, DIM, HEADS) };
    // A gate has DIM² parameters, a unit of a feed-forward block 2 · DIM.
    let narrower = if plus { DIM / 2 } else { 0 };
    let config = EncoderConfig {
        subsampling: 1,
        positions: Positions::None,
        layers,
        dim,
        heads,
        feed_forward: FEED_FORWARD - narrower,
        activation: Activation::Relu,
        mixer,
        rotary: plus && mixer.takes_rotary(DIM / HEADS),
        value_convolution: if plus { 3 } else { 0 },
        gate: plus,
        window: WINDOW,
        dropout: 0.0,
        ..EncoderConfig::default()
    };
    Encoder::new(&config, BANDS, TOKENS, 0)
}

/// Its number of parameters.
pub(crate) fn parameters(kind: Kind) -> Result<usize, EncoderError> {
    Ok(encoder(kind)?.parameter_count())
}

/// Multiply-adds of a forward pass.
pub(crate) fn multiply_adds(kind: Kind, batch: Batch) -> Option<usize> {
    let lengths = Lengths::new(&vec![batch.frames; batch.utterances]);
    encoder(kind).ok().map(|encoder| encoder.multiply_adds(&lengths))
}

pub(crate) fn step(work: Work, kind: Kind, batch: Batch) -> Result<Step, Box<dyn Error>> {
    let base = memory::peak_mb("self")?;
    let (encoder, device) = (encoder(kind)?, Device::Cpu);
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
    let mut adam = adam(&encoder, 0.999);
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
