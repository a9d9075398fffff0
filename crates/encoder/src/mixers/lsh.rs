//! Attention among frames that hash to nearby buckets, the Reformer's (Kitaev et al., 2020, section 2).
//!
//! Queries are keys, the latter scaled to unit length. Each of R rounds puts a frame x into the bucket argmax([xA,
//! −xA]) of a random matrix A, sorts the frames by (bucket, time) and cuts them into chunks of 32; a frame attends to
//! its own chunk and the one before (the first chunk has none before it), whatever their buckets, and to itself only
//! where there is nothing else. Rounds are joined by their log-sum-exp: as if their keys stood in one softmax, a key
//! that k rounds find k times. Time O(N·R·64·d), memory O(N·(R + d)).
//!
//! The causal form leaves out the frames of both chunks that come later. What a frame reads is of the past alone; which
//! frames of the past it reads depends on all, as they share out the chunks.
//!
//! The matrices are drawn once from fixed streams, for each layer, head and round, and stay the same in training and
//! inference: results are deterministic. The gradient takes the assignment to chunks as given.

use candle_core::{D, Result, Tensor};

use super::{Gradients, Head, Mixer, Options};
use crate::ops::math::{add, dot, exp, max, sum, vectorised, vectorised_fn};
use crate::ops::matmul::{Matrix, matmul};
use crate::ops::scratch;
use crate::random;

/// Sorted frames that attend together.
const CHUNK: usize = 32;

/// Frames for each bucket, about, and half of the most buckets: 4,096 frames fill them, further ones share them, so
/// that hashing takes time O(N) too.
const BUCKET: usize = 32;
const MOST_HALVES: usize = 64;

/// A frame's product with itself: so low that it counts only where there is no other.
const SELF: f32 = -1e5;

/// Added to the squared length that divides a key.
const EPSILON: f32 = 1e-12;

#[derive(Debug)]
pub(crate) struct Lsh {
    /// Whether a frame sees none that come after it.
    causal: bool,
    rounds: usize,
    /// (head, round, half of the buckets, d)
    rotations: Vec<f32>,
}

impl Lsh {
    pub(crate) fn new(options: Options, causal: bool) -> Self {
        let Options { dim, layer, heads, lsh_rounds: rounds, .. } = options;
        let mut rotations = Vec::with_capacity(heads * rounds * MOST_HALVES * dim);
        for (head, round) in (0..heads).flat_map(|head| (0..rounds).map(move |round| (head, round))) {
            let mut rng = random::stream(0, &format!("lsh/{layer}/{head}/{round}"));
            rotations.extend((0..MOST_HALVES * dim).map(|_| random::normal(&mut rng) as f32));
        }
        Self { causal, rounds, rotations }
    }

    /// Half the number of buckets for so many frames, N/64 to the nearest.
    fn halves(frames: usize) -> usize {
        ((frames + BUCKET) / (2 * BUCKET)).clamp(1, MOST_HALVES)
    }

    /// The frames of a head by (bucket, time), one round after another. Of equal products the first bucket wins.
    pub(super) fn orders(&self, queries: &[f32], dim: usize, head: usize) -> Vec<Vec<u32>> {
        let (frames, size) = (queries.len() / dim, MOST_HALVES * dim);
        let halves = Self::halves(frames);
        let mut products = scratch::take(frames * halves);
        let rounds = self.rotations[head * self.rounds * size..][..self.rounds * size].chunks_exact(size);
        rounds
            .map(|rotations| {
                let directions = Matrix::new(&rotations[..halves * dim], dim);
                matmul(Matrix::new(queries, dim), directions.t(), 1.0, false, &mut products);
                let buckets: Vec<u32> = products.chunks_exact(halves).map(bucket).collect();
                let mut order: Vec<u32> = (0..frames as u32).collect();
                order.sort_by_key(|&frame| buckets[frame as usize]);
                order
            })
            .collect()
    }

    /// The products of a chunk's queries and the keys of the chunk before and its own, whose frames are `seen`. Keys
    /// that a query may not see get −∞; there is always itself.
    fn products(&self, q: &[f32], k: &[f32], dim: usize, scale: f32, seen: &[u32], tile: &mut [f32]) {
        matmul(Matrix::new(q, dim), Matrix::new(k, dim).t(), scale, false, tile);
        let first = seen.len() - q.len() / dim;
        for (row, at) in tile.chunks_exact_mut(seen.len()).zip(first..) {
            if self.causal {
                let keys = row.iter_mut().zip(seen);
                keys.for_each(|(p, &key)| *p = if key > seen[at] { f32::NEG_INFINITY } else { *p });
            }
            row[at] = SELF;
        }
    }
}

/// argmax([p, −p])
fn bucket(products: &[f32]) -> u32 {
    let (mut best, mut value) = (0, f32::NEG_INFINITY);
    for sign in [1.0, -1.0] {
        for (i, p) in products.iter().enumerate() {
            if sign * p > value {
                (best, value) = (if sign > 0.0 { i } else { products.len() + i }, sign * p);
            }
        }
    }
    best as u32
}

/// Copies rows by number.
fn gather(x: &[f32], dim: usize, order: &[u32], out: &mut [f32]) {
    for (&frame, out) in order.iter().zip(out.chunks_exact_mut(dim)) {
        out.copy_from_slice(&x[frame as usize * dim..][..dim]);
    }
}

vectorised_fn! {
    /// Adds each row to the row of `out` that `order` names.
    fn scatter_add<'a>(rows: &'a [f32], dim: usize, order: &'a [u32], out: &'a mut [f32]) {
        for (&frame, row) in order.iter().zip(rows.chunks_exact(dim)) {
            add(row, &mut out[frame as usize * dim..][..dim]);
        }
    }
}

vectorised_fn! {
    /// Rows of unit length, and what they were multiplied by.
    fn normalise<'a>(x: &'a [f32], dim: usize, factors: &'a mut [f32], unit: &'a mut [f32]) {
        for ((x, factor), unit) in x.chunks_exact(dim).zip(factors).zip(unit.chunks_exact_mut(dim)) {
            *factor = 1.0 / (dot(x, x) + EPSILON).sqrt();
            unit.iter_mut().zip(x).for_each(|(u, x)| *u = x * *factor);
        }
    }
}

vectorised_fn! {
    /// From unit keys' gradients to those of the queries that they were, which are added to.
    fn normalise_backward<'a>(factors: &'a [f32], unit: &'a [f32], dunit: &'a [f32], dim: usize, dx: &'a mut [f32]) {
        let rows = dx.chunks_exact_mut(dim).zip(dunit.chunks_exact(dim)).zip(unit.chunks_exact(dim));
        for (((dx, dunit), unit), factor) in rows.zip(factors) {
            let along = dot(dunit, unit);
            for ((dx, dunit), unit) in dx.iter_mut().zip(dunit).zip(unit) {
                *dx += factor * (dunit - along * unit);
            }
        }
    }
}

vectorised_fn! {
    /// From a tile of products, a row for each of `frames`, to their exponentials; numerators and denominators so far
    /// shrink to the highest product so far.
    fn accumulate_exponentials<'a>(
        tile: &'a mut [f32],
        frames: &'a [u32],
        maxima: &'a mut [f32],
        totals: &'a mut [f32],
        dim: usize,
        y: &'a mut [f32],
    ) {
        for (row, &frame) in tile.chunks_exact_mut(tile.len() / frames.len()).zip(frames) {
            let frame = frame as usize;
            let highest = max(row).max(maxima[frame]);
            let shrink = exp(maxima[frame] - highest);
            maxima[frame] = highest;
            row.iter_mut().for_each(|p| *p = exp(*p - highest));
            totals[frame] = totals[frame] * shrink + sum(row);
            y[frame * dim..][..dim].iter_mut().for_each(|y| *y *= shrink);
        }
    }
}

vectorised_fn! {
    /// From tiles of products and of their probabilities' gradients to the probabilities and the products' gradients.
    /// `statistics` has each frame's highest product, the inverse of its sum, and dy·y.
    fn exponentials_backward<'a>(
        tile: &'a mut [f32],
        dtile: &'a mut [f32],
        frames: &'a [u32],
        statistics: [&'a [f32]; 3],
    ) {
        let width = tile.len() / frames.len();
        let rows = tile.chunks_exact_mut(width).zip(dtile.chunks_exact_mut(width));
        for ((row, drow), &frame) in rows.zip(frames) {
            let [highest, inverse, projection] = statistics.map(|values| values[frame as usize]);
            for (p, d) in row.iter_mut().zip(drow.iter_mut()) {
                *p = exp(*p - highest) * inverse;
                *d = *p * (*d - projection);
            }
        }
    }
}

vectorised_fn! {
    /// Each row's product with the other's.
    fn row_products<'a>(a: &'a [f32], b: &'a [f32], dim: usize, products: &'a mut [f32]) {
        for (p, (a, b)) in products.iter_mut().zip(a.chunks_exact(dim).zip(b.chunks_exact(dim))) {
            *p = dot(a, b);
        }
    }
}

/// A chunk's first frame in the sorted order, the first one that it sees, and where it ends.
fn chunks(frames: usize) -> impl Iterator<Item = [usize; 3]> {
    (0..frames).step_by(CHUNK).map(move |at| [at.saturating_sub(CHUNK), at, (at + CHUNK).min(frames)])
}

impl Mixer for Lsh {
    fn projections(&self) -> &'static [[&'static str; 2]] {
        &[["query_key.weight", "query_key.bias"], ["value.weight", "value.bias"]]
    }

    fn multiply_adds(&self, frames: usize, dim: usize) -> usize {
        self.rounds * dim * (Self::halves(frames) + 2 * frames.min(2 * CHUNK))
    }

    /// Each query's highest product over all rounds and 1 / Σ exp(product − highest), which one number could not hold
    /// beside [`SELF`], and the bits of the frames' numbers in each round's order.
    fn saved(&self, frames: usize, _dim: usize) -> usize {
        frames * (2 + self.rounds)
    }

    fn forward(&self, head: Head<'_>, saved: &mut [f32], y: &mut [f32]) {
        let (dim, [q, v]) = (head.dim, [head.inputs[0], head.inputs[1]]);
        let frames = q.len() / dim;
        let scale = 1.0 / (dim as f32).sqrt();
        let (maxima, rest) = saved.split_at_mut(frames);
        let (totals, orders) = rest.split_at_mut(frames);
        let mut factors = scratch::take(frames);
        let [mut unit, mut sorted_q, mut sorted_k, mut sorted_v] =
            std::array::from_fn(|_| scratch::take(q.len()));
        let (mut tile, mut sums) = (scratch::take(2 * CHUNK * CHUNK), scratch::take(CHUNK * dim));
        normalise(q, dim, &mut factors, &mut unit);
        maxima.fill(f32::NEG_INFINITY);
        totals.fill(0.0);
        y.fill(0.0);
        for (round, order) in self.orders(q, dim, head.index).iter().enumerate() {
            let bits = orders[round * frames..].iter_mut().zip(order);
            bits.for_each(|(saved, &frame)| *saved = f32::from_bits(frame));
            gather(q, dim, order, &mut sorted_q);
            gather(&unit, dim, order, &mut sorted_k);
            gather(v, dim, order, &mut sorted_v);
            for [before, start, end] in chunks(frames) {
                let (keys, queries) = (before * dim..end * dim, start * dim..end * dim);
                let (width, rows) = (end - before, end - start);
                let (tile, sums) = (&mut tile[..rows * width], &mut sums[..rows * dim]);
                let seen = &order[before..end];
                self.products(&sorted_q[queries], &sorted_k[keys.clone()], dim, scale, seen, tile);
                accumulate_exponentials(tile, &order[start..end], maxima, totals, dim, y);
                matmul(Matrix::new(tile, width), Matrix::new(&sorted_v[keys], dim), 1.0, false, sums);
                scatter_add(sums, dim, &order[start..end], y);
            }
        }
        vectorised(|| {
            for (y, total) in y.chunks_exact_mut(dim).zip(totals) {
                *total = 1.0 / *total;
                y.iter_mut().for_each(|y| *y *= *total);
            }
        });
    }

    fn backward(&self, head: Head<'_>, saved: &[f32], y: &[f32], dy: &[f32], gradients: Gradients<'_, '_>) {
        let (dim, [q, v]) = (head.dim, [head.inputs[0], head.inputs[1]]);
        let [dq, dv] = gradients.inputs else { unreachable!("two projections") };
        let frames = q.len() / dim;
        let scale = 1.0 / (dim as f32).sqrt();
        let (maxima, rest) = saved.split_at(frames);
        let (inverses, orders) = rest.split_at(frames);
        let [mut factors, mut projections] = std::array::from_fn(|_| scratch::take(frames));
        let [mut unit, mut sorted_q, mut sorted_k, mut sorted_v, mut sorted_dy] =
            std::array::from_fn(|_| scratch::take(q.len()));
        let [mut sorted_dq, mut sorted_dk, mut sorted_dv] = std::array::from_fn(|_| scratch::take(q.len()));
        let mut dk = scratch::zeros(q.len());
        let [mut tile, mut dtile] = std::array::from_fn(|_| scratch::take(2 * CHUNK * CHUNK));
        normalise(q, dim, &mut factors, &mut unit);
        row_products(dy, y, dim, &mut projections);
        [&mut *dq, &mut *dv].into_iter().for_each(|d| d.fill(0.0));
        for order in orders.chunks_exact(frames) {
            let order: Vec<u32> = order.iter().map(|frame| frame.to_bits()).collect();
            gather(q, dim, &order, &mut sorted_q);
            gather(&unit, dim, &order, &mut sorted_k);
            gather(v, dim, &order, &mut sorted_v);
            gather(dy, dim, &order, &mut sorted_dy);
            sorted_dk.fill(0.0);
            sorted_dv.fill(0.0);
            for [before, start, end] in chunks(frames) {
                let (keys, queries) = (before * dim..end * dim, start * dim..end * dim);
                let (width, rows) = (end - before, end - start);
                let (tile, dtile) = (&mut tile[..rows * width], &mut dtile[..rows * width]);
                let (q, k) = (&sorted_q[queries.clone()], &sorted_k[keys.clone()]);
                let (v, dy) = (&sorted_v[keys.clone()], &sorted_dy[queries.clone()]);
                self.products(q, k, dim, scale, &order[before..end], tile);
                matmul(Matrix::new(dy, dim), Matrix::new(v, dim).t(), 1.0, false, dtile);
                // A frame's product with itself is a constant. Its p is 0, or else all there is: d comes out as 0.
                exponentials_backward(tile, dtile, &order[start..end], [maxima, inverses, &projections]);
                let (tile, dtile) = (Matrix::new(tile, width), Matrix::new(dtile, width));
                matmul(tile.t(), Matrix::new(dy, dim), 1.0, true, &mut sorted_dv[keys.clone()]);
                matmul(dtile, Matrix::new(k, dim), scale, false, &mut sorted_dq[queries]);
                matmul(dtile.t(), Matrix::new(q, dim), scale, true, &mut sorted_dk[keys]);
            }
            scatter_add(&sorted_dq, dim, &order, dq);
            scatter_add(&sorted_dk, dim, &order, &mut dk);
            scatter_add(&sorted_dv, dim, &order, dv);
        }
        normalise_backward(&factors, &unit, &dk, dim, dq);
    }

    /// Round by round with all products and masks, as the paper writes it.
    fn compose(&self, inputs: &[Tensor], _weights: &[Tensor]) -> Result<Tensor> {
        let [q, v] = [inputs[0].contiguous()?, inputs[1].contiguous()?];
        let (heads, frames, dim) = q.dims3()?;
        let length = (q.sqr()?.sum_keepdim(D::Minus1)? + f64::from(EPSILON))?.sqrt()?;
        let k = q.broadcast_div(&length)?;
        let products = (q.matmul(&k.transpose(1, 2)?.contiguous()?)? * (1.0 / (dim as f64).sqrt()))?;
        let orders = (0..heads)
            .map(|head| Ok(self.orders(&q.get(head)?.flatten_all()?.to_vec1::<f32>()?, dim, head)))
            .collect::<Result<Vec<_>>>()?;
        let (mut outputs, mut totals) = (Vec::new(), Vec::new());
        for round in 0..self.rounds {
            let (mut seen, mut shift) =
                (vec![0f32; heads * frames * frames], vec![-1e30f32; heads * frames * frames]);
            for (head, orders) in orders.iter().enumerate() {
                for (at, &query) in orders[round].iter().enumerate() {
                    for (other, &key) in orders[round].iter().enumerate() {
                        let place = (head * frames + query as usize) * frames + key as usize;
                        if query == key {
                            shift[place] = SELF;
                        } else if self.causal && key > query {
                            continue;
                        } else if (other / CHUNK..=other / CHUNK + 1).contains(&(at / CHUNK)) {
                            (seen[place], shift[place]) = (1.0, 0.0);
                        }
                    }
                }
            }
            let mask = |values| Tensor::from_vec(values, (heads, frames, frames), q.device());
            let products = ((&products * mask(seen)?)? + mask(shift)?)?;
            let highest = products.max_keepdim(D::Minus1)?.detach();
            let exponents = products.broadcast_sub(&highest)?.exp()?;
            let sum = exponents.sum_keepdim(D::Minus1)?;
            outputs.push(exponents.broadcast_div(&sum)?.matmul(&v)?);
            totals.push((sum.log()? + highest)?);
        }
        let totals = Tensor::cat(&totals, D::Minus1)?;
        let shares = totals.broadcast_sub(&totals.max_keepdim(D::Minus1)?.detach())?.exp()?;
        let shares = shares.broadcast_div(&shares.sum_keepdim(D::Minus1)?)?;
        let mut y = outputs[0].zeros_like()?;
        for (round, output) in outputs.iter().enumerate() {
            y = (y + output.broadcast_mul(&shares.narrow(D::Minus1, round, 1)?)?)?;
        }
        Ok(y)
    }
}
