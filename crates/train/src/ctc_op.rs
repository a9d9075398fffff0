//! The loss as a candle op on the encoder's log-probabilities.

use std::sync::Mutex;

use candle_core::{CpuStorage, CustomOp1, Error, Layout, Result, Shape, Tensor};
use linnet_ctc::CtcError;
use linnet_encoder::Lengths;

use crate::criterion::Criterion;

/// The id of the blank in every token table.
pub const BLANK: u32 = 0;

/// The losses of a batch.
#[derive(Debug)]
pub struct CtcLosses {
    /// The sum of the losses of the utterances that have one, divided by their labels: a scalar with a gradient.
    pub loss: Tensor,
    /// Each utterance's loss in nats, or why it has none; such an utterance has no share in the loss and its gradient.
    pub each: Vec<std::result::Result<f64, CtcError>>,
}

/// The CTC loss per label of a ragged batch (Graves et al., 2006, equation 8).
///
/// `log_probs`: (Σ lengths, tokens), as the encoder gives them; `labels`: one sequence of token ids an utterance.
///
/// # Errors
///
/// Log-probabilities that are no matrix of f32. What is wrong with an utterance is in its place of [`CtcLosses::each`].
pub fn ctc_losses(log_probs: &Tensor, lengths: &Lengths, labels: &[Vec<u32>]) -> Result<CtcLosses> {
    losses_per_label(&Criterion::Ctc, log_probs, lengths, labels, None)
}

/// As [`ctc_losses`], of any criterion and of a piece of a batch: divided by the labels of the whole batch, where they are given.
pub(crate) fn losses_per_label(
    criterion: &Criterion,
    log_probs: &Tensor,
    lengths: &Lengths,
    labels: &[Vec<u32>],
    of_batch: Option<usize>,
) -> Result<CtcLosses> {
    let tokens = log_probs.dim(1)?;
    let values = log_probs.flatten_all()?.to_vec1::<f32>()?;
    let mut gradient = vec![0.0; values.len()];
    let each = criterion.losses(&values, &lengths.to_vec(), tokens, labels, Some(&mut gradient));
    let counted: usize =
        labels.iter().zip(&each).filter(|(_, loss)| loss.is_ok()).map(|(l, _)| l.len()).sum();
    let scale = 1.0 / of_batch.unwrap_or(counted).max(1) as f64;
    let total: f64 = each.iter().flatten().sum();
    gradient.iter_mut().for_each(|g| *g *= scale as f32);
    let op = Loss { loss: (total * scale) as f32, gradient: Mutex::new(gradient) };
    Ok(CtcLosses { loss: log_probs.apply_op1(op)?, each })
}

struct Loss {
    loss: f32,
    gradient: Mutex<Vec<f32>>,
}

impl CustomOp1 for Loss {
    fn name(&self) -> &'static str {
        "linnet-loss"
    }

    fn cpu_fwd(&self, _log_probs: &CpuStorage, _layout: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((CpuStorage::F32(vec![self.loss]), Shape::from(())))
    }

    fn bwd(&self, log_probs: &Tensor, _loss: &Tensor, dloss: &Tensor) -> Result<Option<Tensor>> {
        let mut gradient =
            self.gradient.lock().map_err(|_| Error::Msg("the loss failed on another thread".into()))?;
        let gradient =
            Tensor::from_vec(std::mem::take(&mut *gradient), log_probs.shape(), log_probs.device())?;
        gradient.broadcast_mul(dloss).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};
    use linnet_ctc::ctc_loss;

    use super::*;

    #[test]
    fn the_loss_is_a_label_s_and_its_gradient_leaves_out_what_has_none() {
        let (tokens, lengths) = (3, [4, 1, 5]);
        // The second has no room for its labels.
        let labels = vec![vec![1, 2], vec![1, 1], vec![2, 2, 1]];
        let logits: Vec<f32> = (0..10 * tokens).map(|i| (i * 7 % 11) as f32 / 3.0).collect();
        let log_probs: Vec<f32> = logits
            .chunks(tokens)
            .flat_map(|row| {
                let total = row.iter().map(|x| x.exp()).sum::<f32>().ln();
                row.iter().map(move |x| x - total)
            })
            .collect();
        let var = Var::from_slice(&log_probs, (10, tokens), &Device::Cpu).unwrap();
        let losses = ctc_losses(&var, &Lengths::new(&lengths), &labels).unwrap();
        assert!(matches!(losses.each[1], Err(CtcError::TooFewFrames { .. })));

        let (mut sum, mut want) = (0.0, vec![0.0f32; log_probs.len()]);
        for (rows, labels) in [(0..4, &labels[0]), (5..10, &labels[2])] {
            let range = rows.start * tokens..rows.end * tokens;
            let gradient = Some(&mut want[range.clone()]);
            sum += ctc_loss(&log_probs[range], tokens, labels, BLANK, gradient).unwrap();
        }
        let per_label = sum / 5.0;
        assert!((f64::from(losses.loss.to_scalar::<f32>().unwrap()) - per_label).abs() < 1e-6);
        let gradient = losses.loss.backward().unwrap();
        let got = gradient.get(&var).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert!(
            got.iter().zip(&want).all(|(got, want)| (got - want / 5.0).abs() < 1e-6),
            "{got:?}, {want:?}"
        );
        assert!(got[..4 * tokens].iter().any(|g| g.abs() > 1e-3));
    }
}
