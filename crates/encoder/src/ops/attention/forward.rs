//! The forward pass: an online softmax (Dao et al., 2022, algorithm 1).

use std::f32::consts::LOG2_E;

use pulp::{Simd, WithSimd};

use super::fall::{self, Fall};
use super::view::View;
use super::{Attention, KEYS};
use crate::ops::math::dot;
use crate::ops::scratch;
use crate::ops::tile::block::{FRAMES, Lanes, scale_columns, to_columns, to_rows};
use crate::ops::tile::exp2::exp2;
use crate::ops::tile::product::{Accumulate, InRegisters, Left, Rows, Transposed, in_registers};

/// Exponents may exceed their query's reference by so much before it is raised: most keys then leave it.
const SLACK: f32 = 8.0;

pub(super) struct Forward<'a> {
    pub(super) given: Attention<'a>,
    pub(super) totals: &'a mut [f32],
    pub(super) y: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { given, totals, y } = self;
        let dim = given.dim;
        let mut memory = scratch::take((2 * dim + KEYS) * FRAMES);
        let (q, rest) = memory.split_at_mut(dim * FRAMES);
        let (sums, tile) = rest.split_at_mut(dim * FRAMES);
        let (size, stride) = (FRAMES * dim, FRAMES / S::F32_LANES);
        let blocks = given.q.chunks(size).zip(y.chunks_mut(size)).zip(totals.chunks_mut(FRAMES));
        for (block, ((rows, y), logarithms)) in blocks.enumerate() {
            let first_query = block * FRAMES;
            let seen = given.seen(first_query..first_query + logarithms.len());
            let (first_key, seen) = (seen.start, seen.start * dim..seen.end * dim);
            let vectors = logarithms.len().div_ceil(S::F32_LANES);
            to_columns(rows, dim, q);
            scale_columns(q, &Lanes([given.scale(); FRAMES]));
            let q = S::as_simd_f32s(q).0;
            sums.fill(0.0);
            // A query's own key, which it always sees, gives the first reference.
            let (mut start, mut total) = (Lanes::ZERO, Lanes::ZERO);
            let own = rows.chunks_exact(dim).zip(given.k[first_query * dim..].chunks_exact(dim));
            start.0.iter_mut().zip(own).for_each(|(start, (q, k))| *start = -given.scale() * dot(q, k));
            let falls = fall::lanes(given.sums, first_query);
            let tiles = given.k[seen.clone()].chunks(KEYS * dim).zip(given.v[seen].chunks(KEYS * dim));
            for (index, (k, v)) in tiles.enumerate() {
                let (keys, key) = (k.len() / dim, first_key + index * KEYS);
                let mut exponentials = Exponentials {
                    k: Rows { data: k, stride: dim, depth: dim },
                    q,
                    view: View::new(given.span, key, first_query),
                    fall: Fall::new(&falls, given.sums_of(key..key + keys), LOG2_E),
                    start: S::as_mut_simd_f32s(&mut start.0).0,
                    tile: S::as_mut_simd_f32s(tile).0,
                    total: S::as_mut_simd_f32s(&mut total.0).0,
                    sums: S::as_mut_simd_f32s(sums).0,
                };
                in_registers(simd, keys, vectors, &mut exponentials);
                let a = Transposed { data: v, width: dim };
                let (b, c) = (S::as_simd_f32s(tile).0, S::as_mut_simd_f32s(sums).0);
                in_registers(simd, dim, vectors, &mut Accumulate { a, b, c, stride });
            }
            scale_columns(sums, &Lanes(total.0.map(|total| 1.0 / total)));
            to_rows(sums, dim, y);
            for (logarithm, (start, total)) in logarithms.iter_mut().zip(start.0.iter().zip(total.0)) {
                *logarithm = total.log2() - start;
            }
        }
    }
}

/// The exponentials of a tile's products, less each query's reference.
struct Exponentials<'a, S: Simd> {
    k: Rows<'a>,
    q: &'a [S::f32s],
    view: View,
    fall: Fall<'a, S>,
    /// What each query's products start from: less its reference.
    start: &'a mut [S::f32s],
    tile: &'a mut [S::f32s],
    /// The sums of all keys' exponentials so far.
    total: &'a mut [S::f32s],
    /// Those of the keys before this tile with their values.
    sums: &'a mut [S::f32s],
}

impl<S: Simd> InRegisters<S> for Exponentials<'_, S> {
    #[inline(always)]
    fn run<const R: usize, const V: usize>(&mut self, simd: S, row: usize, vector: usize) {
        let stride = self.total.len();
        let mut start = [simd.splat_f32s(0.0); V];
        start.copy_from_slice(&self.start[vector..vector + V]);
        let q = &self.q[vector..];
        let mut scores = self.k.add_products::<S, R, V>(simd, row, q, stride, [start; R]);
        self.fall.lower(simd, row, vector, &mut scores);
        self.view.hide(simd, row, vector, &mut scores);
        let mut highest = scores[0];
        for scores in &scores[1..] {
            for (highest, score) in highest.iter_mut().zip(scores) {
                *highest = simd.max_f32s(*highest, *score);
            }
        }
        if simd.reduce_max_f32s(simd.max_f32s(highest[0], highest[V - 1])) > SLACK {
            self.raise(simd, row, vector, &mut highest);
            for scores in &mut scores {
                for (score, rise) in scores.iter_mut().zip(&highest) {
                    *score = simd.sub_f32s(*score, *rise);
                }
            }
        }
        let mut sums = [simd.splat_f32s(0.0); V];
        for (r, scores) in scores.iter().enumerate() {
            let tile = &mut self.tile[(row + r) * stride + vector..][..V];
            for ((score, sum), tile) in scores.iter().zip(&mut sums).zip(tile) {
                *tile = exp2(simd, *score);
                *sum = simd.add_f32s(*sum, *tile);
            }
        }
        for (total, sum) in self.total[vector..].iter_mut().zip(&sums) {
            *total = simd.add_f32s(*total, *sum);
        }
    }
}

impl<S: Simd> Exponentials<'_, S> {
    /// Raises the references that scores rise beyond, each query's for itself, and shrinks all that was computed with
    /// the former ones: the tile up to a row, and the sums.
    #[inline(always)]
    fn raise(&mut self, simd: S, row: usize, vector: usize, rise: &mut [S::f32s]) {
        let stride = self.total.len();
        let (zero, slack) = (simd.splat_f32s(0.0), simd.splat_f32s(SLACK));
        for (rise, at) in rise.iter_mut().zip(vector..) {
            *rise = simd.select_f32s(simd.greater_than_f32s(*rise, slack), *rise, zero);
            self.start[at] = simd.sub_f32s(self.start[at], *rise);
            let factor = exp2(simd, simd.sub_f32s(zero, *rise));
            self.total[at] = simd.mul_f32s(self.total[at], factor);
            for part in [&mut *self.sums, &mut self.tile[..row * stride]] {
                for row in part.chunks_exact_mut(stride) {
                    row[at] = simd.mul_f32s(row[at], factor);
                }
            }
        }
    }
}
