//! Linear attention whose weights fall with distance, and causal linear attention.
//!
//! y(i) = Σⱼ P(i, j)·v(j) / (Σⱼ P(i, j) + ε), P(i, j) = M(i, j)·φ(q(i))·φ(k(j)), φ = elu + 1; j runs over all frames,
//! or over those up to i. M(i, j) falls with every frame between i and j: not at all (then the causal form is
//! Katharopoulos et al., 2020, equations 8 to 12), by a rate of the head's own, or by a rate that each frame sets
//! (after Afzal et al., 2025, LION-D and LION-S). Numerator and denominator are one sum over values with a 1 behind
//! them (`ops/decay`): time O(N·d·(d + 32)), memory O(N), and a state of (d + 1)·d values for each chunk of 32 frames.

use candle_core::{D, DType, Result, Tensor};

use super::decay::Decay;
use super::feature_map::{EPSILON, FeatureMap, Side};
use super::{Gradients, Head, Mixer, QKV, State};
use crate::ops::decay::DecayedAttention;
use crate::ops::scratch;
use crate::parameters::HeadParameter;

const MAP: FeatureMap = FeatureMap::Elu;

#[derive(Debug)]
pub(crate) struct Decayed {
    pub(crate) decay: Decay,
    /// Whether a frame sees none that come after it.
    pub(crate) causal: bool,
}

impl Decayed {
    /// What is computed of a head; `gates` are the rates of a gated one's frames.
    fn attention<'a>(&self, head: Head<'a>, gates: &'a [f32]) -> DecayedAttention<'a> {
        let ([q, k, v], dim) = ([head.inputs[0], head.inputs[1], head.inputs[2]], head.dim);
        let rates = self.decay.rates(head, gates);
        DecayedAttention { q, k, v, dim, rates, causal: self.causal, epsilon: EPSILON }
    }
}

impl Mixer for Decayed {
    fn projections(&self) -> &'static [[&'static str; 2]] {
        &QKV
    }

    fn parameters(&self, dim: usize) -> Vec<HeadParameter> {
        self.decay.parameters(dim)
    }

    fn multiply_adds(&self, _frames: usize, dim: usize) -> usize {
        DecayedAttention::multiply_adds(dim, self.causal)
    }

    /// Each frame's denominator, and u of gates.
    fn saved(&self, frames: usize, _dim: usize) -> usize {
        frames + self.decay.gate_len(frames)
    }

    fn forward(&self, head: Head<'_>, saved: &mut [f32], y: &mut [f32]) {
        let (denominators, u) = saved.split_at_mut(y.len() / head.dim);
        let gates = self.decay.gates(head, u);
        self.attention(head, &gates).forward(y, denominators);
    }

    fn backward(&self, head: Head<'_>, saved: &[f32], y: &[f32], dy: &[f32], gradients: Gradients<'_, '_>) {
        let frames = y.len() / head.dim;
        let (denominators, u) = saved.split_at(frames);
        let gates = Decay::gates_again(head, u);
        let mut dsums = scratch::take(frames);
        let attention = self.attention(head, &gates);
        let [dq, dk, dv] = &mut *gradients.inputs else { unreachable!("three projections") };
        attention.backward([y, dy, denominators], [&mut **dq, &mut **dk, &mut **dv], &mut dsums);
        self.decay.backward(head, u, &mut dsums, gradients);
    }

    fn streams(&self) -> bool {
        self.causal
    }

    /// The state is what the values became: Σ M·(v, 1)·φ(k)ᵀ, (d + 1, d) in whole vectors, whatever has been heard
    /// (equations 16 to 20).
    fn step(&self, head: Head<'_>, state: &mut State, y: &mut [f32]) {
        let mut u = scratch::take(self.decay.gate_len(y.len() / head.dim));
        let gates = self.decay.gates(head, &mut u);
        state.values.resize(DecayedAttention::state_len(head.dim), 0.0);
        self.attention(head, &gates).step(&mut state.values, y);
    }

    fn compose(&self, inputs: &[Tensor], weights: &[Tensor]) -> Result<Tensor> {
        let features = |x: &Tensor| MAP.compose(Side::Key, &[], x);
        let (q, k) = (features(&inputs[0])?, features(&inputs[1])?);
        let mut p = q.matmul(&k.transpose(1, 2)?.contiguous()?)?;
        if let Some(distance) = self.decay.compose(&inputs[1], weights)? {
            p = (p * distance.neg()?.exp()?)?;
        }
        if self.causal {
            p = p.broadcast_mul(&Tensor::tril2(q.dim(1)?, DType::F32, q.device())?)?;
        }
        let denominator = (p.sum_keepdim(D::Minus1)? + f64::from(EPSILON))?;
        p.matmul(&inputs[2].contiguous()?)?.broadcast_div(&denominator)
    }
}
