//! The backward pass, which computes each tile's probabilities again (Dao et al., 2022, algorithm 4).

use pulp::{Simd, WithSimd};

use super::Attention;
use super::block::{Aligned, KEYS, Lanes, QUERIES, hide, to_columns, to_rows};
use super::exp2::exp2;
use super::product::{Accumulate, ByRows, Left, Rows, Transposed, by_rows};
use crate::ops::math::dot;

pub(super) struct Backward<'a> {
    pub(super) given: Attention<'a>,
    pub(super) totals: &'a [f32],
    pub(super) y: &'a [f32],
    pub(super) dy: &'a [f32],
    /// Those of queries, keys and values.
    pub(super) gradients: [&'a mut [f32]; 3],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { given, totals, y, dy, gradients: [dq, dk, dv] } = self;
        let dim = given.dim;
        let padded = dim.next_multiple_of(S::F32_LANES);
        let mut memory = Aligned::zeros((3 * dim + 2 * KEYS + 2 * padded) * QUERIES);
        let (q_columns, rest) = memory.split_at_mut(dim * QUERIES);
        let (dy_columns, rest) = rest.split_at_mut(dim * QUERIES);
        let (dq_columns, rest) = rest.split_at_mut(dim * QUERIES);
        let (p, rest) = rest.split_at_mut(KEYS * QUERIES);
        let (ds, rest) = rest.split_at_mut(KEYS * QUERIES);
        let (q_rows, dy_rows) = rest.split_at_mut(padded * QUERIES);
        dk.fill(0.0);
        dv.fill(0.0);
        let scale = 1.0 / (dim as f32).sqrt();
        let size = QUERIES * dim;
        let blocks = given.q.chunks(size).zip(dq.chunks_mut(size)).zip(totals.chunks(QUERIES));
        for (block, (((q, dq), totals), (y, dy))) in
            blocks.zip(y.chunks(size).zip(dy.chunks(size))).enumerate()
        {
            let (first_query, queries) = (block * QUERIES, totals.len());
            let seen = given.seen(first_query + queries);
            let projections = y.chunks_exact(dim).zip(dy.chunks_exact(dim)).map(|(y, dy)| -dot(y, dy));
            let projections = Lanes::padded(projections);
            let totals = Lanes::padded(totals.iter().map(|total| -total));
            to_columns(q, dim, given.scale(), q_columns);
            to_columns(dy, dim, 1.0, dy_columns);
            to_padded(q, dim, scale, q_rows);
            to_padded(dy, dim, 1.0, dy_rows);
            dq_columns.fill(0.0);
            let tiles = given.k[..seen * dim].chunks(KEYS * dim).zip(given.v.chunks(KEYS * dim));
            let targets = dk.chunks_mut(KEYS * dim).zip(dv.chunks_mut(KEYS * dim));
            for (index, ((k, v), (dk, dv))) in tiles.zip(targets).enumerate() {
                let keys = k.len() / dim;
                let (p, ds) = (&mut p[..keys * QUERIES], &mut ds[..keys * QUERIES]);
                let mut probabilities = Probabilities {
                    k: Rows { data: k, stride: dim, depth: dim },
                    v: Rows { data: v, stride: dim, depth: dim },
                    q: S::as_simd_f32s(q_columns).0,
                    dy: S::as_simd_f32s(dy_columns).0,
                    totals: S::as_simd_f32s(&totals.0).0,
                    projections: S::as_simd_f32s(&projections.0).0,
                    hidden: given.causal.then(|| (index * KEYS) as isize - first_query as isize),
                    p: S::as_mut_simd_f32s(p).0,
                    ds: S::as_mut_simd_f32s(ds).0,
                };
                by_rows(simd, keys, &mut probabilities);
                let rows = |data| Rows { data, stride: QUERIES, depth: queries };
                let b = S::as_simd_f32s(dy_rows).0;
                by_rows(simd, keys, &mut Accumulate { a: rows(p), b, c: dv, width: dim });
                let b = S::as_simd_f32s(q_rows).0;
                by_rows(simd, keys, &mut Accumulate { a: rows(ds), b, c: dk, width: dim });
                let (a, b) = (Transposed { data: k, width: dim }, S::as_simd_f32s(ds).0);
                by_rows(simd, dim, &mut Accumulate { a, b, c: dq_columns, width: QUERIES });
            }
            to_rows(dq_columns, dim, &Lanes([scale; QUERIES]), dq);
        }
    }
}

/// Writes `scale` times the rows, padded to whole vectors.
#[inline(always)]
fn to_padded(rows: &[f32], dim: usize, scale: f32, padded: &mut [f32]) {
    let width = padded.len() / QUERIES;
    for (row, padded) in rows.chunks_exact(dim).zip(padded.chunks_exact_mut(width)) {
        padded.iter_mut().zip(row).for_each(|(padded, value)| *padded = value * scale);
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
    /// The tile's first key less the block's first query, where order matters.
    hidden: Option<isize>,
    p: &'a mut [S::f32s],
    ds: &'a mut [S::f32s],
}

impl<S: Simd> ByRows<S> for Probabilities<'_, S> {
    #[inline(always)]
    fn run<const R: usize>(&mut self, simd: S, first: usize) {
        let stride = QUERIES / S::F32_LANES;
        for at in (0..stride).step_by(2) {
            let start = [self.totals[at], self.totals[at + 1]];
            let mut scores = self.k.add_products::<S, R, 2>(simd, first, &self.q[at..], stride, [start; R]);
            if let Some(hidden) = self.hidden {
                hide(simd, hidden + first as isize, at, &mut scores);
            }
            for (r, scores) in scores.iter().enumerate() {
                for (v, score) in scores.iter().enumerate() {
                    self.p[(first + r) * stride + at + v] = exp2(simd, *score);
                }
            }
            let start = [self.projections[at], self.projections[at + 1]];
            let sums = self.v.add_products::<S, R, 2>(simd, first, &self.dy[at..], stride, [start; R]);
            for (r, sums) in sums.iter().enumerate() {
                for (v, sum) in sums.iter().enumerate() {
                    let at = (first + r) * stride + at + v;
                    self.ds[at] = simd.mul_f32s(self.p[at], *sum);
                }
            }
        }
    }
}
