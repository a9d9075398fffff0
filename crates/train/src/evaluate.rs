//! The error rate and loss of a model on a dataset.

use std::ops::Range;
use std::path::Path;

use candle_core::{Device, Tensor};
use linnet::{Model, ModelError, Search};
use linnet_corpus::{Batch, Dataset, Share, Skipped};
use linnet_encoder::{Lengths, Mode};
use linnet_score::{ErrorCounts, align};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::criterion::Criterion;
use crate::error::TrainError;
use crate::ranks::Communicator;

/// What a model made of a dataset.
pub(crate) struct Evaluation {
    /// The loss in nats per label, over the utterances that have one.
    pub(crate) loss: f64,
    /// Token errors of all utterances.
    pub(crate) counts: ErrorCounts,
    /// Utterances whose audio could not be read.
    pub(crate) skipped: Vec<Skipped>,
}

/// A model's results for one batch.
#[derive(Serialize, Deserialize)]
struct Evaluated {
    /// The batch's place in the plan.
    index: usize,
    utterances: usize,
    /// The losses of the utterances that have one, in nats, as the bits of an f64.
    losses: Vec<u64>,
    /// The labels of these.
    labels: usize,
    counts: ErrorCounts,
    skipped: Vec<Skipped>,
}

/// Decodes a dataset by the model's plain search, compares it with its labels, and takes the criterion's loss; `file` is its manifest, `step` how many were done. Each
/// rank has a share of the batches, and all have the result.
///
/// Fails where nothing of it can be read or its log-probabilities are no numbers: rates of nothing would be perfect.
/// `None`: it was `interrupted` before the end.
pub(crate) fn evaluate(
    model: &Model,
    (dataset, criterion): (&Dataset, &Criterion),
    (file, step): (&Path, u64),
    ranks: &dyn Communicator,
    interrupted: &dyn Fn() -> bool,
) -> Result<Option<Evaluation>, TrainError> {
    let all = ranks.agree_all(evaluate_own(model, (dataset, criterion), step, ranks, interrupted))?;
    let Some(all) = all.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
    let mut batches: Vec<Evaluated> = all.into_iter().flatten().collect();
    batches.sort_by_key(|batch| batch.index);
    let (mut loss, mut labels, mut utterances, mut counts) = (0.0, 0, 0, ErrorCounts::default());
    for batch in &batches {
        batch.losses.iter().for_each(|&bits| loss += f64::from_bits(bits));
        labels += batch.labels;
        utterances += batch.utterances;
        counts += batch.counts;
    }
    if utterances == 0 {
        let problem =
            "no recording of it can be read, so that there is nothing to judge by; look at the paths".into();
        return Err(TrainError::Config { file: file.to_path_buf(), problem });
    }
    let skipped = batches.into_iter().flat_map(|batch| batch.skipped).collect();
    Ok(Some(Evaluation { loss: loss / labels.max(1) as f64, counts, skipped }))
}

/// This rank's share of the batches; `None`: it was interrupted.
fn evaluate_own(
    model: &Model,
    (dataset, criterion): (&Dataset, &Criterion),
    step: u64,
    ranks: &dyn Communicator,
    interrupted: &dyn Fn() -> bool,
) -> Result<Option<Vec<Evaluated>>, TrainError> {
    let share = Share { first: ranks.rank(), every: ranks.ranks(), ..Share::default() };
    let mut epoch = dataset.share(0, share)?;
    let search = model.plain_search();
    let mut evaluated = Vec::new();
    while let Some(batches) = epoch.next_pieces() {
        if interrupted() {
            return Ok(None);
        }
        for batch in batches {
            evaluated.push(evaluate_batch((model, &search), criterion, batch, step)?);
        }
    }
    Ok(Some(evaluated))
}

fn evaluate_batch(
    (model, search): (&Model, &Search),
    criterion: &Criterion,
    batch: Batch,
    step: u64,
) -> Result<Evaluated, TrainError> {
    let (index, utterances, skipped) = (batch.index, batch.len(), batch.skipped);
    let mut evaluated = Evaluated {
        index,
        utterances,
        losses: Vec::new(),
        labels: 0,
        counts: ErrorCounts::default(),
        skipped,
    };
    if utterances == 0 {
        return Ok(evaluated);
    }
    let (frames, dim) = (batch.features.frames(), batch.features.dim);
    let features = Tensor::from_vec(batch.features.data, (frames, dim), &Device::Cpu)?;
    let encoder = &model.encoder;
    let (log_probs, lengths) = encoder.forward(&features, &Lengths::new(&batch.lengths), Mode::Infer)?;
    let tokens = encoder.tokens();
    let values = log_probs.flatten_all()?.to_vec1::<f32>()?;
    let losses = criterion.losses(&values, &lengths.to_vec(), tokens, &batch.labels, None);
    let rows: Vec<_> = lengths.iter().collect();
    let decode = |rows: &Range<usize>| search.decode(&values[rows.start * tokens..rows.end * tokens]);
    let decoded: Vec<_> = rows.par_iter().map(decode).collect();
    for (i, (reference, decoded)) in batch.labels.iter().zip(decoded).enumerate() {
        match &losses[i] {
            Ok(value) => {
                evaluated.losses.push(value.to_bits());
                evaluated.labels += reference.len();
            }
            Err(error) if error.is_numerical() => {
                let (what, utterances) = ("loss of the development set", batch.ids[i].clone());
                return Err(TrainError::NotFinite { step, what, utterances });
            }
            Err(_) => {}
        }
        let decoded = decoded.map_err(ModelError::from)?;
        let tokens = decoded.first().map_or(&[][..], |best| &best.tokens);
        evaluated.counts += align(reference, tokens).counts();
    }
    Ok(evaluated)
}
