//! The error rate and loss of a model on a dataset.

use candle_core::{Device, Tensor};
use linnet_corpus::{Dataset, Skipped};
use linnet_encoder::{Encoder, Lengths, Mode};
use linnet_score::{ErrorCounts, align};

use crate::ctc_op::{BLANK, ctc_losses};
use crate::error::TrainError;

/// What a model made of a dataset.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// The loss in nats per label, over the utterances that have one.
    pub loss: f64,
    /// Token errors of all utterances.
    pub counts: ErrorCounts,
    /// Each utterance's tokens, in the order of the batches.
    pub hypotheses: Vec<Hypothesis>,
    /// Utterances whose audio could not be read.
    pub skipped: Vec<Skipped>,
}

/// The tokens that greedy decoding finds in an utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hypothesis {
    /// The utterance.
    pub id: String,
    /// Who speaks, where known.
    pub speaker: Option<String>,
    /// The reference's token ids.
    pub reference: Vec<u32>,
    /// The decoded token ids.
    pub tokens: Vec<u32>,
}

/// Decodes a dataset greedily and compares it with its labels.
pub fn evaluate(encoder: &Encoder, dataset: &Dataset) -> Result<Evaluation, TrainError> {
    let (mut loss, mut labels) = (0.0, 0);
    let mut result =
        Evaluation { loss: 0.0, counts: ErrorCounts::default(), hypotheses: Vec::new(), skipped: Vec::new() };
    let mut epoch = dataset.epoch(0)?;
    for batch in &mut epoch {
        let (frames, dim) = (batch.features.frames(), batch.features.dim);
        let features = Tensor::from_vec(batch.features.data, (frames, dim), &Device::Cpu)?;
        let (log_probs, lengths) = encoder.forward(&features, &Lengths::new(&batch.lengths), Mode::Infer)?;
        for (each, target) in ctc_losses(&log_probs, &lengths, &batch.labels)?.each.iter().zip(&batch.labels)
        {
            if let Ok(value) = each {
                loss += value;
                labels += target.len();
            }
        }
        let tokens = encoder.tokens();
        let values = log_probs.flatten_all()?.to_vec1::<f32>()?;
        let utterances = batch.ids.into_iter().zip(batch.speakers).zip(batch.labels);
        for (((id, speaker), reference), rows) in utterances.zip(lengths.iter()) {
            let decoded = linnet_ctc::greedy(&values[rows.start * tokens..rows.end * tokens], tokens, BLANK);
            result.counts += align(&reference, &decoded).counts();
            result.hypotheses.push(Hypothesis { id, speaker, reference, tokens: decoded });
        }
    }
    result.skipped = epoch.skipped().to_vec();
    result.loss = loss / labels.max(1) as f64;
    Ok(result)
}
