//! Linear attention: y(i) = φ(q(i))ᵀ S / (φ(q(i))ᵀ z + ε), S = mean of φ(k)vᵀ, z = mean of φ(k).
//!
//! Katharopoulos et al., 2020, equation 5, with means over the utterance in place of sums: they cancel but for ε,
//! and keep the numbers' size independent of N. With D features by head: time O(N·D·d), memory O(N·d + D·d).

use std::sync::Arc;

use candle_core::{D, Result, Tensor};

use super::feature_map::{FeatureMap, Side};
use super::{Gradients, Head, Mixer, QKV};
use crate::ops::math::{add, dot, vectorised, vectorised_fn};
use crate::ops::matmul::{Matrix, matmul};
use crate::ops::rows::{products_with, products_with_backward};
use crate::ops::{rotary, scratch};
use crate::parameters::HeadParameter;

/// Values of the features that are computed at once, so that they stay in the cache.
const CHUNK_VALUES: usize = 1 << 14;

#[derive(Debug)]
pub(crate) struct Linear {
    pub(crate) map: FeatureMap,
    /// Whether the numerator's features are turned by rotary positions; the denominator's never are, so that it stays
    /// above 0 (Su et al., 2021, equation 19; Han et al., 2024, use it so).
    pub(crate) rotary: bool,
}

impl Linear {
    /// Frames of a chunk.
    fn chunk(&self, dim: usize) -> usize {
        (CHUNK_VALUES / self.map.width(dim)).clamp(32, 256)
    }

    /// The angles of an utterance's frames.
    fn angles(&self, width: usize, frames: usize) -> Option<Arc<[f32]>> {
        self.rotary.then(|| rotary::table(width, frames))
    }
}

impl Mixer for Linear {
    fn projections(&self) -> &'static [[&'static str; 2]] {
        &QKV
    }

    fn parameters(&self, dim: usize) -> Vec<HeadParameter> {
        self.map.parameters(dim)
    }

    fn multiply_adds(&self, _frames: usize, dim: usize) -> usize {
        2 * self.map.width(dim) * dim + self.map.multiply_adds(dim)
    }

    /// S, z, and each frame's denominator.
    fn saved(&self, frames: usize, dim: usize) -> usize {
        self.map.width(dim) * (dim + 1) + frames
    }

    fn forward(&self, head: Head<'_>, saved: &mut [f32], y: &mut [f32]) {
        let (dim, [q, k, v]) = (head.dim, [head.inputs[0], head.inputs[1], head.inputs[2]]);
        let (width, chunk) = (self.map.width(dim), self.chunk(dim));
        let (state, rest) = saved.split_at_mut(width * dim);
        let (z, denominators) = rest.split_at_mut(width);
        let scale = 1.0 / denominators.len() as f32;
        let angles = self.angles(width, denominators.len());
        let after = |first: usize| angles.as_ref().map(|angles| &angles[first * width..]);
        let (mut features, mut room) =
            (scratch::take(chunk * width), rotary::room(self.rotary, chunk * width));
        let weights = self.map.side(Side::Key, head.weights);
        state.fill(0.0);
        z.fill(0.0);
        for (i, (k, v)) in k.chunks(chunk * dim).zip(v.chunks(chunk * dim)).enumerate() {
            let size = k.len() / dim * width;
            let features = &mut features[..size];
            self.map.forward(Side::Key, &weights, k, dim, features);
            vectorised(|| features.chunks_exact(width).for_each(|f| add(f, z)));
            let turned = rotary::turned(after(i * chunk), width, features, &mut room);
            matmul(Matrix::new(turned, width).t(), Matrix::new(v, dim), scale, true, state);
        }
        z.iter_mut().for_each(|z| *z *= scale);
        let (weights, epsilon) = (self.map.side(Side::Query, head.weights), self.map.epsilon());
        let chunks = q.chunks(chunk * dim).zip(y.chunks_mut(chunk * dim)).zip(denominators.chunks_mut(chunk));
        for (i, ((q, y), denominators)) in chunks.enumerate() {
            let size = q.len() / dim * width;
            let features = &mut features[..size];
            self.map.forward(Side::Query, &weights, q, dim, features);
            products_with(features, z, epsilon, denominators);
            let turned = rotary::turned(after(i * chunk), width, features, &mut room);
            matmul(Matrix::new(turned, width), Matrix::new(state, dim), 1.0, false, y);
            divide(denominators, dim, y);
        }
    }

    fn backward(&self, head: Head<'_>, saved: &[f32], y: &[f32], dy: &[f32], gradients: Gradients<'_, '_>) {
        let (dim, [q, k, v]) = (head.dim, [head.inputs[0], head.inputs[1], head.inputs[2]]);
        let [dq, dk, dv] = gradients.inputs else { unreachable!("three projections") };
        let (dquery, dkey) = gradients.weights.split_at_mut(gradients.weights.len() / 2);
        let (width, chunk) = (self.map.width(dim), self.chunk(dim));
        let (state, rest) = saved.split_at(width * dim);
        let (z, denominators) = rest.split_at(width);
        let scale = 1.0 / denominators.len() as f32;
        let size = chunk * dim;
        let angles = self.angles(width, denominators.len());
        let [mut features, mut dfeatures] = std::array::from_fn(|_| scratch::take(chunk * width));
        let mut room = rotary::room(self.rotary, chunk * width);
        let (mut numerators, mut weights) = (scratch::take(size), scratch::take(chunk));
        let (mut dstate, mut dz) = (scratch::zeros(width * dim), scratch::zeros(width));
        let after = |first: usize| angles.as_ref().map(|angles| &angles[first * width..]);
        let turn_back = |first: usize, dfeatures: &mut [f32]| {
            if let Some(angles) = after(first) {
                rotary::rotate(angles, width, true, dfeatures);
            }
        };

        let own = self.map.side(Side::Query, head.weights);
        let outputs = y.chunks(size).zip(dy.chunks(size)).zip(denominators.chunks(chunk));
        let queries = q.chunks(size).zip(dq.chunks_mut(size));
        for (i, (((y, dy), denominators), (q, dq))) in outputs.zip(queries).enumerate() {
            let rows = denominators.len();
            let (features, dfeatures) = (&mut features[..rows * width], &mut dfeatures[..rows * width]);
            let (numerators, weights) = (&mut numerators[..q.len()], &mut weights[..rows]);
            self.map.forward(Side::Query, &own, q, dim, features);
            quotient_backward(y, dy, denominators, dim, numerators, weights);
            matmul(Matrix::new(numerators, dim), Matrix::new(state, dim).t(), 1.0, false, dfeatures);
            turn_back(i * chunk, dfeatures);
            products_with_backward(weights, features, z, dfeatures, &mut dz);
            let turned = rotary::turned(after(i * chunk), width, features, &mut room);
            matmul(Matrix::new(turned, width).t(), Matrix::new(numerators, dim), scale, true, &mut dstate);
            self.map.backward(&own, q, dim, features, dfeatures, dq, dquery);
        }
        dz.iter_mut().for_each(|d| *d *= scale);

        let own = self.map.side(Side::Key, head.weights);
        let keys = k.chunks(size).zip(v.chunks(size));
        let targets = dk.chunks_mut(size).zip(dv.chunks_mut(size));
        for (i, ((k, v), (dk, dv))) in keys.zip(targets).enumerate() {
            let rows = k.len() / dim;
            let (features, dfeatures) = (&mut features[..rows * width], &mut dfeatures[..rows * width]);
            self.map.forward(Side::Key, &own, k, dim, features);
            let turned = rotary::turned(after(i * chunk), width, features, &mut room);
            matmul(Matrix::new(turned, width), Matrix::new(&dstate, dim), 1.0, false, dv);
            matmul(Matrix::new(v, dim), Matrix::new(&dstate, dim).t(), 1.0, false, dfeatures);
            turn_back(i * chunk, dfeatures);
            vectorised(|| dfeatures.chunks_exact_mut(width).for_each(|df| add(&dz, df)));
            self.map.backward(&own, k, dim, features, dfeatures, dk, dkey);
        }
    }

    fn compose(&self, inputs: &[Tensor], weights: &[Tensor]) -> Result<Tensor> {
        let weights: Vec<&Tensor> = weights.iter().collect();
        let q = self.map.compose(Side::Query, &self.map.side(Side::Query, &weights), &inputs[0])?;
        let k = self.map.compose(Side::Key, &self.map.side(Side::Key, &weights), &inputs[1])?;
        let scale = 1.0 / k.dim(1)? as f64;
        let z = (k.sum_keepdim(1)? * scale)?;
        let denominator = (q.broadcast_mul(&z)?.sum_keepdim(D::Minus1)? + f64::from(self.map.epsilon()))?;
        let (q, k) = if self.rotary { (rotary::compose(&q)?, rotary::compose(&k)?) } else { (q, k) };
        let state = (k.transpose(1, 2)?.contiguous()?.matmul(&inputs[2].contiguous()?)? * scale)?;
        q.matmul(&state)?.broadcast_div(&denominator)
    }
}

vectorised_fn! {
    /// Divides each row by its denominator.
    fn divide<'a>(denominators: &'a [f32], dim: usize, y: &'a mut [f32]) {
        for (y, denominator) in y.chunks_exact_mut(dim).zip(denominators) {
            let inverse = 1.0 / *denominator;
            y.iter_mut().for_each(|y| *y *= inverse);
        }
    }
}

vectorised_fn! {
    /// Gradients of y = numerator / denominator, row by row: dn = dy / w and dw = −(dy·y) / w.
    fn quotient_backward<'a>(
        y: &'a [f32],
        dy: &'a [f32],
        denominators: &'a [f32],
        dim: usize,
        dnumerators: &'a mut [f32],
        ddenominators: &'a mut [f32],
    ) {
        let rows = y.chunks_exact(dim).zip(dy.chunks_exact(dim)).zip(denominators);
        for ((((y, dy), w), dn), dw) in rows.zip(dnumerators.chunks_exact_mut(dim)).zip(ddenominators) {
            let inverse = 1.0 / w;
            *dw = -dot(dy, y) * inverse;
            dn.iter_mut().zip(dy).for_each(|(n, d)| *n = d * inverse);
        }
    }
}
