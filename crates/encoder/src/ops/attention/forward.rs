//! The forward pass: an online softmax (Dao et al., 2022, algorithm 1).

use pulp::{Simd, WithSimd};

use super::Attention;
use super::block::{Aligned, KEYS, Lanes, QUERIES, hide, to_columns, to_rows};
use super::exp2::exp2;
use super::product::{Accumulate, ByRows, Left, Rows, Transposed, by_rows};

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
        let mut memory = Aligned::zeros((2 * dim + KEYS) * QUERIES);
        let (q, rest) = memory.split_at_mut(dim * QUERIES);
        let (sums, tile) = rest.split_at_mut(dim * QUERIES);
        let size = QUERIES * dim;
        let blocks = given.q.chunks(size).zip(y.chunks_mut(size)).zip(totals.chunks_mut(QUERIES));
        for (block, ((rows, y), logarithms)) in blocks.enumerate() {
            let first_query = block * QUERIES;
            let seen = given.seen(first_query + logarithms.len());
            to_columns(rows, dim, given.scale(), q);
            sums.fill(0.0);
            let q = S::as_simd_f32s(q).0;
            // The first key, which all queries see, gives the first reference.
            let (mut start, mut total) = (Lanes([0.0; QUERIES]), Lanes([0.0; QUERIES]));
            let first = Rows { data: given.k, stride: dim, depth: dim };
            by_rows(simd, 1, &mut Accumulate { a: first, b: q, c: &mut start.0, width: QUERIES });
            start.0.iter_mut().for_each(|start| *start = -*start);
            let tiles = given.k[..seen * dim].chunks(KEYS * dim).zip(given.v.chunks(KEYS * dim));
            for (index, (k, v)) in tiles.enumerate() {
                let keys = k.len() / dim;
                let tile = &mut tile[..keys * QUERIES];
                let mut exponentials = Exponentials {
                    k: Rows { data: k, stride: dim, depth: dim },
                    q,
                    hidden: given.causal.then(|| (index * KEYS) as isize - first_query as isize),
                    start: S::as_mut_simd_f32s(&mut start.0).0,
                    tile: S::as_mut_simd_f32s(tile).0,
                    total: S::as_mut_simd_f32s(&mut total.0).0,
                    sums: S::as_mut_simd_f32s(sums).0,
                };
                by_rows(simd, keys, &mut exponentials);
                let a = Transposed { data: &v[..k.len()], width: dim };
                let b = S::as_simd_f32s(tile).0;
                by_rows(simd, dim, &mut Accumulate { a, b, c: sums, width: QUERIES });
            }
            to_rows(sums, dim, &Lanes(total.0.map(|total| 1.0 / total)), y);
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
    /// The tile's first key less the block's first query, where order matters.
    hidden: Option<isize>,
    /// What each query's products start from: less its reference.
    start: &'a mut [S::f32s],
    tile: &'a mut [S::f32s],
    /// The sums of all keys' exponentials so far.
    total: &'a mut [S::f32s],
    /// Those of the keys before this tile with their values.
    sums: &'a mut [S::f32s],
}

impl<S: Simd> ByRows<S> for Exponentials<'_, S> {
    #[inline(always)]
    fn run<const R: usize>(&mut self, simd: S, first: usize) {
        let stride = self.total.len();
        for at in (0..stride).step_by(2) {
            let start = [self.start[at], self.start[at + 1]];
            let mut scores = self.k.add_products::<S, R, 2>(simd, first, &self.q[at..], stride, [start; R]);
            if let Some(hidden) = self.hidden {
                hide(simd, hidden + first as isize, at, &mut scores);
            }
            let mut highest = scores[0];
            for scores in &scores[1..] {
                for (highest, score) in highest.iter_mut().zip(scores) {
                    *highest = simd.max_f32s(*highest, *score);
                }
            }
            if simd.reduce_max_f32s(simd.max_f32s(highest[0], highest[1])) > SLACK {
                let rise = self.raise(simd, first, at, highest);
                for scores in &mut scores {
                    for (score, rise) in scores.iter_mut().zip(&rise) {
                        *score = simd.sub_f32s(*score, *rise);
                    }
                }
            }
            let mut totals = [simd.splat_f32s(0.0); 2];
            for (r, scores) in scores.iter().enumerate() {
                for (v, score) in scores.iter().enumerate() {
                    let exponential = exp2(simd, *score);
                    self.tile[(first + r) * stride + at + v] = exponential;
                    totals[v] = simd.add_f32s(totals[v], exponential);
                }
            }
            for (total, sum) in self.total[at..].iter_mut().zip(&totals) {
                *total = simd.add_f32s(*total, *sum);
            }
        }
    }
}

impl<S: Simd> Exponentials<'_, S> {
    /// Raises two vectors' references, where that is upwards, and shrinks all that was computed with the former ones.
    #[inline(always)]
    fn raise(&mut self, simd: S, rows: usize, at: usize, mut rise: [S::f32s; 2]) -> [S::f32s; 2] {
        let stride = self.total.len();
        let zero = simd.splat_f32s(0.0);
        for (rise, at) in rise.iter_mut().zip(at..) {
            *rise = simd.max_f32s(*rise, zero);
            self.start[at] = simd.sub_f32s(self.start[at], *rise);
            let factor = exp2(simd, simd.sub_f32s(zero, *rise));
            self.total[at] = simd.mul_f32s(self.total[at], factor);
            for part in [&mut *self.sums, &mut self.tile[..rows * stride]] {
                for row in part.chunks_exact_mut(stride) {
                    row[at] = simd.mul_f32s(row[at], factor);
                }
            }
        }
        rise
    }
}
