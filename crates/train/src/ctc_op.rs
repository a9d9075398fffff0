//! The loss as a candle op on the encoder's log-probabilities.

use std::sync::Mutex;

use candle_core::{CpuStorage, CustomOp1, Error, Layout, Result, Shape, Tensor};
use linnet_ctc::{CtcError, consistency_loss, ctc_loss_batch};
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
    losses_per_label(&Criterion::ctc(), log_probs, lengths, labels, None)
}

/// As [`ctc_losses`], of any criterion, and of a piece of a batch: divided by the labels of the whole batch, where they
/// are given. In `log_probs` the heads between layers may follow the last one, each with as many rows.
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
    let (rows, lengths) = (lengths.total(), lengths.to_vec());
    let heads = match criterion.intermediate_weight {
        Some(_) if rows > 0 && (values.len() / tokens).is_multiple_of(rows) => values.len() / tokens / rows,
        _ => 1,
    };
    let last = values.len() / heads.max(1);
    let (last_gradient, between_gradients) = gradient.split_at_mut(last);
    let mut each = criterion.losses(&values[..last], &lengths, tokens, labels, Some(&mut *last_gradient));
    let counted: usize =
        labels.iter().zip(&each).filter(|(_, loss)| loss.is_ok()).map(|(l, _)| l.len()).sum();
    let scale = 1.0 / of_batch.unwrap_or(counted).max(1) as f64;
    let weight = criterion.intermediate_weight.filter(|_| heads > 1).unwrap_or(0.0);
    each.iter_mut().flatten().for_each(|loss| *loss *= 1.0 - weight);
    if weight > 0.0 {
        let share = weight / (heads - 1) as f64;
        for (values, gradient) in values[last..].chunks(last).zip(between_gradients.chunks_mut(last)) {
            let losses = ctc_loss_batch(values, &lengths, tokens, labels, BLANK, Some(&mut *gradient));
            gradient.iter_mut().for_each(|g| *g *= (scale * share) as f32);
            for (total, loss) in each.iter_mut().zip(losses) {
                *total = total.clone().and_then(|total| Ok(total + share * loss?));
            }
        }
    }
    last_gradient.iter_mut().for_each(|g| *g *= (scale * (1.0 - weight)) as f32);
    if criterion.consistency_weight > 0.0 {
        let factor = (criterion.consistency_weight, scale);
        add_consistency(factor, &values[..last], &lengths, tokens, &mut each, last_gradient);
    }
    let total: f64 = each.iter().flatten().sum();
    let op = Loss { loss: (total * scale) as f32, gradient: Mutex::new(gradient) };
    Ok(CtcLosses { loss: log_probs.apply_op1(op)?, each })
}

/// Adds the divergence of each view of an utterance from the other one, by its weight and, to the gradient, by the scale of
/// the loss. The views of an utterance stand side by side.
fn add_consistency(
    (weight, scale): (f64, f64),
    log_probs: &[f32],
    lengths: &[usize],
    tokens: usize,
    each: &mut [std::result::Result<f64, CtcError>],
    gradient: &mut [f32],
) {
    let mut end = 0;
    let rows: Vec<_> = lengths
        .iter()
        .map(|length| {
            let begin = end;
            end += length * tokens;
            begin..end
        })
        .collect();
    for (i, (own, loss)) in rows.iter().zip(each).enumerate() {
        *loss = loss.clone().and_then(|loss| {
            let other = rows.get(i ^ 1).and_then(|rows| log_probs.get(rows.clone())).unwrap_or_default();
            let mut drawn = vec![0.0; own.len()];
            let apart = consistency_loss(&log_probs[own.clone()], other, Some(&mut drawn))?;
            let factor = (weight * scale) as f32;
            gradient[own.clone()].iter_mut().zip(&drawn).for_each(|(g, drawn)| *g += factor * drawn);
            Ok(loss + weight * apart)
        });
    }
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

    #[test]
    fn rows_that_no_utterance_has_are_named() {
        let var = Var::from_slice(&[-1.0f32; 24], (8, 3), &Device::Cpu).unwrap();
        let losses = ctc_losses(&var, &Lengths::new(&[4]), &[vec![1, 2]]).unwrap();
        assert!(matches!(losses.each[0], Err(CtcError::Shape { .. })), "{:?}", losses.each);
        let mut criterion = Criterion::ctc();
        criterion.intermediate_weight = Some(0.5);
        let losses = losses_per_label(&criterion, &var, &Lengths::new(&[3]), &[vec![1, 2]], None).unwrap();
        assert!(matches!(losses.each[0], Err(CtcError::Shape { .. })), "{:?}", losses.each);
        (criterion.intermediate_weight, criterion.consistency_weight) = (None, 0.2);
        for lengths in [&[3, 9][..], &[8]] {
            let labels = vec![vec![1, 2]; lengths.len()];
            let losses = losses_per_label(&criterion, &var, &Lengths::new(lengths), &labels, None).unwrap();
            assert!(losses.each.iter().all(|loss| matches!(loss, Err(CtcError::Shape { .. }))));
        }
    }

    #[test]
    fn views_of_an_utterance_are_drawn_to_each_other() {
        let tokens = 3;
        let log_probs: Vec<f32> = (0..12 * tokens).map(|i| -0.5 - (i * 7 % 11) as f32 / 6.0).collect();
        // The second utterance has no room for its labels.
        let (lengths, labels) = ([4, 4, 2, 2], [vec![1, 2], vec![1, 2], vec![1, 1], vec![1, 1]]);
        let losses = |weight: f64| {
            let var = Var::from_slice(&log_probs, (12, tokens), &Device::Cpu).unwrap();
            let mut criterion = Criterion::ctc();
            criterion.consistency_weight = weight;
            let losses =
                losses_per_label(&criterion, &var, &Lengths::new(&lengths), &labels, Some(4)).unwrap();
            let gradient = losses.loss.backward().unwrap();
            let gradient = gradient.get(&var).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
            (losses.each, gradient)
        };
        let ((plain, gradient), (drawn, drawn_gradient)) = (losses(0.0), losses(0.2));
        let (first, second) = (&log_probs[..4 * tokens], &log_probs[4 * tokens..8 * tokens]);
        for (i, (own, other)) in [(first, second), (second, first)].into_iter().enumerate() {
            let apart = consistency_loss(own, other, None).unwrap();
            let want = plain[i].as_ref().unwrap() + 0.2 * apart;
            assert!(apart.abs() > 0.1 && (drawn[i].as_ref().unwrap() - want).abs() < 1e-9);
            for (k, other) in other.iter().enumerate() {
                let place = i * 4 * tokens + k;
                let want = gradient[place] - 0.2 / 4.0 * other.exp();
                assert!((drawn_gradient[place] - want).abs() < 1e-6);
            }
        }
        assert!(drawn[2..].iter().all(|loss| matches!(loss, Err(CtcError::TooFewFrames { .. }))));
        assert!(drawn_gradient[8 * tokens..].iter().all(|&g| g == 0.0));
    }

    #[test]
    fn heads_between_layers_have_their_share_of_the_loss() {
        let (tokens, lengths, labels) = (3, [4, 5], [vec![1, 2], vec![2, 1]]);
        let mut state = 1u32;
        let log_probs: Vec<f32> = (0..3 * 9 * tokens)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                -0.5 - (state >> 8) as f32 / (1 << 24) as f32
            })
            .collect();
        let losses = |values: &[f32], weight: f64| {
            let var = Var::from_slice(values, (values.len() / tokens, tokens), &Device::Cpu).unwrap();
            let mut criterion = Criterion::ctc();
            criterion.intermediate_weight = Some(weight);
            let losses =
                losses_per_label(&criterion, &var, &Lengths::new(&lengths), &labels, Some(4)).unwrap();
            let gradient = losses.loss.backward().unwrap();
            let gradient = gradient.get(&var).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
            (losses.each.into_iter().map(|loss| loss.unwrap()).collect::<Vec<_>>(), gradient)
        };
        let heads: Vec<_> = log_probs.chunks(9 * tokens).map(|head| losses(head, 0.0)).collect();
        let (each, gradient) = losses(&log_probs, 0.4);
        for (i, loss) in each.iter().enumerate() {
            assert!((loss - (0.6 * heads[0].0[i] + 0.2 * heads[1].0[i] + 0.2 * heads[2].0[i])).abs() < 1e-6);
        }
        let want: Vec<f32> = heads
            .iter()
            .zip([0.6, 0.2, 0.2])
            .flat_map(|((_, gradient), share)| gradient.iter().map(move |g| share * g))
            .collect();
        assert!(gradient.iter().zip(&want).all(|(got, want)| (got - want).abs() < 1e-6), "{gradient:?}");
    }
}
