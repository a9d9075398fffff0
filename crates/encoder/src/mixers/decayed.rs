//! Linear attention whose weights fall with distance, and causal linear attention.
//!
//! y(i) = Σⱼ P(i, j)·v(j) / (Σⱼ P(i, j) + ε), P(i, j) = M(i, j)·φ(q(i))·φ(k(j)), φ = elu + 1; j runs over all frames,
//! or over those up to i. M(i, j) falls with every frame between i and j: not at all (then the causal form is
//! Katharopoulos et al., 2020, equations 8 to 12), by a rate of the head's own, or by a rate that each frame sets
//! (after Afzal et al., 2025, LION-D and LION-S). Numerator and denominator are one sum over values with a 1 behind
//! them (`ops/decay`): time O(N·d·(d + 32)), memory O(N), and a state of (d + 1)·d values for each chunk of 32 frames.

use candle_core::{D, DType, Result, Tensor};

use super::feature_map::{EPSILON, FeatureMap, Side};
use super::{Gradients, Head, Mixer, QKV, State};
use crate::ops::decay::{DecayedAttention, Rates};
use crate::ops::math::{sigmoid, softplus, vectorised_fn};
use crate::ops::rows::{products_with, products_with_backward};
use crate::ops::scratch::{self, Scratch};
use crate::parameters::{HeadParameter, Init};

const MAP: FeatureMap = FeatureMap::Elu;

/// How the weights fall with distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decay {
    /// Not at all.
    None,
    /// By a rate of the head's own.
    Fixed,
    /// By rate · softplus(u) / ln 2 at each frame, u = w·k + b, which starts as the head's rate.
    Gated,
}

#[derive(Debug)]
pub(crate) struct Decayed {
    pub(crate) decay: Decay,
    /// Whether a frame sees none that come after it.
    pub(crate) causal: bool,
}

/// The rate of a head: from 1/4 to 1/256 a frame, in equal steps of its logarithm.
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

impl Decayed {
    /// What softplus is multiplied by.
    fn factor(head: Head<'_>) -> f32 {
        rate(head.index, head.heads) / std::f32::consts::LN_2
    }

    /// Writes u, as long as `gate_len` says, and gives the rates; both are empty where nothing is gated.
    fn gates(&self, head: Head<'_>, u: &mut [f32]) -> Scratch {
        let mut rates = scratch::take(u.len());
        if self.decay == Decay::Gated {
            products_with(head.inputs[1], head.weights[0], head.weights[1][0], u);
            gate_rates(u, Self::factor(head), &mut rates);
        }
        rates
    }

    /// The values behind the denominators that the backward pass wants.
    fn gate_len(&self, frames: usize) -> usize {
        if self.decay == Decay::Gated { frames } else { 0 }
    }

    /// What is computed of a head; `gates` are the rates of a gated one's frames.
    fn attention<'a>(&self, head: Head<'a>, gates: &'a [f32]) -> DecayedAttention<'a> {
        let rates = match self.decay {
            Decay::None => Rates::Zero,
            Decay::Fixed => Rates::Same(rate(head.index, head.heads)),
            Decay::Gated => Rates::Each(gates),
        };
        let ([q, k, v], dim) = ([head.inputs[0], head.inputs[1], head.inputs[2]], head.dim);
        DecayedAttention { q, k, v, dim, rates, causal: self.causal, epsilon: EPSILON }
    }
}

impl Mixer for Decayed {
    fn projections(&self) -> &'static [[&'static str; 2]] {
        &QKV
    }

    fn parameters(&self, dim: usize) -> Vec<HeadParameter> {
        let parameter = |name, len| HeadParameter { name, shape: vec![len], init: Init::Constant(0.0) };
        match self.decay {
            Decay::Gated => vec![parameter("decay.weight", dim), parameter("decay.bias", 1)],
            Decay::None | Decay::Fixed => Vec::new(),
        }
    }

    fn multiply_adds(&self, _frames: usize, dim: usize) -> usize {
        DecayedAttention::multiply_adds(dim, self.causal)
    }

    /// Each frame's denominator, and u of gates.
    fn saved(&self, frames: usize, _dim: usize) -> usize {
        frames + self.gate_len(frames)
    }

    fn forward(&self, head: Head<'_>, saved: &mut [f32], y: &mut [f32]) {
        let (denominators, u) = saved.split_at_mut(y.len() / head.dim);
        let gates = self.gates(head, u);
        self.attention(head, &gates).forward(y, denominators);
    }

    fn backward(&self, head: Head<'_>, saved: &[f32], y: &[f32], dy: &[f32], gradients: Gradients<'_, '_>) {
        let frames = y.len() / head.dim;
        let (denominators, u) = saved.split_at(frames);
        let [dq, dk, dv] = gradients.inputs else { unreachable!("three projections") };
        let (mut gates, factor) = (scratch::take(u.len()), Self::factor(head));
        gate_rates(u, factor, &mut gates);
        let mut dcumulative = scratch::take(frames);
        let attention = self.attention(head, &gates);
        attention.backward([y, dy, denominators], [&mut *dq, &mut *dk, &mut *dv], &mut dcumulative);

        if self.decay == Decay::Gated {
            // A frame's rate is in its own cumulative rate and in all that come after.
            let (mut du, mut drate) = (dcumulative, 0.0);
            for du in du.iter_mut().rev() {
                drate += *du;
                *du = drate;
            }
            gate_rates_backward(u, factor, &mut du);
            let (dweight, dbias) = gradients.weights.split_at_mut(head.dim);
            du.iter().for_each(|du| dbias[0] += du);
            products_with_backward(&du, head.inputs[1], head.weights[0], dk, dweight);
        }
    }

    fn streams(&self) -> bool {
        self.causal
    }

    /// The state is what the values became: Σ M·(v, 1)·φ(k)ᵀ, (d + 1, d) in whole vectors, whatever has been heard
    /// (equations 16 to 20).
    fn step(&self, head: Head<'_>, state: &mut State, y: &mut [f32]) {
        let mut u = scratch::take(self.gate_len(y.len() / head.dim));
        let gates = self.gates(head, &mut u);
        state.values.resize(DecayedAttention::state_len(head.dim), 0.0);
        self.attention(head, &gates).step(&mut state.values, y);
    }

    fn compose(&self, inputs: &[Tensor], weights: &[Tensor]) -> Result<Tensor> {
        let features = |x: &Tensor| MAP.compose(Side::Key, &[], x);
        let (q, k) = (features(&inputs[0])?, features(&inputs[1])?);
        let (heads, n, device) = (q.dim(0)?, q.dim(1)?, q.device());
        let mut p = q.matmul(&k.transpose(1, 2)?.contiguous()?)?;
        if self.decay != Decay::None {
            let head_rates: Vec<f32> = (0..heads).map(|h| rate(h, heads)).collect();
            let mut rates = Tensor::from_vec(head_rates, (heads, 1), device)?.broadcast_as((heads, n))?;
            if self.decay == Decay::Gated {
                let u =
                    inputs[1].broadcast_mul(&weights[0].unsqueeze(1)?)?.sum(2)?.broadcast_add(&weights[1])?;
                let softplus = (u.relu()? + (u.abs()?.neg()?.exp()? + 1.0)?.log()?)?;
                rates = ((rates * softplus)? / f64::from(std::f32::consts::LN_2))?;
            }
            let upper = Tensor::triu2(n, DType::F32, device)?;
            let sums = rates.contiguous()?.matmul(&upper)?;
            let distance = sums.unsqueeze(2)?.broadcast_sub(&sums.unsqueeze(1)?)?.abs()?;
            p = (p * distance.neg()?.exp()?)?;
        }
        if self.causal {
            p = p.broadcast_mul(&Tensor::tril2(n, DType::F32, device)?)?;
        }
        let denominator = (p.sum_keepdim(D::Minus1)? + f64::from(EPSILON))?;
        p.matmul(&inputs[2].contiguous()?)?.broadcast_div(&denominator)
    }
}
