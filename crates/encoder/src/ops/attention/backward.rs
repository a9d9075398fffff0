//! The backward pass, which computes each tile's probabilities again (Dao et al., 2022, algorithm 4).

use std::f32::consts::LOG2_E;

use pulp::{Simd, WithSimd};

use super::fall::{self, Fall};
use super::view::View;
use super::{Attention, KEYS};
use crate::ops::math::dot;
use crate::ops::scratch;
use crate::ops::tile::block::{FRAMES, Lanes, scale_columns, to_columns, to_padded, to_rows};
use crate::ops::tile::exp2::exp2;
use crate::ops::tile::product::{Accumulate, InRegisters, Left, Rows, Transposed, in_registers};

pub(super) struct Backward<'a> {
    pub(super) given: Attention<'a>,
    pub(super) totals: &'a [f32],
    pub(super) y: &'a [f32],
    pub(super) dy: &'a [f32],
    /// Those of queries, keys and values.
    pub(super) gradients: [&'a mut [f32]; 3],
    /// That of the frames' numbers; empty where it isn't wanted.
    pub(super) dsums: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { given, totals, y, dy, gradients: [dq, dk, dv], dsums } = self;
        dsums.fill(0.0);
        let dim = given.dim;
        let width = dim.next_multiple_of(S::F32_LANES);
        let mut memory = scratch::take((3 * dim + 2 * KEYS + 2 * width) * FRAMES);
        let (q_columns, rest) = memory.split_at_mut(dim * FRAMES);
        let (dy_columns, rest) = rest.split_at_mut(dim * FRAMES);
        let (dq_columns, rest) = rest.split_at_mut(dim * FRAMES);
        let (p, rest) = rest.split_at_mut(KEYS * FRAMES);
        let (ds, rest) = rest.split_at_mut(KEYS * FRAMES);
        let (q_rows, dy_rows) = rest.split_at_mut(width * FRAMES);
        // The gradients of keys and values, padded to whole vectors.
        let mut sums = [(); 2].map(|()| scratch::take(dk.len() / dim * width));
        sums.iter_mut().for_each(|sums| sums.fill(0.0));
        let [dk_sums, dv_sums] = &mut sums;
        let scale = 1.0 / (dim as f32).sqrt();
        let (size, stride) = (FRAMES * dim, FRAMES / S::F32_LANES);
        let blocks = given.q.chunks(size).zip(dq.chunks_mut(size)).zip(totals.chunks(FRAMES));
        let outputs = y.chunks(size).zip(dy.chunks(size));
        for (block, (((q, dq), logarithms), (y, dy))) in blocks.zip(outputs).enumerate() {
            let (first_query, queries) = (block * FRAMES, logarithms.len());
            let vectors = queries.div_ceil(S::F32_LANES);
            let seen = given.seen(first_query..first_query + queries);
            let (first_key, padded) = (seen.start, seen.start * width..seen.end * width);
            let seen = seen.start * dim..seen.end * dim;
            let (mut totals, mut projections) = (Lanes::ZERO, Lanes::ZERO);
            totals.0.iter_mut().zip(logarithms).for_each(|(total, logarithm)| *total = -logarithm);
            let rows = y.chunks_exact(dim).zip(dy.chunks_exact(dim));
            projections.0.iter_mut().zip(rows).for_each(|(p, (y, dy))| *p = -dot(y, dy));
            to_columns(q, dim, q_columns);
            scale_columns(q_columns, &Lanes([given.scale(); FRAMES]));
            to_columns(dy, dim, dy_columns);
            to_padded(q, dim, &Lanes([scale; FRAMES]), q_rows);
            to_padded(dy, dim, &Lanes::ONE, dy_rows);
            dq_columns.fill(0.0);
            let falls = fall::lanes(given.sums, first_query);
            let mut dfalls = Lanes::ZERO;
            let tiles = given.k[seen.clone()].chunks(KEYS * dim).zip(given.v[seen].chunks(KEYS * dim));
            let targets =
                [&mut *dk_sums, &mut *dv_sums].map(|sums| sums[padded.clone()].chunks_mut(KEYS * width));
            let [dk_tiles, dv_tiles] = targets;
            for (index, ((k, v), (dk, dv))) in tiles.zip(dk_tiles.zip(dv_tiles)).enumerate() {
                let (keys, key) = (k.len() / dim, first_key + index * KEYS);
                let mut probabilities = Probabilities {
                    k: Rows { data: k, stride: dim, depth: dim },
                    v: Rows { data: v, stride: dim, depth: dim },
                    q: S::as_simd_f32s(q_columns).0,
                    dy: S::as_simd_f32s(dy_columns).0,
                    totals: S::as_simd_f32s(&totals.0).0,
                    projections: S::as_simd_f32s(&projections.0).0,
                    view: View::new(given.span, key, first_query),
                    fall: Fall::new(&falls, given.sums_of(key..key + keys), LOG2_E),
                    p: S::as_mut_simd_f32s(p).0,
                    ds: S::as_mut_simd_f32s(ds).0,
                };
                in_registers(simd, keys, vectors, &mut probabilities);
                if let Some(dkeys) = dsums.get_mut(key..key + keys) {
                    let first = key as isize - first_query as isize;
                    fall::backward(simd, S::as_simd_f32s(ds).0, vectors, first, &mut dfalls, dkeys);
                }
                for (tile, rows, sums) in [(&*p, &*dy_rows, dv), (&*ds, &*q_rows, dk)] {
                    let a = Rows { data: tile, stride: FRAMES, depth: queries };
                    let (b, c) = (S::as_simd_f32s(rows).0, S::as_mut_simd_f32s(sums).0);
                    let stride = width / S::F32_LANES;
                    in_registers(simd, keys, stride, &mut Accumulate { a, b, c, stride });
                }
                let a = Transposed { data: k, width: dim };
                let (b, c) = (S::as_simd_f32s(ds).0, S::as_mut_simd_f32s(dq_columns).0);
                in_registers(simd, dim, vectors, &mut Accumulate { a, b, c, stride });
            }
            scale_columns(dq_columns, &Lanes([scale; FRAMES]));
            to_rows(dq_columns, dim, dq);
            let own = dsums.get_mut(first_query..first_query + queries).unwrap_or_default();
            own.iter_mut().zip(dfalls.0).for_each(|(dsum, dfall)| *dsum += dfall);
        }
        for (gradient, sums) in [(dk, dk_sums), (dv, dv_sums)] {
            for (row, sums) in gradient.chunks_exact_mut(dim).zip(sums.chunks_exact(width)) {
                row.copy_from_slice(&sums[..dim]);
            }
        }
    }
}

/// The probabilities of a tile's keys for a block of queries, and the gradients of what they are the softmax of.
struct Probabilities<'a, S: Simd> {
    k: Rows<'a>,
    v: Rows<'a>,
    q: &'a [S::f32s],
    dy: &'a [S::f32s],
    /// Negative, as the products start from them.
    totals: &'a [S::f32s],
    projections: &'a [S::f32s],
    view: View,
    fall: Fall<'a, S>,
    p: &'a mut [S::f32s],
    ds: &'a mut [S::f32s],
}

impl<S: Simd> InRegisters<S> for Probabilities<'_, S> {
    #[inline(always)]
    fn run<const R: usize, const V: usize>(&mut self, simd: S, row: usize, vector: usize) {
        let stride = self.totals.len();
        let at = row * stride + vector;
        let mut start = [simd.splat_f32s(0.0); V];
        start.copy_from_slice(&self.totals[vector..vector + V]);
        let q = &self.q[vector..];
        let mut scores = self.k.add_products::<S, R, V>(simd, row, q, stride, [start; R]);
        self.fall.lower(simd, row, vector, &mut scores);
        self.view.hide(simd, row, vector, &mut scores);
        for (r, scores) in scores.iter().enumerate() {
            for (score, p) in scores.iter().zip(&mut self.p[at + r * stride..][..V]) {
                *p = exp2(simd, *score);
            }
        }
        start.copy_from_slice(&self.projections[vector..vector + V]);
        let dy = &self.dy[vector..];
        let sums = self.v.add_products::<S, R, V>(simd, row, dy, stride, [start; R]);
        for (r, sums) in sums.iter().enumerate() {
            let at = at + r * stride..at + r * stride + V;
            for ((sum, p), ds) in sums.iter().zip(&self.p[at.clone()]).zip(&mut self.ds[at]) {
                *ds = simd.mul_f32s(*p, *sum);
            }
        }
    }
}
