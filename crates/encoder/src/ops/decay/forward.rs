//! The forward pass.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::chunk::{AddDecayed, decays_of_chunks, states_after, update_state};
use super::{DecayedSums, Rates};
use crate::ops::tile::block::{Aligned, FRAMES, to_columns, to_rows};
use crate::ops::tile::product::{Accumulate, InRegisters, Left, Rows, Transposed, in_registers};

pub(super) struct Forward<'a> {
    pub(super) given: DecayedSums<'a>,
    /// The state before the first frame; in a stream it takes all frames in, else it is zeros and left as it is needed.
    pub(super) past: &'a mut [f32],
    pub(super) streams: bool,
    pub(super) y: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { given, past, streams, y } = self;
        let DecayedSums { a, b, rates, causal, .. } = given;
        let stride = FRAMES / S::F32_LANES;
        let width = past.len() / b;
        let mut memory = Aligned::take((a + b + 2 * FRAMES + width) * FRAMES);
        let (q, rest) = memory.split_at_mut(a * FRAMES);
        let (sums, rest) = rest.split_at_mut(b * FRAMES);
        let (m, rest) = rest.split_at_mut(FRAMES * FRAMES);
        let (tile, room) = rest.split_at_mut(FRAMES * FRAMES);
        let decays = decays_of_chunks(simd, &given);
        // What each chunk has after it.
        let chunks = given.chunks().len();
        let mut after = Aligned::take(if causal { 0 } else { chunks * b * width });
        if !causal {
            let rows = |at: &Range<usize>| {
                let [_, k, v] = given.rows(at);
                [k, v]
            };
            states_after(simd, &given, &decays, rows, room, &mut after);
        }
        for ((chunk, at), y) in given.chunks().enumerate().zip(y.chunks_mut(b * FRAMES)) {
            let [q_rows, k, v] = given.rows(&at);
            let vectors = at.len().div_ceil(S::F32_LANES);
            let decays = &decays[chunk];
            if chunk == 0 || matches!(rates, Rates::Each(_)) {
                decays.fill_mask(simd, causal, m);
            }
            to_columns(q_rows, a, q);
            let q = S::as_simd_f32s(q).0;
            let mut weights = Weights {
                k: Rows { data: k, stride: a, depth: a },
                q,
                m: S::as_simd_f32s(m).0,
                tile: S::as_mut_simd_f32s(tile).0,
                stride,
            };
            in_registers(simd, at.len(), vectors, &mut weights);
            sums.fill(0.0);
            let c = S::as_mut_simd_f32s(sums).0;
            let of_v = Transposed { data: v, width: b };
            let b_tile = S::as_simd_f32s(tile).0;
            in_registers(simd, b, vectors, &mut Accumulate { a: of_v, b: b_tile, c: &mut *c, stride });
            // States of nothing are left out.
            let (first, last) = (chunk == 0, chunk + 1 == chunks);
            let before = (!first || streams).then_some((&*past, &decays.from_start));
            let future =
                (!causal && !last).then(|| (&after[chunk * b * width..][..b * width], &decays.to_end));
            for (state, factors) in before.into_iter().chain(future) {
                let a = Rows { data: state, stride: width, depth: a };
                let c = &mut *c;
                in_registers(
                    simd,
                    b,
                    vectors,
                    &mut AddDecayed { a, b: q, c, factors, stride, products: None },
                );
            }
            to_rows(sums, b, y);
            if !last || streams {
                update_state(simd, past, decays.through, [k, v], [a, b], &decays.to_end, room);
            }
        }
    }
}

/// The products of a chunk's frames, times M.
struct Weights<'a, S: Simd> {
    k: Rows<'a>,
    q: &'a [S::f32s],
    m: &'a [S::f32s],
    tile: &'a mut [S::f32s],
    stride: usize,
}

impl<S: Simd> InRegisters<S> for Weights<'_, S> {
    #[inline(always)]
    fn run<const R: usize, const V: usize>(&mut self, simd: S, row: usize, vector: usize) {
        let stride = self.stride;
        let zeros = [[simd.splat_f32s(0.0); V]; R];
        let products = self.k.add_products::<S, R, V>(simd, row, &self.q[vector..], stride, zeros);
        for (r, products) in products.iter().enumerate() {
            let at = (row + r) * stride + vector..(row + r) * stride + vector + V;
            for ((product, m), tile) in products.iter().zip(&self.m[at.clone()]).zip(&mut self.tile[at]) {
                *tile = simd.mul_f32s(*product, *m);
            }
        }
    }
}
