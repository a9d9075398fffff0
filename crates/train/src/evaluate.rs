//! The error rate and loss of a model on a dataset.

use std::path::Path;

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

/// Decodes a dataset greedily and compares it with its labels; `file` is its manifest, `step` how many were done.
///
/// Fails where nothing of it can be read or its log-probabilities are no numbers: rates of nothing would be perfect.
/// `None`: it was `interrupted` before the end.
pub(crate) fn evaluate(
    encoder: &Encoder,
    dataset: &Dataset,
    file: &Path,
    step: u64,
    interrupted: &dyn Fn() -> bool,
) -> Result<Option<Evaluation>, TrainError> {
    let (mut loss, mut labels, mut counts) = (0.0, 0, ErrorCounts::default());
    let mut epoch = dataset.epoch(0)?;
    for batch in &mut epoch {
        if interrupted() {
            return Ok(None);
        }
        let (frames, dim) = (batch.features.frames(), batch.features.dim);
        let features = Tensor::from_vec(batch.features.data, (frames, dim), &Device::Cpu)?;
        let (log_probs, lengths) = encoder.forward(&features, &Lengths::new(&batch.lengths), Mode::Infer)?;
        let tokens = encoder.tokens();
        let values = log_probs.flatten_all()?.to_vec1::<f32>()?;
        let losses = ctc_loss_batch(&values, &lengths.to_vec(), tokens, &batch.labels, BLANK, None);
        for (i, (reference, rows)) in batch.labels.iter().zip(lengths.iter()).enumerate() {
            match &losses[i] {
                Ok(value) => {
                    loss += value;
                    labels += reference.len();
                }
                Err(error) if error.is_numerical() => {
                    let (what, utterances) = ("loss of the development set", batch.ids[i].clone());
                    return Err(TrainError::NotFinite { step, what, utterances });
                }
                Err(_) => {}
            }
            let decoded = linnet_ctc::greedy(&values[rows.start * tokens..rows.end * tokens], tokens, BLANK);
            counts += align(reference, &decoded).counts();
        }
    }
    if epoch.stats().utterances == 0 {
        let problem =
            "no recording of it can be read, so that there is nothing to judge by; look at the paths".into();
        return Err(TrainError::Config { file: file.to_path_buf(), problem });
    }
    Ok(Some(Evaluation { loss: loss / labels.max(1) as f64, counts, skipped: epoch.skipped().to_vec() }))
}
