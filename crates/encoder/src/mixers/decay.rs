//! How much weights fall with the distance of two frames: linear attention's and softmax attention's alike.

use candle_core::{DType, Result, Tensor};

use super::{Gradients, Head};
use crate::ops::decay::Rates;
use crate::ops::math::{sigmoid, softplus, vectorised_fn};
use crate::ops::rows::{products_with, products_with_backward};
use crate::ops::scratch::{self, Scratch};
use crate::parameters::{HeadParameter, Init};

/// How weights fall with distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decay {
    /// Not at all.
    None,
    /// By a rate of the head's own.
    Fixed,
    /// By rate · softplus(u) / ln 2 at each frame, u = w·k + b, which starts as the head's rate.
    Gated,
}

/// The rate of a head: from 1/4 to 1/256 a frame, in equal steps of its logarithm. With four or eight heads these are
/// slopes of ALiBi (Press et al., 2022).
fn rate(head: usize, heads: usize) -> f32 {
    let share = if heads > 1 { head as f32 / (heads - 1) as f32 } else { 0.5 };
    0.25 * 64f32.powf(-share)
}

vectorised_fn! {
    /// The rates factor · softplus(u).
    fn gate_rates<'a>(u: &'a [f32], factor: f32, rates: &'a mut [f32]) {
        for (rate, &u) in rates.iter_mut().zip(u) {
            *rate = factor * softplus(u);
        }
    }
}

vectorised_fn! {
    /// From the gradients of the rates to those of u.
    fn gate_rates_backward<'a>(u: &'a [f32], factor: f32, d: &'a mut [f32]) {
        for (d, &u) in d.iter_mut().zip(u) {
            *d *= factor * sigmoid(u);
        }
    }
}

impl Decay {
    /// The parameters of a head of so many values.
    pub(crate) fn parameters(self, dim: usize) -> Vec<HeadParameter> {
        let parameter = |name, len| HeadParameter { name, shape: vec![len], init: Init::Constant(0.0) };
        match self {
            Self::Gated => vec![parameter("decay.weight", dim), parameter("decay.bias", 1)],
            Self::None | Self::Fixed => Vec::new(),
        }
    }

    /// The values of u, which the backward pass wants.
    pub(crate) fn gate_len(self, frames: usize) -> usize {
        if self == Self::Gated { frames } else { 0 }
    }

    /// The factor of softplus.
    fn factor(head: Head<'_>) -> f32 {
        rate(head.index, head.heads) / std::f32::consts::LN_2
    }

    /// Writes u, as long as [`gate_len`](Self::gate_len) says, and gives the frames' rates; both are empty where
    /// nothing is gated.
    pub(crate) fn gates(self, head: Head<'_>, u: &mut [f32]) -> Scratch {
        if self == Self::Gated {
            products_with(head.inputs[1], head.weights[0], head.weights[1][0], u);
        }
        Self::gates_again(head, u)
    }

    /// The frames' rates from u.
    pub(crate) fn gates_again(head: Head<'_>, u: &[f32]) -> Scratch {
        let mut rates = scratch::take(u.len());
        gate_rates(u, Self::factor(head), &mut rates);
        rates
    }

    /// The rates of a head, whose frames' are given where they are gated.
    pub(crate) fn rates<'a>(self, head: Head<'_>, gates: &'a [f32]) -> Rates<'a> {
        match self {
            Self::None => Rates::Zero,
            Self::Fixed => Rates::Same(rate(head.index, head.heads)),
            Self::Gated => Rates::Each(gates),
        }
    }

    /// Adds the gradients of the keys and of the parameters, from those of the sums of all rates up to each frame, which
    /// are overwritten.
    pub(crate) fn backward(self, head: Head<'_>, u: &[f32], dsums: &mut [f32], gradients: Gradients<'_, '_>) {
        if self != Self::Gated {
            return;
        }
        // A frame's rate is in its own sum and in all that come after.
        let mut drate = 0.0;
        for dsum in dsums.iter_mut().rev() {
            drate += *dsum;
            *dsum = drate;
        }
        gate_rates_backward(u, Self::factor(head), dsums);
        let (dweight, dbias) = gradients.weights.split_at_mut(head.dim);
        dsums.iter().for_each(|du| dbias[0] += du);
        products_with_backward(dsums, head.inputs[1], head.weights[0], gradients.inputs[1], dweight);
    }

    /// The sum of the rates between each two frames, (heads, N, N), from keys of (heads, N, d); `None` where nothing
    /// falls.
    pub(crate) fn compose(self, keys: &Tensor, weights: &[Tensor]) -> Result<Option<Tensor>> {
        if self == Self::None {
            return Ok(None);
        }
        let (heads, n, device) = (keys.dim(0)?, keys.dim(1)?, keys.device());
        let head_rates: Vec<f32> = (0..heads).map(|h| rate(h, heads)).collect();
        let mut rates = Tensor::from_vec(head_rates, (heads, 1), device)?.broadcast_as((heads, n))?;
        if self == Self::Gated {
            let u = keys.broadcast_mul(&weights[0].unsqueeze(1)?)?.sum(2)?.broadcast_add(&weights[1])?;
            let softplus = (u.relu()? + (u.abs()?.neg()?.exp()? + 1.0)?.log()?)?;
            rates = ((rates * softplus)? / f64::from(std::f32::consts::LN_2))?;
        }
        let upper = Tensor::triu2(n, DType::F32, device)?;
        let sums = rates.contiguous()?.matmul(&upper)?;
        Ok(Some(sums.unsqueeze(2)?.broadcast_sub(&sums.unsqueeze(1)?)?.abs()?))
    }
}
