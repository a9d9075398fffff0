//! Softmax attention: y = softmax(q·kᵀ / √d)·v (Vaswani et al., 2017, equation 1).
//!
//! No N×N matrix is stored, and the backward pass computes the probabilities again (Dao et al., 2022, algorithms 1 and
//! 4). Time O(N²·d), memory O(N·d). The causal form sees the frames up to its own, which halves the work; the local one
//! those in a window around it (Beltagy et al., 2020, section 3.1), so that time is O(N·window·d).

use std::sync::Arc;

use candle_core::{D, Result, Tensor};

use super::{Gradients, Head, Mixer, QKV, State};
use crate::ops::attention::{Attention, Span};
use crate::ops::math::{softmax, vectorised_fn};
use crate::ops::matmul::{Matrix, matmul};
use crate::ops::{rotary, scratch};

#[derive(Debug)]
pub(crate) struct Softmax {
    pub(crate) span: Span,
    /// Whether queries and keys are turned by rotary positions.
    pub(crate) rotary: bool,
}

impl Softmax {
    /// The positions of so many frames, where they are rotary.
    fn angles(&self, dim: usize, frames: usize) -> Option<Arc<[f32]>> {
        self.rotary.then(|| rotary::table(dim, frames))
    }
}

vectorised_fn! {
    /// Logits to probabilities.
    fn probabilities<'a>(weights: &'a mut [f32]) {
        softmax(weights);
    }
}

impl Mixer for Softmax {
    fn projections(&self) -> &'static [[&'static str; 2]] {
        &QKV
    }

    fn multiply_adds(&self, frames: usize, dim: usize) -> usize {
        2 * self.span.pairs(frames) * dim / frames.max(1)
    }

    /// The binary logarithm of each query's sum of exponentials.
    fn saved(&self, frames: usize, _dim: usize) -> usize {
        frames
    }

    fn forward(&self, head: Head<'_>, saved: &mut [f32], y: &mut [f32]) {
        let Head { dim, inputs, .. } = head;
        let angles = self.angles(dim, saved.len());
        let [mut room_q, mut room_k] = [(); 2].map(|()| rotary::room(self.rotary, inputs[0].len()));
        let q = rotary::turned(angles.as_deref(), dim, inputs[0], &mut room_q);
        let k = rotary::turned(angles.as_deref(), dim, inputs[1], &mut room_k);
        Attention { q, k, v: inputs[2], dim, span: self.span }.forward(saved, y);
    }

    fn backward(&self, head: Head<'_>, saved: &[f32], y: &[f32], dy: &[f32], gradients: Gradients<'_, '_>) {
        let Head { dim, inputs, .. } = head;
        let angles = self.angles(dim, saved.len());
        let [mut room_q, mut room_k] = [(); 2].map(|()| rotary::room(self.rotary, inputs[0].len()));
        let q = rotary::turned(angles.as_deref(), dim, inputs[0], &mut room_q);
        let k = rotary::turned(angles.as_deref(), dim, inputs[1], &mut room_k);
        let [dq, dk, dv] = gradients.inputs else { unreachable!("three projections") };
        let attention = Attention { q, k, v: inputs[2], dim, span: self.span };
        attention.backward(saved, y, dy, [&mut **dq, &mut **dk, &mut **dv]);
        if let Some(angles) = angles {
            rotary::rotate(&angles, dim, true, dq);
            rotary::rotate(&angles, dim, true, dk);
        }
    }

    fn streams(&self) -> bool {
        self.span.after == 0
    }

    /// The state is the keys and values so far, as far back as they are seen.
    fn step(&self, head: Head<'_>, state: &mut State, y: &mut [f32]) {
        let Head { dim, inputs, .. } = head;
        let rows = y.len() / dim;
        let angles = self.rotary.then(|| rotary::rows(dim, state.frames..state.frames + rows));
        let [mut room_q, mut room_k] = [(); 2].map(|()| rotary::room(self.rotary, inputs[0].len()));
        let q = rotary::turned(angles.as_deref(), dim, inputs[0], &mut room_q);
        state.keys.extend_from_slice(rotary::turned(angles.as_deref(), dim, inputs[1], &mut room_k));
        state.values.extend_from_slice(inputs[2]);
        let scale = 1.0 / (dim as f32).sqrt();
        let kept = state.keys.len() / dim;
        for (at, (q, y)) in (kept - rows..).zip(q.chunks_exact(dim).zip(y.chunks_exact_mut(dim))) {
            let seen = self.span.seen(at..at + 1, kept);
            let mut weights = scratch::take(seen.len());
            let keys = Matrix::new(&state.keys[seen.start * dim..seen.end * dim], dim);
            matmul(Matrix::new(q, dim), keys.t(), scale, false, &mut weights);
            probabilities(&mut weights);
            let values = Matrix::new(&state.values[seen.start * dim..seen.end * dim], dim);
            matmul(Matrix::new(&weights, seen.len()), values, 1.0, false, y);
        }
        let past = kept.saturating_sub(self.span.before) * dim;
        state.keys.drain(..past);
        state.values.drain(..past);
        state.frames += rows;
    }

    fn compose(&self, inputs: &[Tensor], _weights: &[Tensor]) -> Result<Tensor> {
        let scale = 1.0 / (inputs[0].dim(D::Minus1)? as f64).sqrt();
        let turned = |x: &Tensor| if self.rotary { rotary::compose(x) } else { Ok(x.clone()) };
        let (q, k) = (turned(&inputs[0])?, turned(&inputs[1])?);
        let mut products = (q.contiguous()?.matmul(&k.transpose(1, 2)?.contiguous()?)? * scale)?;
        let n = products.dim(1)?;
        if self.span.pairs(n) < n * n {
            let mask =
                |i| (0..n).map(move |j| if self.span.seen(i..i + 1, n).contains(&j) { 0f32 } else { -1e30 });
            let mask = Tensor::from_vec((0..n).flat_map(mask).collect(), (n, n), products.device())?;
            products = products.broadcast_add(&mask)?;
        }
        let exponents = products.broadcast_sub(&products.max_keepdim(D::Minus1)?.detach())?.exp()?;
        exponents.broadcast_div(&exponents.sum_keepdim(D::Minus1)?)?.matmul(&inputs[2].contiguous()?)
    }
}
