//! The error rate and loss of a model on a dataset.

use candle_core::{Device, Tensor};
use linnet_corpus::{Dataset, Skipped};
use linnet_ctc::ctc_loss_batch;
use linnet_encoder::{Encoder, Lengths, Mode};
use linnet_score::{ErrorCounts, align};

use crate::ctc_op::BLANK;
use crate::error::TrainError;

/// What a model made of a dataset.
pub(crate) struct Evaluation {
    /// The loss in nats per label, over the utterances that have one.
    pub(crate) loss: f64,
    /// Token errors of all utterances.
    pub(crate) counts: ErrorCounts,
    /// Utterances whose audio could not be read.
    pub(crate) skipped: Vec<Skipped>,
}

/// Decodes a dataset greedily and compares it with its labels.
pub(crate) fn evaluate(encoder: &Encoder, dataset: &Dataset) -> Result<Evaluation, TrainError> {
    let (mut loss, mut labels, mut counts) = (0.0, 0, ErrorCounts::default());
    let mut epoch = dataset.epoch(0)?;
    for batch in &mut epoch {
        let (frames, dim) = (batch.features.frames(), batch.features.dim);
        let features = Tensor::from_vec(batch.features.data, (frames, dim), &Device::Cpu)?;
        let (log_probs, lengths) = encoder.forward(&features, &Lengths::new(&batch.lengths), Mode::Infer)?;
        let tokens = encoder.tokens();
        let values = log_probs.flatten_all()?.to_vec1::<f32>()?;
        let losses = ctc_loss_batch(&values, &lengths.to_vec(), tokens, &batch.labels, BLANK, None);
        for ((value, reference), rows) in losses.iter().zip(&batch.labels).zip(lengths.iter()) {
            if let Ok(value) = value {
                loss += value;
                labels += reference.len();
            }
            let decoded = linnet_ctc::greedy(&values[rows.start * tokens..rows.end * tokens], tokens, BLANK);
            counts += align(reference, &decoded).counts();
        }
    }
    Ok(Evaluation { loss: loss / labels.max(1) as f64, counts, skipped: epoch.skipped().to_vec() })
}
