//! Linear attention: y(i) = φ(q(i))ᵀ S / (φ(q(i))ᵀ z + ε), S = mean of φ(k)vᵀ, z = mean of φ(k).
//!
//! Katharopoulos et al., 2020, equation 5, with means over the utterance in place of sums: they cancel but for ε = 1e-6,
//! and keep the numbers' size independent of N. Time O(N·d²), memory O(N·d + d²).

use candle_core::{D, Result, Tensor};

use super::{Mixer, QKV, feature_map};
use crate::ops::math::{add, dot, vectorised};
use crate::ops::matmul::{Matrix, matmul};
use crate::ops::scratch;

const EPSILON: f32 = 1e-6;

/// Frames whose features are computed at once, so that they stay in the cache.
const CHUNK: usize = 256;

#[derive(Debug)]
pub(crate) struct Linear;

impl Mixer for Linear {
    fn projections(&self) -> &'static [[&'static str; 2]] {
        &QKV
    }

    /// S, z, and each frame's denominator.
    fn saved(&self, frames: usize, dim: usize) -> usize {
        dim * dim + dim + frames
    }

    fn forward(&self, inputs: &[&[f32]], dim: usize, saved: &mut [f32], y: &mut [f32]) {
        let [q, k, v] = [inputs[0], inputs[1], inputs[2]];
        let (state, rest) = saved.split_at_mut(dim * dim);
        let (z, denominators) = rest.split_at_mut(dim);
        let scale = 1.0 / denominators.len() as f32;
        let mut features = scratch::take(CHUNK * dim);
        state.fill(0.0);
        z.fill(0.0);
        for (k, v) in k.chunks(CHUNK * dim).zip(v.chunks(CHUNK * dim)) {
            let features = &mut features[..k.len()];
            feature_map::elu(k, features);
            matmul(Matrix::new(features, dim).t(), Matrix::new(v, dim), scale, true, state);
            vectorised(|| features.chunks_exact(dim).for_each(|f| add(f, z)));
        }
        z.iter_mut().for_each(|z| *z *= scale);
        let chunks = q.chunks(CHUNK * dim).zip(y.chunks_mut(CHUNK * dim)).zip(denominators.chunks_mut(CHUNK));
        for ((q, y), denominators) in chunks {
            let features = &mut features[..q.len()];
            feature_map::elu(q, features);
            matmul(Matrix::new(features, dim), Matrix::new(state, dim), 1.0, false, y);
            vectorised(|| {
                let rows = features.chunks_exact(dim).zip(y.chunks_exact_mut(dim)).zip(denominators);
                for ((f, y), denominator) in rows {
                    *denominator = dot(f, z) + EPSILON;
                    let inverse = 1.0 / *denominator;
                    y.iter_mut().for_each(|y| *y *= inverse);
                }
            });
        }
    }

    fn backward(
        &self,
        inputs: &[&[f32]],
        dim: usize,
        saved: &[f32],
        y: &[f32],
        dy: &[f32],
        gradients: &mut [&mut [f32]],
    ) {
        let [q, k, v] = [inputs[0], inputs[1], inputs[2]];
        let [dq, dk, dv] = gradients else { unreachable!("three projections") };
        let (state, rest) = saved.split_at(dim * dim);
        let (z, denominators) = rest.split_at(dim);
        let scale = 1.0 / denominators.len() as f32;
        let size = CHUNK * dim;
        let (mut features, mut numerators, mut weights) =
            (scratch::take(size), scratch::take(size), scratch::take(CHUNK));
        let (mut dstate, mut dz) = (scratch::zeros(dim * dim), scratch::zeros(dim));

        // Queries: with n = numerator and w = denominator, dn = dy / w and dw = −(dy·y) / w.
        let outputs = y.chunks(size).zip(dy.chunks(size)).zip(denominators.chunks(CHUNK));
        for (((y, dy), denominators), (q, dq)) in outputs.zip(q.chunks(size).zip(dq.chunks_mut(size))) {
            let (features, numerators, weights) =
                (&mut features[..q.len()], &mut numerators[..q.len()], &mut weights[..denominators.len()]);
            feature_map::elu(q, features);
            vectorised(|| {
                let rows = y.chunks_exact(dim).zip(dy.chunks_exact(dim)).zip(denominators);
                for ((((y, dy), d), dn), dw) in
                    rows.zip(numerators.chunks_exact_mut(dim)).zip(weights.iter_mut())
                {
                    let inverse = 1.0 / d;
                    *dw = -dot(dy, y) * inverse;
                    dn.iter_mut().zip(dy).for_each(|(n, d)| *n = d * inverse);
                }
                for (w, dq) in weights.iter().zip(dq.chunks_exact_mut(dim)) {
                    dq.iter_mut().zip(z).for_each(|(d, z)| *d = w * z);
                }
                for (w, f) in weights.iter().zip(features.chunks_exact(dim)) {
                    dz.iter_mut().zip(f).for_each(|(d, f)| *d += w * f);
                }
            });
            matmul(Matrix::new(numerators, dim), Matrix::new(state, dim).t(), 1.0, true, dq);
            matmul(Matrix::new(features, dim).t(), Matrix::new(numerators, dim), scale, true, &mut dstate);
            feature_map::elu_backward(features, dq);
        }
        dz.iter_mut().for_each(|d| *d *= scale);

        let keys = k.chunks(size).zip(v.chunks(size));
        for ((k, v), (dk, dv)) in keys.zip(dk.chunks_mut(size).zip(dv.chunks_mut(size))) {
            let features = &mut features[..k.len()];
            feature_map::elu(k, features);
            matmul(Matrix::new(features, dim), Matrix::new(&dstate, dim), 1.0, false, dv);
            dk.chunks_exact_mut(dim).for_each(|dk| dk.copy_from_slice(&dz));
            matmul(Matrix::new(v, dim), Matrix::new(&dstate, dim).t(), 1.0, true, dk);
            feature_map::elu_backward(features, dk);
        }
    }

    fn compose(&self, inputs: &[Tensor]) -> Result<Tensor> {
        let (q, k) = (feature_map::elu_compose(&inputs[0])?, feature_map::elu_compose(&inputs[1])?);
        let scale = 1.0 / k.dim(1)? as f64;
        let state = (k.transpose(1, 2)?.contiguous()?.matmul(&inputs[2].contiguous()?)? * scale)?;
        let z = (k.sum_keepdim(1)? * scale)?;
        let denominator = (q.broadcast_mul(&z)?.sum_keepdim(D::Minus1)? + f64::from(EPSILON))?;
        q.matmul(&state)?.broadcast_div(&denominator)
    }
}
