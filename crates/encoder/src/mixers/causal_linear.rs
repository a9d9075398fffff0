//! Causal linear attention: frame i sees the frames j ≤ i.
//!
//! y(i) = φ(q(i))ᵀ S(i) / (φ(q(i))ᵀ z(i) + ε), S(i) = Σ_{j ≤ i} φ(k(j))v(j)ᵀ, z(i) = Σ_{j ≤ i} φ(k(j)): Katharopoulos et al.,
//! 2020, equations 8 to 12, chunk by chunk, so that nearly all of it is matrix products: what lies before a chunk comes from
//! the state, what lies within it from its own products. Time O(N·d·(D + C)) with chunks of C frames and D features; the
//! gradient needs the state and one chunk's products beside its arguments (their algorithm 1).

use std::ops::Range;

use candle_core::{D, DType, Result, Tensor};

use super::feature_map::FeatureMap;
use super::linear::{EPSILON, quotient_backward};
use super::{Mixer, QKV};
use crate::ops::math::{add, dot, sum, vectorised};
use crate::ops::matmul::{Matrix, matmul};
use crate::ops::scratch::{self, Scratch};

/// Frames of a chunk.
const CHUNK: usize = 64;

#[derive(Debug)]
pub(crate) struct CausalLinear {
    pub(crate) map: FeatureMap,
}

/// Zeroes what lies right of the diagonal of a square matrix.
fn mask(a: &mut [f32], n: usize) {
    a.chunks_exact_mut(n).enumerate().for_each(|(i, row)| row[i + 1..].fill(0.0));
}

/// z += Σ of the rows.
fn add_rows(rows: &[f32], z: &mut [f32]) {
    vectorised(|| rows.chunks_exact(z.len()).for_each(|row| add(row, z)));
}

impl Mixer for CausalLinear {
    fn projections(&self) -> &'static [[&'static str; 2]] {
        &QKV
    }

    fn multiply_adds(&self, _frames: usize, dim: usize) -> usize {
        let width = self.map.width(dim);
        2 * width * dim + CHUNK * (width + dim)
    }

    /// Each frame's denominator.
    fn saved(&self, frames: usize, _dim: usize) -> usize {
        frames
    }

    fn forward(&self, inputs: &[&[f32]], dim: usize, saved: &mut [f32], y: &mut [f32]) {
        let (width, size) = (self.map.width(dim), CHUNK * dim);
        let (mut state, mut z) = (scratch::zeros(width * dim), scratch::zeros(width));
        let (mut queries, mut keys) = (scratch::take(CHUNK * width), scratch::take(CHUNK * width));
        let mut products = scratch::take(CHUNK * CHUNK);
        let chunks = inputs[0].chunks(size).zip(inputs[1].chunks(size)).zip(inputs[2].chunks(size));
        for (((q, k), v), (y, denominators)) in chunks.zip(y.chunks_mut(size).zip(saved.chunks_mut(CHUNK))) {
            let n = denominators.len();
            let (fq, fk) = (&mut queries[..n * width], &mut keys[..n * width]);
            let a = &mut products[..n * n];
            self.map.forward(q, dim, fq);
            self.map.forward(k, dim, fk);
            matmul(Matrix::new(fq, width), Matrix::new(fk, width).t(), 1.0, false, a);
            mask(a, n);
            matmul(Matrix::new(a, n), Matrix::new(v, dim), 1.0, false, y);
            matmul(Matrix::new(fq, width), Matrix::new(&state, dim), 1.0, true, y);
            vectorised(|| {
                let rows = fq.chunks_exact(width).zip(a.chunks_exact(n)).zip(y.chunks_exact_mut(dim));
                for (((f, a), y), denominator) in rows.zip(denominators) {
                    *denominator = sum(a) + dot(f, &z) + EPSILON;
                    let inverse = 1.0 / *denominator;
                    y.iter_mut().for_each(|y| *y *= inverse);
                }
            });
            matmul(Matrix::new(fk, width).t(), Matrix::new(v, dim), 1.0, true, &mut state);
            add_rows(fk, &mut z);
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
        let [dq, dk, dv] = gradients else { unreachable!("three projections") };
        let (width, frames) = (self.map.width(dim), saved.len());
        let mut memory = Memory::new(width, dim);
        let chunks = || (0..frames).step_by(CHUNK).map(|start| start..(start + CHUNK).min(frames));

        // Queries: forward in time, with the state before each chunk.
        let (mut state, mut z) = (scratch::zeros(width * dim), scratch::zeros(width));
        for rows in chunks() {
            let chunk = Chunk::new(self, inputs, y, dy, saved, rows, dim, &mut memory);
            let Chunk { n, fq, fk, q, v, dn, dw, da, df, .. } = chunk;
            vectorised(|| {
                for (df, w) in df.chunks_exact_mut(width).zip(&*dw) {
                    df.iter_mut().zip(&*z).for_each(|(d, z)| *d = w * z);
                }
            });
            matmul(Matrix::new(da, n), Matrix::new(fk, width), 1.0, true, df);
            matmul(Matrix::new(dn, dim), Matrix::new(&state, dim).t(), 1.0, true, df);
            self.map.backward(q, dim, fq, df, &mut dq[chunk.at]);
            matmul(Matrix::new(fk, width).t(), Matrix::new(v, dim), 1.0, true, &mut state);
            add_rows(fk, &mut z);
        }

        // Keys and values: backward in time, with what the later chunks want of the state.
        let (dstate, dz) = (&mut state, &mut z);
        dstate.fill(0.0);
        dz.fill(0.0);
        for rows in chunks().collect::<Vec<_>>().into_iter().rev() {
            let chunk = Chunk::new(self, inputs, y, dy, saved, rows, dim, &mut memory);
            let Chunk { n, fq, fk, k, v, dn, dw, a, da, df, .. } = chunk;
            df.chunks_exact_mut(width).for_each(|df| df.copy_from_slice(dz));
            matmul(Matrix::new(da, n).t(), Matrix::new(fq, width), 1.0, true, df);
            matmul(Matrix::new(v, dim), Matrix::new(dstate, dim).t(), 1.0, true, df);
            self.map.backward(k, dim, fk, df, &mut dk[chunk.at.clone()]);
            let dv = &mut dv[chunk.at];
            matmul(Matrix::new(a, n).t(), Matrix::new(dn, dim), 1.0, false, dv);
            matmul(Matrix::new(fk, width), Matrix::new(dstate, dim), 1.0, true, dv);
            matmul(Matrix::new(fq, width).t(), Matrix::new(dn, dim), 1.0, true, dstate);
            vectorised(|| {
                for (w, f) in dw.iter().zip(fq.chunks_exact(width)) {
                    dz.iter_mut().zip(f).for_each(|(d, f)| *d += w * f);
                }
            });
        }
    }

    fn compose(&self, inputs: &[Tensor]) -> Result<Tensor> {
        let (q, k) = (self.map.compose(&inputs[0])?, self.map.compose(&inputs[1])?);
        let n = q.dim(1)?;
        let seen = Tensor::tril2(n, DType::F32, q.device())?;
        let a = q.matmul(&k.transpose(1, 2)?.contiguous()?)?.broadcast_mul(&seen)?;
        let denominator = (a.sum_keepdim(D::Minus1)? + f64::from(EPSILON))?;
        a.matmul(&inputs[2].contiguous()?)?.broadcast_div(&denominator)
    }
}

/// Working memory of one chunk's gradients.
struct Memory {
    queries: Scratch,
    keys: Scratch,
    dfeatures: Scratch,
    dnumerators: Scratch,
    ddenominators: Scratch,
    products: Scratch,
    dproducts: Scratch,
}

impl Memory {
    fn new(width: usize, dim: usize) -> Self {
        let features = || scratch::take(CHUNK * width);
        let products = || scratch::take(CHUNK * CHUNK);
        Self {
            queries: features(),
            keys: features(),
            dfeatures: features(),
            dnumerators: scratch::take(CHUNK * dim),
            ddenominators: scratch::take(CHUNK),
            products: products(),
            dproducts: products(),
        }
    }
}

/// What both sweeps of the gradient compute again of a chunk.
struct Chunk<'a> {
    /// Frames.
    n: usize,
    /// Where its values lie in a matrix of (frames, dim).
    at: Range<usize>,
    q: &'a [f32],
    k: &'a [f32],
    v: &'a [f32],
    /// φ(q) and φ(k).
    fq: &'a [f32],
    fk: &'a [f32],
    /// The gradients of numerators and denominators.
    dn: &'a [f32],
    dw: &'a [f32],
    /// φ(q)·φ(k)ᵀ, 0 right of the diagonal, and its gradient.
    a: &'a [f32],
    da: &'a [f32],
    /// Room for the gradient of features.
    df: &'a mut [f32],
}

impl<'a> Chunk<'a> {
    #[allow(clippy::too_many_arguments)]
    fn new(
        mixer: &CausalLinear,
        inputs: &[&'a [f32]],
        y: &[f32],
        dy: &[f32],
        denominators: &[f32],
        rows: Range<usize>,
        dim: usize,
        memory: &'a mut Memory,
    ) -> Self {
        let (n, at, width) = (rows.len(), rows.start * dim..rows.end * dim, mixer.map.width(dim));
        let [q, k, v] = [0, 1, 2].map(|i| &inputs[i][at.clone()]);
        let (fq, fk) = (&mut memory.queries[..n * width], &mut memory.keys[..n * width]);
        mixer.map.forward(q, dim, fq);
        mixer.map.forward(k, dim, fk);
        let (dn, dw) = (&mut memory.dnumerators[..n * dim], &mut memory.ddenominators[..n]);
        quotient_backward(&y[at.clone()], &dy[at.clone()], &denominators[rows], dim, dn, dw);
        let (a, da) = (&mut memory.products[..n * n], &mut memory.dproducts[..n * n]);
        matmul(Matrix::new(fq, width), Matrix::new(fk, width).t(), 1.0, false, a);
        mask(a, n);
        da.chunks_exact_mut(n).zip(&*dw).for_each(|(row, w)| row.fill(*w));
        matmul(Matrix::new(dn, dim), Matrix::new(v, dim).t(), 1.0, true, da);
        mask(da, n);
        Self { n, at, q, k, v, fq, fk, dn, dw, a, da, df: &mut memory.dfeatures[..n * width] }
    }
}
