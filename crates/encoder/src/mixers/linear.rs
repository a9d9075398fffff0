//! Linear attention: y(i) = φ(q(i))ᵀ S / (φ(q(i))ᵀ z + ε), S = mean of φ(k)vᵀ, z = mean of φ(k).
//!
//! Katharopoulos et al., 2020, equation 5, with means over the utterance in place of sums: they cancel but for ε = 1e-6,
//! and keep the numbers' size independent of N. With D features by head: time O(N·D·d), memory O(N·d + D·d).

use candle_core::{D, Result, Tensor};

use super::feature_map::FeatureMap;
use super::{Mixer, QKV};
use crate::ops::math::{add, dot, vectorised};
use crate::ops::matmul::{Matrix, matmul};
use crate::ops::scratch;

/// Added to every denominator.
pub(super) const EPSILON: f32 = 1e-6;

/// Values of the features that are computed at once, so that they stay in the cache.
const CHUNK_VALUES: usize = 1 << 14;

#[derive(Debug)]
pub(crate) struct Linear {
    pub(crate) map: FeatureMap,
}

impl Linear {
    /// Frames of a chunk.
    fn chunk(&self, dim: usize) -> usize {
        (CHUNK_VALUES / self.map.width(dim)).clamp(32, 256)
    }
}

impl Mixer for Linear {
    fn projections(&self) -> &'static [[&'static str; 2]] {
        &QKV
    }

    fn multiply_adds(&self, _frames: usize, dim: usize) -> usize {
        2 * self.map.width(dim) * dim
    }

    /// S, z, and each frame's denominator.
    fn saved(&self, frames: usize, dim: usize) -> usize {
        self.map.width(dim) * (dim + 1) + frames
    }

    fn forward(&self, inputs: &[&[f32]], dim: usize, saved: &mut [f32], y: &mut [f32]) {
        let [q, k, v] = [inputs[0], inputs[1], inputs[2]];
        let (width, chunk) = (self.map.width(dim), self.chunk(dim));
        let (state, rest) = saved.split_at_mut(width * dim);
        let (z, denominators) = rest.split_at_mut(width);
        let scale = 1.0 / denominators.len() as f32;
        let mut features = scratch::take(chunk * width);
        state.fill(0.0);
        z.fill(0.0);
        for (k, v) in k.chunks(chunk * dim).zip(v.chunks(chunk * dim)) {
            let features = &mut features[..k.len() / dim * width];
            self.map.forward(k, dim, features);
            matmul(Matrix::new(features, width).t(), Matrix::new(v, dim), scale, true, state);
            vectorised(|| features.chunks_exact(width).for_each(|f| add(f, z)));
        }
        z.iter_mut().for_each(|z| *z *= scale);
        let chunks = q.chunks(chunk * dim).zip(y.chunks_mut(chunk * dim)).zip(denominators.chunks_mut(chunk));
        for ((q, y), denominators) in chunks {
            let features = &mut features[..q.len() / dim * width];
            self.map.forward(q, dim, features);
            matmul(Matrix::new(features, width), Matrix::new(state, dim), 1.0, false, y);
            vectorised(|| {
                let rows = features.chunks_exact(width).zip(y.chunks_exact_mut(dim)).zip(denominators);
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
        let (width, chunk) = (self.map.width(dim), self.chunk(dim));
        let (state, rest) = saved.split_at(width * dim);
        let (z, denominators) = rest.split_at(width);
        let scale = 1.0 / denominators.len() as f32;
        let size = chunk * dim;
        let (mut features, mut dfeatures) = (scratch::take(chunk * width), scratch::take(chunk * width));
        let (mut numerators, mut weights) = (scratch::take(size), scratch::take(chunk));
        let (mut dstate, mut dz) = (scratch::zeros(width * dim), scratch::zeros(width));

        let outputs = y.chunks(size).zip(dy.chunks(size)).zip(denominators.chunks(chunk));
        for (((y, dy), denominators), (q, dq)) in outputs.zip(q.chunks(size).zip(dq.chunks_mut(size))) {
            let rows = denominators.len();
            let (features, dfeatures) = (&mut features[..rows * width], &mut dfeatures[..rows * width]);
            let (numerators, weights) = (&mut numerators[..q.len()], &mut weights[..rows]);
            self.map.forward(q, dim, features);
            quotient_backward(y, dy, denominators, dim, numerators, weights);
            vectorised(|| {
                for (w, df) in weights.iter().zip(dfeatures.chunks_exact_mut(width)) {
                    df.iter_mut().zip(z).for_each(|(d, z)| *d = w * z);
                }
                for (w, f) in weights.iter().zip(features.chunks_exact(width)) {
                    dz.iter_mut().zip(f).for_each(|(d, f)| *d += w * f);
                }
            });
            matmul(Matrix::new(numerators, dim), Matrix::new(state, dim).t(), 1.0, true, dfeatures);
            matmul(Matrix::new(features, width).t(), Matrix::new(numerators, dim), scale, true, &mut dstate);
            self.map.backward(q, dim, features, dfeatures, dq);
        }
        dz.iter_mut().for_each(|d| *d *= scale);

        let keys = k.chunks(size).zip(v.chunks(size));
        for ((k, v), (dk, dv)) in keys.zip(dk.chunks_mut(size).zip(dv.chunks_mut(size))) {
            let rows = k.len() / dim;
            let (features, dfeatures) = (&mut features[..rows * width], &mut dfeatures[..rows * width]);
            self.map.forward(k, dim, features);
            matmul(Matrix::new(features, width), Matrix::new(&dstate, dim), 1.0, false, dv);
            dfeatures.chunks_exact_mut(width).for_each(|df| df.copy_from_slice(&dz));
            matmul(Matrix::new(v, dim), Matrix::new(&dstate, dim).t(), 1.0, true, dfeatures);
            self.map.backward(k, dim, features, dfeatures, dk);
        }
    }

    fn compose(&self, inputs: &[Tensor]) -> Result<Tensor> {
        let (q, k) = (self.map.compose(&inputs[0])?, self.map.compose(&inputs[1])?);
        let scale = 1.0 / k.dim(1)? as f64;
        let state = (k.transpose(1, 2)?.contiguous()?.matmul(&inputs[2].contiguous()?)? * scale)?;
        let z = (k.sum_keepdim(1)? * scale)?;
        let denominator = (q.broadcast_mul(&z)?.sum_keepdim(D::Minus1)? + f64::from(EPSILON))?;
        q.matmul(&state)?.broadcast_div(&denominator)
    }
}

/// Gradients of y = numerator / denominator, row by row: dn = dy / w and dw = −(dy·y) / w.
pub(super) fn quotient_backward(
    y: &[f32],
    dy: &[f32],
    denominators: &[f32],
    dim: usize,
    dnumerators: &mut [f32],
    ddenominators: &mut [f32],
) {
    vectorised(|| {
        let rows = y.chunks_exact(dim).zip(dy.chunks_exact(dim)).zip(denominators);
        for ((((y, dy), w), dn), dw) in rows.zip(dnumerators.chunks_exact_mut(dim)).zip(ddenominators) {
            let inverse = 1.0 / w;
            *dw = -dot(dy, y) * inverse;
            dn.iter_mut().zip(dy).for_each(|(n, d)| *n = d * inverse);
        }
    });
}
