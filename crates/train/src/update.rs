//! One update of the weights.

use std::time::Instant;

use candle_core::{Device, Tensor};
use linnet_corpus::{Batch, Skipped};
use linnet_ctc::check_labels;
use linnet_encoder::{Encoder, Gradient, Lengths, Mode};
use serde::{Deserialize, Serialize};

use crate::config::TrainConfig;
use crate::criterion::Criterion;
use crate::ctc_op::{BLANK, losses_per_label};
use crate::error::TrainError;
use crate::optimizer::{Adam, gradient_norm};
use crate::ranks::{Communicator, SumMemory, own_pieces, subtrees, sum_over_ranks, tree_sum};

/// What an update was made of, on all ranks together.
#[derive(Debug, Default)]
pub(crate) struct Update {
    /// The sum of the losses, in nats.
    pub(crate) loss: f64,
    /// The labels that they are the losses of.
    pub(crate) labels: usize,
    /// The utterances that they are the losses of, or their views.
    pub(crate) utterances: usize,
    pub(crate) frames: usize,
    /// The gradient's length before clipping.
    pub(crate) gradient_norm: f64,
    /// Seconds in which this rank, its own gradients being there, waited for those of the others.
    pub(crate) wait_s: f64,
    /// Seconds that the sum of gradients over the ranks took.
    pub(crate) sum_s: f64,
    /// Utterances whose audio could not be read.
    pub(crate) unreadable: Vec<Skipped>,
    /// Utterances that have no loss, as they have fewer frames than their labels want.
    pub(crate) impossible: Vec<Skipped>,
}

/// What makes an update of a batch.
pub(crate) struct Updater<'a> {
    pub(crate) encoder: &'a Encoder,
    pub(crate) criterion: &'a Criterion,
    pub(crate) config: &'a TrainConfig,
    /// Whether there is dropout, where the encoder has a rate for it.
    pub(crate) dropout: bool,
    pub(crate) ranks: &'a dyn Communicator,
    pub(crate) memory: &'a mut SumMemory,
}

/// A rank's share of a batch.
#[derive(Serialize, Deserialize)]
struct Share {
    utterances: usize,
    frames: usize,
    /// Of the utterances that have a loss.
    labels: usize,
    unreadable: Vec<Skipped>,
    impossible: Vec<Skipped>,
}

/// What the passes over a rank's pieces gave beside gradients.
#[derive(Default, Serialize, Deserialize)]
struct Losses {
    /// The sum of the losses of each piece, in nats, as the bits of an f64.
    sums: Vec<u64>,
    /// Utterances whose loss is no number.
    not_finite: Vec<String>,
}

impl Updater<'_> {
    /// The losses of a batch, their gradient, and one step of the optimiser. `pieces` are this rank's; `step` names
    /// dropout's masks.
    ///
    /// Where no utterance of the batch could be read there is no step, and an update of no utterances.
    pub(crate) fn update(
        &mut self,
        adam: &mut Adam,
        pieces: Vec<Batch>,
        (step, learning_rate): (u64, f64),
    ) -> Result<Update, TrainError> {
        let mut update = Update::default();
        let mut present = 0;
        for share in self.ranks.all(&self.share(&pieces))? {
            present += share.utterances;
            update.frames += share.frames;
            update.labels += share.labels;
            update.unreadable.extend(share.unreadable);
            update.impossible.extend(share.impossible);
        }
        update.utterances = present - update.impossible.len();
        if let Some(Skipped { id, reason }) = update.impossible.first()
            && !self.config.skip_impossible
        {
            let problem = format!("{reason}; leave it out, or set train.skip_impossible = true");
            return Err(TrainError::Utterance { utterance: id.clone(), problem });
        }
        if update.utterances == 0 {
            update.frames = 0;
            return Ok(update);
        }
        let ids: Vec<String> = pieces.iter().flat_map(|piece| piece.ids.clone()).collect();
        let mut gradients = Vec::new();
        let losses = self.losses(pieces, update.labels, step, &mut gradients);
        let (mut not_finite, own) = (Vec::new(), Instant::now());
        for losses in self.ranks.agree_all(losses)? {
            losses.sums.iter().for_each(|&sum| update.loss += f64::from_bits(sum));
            not_finite.extend(losses.not_finite);
        }
        if !not_finite.is_empty() {
            return Err(TrainError::NotFinite { step, what: "loss", utterances: not_finite.join(", ") });
        }
        let all = Instant::now();
        let gradient = sum_over_ranks(self.config.pieces, gradients, self.ranks, self.memory);
        if self.ranks.ranks() > 1 {
            (update.wait_s, update.sum_s) = ((all - own).as_secs_f64(), all.elapsed().as_secs_f64());
        }
        let norm = gradient_norm(&gradient);
        if !norm.is_finite() {
            let utterances = self.ranks.all(&ids)?.concat().join(", ");
            return Err(TrainError::NotFinite { step, what: "gradient", utterances });
        }
        let clip = self.config.clip;
        let scale = if clip > 0.0 && norm > clip { clip / norm } else { 1.0 };
        adam.step(self.encoder, &gradient, learning_rate, scale)?;
        update.gradient_norm = norm;
        Ok(update)
    }

    /// What this rank has of a batch, before any pass over it.
    fn share(&self, pieces: &[Batch]) -> Share {
        let frames = pieces.iter().map(|piece| piece.features.frames()).sum();
        let utterances = pieces.iter().map(Batch::len).sum();
        let unreadable = pieces.iter().flat_map(|piece| piece.skipped.clone()).collect();
        let (mut labels, mut impossible) = (0, Vec::new());
        for piece in pieces {
            let lengths = self.encoder.output_lengths(&Lengths::new(&piece.lengths)).to_vec();
            for (i, (frames, own)) in lengths.into_iter().zip(&piece.labels).enumerate() {
                match check_labels(frames, self.encoder.tokens(), own, BLANK) {
                    Ok(()) => labels += own.len(),
                    Err(error) => {
                        impossible.push(Skipped::at_speed(&piece.ids[i], piece.speeds[i], error.to_string()));
                    }
                }
            }
        }
        Share { utterances, frames, labels, unreadable, impossible }
    }

    /// The losses of this rank's pieces, of a batch of so many labels, and the gradients of its subtrees.
    fn losses(
        &self,
        pieces: Vec<Batch>,
        labels: usize,
        step: u64,
        gradients: &mut Vec<Gradient>,
    ) -> Result<Losses, TrainError> {
        let own = own_pieces(self.config.pieces, self.ranks);
        let (mut losses, mut pieces) = (Losses::default(), pieces.into_iter());
        let mut gradient = |tree: &std::ops::Range<usize>| {
            let piece = if tree.len() == 1 { pieces.next()? } else { return None };
            Some(self.gradient(piece, labels, step, &mut losses))
        };
        for tree in subtrees(0..self.config.pieces, &own) {
            gradients.push(tree_sum(tree, &mut gradient)?);
        }
        Ok(losses)
    }

    /// The gradient of a piece.
    fn gradient(
        &self,
        piece: Batch,
        labels_of_batch: usize,
        step: u64,
        losses: &mut Losses,
    ) -> Result<Gradient, TrainError> {
        if piece.is_empty() {
            losses.sums.push(0);
            return Ok(self.encoder.zero_gradient());
        }
        let Batch { features, lengths, labels, ids, before, .. } = piece;
        let shape = (features.frames(), features.dim);
        let mode = match self.dropout {
            true => Mode::Train { seed: self.config.seed, step },
            false => Mode::TrainWhole,
        };
        let features = Tensor::from_vec(features.data, shape, &Device::Cpu)?;
        let (lengths, before) = (Lengths::new(&lengths), Lengths::new(&before));
        let (log_probs, lengths) = self.encoder.forward_piece(&features, &lengths, &before, mode)?;
        let found = losses_per_label(self.criterion, &log_probs, &lengths, &labels, Some(labels_of_batch))?;
        let numerical = found.each.iter().zip(ids).filter_map(|(each, id)| Some((each.as_ref().err()?, id)));
        losses.not_finite.extend(numerical.filter(|(error, _)| error.is_numerical()).map(|(_, id)| id));
        losses.sums.push(found.each.iter().flatten().sum::<f64>().to_bits());
        Ok(self.encoder.take_gradient(&found.loss.backward()?)?)
    }
}
