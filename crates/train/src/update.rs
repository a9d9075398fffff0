//! One update of the weights.

use candle_core::{Device, Tensor};
use linnet_corpus::{Batch, Skipped};
use linnet_encoder::{Encoder, Lengths, Mode};

use crate::config::TrainConfig;
use crate::ctc_op::ctc_losses;
use crate::error::TrainError;
use crate::optimizer::{Adam, gradient_norm};

/// What an update was made of.
pub(crate) struct Update {
    /// The sum of the losses, in nats.
    pub(crate) loss: f64,
    /// The labels that they are the losses of.
    pub(crate) labels: usize,
    /// The utterances that they are the losses of.
    pub(crate) utterances: usize,
    pub(crate) frames: usize,
    /// The gradient's length before clipping.
    pub(crate) gradient_norm: f64,
    /// Utterances that have no loss, as they have fewer frames than their labels want.
    pub(crate) impossible: Vec<Skipped>,
}

/// The batch's losses, their gradient, and one step of the optimiser; `step` names dropout's masks.
pub(crate) fn update(
    encoder: &Encoder,
    adam: &mut Adam,
    batch: Batch,
    config: &TrainConfig,
    (step, learning_rate): (u64, f64),
) -> Result<Update, TrainError> {
    let Batch { features, lengths, labels, ids, speeds, .. } = batch;
    let (frames, mode) = (lengths.iter().sum(), Mode::Train { seed: config.seed, step });
    let features = Tensor::from_vec(features.data, (frames, features.dim), &Device::Cpu)?;
    let (log_probs, lengths) = encoder.forward(&features, &Lengths::new(&lengths), mode)?;
    let losses = ctc_losses(&log_probs, &lengths, &labels)?;
    let (mut total, mut counted, mut impossible, mut not_finite) = (0.0, 0, Vec::new(), Vec::new());
    for (((each, id), labels), speed) in losses.each.iter().zip(&ids).zip(&labels).zip(&speeds) {
        match each {
            Ok(loss) => {
                total += loss;
                counted += labels.len();
            }
            Err(error) if error.is_numerical() => not_finite.push(id.as_str()),
            Err(error) => {
                let skipped = Skipped::at_speed(id, *speed, error.to_string());
                if !config.skip_impossible {
                    let Skipped { id: utterance, reason } = skipped;
                    let problem = format!("{reason}; leave it out, or set train.skip_impossible = true");
                    return Err(TrainError::Utterance { utterance, problem });
                }
                impossible.push(skipped);
            }
        }
    }
    if !not_finite.is_empty() {
        return Err(TrainError::NotFinite { step, what: "loss", utterances: not_finite.join(", ") });
    }
    let gradient = encoder.take_gradient(&losses.loss.backward()?)?;
    let norm = gradient_norm(&gradient);
    if !norm.is_finite() {
        return Err(TrainError::NotFinite { step, what: "gradient", utterances: ids.join(", ") });
    }
    let clip = config.clip;
    let scale = if clip > 0.0 && norm > clip { clip / norm } else { 1.0 };
    adam.step(encoder, &gradient, learning_rate, scale)?;
    let (loss, labels, utterances) = (total, counted, ids.len() - impossible.len());
    Ok(Update { loss, labels, utterances, frames, gradient_norm: norm, impossible })
}
