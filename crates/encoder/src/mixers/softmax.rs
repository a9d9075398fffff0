//! Softmax attention: y = softmax(q·kᵀ / √d)·v (Vaswani et al., 2017, equation 1).
//!
//! Tiled with an online softmax (Dao et al., 2022, algorithms 1 and 4): no N×N matrix is stored, and the backward pass
//! computes the probabilities again from each row's log-sum-exp. Time O(N²·d), memory O(N·d). The causal form sees the
//! frames up to its own: tiles beyond are left out, which halves the work.

use candle_core::{D, DType, Result, Tensor};

use super::{Gradients, Head, Mixer, QKV, State};
use crate::ops::math::{dot, exp, max, sum, vectorised};
use crate::ops::matmul::{Matrix, matmul};
use crate::ops::rotary;
use crate::ops::scratch::{self, Scratch};

/// Queries and keys of one tile: 128 × 256 probabilities take 128 kB.
const QUERIES: usize = 128;
const KEYS: usize = 256;

#[derive(Debug)]
pub(crate) struct Softmax {
    /// Whether a frame sees none that come after it.
    pub(crate) causal: bool,
    /// Whether queries and keys are turned by rotary positions.
    pub(crate) rotary: bool,
}

impl Softmax {
    /// Queries or keys as they meet: turned by their positions in `room`, where positions are rotary.
    fn turned<'a>(&self, x: &'a [f32], dim: usize, room: &'a mut Scratch) -> &'a [f32] {
        if !self.rotary {
            return x;
        }
        room.assign(x);
        rotary::rotate(&rotary::table(dim, x.len() / dim), dim, false, room);
        room
    }

    /// Whether no query of a tile sees any of its keys.
    fn skips(&self, last_query: usize, first_key: usize) -> bool {
        self.causal && first_key > last_query
    }

    /// Writes `value` where a key comes after the query.
    fn mask(&self, tile: &mut [f32], keys: usize, first_query: usize, first_key: usize, value: f32) {
        if !self.causal || first_key + keys <= first_query + 1 {
            return;
        }
        for (i, row) in tile.chunks_exact_mut(keys).enumerate() {
            let seen = (first_query + i + 1).saturating_sub(first_key).min(keys);
            row[seen..].fill(value);
        }
    }
}

impl Mixer for Softmax {
    fn projections(&self) -> &'static [[&'static str; 2]] {
        &QKV
    }

    fn turned(&self, dim: usize) -> Option<usize> {
        Some(dim)
    }

    fn multiply_adds(&self, frames: usize, dim: usize) -> usize {
        if self.causal { (frames + 1) * dim } else { 2 * frames * dim }
    }

    /// Each query's log-sum-exp of its scaled products.
    fn saved(&self, frames: usize, _dim: usize) -> usize {
        frames
    }

    fn forward(&self, head: Head<'_>, saved: &mut [f32], y: &mut [f32]) {
        let (dim, v) = (head.dim, head.inputs[2]);
        let (mut turned_q, mut turned_k) = (scratch::take(0), scratch::take(0));
        let q = self.turned(head.inputs[0], dim, &mut turned_q);
        let k = self.turned(head.inputs[1], dim, &mut turned_k);
        let scale = 1.0 / (dim as f32).sqrt();
        let mut tile = scratch::take(QUERIES * KEYS);
        let mut totals = scratch::take(QUERIES);
        let queries = q.chunks(QUERIES * dim).zip(y.chunks_mut(QUERIES * dim)).zip(saved.chunks_mut(QUERIES));
        for (block, ((q, y), maxima)) in queries.enumerate() {
            let first_query = block * QUERIES;
            let totals = &mut totals[..maxima.len()];
            maxima.fill(f32::NEG_INFINITY);
            totals.fill(0.0);
            y.fill(0.0);
            for (block, (k, v)) in k.chunks(KEYS * dim).zip(v.chunks(KEYS * dim)).enumerate() {
                let (keys, first_key) = (k.len() / dim, block * KEYS);
                if self.skips(first_query + maxima.len() - 1, first_key) {
                    break;
                }
                let tile = &mut tile[..maxima.len() * keys];
                matmul(Matrix::new(q, dim), Matrix::new(k, dim).t(), scale, false, tile);
                self.mask(tile, keys, first_query, first_key, f32::NEG_INFINITY);
                vectorised(|| {
                    let rows = tile.chunks_exact_mut(keys).zip(y.chunks_exact_mut(dim));
                    for (((row, y), maximum), total) in rows.zip(maxima.iter_mut()).zip(totals.iter_mut()) {
                        let highest = max(row).max(*maximum);
                        let shrink = exp(*maximum - highest);
                        *maximum = highest;
                        row.iter_mut().for_each(|p| *p = exp(*p - highest));
                        *total = *total * shrink + sum(row);
                        y.iter_mut().for_each(|y| *y *= shrink);
                    }
                });
                matmul(Matrix::new(tile, keys), Matrix::new(v, dim), 1.0, true, y);
            }
            for ((y, maximum), total) in y.chunks_exact_mut(dim).zip(maxima.iter_mut()).zip(totals.iter()) {
                let inverse = 1.0 / total;
                y.iter_mut().for_each(|y| *y *= inverse);
                *maximum += total.ln();
            }
        }
    }

    fn backward(&self, head: Head<'_>, saved: &[f32], y: &[f32], dy: &[f32], gradients: Gradients<'_, '_>) {
        let (dim, v) = (head.dim, head.inputs[2]);
        let (mut turned_q, mut turned_k) = (scratch::take(0), scratch::take(0));
        let q = self.turned(head.inputs[0], dim, &mut turned_q);
        let k = self.turned(head.inputs[1], dim, &mut turned_k);
        let [dq, dk, dv] = gradients.inputs else { unreachable!("three projections") };
        let scale = 1.0 / (dim as f32).sqrt();
        let (mut tile, mut dtile) = (scratch::take(QUERIES * KEYS), scratch::take(QUERIES * KEYS));
        let mut projections = scratch::take(saved.len());
        vectorised(|| {
            let rows = dy.chunks_exact(dim).zip(y.chunks_exact(dim));
            projections.iter_mut().zip(rows).for_each(|(p, (dy, y))| *p = dot(dy, y));
        });
        [&mut *dq, &mut *dk, &mut *dv].into_iter().for_each(|d| d.fill(0.0));
        let size = QUERIES * dim;
        let keys = k.chunks(KEYS * dim).zip(v.chunks(KEYS * dim));
        let tiles = keys.zip(dk.chunks_mut(KEYS * dim).zip(dv.chunks_mut(KEYS * dim)));
        for (block, ((k, v), (dk, dv))) in tiles.enumerate() {
            let (keys, first_key) = (k.len() / dim, block * KEYS);
            let queries = q.chunks(size).zip(dq.chunks_mut(size)).zip(dy.chunks(size));
            let rows = saved.chunks(QUERIES).zip(projections.chunks(QUERIES));
            for (block, (((q, dq), dy), (saved, projections))) in queries.zip(rows).enumerate() {
                let first_query = block * QUERIES;
                if self.skips(first_query + saved.len() - 1, first_key) {
                    continue;
                }
                let (tile, dtile) = (&mut tile[..saved.len() * keys], &mut dtile[..saved.len() * keys]);
                matmul(Matrix::new(q, dim), Matrix::new(k, dim).t(), scale, false, tile);
                self.mask(tile, keys, first_query, first_key, f32::NEG_INFINITY);
                matmul(Matrix::new(dy, dim), Matrix::new(v, dim).t(), 1.0, false, dtile);
                vectorised(|| {
                    let rows = tile.chunks_exact_mut(keys).zip(dtile.chunks_exact_mut(keys));
                    for (((row, drow), total), projection) in rows.zip(saved).zip(projections) {
                        for (p, d) in row.iter_mut().zip(drow) {
                            *p = exp(*p - total);
                            *d = *p * (*d - projection);
                        }
                    }
                });
                matmul(Matrix::new(tile, keys).t(), Matrix::new(dy, dim), 1.0, true, dv);
                matmul(Matrix::new(dtile, keys), Matrix::new(k, dim), scale, true, dq);
                matmul(Matrix::new(dtile, keys).t(), Matrix::new(q, dim), scale, true, dk);
            }
        }
        if self.rotary {
            let angles = rotary::table(dim, saved.len());
            rotary::rotate(&angles, dim, true, dq);
            rotary::rotate(&angles, dim, true, dk);
        }
    }

    fn streams(&self) -> bool {
        self.causal
    }

    /// The state is all keys and values so far.
    fn step(&self, head: Head<'_>, state: &mut State, y: &mut [f32]) {
        let (dim, rows) = (head.dim, y.len() / head.dim);
        let (mut q, mut k) = (head.inputs[0].to_vec(), head.inputs[1].to_vec());
        if self.rotary {
            let angles = rotary::rows(dim, state.frames..state.frames + rows);
            rotary::rotate(&angles, dim, false, &mut q);
            rotary::rotate(&angles, dim, false, &mut k);
        }
        state.keys.extend_from_slice(&k);
        state.values.extend_from_slice(head.inputs[2]);
        let scale = 1.0 / (dim as f32).sqrt();
        for (i, (q, y)) in q.chunks_exact(dim).zip(y.chunks_exact_mut(dim)).enumerate() {
            let seen = state.frames + i + 1;
            let mut weights = scratch::take(seen);
            let keys = Matrix::new(&state.keys[..seen * dim], dim);
            matmul(Matrix::new(q, dim), keys.t(), scale, false, &mut weights);
            vectorised(|| {
                let highest = max(&weights);
                weights.iter_mut().for_each(|w| *w = exp(*w - highest));
                let inverse = 1.0 / sum(&weights);
                weights.iter_mut().for_each(|w| *w *= inverse);
            });
            let values = Matrix::new(&state.values[..seen * dim], dim);
            matmul(Matrix::new(&weights, seen), values, 1.0, false, y);
        }
        state.frames += rows;
    }

    fn compose(&self, inputs: &[Tensor], _weights: &[Tensor]) -> Result<Tensor> {
        let scale = 1.0 / (inputs[0].dim(D::Minus1)? as f64).sqrt();
        let turned = |x: &Tensor| if self.rotary { rotary::compose(x) } else { Ok(x.clone()) };
        let (q, k) = (turned(&inputs[0])?, turned(&inputs[1])?);
        let mut products = (q.contiguous()?.matmul(&k.transpose(1, 2)?.contiguous()?)? * scale)?;
        if self.causal {
            let seen = Tensor::tril2(products.dim(1)?, DType::F32, products.device())?;
            products = products.broadcast_add(&((seen - 1.0)? * 1e30)?)?;
        }
        let exponents = products.broadcast_sub(&products.max_keepdim(D::Minus1)?.detach())?.exp()?;
        exponents.broadcast_div(&exponents.sum_keepdim(D::Minus1)?)?.matmul(&inputs[2].contiguous()?)
    }
}
