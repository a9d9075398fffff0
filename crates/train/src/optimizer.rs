//! AdamW and RAdam, fused over all parameters, with moments that can be saved.

use std::collections::HashMap;

use candle_core::{CpuStorage, Device, Error, InplaceOp1, Layout, Result, Tensor};
use linnet_encoder::{Encoder, Group};
use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Mutex;

use crate::error::TrainError;
use crate::ranks::Communicator;

/// The rule of the update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerKind {
    /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019, algorithm 2).
    AdamW,
    /// Rectified Adam (Liu et al., 2020, algorithm 2), with decoupled weight decay.
    RAdam,
}

/// The optimiser's constants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamSettings {
    /// The rule.
    pub kind: OptimizerKind,
    /// Decay of the gradient's mean.
    pub beta1: f64,
    /// Decay of the squared gradient's mean.
    pub beta2: f64,
    /// Added to the denominator.
    pub epsilon: f64,
    /// Decay of the matrices, per unit of learning rate.
    pub weight_decay: f64,
}

/// The optimiser's state: two moments a parameter and the number of steps.
#[derive(Debug)]
pub struct Adam {
    settings: AdamSettings,
    steps: u64,
    moments: Mutex<Moments>,
}

#[derive(Debug)]
struct Moments {
    mean: Vec<f32>,
    square: Vec<f32>,
}

/// Values that one task updates or sums.
const PIECE: usize = 1 << 14;

/// Partial sums that a piece's squares are added to by turns.
const LANES: usize = 16;

/// The length of a gradient over all parameters, summed in f64 in a fixed order.
pub fn gradient_norm(gradient: &[f32]) -> f64 {
    let sums: Vec<f64> = gradient.par_chunks(PIECE).map(sum_of_squares).collect();
    sums.iter().sum::<f64>().sqrt()
}

fn sum_of_squares(values: &[f32]) -> f64 {
    Arch::new().dispatch(SumOfSquares(values))
}

/// Not a closure, which would be compiled apart from what calls it, without wide instructions.
struct SumOfSquares<'a>(&'a [f32]);

impl NullaryFnOnce for SumOfSquares<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        let mut lanes = [0.0f64; LANES];
        let chunks = self.0.chunks_exact(LANES);
        let rest: f64 = chunks.remainder().iter().map(|&v| f64::from(v) * f64::from(v)).sum();
        for chunk in chunks {
            for (lane, &v) in lanes.iter_mut().zip(chunk) {
                *lane += f64::from(v) * f64::from(v);
            }
        }
        lanes.iter().sum::<f64>() + rest
    }
}

impl Adam {
    /// A fresh state for an encoder's parameters.
    pub fn new(encoder: &Encoder, settings: AdamSettings) -> Self {
        let zeros = || vec![0.0; encoder.parameter_count()];
        Self { settings, steps: 0, moments: Mutex::new(Moments { mean: zeros(), square: zeros() }) }
    }

    /// Moves every parameter against its gradient times `scale` (clipping).
    ///
    /// # Errors
    ///
    /// A gradient of another length than the weights.
    pub fn step(
        &mut self,
        encoder: &Encoder,
        gradient: &[f32],
        learning_rate: f64,
        scale: f64,
    ) -> Result<()> {
        if gradient.len() != encoder.parameter_count() {
            let (got, want) = (gradient.len(), encoder.parameter_count());
            return Err(Error::Msg(format!("the gradient has {got} values, the encoder {want} parameters")));
        }
        self.steps += 1;
        let step = Step {
            update: Update::new(&self.settings, self.steps, learning_rate, scale),
            encoder,
            gradient,
            moments: &self.moments,
            decay: learning_rate * self.settings.weight_decay,
        };
        encoder.weights().as_tensor().inplace_op1(&step)
    }

    /// The moments as tensors, `mean` and `square` in the order of the encoder's weights, and `steps`.
    ///
    /// # Errors
    ///
    /// Candle's.
    pub fn tensors(&self) -> Result<HashMap<String, Tensor>> {
        let moments = lock(&self.moments)?;
        Ok(HashMap::from([
            ("mean".into(), Tensor::new(moments.mean.as_slice(), &Device::Cpu)?),
            ("square".into(), Tensor::new(moments.square.as_slice(), &Device::Cpu)?),
            ("steps".into(), Tensor::new(&[self.steps as i64], &Device::Cpu)?),
        ]))
    }

    /// Takes over the moments of [`Adam::tensors`].
    ///
    /// # Errors
    ///
    /// Names the tensor that is missing, or of another size or type; the moments are then as they were.
    pub fn restore(&mut self, tensors: &HashMap<String, Tensor>) -> std::result::Result<(), String> {
        let get = |name: &str| tensors.get(name).ok_or_else(|| format!("{name} is missing"));
        let count = lock(&self.moments).map_err(|error| error.to_string())?.mean.len();
        let values = |name: &str| {
            let tensor = get(name)?;
            let values = tensor.to_vec1::<f32>().ok().filter(|values| values.len() == count);
            values.ok_or_else(|| {
                format!("{name} is {:?} {:?}, not F32 [{count}]", tensor.dtype(), tensor.dims())
            })
        };
        let moments = Moments { mean: values("mean")?, square: values("square")? };
        let steps = get("steps")?.to_vec1::<i64>().map_err(|_| "steps is no list of 64-bit integers")?;
        self.steps = steps.first().copied().unwrap_or(0).max(0) as u64;
        self.moments = Mutex::new(moments);
        Ok(())
    }
}

impl Adam {
    /// Gives all ranks the first one's state.
    pub(crate) fn spread(&mut self, ranks: &dyn Communicator) -> std::result::Result<(), TrainError> {
        self.steps = ranks.all(&self.steps)?[0];
        let mut moments = lock(&self.moments)?;
        ranks.spread(&mut moments.mean);
        ranks.spread(&mut moments.square);
        Ok(())
    }
}

fn lock(moments: &Mutex<Moments>) -> Result<std::sync::MutexGuard<'_, Moments>> {
    moments.lock().map_err(|_| Error::Msg("an update failed on another thread".into()))
}

/// The numbers of one step.
#[derive(Debug, Clone, Copy)]
struct Update {
    beta1: f32,
    beta2: f32,
    epsilon: f32,
    gradient_scale: f32,
    /// The learning rate with the corrections of both moments' bias and, for RAdam, its rectification.
    rate: f32,
    /// 1 / (1 − β₂ᵗ), or `None` while RAdam's variance is intractable: the update is the mean alone.
    square_correction: Option<f32>,
}

impl Update {
    fn new(settings: &AdamSettings, step: u64, learning_rate: f64, gradient_scale: f64) -> Self {
        let t = step as f64;
        let (beta1_t, beta2_t) = (settings.beta1.powf(t), settings.beta2.powf(t));
        let mut rate = learning_rate / (1.0 - beta1_t);
        let mut adaptive = true;
        if settings.kind == OptimizerKind::RAdam {
            let longest = 2.0 / (1.0 - settings.beta2) - 1.0;
            let length = longest - 2.0 * t * beta2_t / (1.0 - beta2_t);
            adaptive = length > 5.0;
            if adaptive {
                let above = (length - 4.0) * (length - 2.0) * longest;
                let below = (longest - 4.0) * (longest - 2.0) * length;
                rate *= (above / below).sqrt();
            }
        }
        Self {
            beta1: settings.beta1 as f32,
            beta2: settings.beta2 as f32,
            epsilon: settings.epsilon as f32,
            gradient_scale: gradient_scale as f32,
            rate: rate as f32,
            square_correction: adaptive.then_some((1.0 / (1.0 - beta2_t)) as f32),
        }
    }

    fn apply(&self, weights: &mut [f32], gradient: &[f32], mean: &mut [f32], square: &mut [f32], keep: f32) {
        Arch::new().dispatch(Apply { update: *self, weights, gradient, mean, square, keep });
    }
}

/// The update of some weights; a struct for the reason that [`SumOfSquares`] is one.
struct Apply<'a> {
    update: Update,
    weights: &'a mut [f32],
    gradient: &'a [f32],
    mean: &'a mut [f32],
    square: &'a mut [f32],
    /// What decay keeps of the weights.
    keep: f32,
}

impl NullaryFnOnce for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { update, weights, gradient, mean, square, keep } = self;
        for (((w, g), m), v) in weights.iter_mut().zip(gradient).zip(mean).zip(square) {
            let g = g * update.gradient_scale;
            *m += (1.0 - update.beta1) * (g - *m);
            *v += (1.0 - update.beta2) * (g * g - *v);
            let denominator = match update.square_correction {
                Some(correction) => (*v * correction).sqrt() + update.epsilon,
                None => 1.0,
            };
            *w = *w * keep - update.rate * *m / denominator;
        }
    }
}

struct Step<'a> {
    update: Update,
    encoder: &'a Encoder,
    gradient: &'a [f32],
    moments: &'a Mutex<Moments>,
    decay: f64,
}

impl InplaceOp1 for Step<'_> {
    fn name(&self) -> &'static str {
        "linnet-adam"
    }

    fn cpu_fwd(&self, weights: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let CpuStorage::F32(weights) = weights else {
            return Err(Error::Msg("the optimiser works on f32".into()));
        };
        let Some((start, end)) = layout.contiguous_offsets() else {
            return Err(Error::Msg("the optimiser needs contiguous tensors".into()));
        };
        let weights = &mut weights[start..end];
        let mut moments = lock(self.moments)?;
        let Moments { mean, square } = &mut *moments;
        // One task a piece of a parameter: (weights, moments, where they lie, what decay keeps of the weights).
        let mut tasks = Vec::new();
        let (mut weights, mut mean, mut square) = (weights, &mut mean[..], &mut square[..]);
        for Group { parameters, range, .. } in self.encoder.groups() {
            for parameter in parameters.iter() {
                let keep = if parameter.decay { (1.0 - self.decay) as f32 } else { 1.0 };
                let (start, values) = (range.start + parameter.offset, parameter.len());
                for from in (0..values).step_by(PIECE) {
                    let len = PIECE.min(values - from);
                    let [w, m, v] = [&mut weights, &mut mean, &mut square].map(|rest| {
                        let (head, tail) = std::mem::take(rest).split_at_mut(len);
                        *rest = tail;
                        head
                    });
                    tasks.push((w, m, v, start + from, keep));
                }
            }
        }
        tasks.into_par_iter().for_each(|(w, m, v, start, keep)| {
            self.update.apply(w, &self.gradient[start..start + w.len()], m, v, keep);
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use linnet_encoder::EncoderConfig;

    use super::*;

    fn settings(kind: OptimizerKind) -> AdamSettings {
        AdamSettings { kind, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }

    /// Moves one weight with the gradients 0.5, −0.25, 0.125, … and gives its course.
    fn course(kind: OptimizerKind, steps: u64) -> Vec<f32> {
        let (mut w, mut m, mut v) = ([1.0], [0.0], [0.0]);
        (1..=steps)
            .map(|t| {
                let gradient = 0.5f32.powi(t as i32) * if t % 2 == 0 { -1.0 } else { 1.0 };
                Update::new(&settings(kind), t, 0.1, 1.0).apply(&mut w, &[gradient], &mut m, &mut v, 0.999);
                w[0]
            })
            .collect()
    }

    /// The same by the papers' formulas, in f64.
    fn plain(kind: OptimizerKind, steps: u64) -> Vec<f64> {
        let (mut w, mut m, mut v) = (1.0f64, 0.0f64, 0.0f64);
        (1..=steps as i32)
            .map(|t| {
                let g = 0.5f64.powi(t) * if t % 2 == 0 { -1.0 } else { 1.0 };
                m = 0.9 * m + 0.1 * g;
                v = 0.999 * v + 0.001 * g * g;
                let (mean, variance) = (m / (1.0 - 0.9f64.powi(t)), v / (1.0 - 0.999f64.powi(t)));
                w *= 0.999;
                if kind == OptimizerKind::AdamW {
                    w -= 0.1 * mean / (variance.sqrt() + 1e-8);
                    return w;
                }
                let longest = 2.0 / (1.0 - 0.999) - 1.0;
                let length = longest - 2.0 * f64::from(t) * 0.999f64.powi(t) / (1.0 - 0.999f64.powi(t));
                if length > 5.0 {
                    let r = ((length - 4.0) * (length - 2.0) * longest
                        / ((longest - 4.0) * (longest - 2.0) * length))
                        .sqrt();
                    w -= 0.1 * r * mean / (variance.sqrt() + 1e-8);
                } else {
                    w -= 0.1 * mean;
                }
                w
            })
            .collect()
    }

    #[test]
    fn a_gradients_length_is_that_of_a_plain_sum() {
        for len in [0, 1, 15, 16, 1000, PIECE + 3] {
            let gradient: Vec<f32> = (0..len).map(|i| ((i * 37 % 101) as f32 - 50.0) / 7.0).collect();
            let plain = gradient.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
            assert!((gradient_norm(&gradient) - plain).abs() <= 1e-12 * plain, "{len}");
        }
    }

    #[test]
    fn updates_follow_the_papers() {
        for kind in [OptimizerKind::AdamW, OptimizerKind::RAdam] {
            for (got, want) in course(kind, 12).iter().zip(plain(kind, 12)) {
                assert!((f64::from(*got) - want).abs() < 1e-5, "{kind:?}: {got}, not {want}");
            }
        }
    }

    #[test]
    fn a_step_moves_each_weight_by_its_own_gradient_and_decays_matrices_alone() {
        let config =
            EncoderConfig { layers: 1, dim: 8, heads: 2, feed_forward: 8, ..EncoderConfig::default() };
        let encoder = Encoder::new(&config, 8, 5, 1).unwrap();
        let values = || encoder.weights().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let before = values();
        // Every gradient has its own sign, and Adam's first step is the learning rate by it.
        let gradient: Vec<f32> =
            (0..before.len()).map(|i| if i * 7919 % 13 < 6 { -2.0 } else { 0.5 }).collect();
        let mut adam =
            Adam::new(&encoder, AdamSettings { weight_decay: 0.1, ..settings(OptimizerKind::AdamW) });
        adam.step(&encoder, &gradient, 1e-2, 1.0).unwrap();
        let after = values();
        for Group { name, parameters, range } in encoder.groups() {
            for parameter in parameters.iter() {
                let matrix = parameter.shape.len() > 1;
                for i in range.start + parameter.offset..range.start + parameter.offset + parameter.len() {
                    let kept = if matrix { 1.0 - 1e-2 * 0.1 } else { 1.0 };
                    let want = before[i] * kept - 1e-2 * gradient[i].signum();
                    assert!(
                        (after[i] - want).abs() < 1e-5,
                        "{name}.{}: {}, not {want}",
                        parameter.name,
                        after[i]
                    );
                }
            }
        }
    }
}
