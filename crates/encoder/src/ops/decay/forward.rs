//! The forward pass.

use pulp::{Simd, WithSimd};

use super::chunk::{AddDecayed, decays_of_chunks, states_after, update_state};
use super::rows::{KeysAndValues, Load, features};
use super::{DecayedAttention, Rates};
use crate::ops::scratch;
use crate::ops::tile::block::{FRAMES, Lanes, scale_columns, to_columns, to_rows};
use crate::ops::tile::product::{Accumulate, InRegisters, Left, Rows, Transposed, in_registers};

pub(super) struct Forward<'a> {
    pub(super) given: DecayedAttention<'a>,
    /// The state before the first frame; in a stream it takes all frames in, else it is zeros and left as it is needed.
    pub(super) past: &'a mut [f32],
    pub(super) streams: bool,
    pub(super) y: &'a mut [f32],
    pub(super) denominators: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { given, past, streams, y, denominators } = self;
        let DecayedAttention { dim, rates, causal, epsilon, .. } = given;
        let (wide, stride) = (dim + 1, FRAMES / S::F32_LANES);
        let width = past.len() / wide;
        let mut memory = scratch::take((3 * dim + 2 * wide + 2 * FRAMES + width) * FRAMES);
        let mut rest = &mut memory[..];
        let mut part = |rows: usize| rest.split_off_mut(..rows * FRAMES).unwrap_or_default();
        let [q_rows, k_rows, q_columns] = [(); 3].map(|()| part(dim));
        let [v_rows, sums] = [(); 2].map(|()| part(wide));
        let [m, tile, room] = [FRAMES, FRAMES, width].map(part);
        let decays = decays_of_chunks(simd, &given);
        // What each chunk has after it.
        let chunks = given.chunks().len();
        let keys_and_values = KeysAndValues(given);
        let mut after = scratch::take(if causal { 0 } else { chunks * wide * width });
        if !causal {
            let rooms = [&mut *k_rows, &mut *v_rows, &mut *room];
            states_after(simd, &given, &decays, keys_and_values, rooms, &mut after);
        }
        for (chunk, at) in given.chunks().enumerate() {
            let own = at.start * dim..at.end * dim;
            let [k, v] = keys_and_values.load(simd, &at, [&mut *k_rows, &mut *v_rows]);
            to_columns(features(simd, &given.q[own.clone()], q_rows), dim, q_columns);
            let vectors = at.len().div_ceil(S::F32_LANES);
            let decays = &decays[chunk];
            if chunk == 0 || matches!(rates, Rates::Each(_)) {
                decays.fill_mask(simd, causal, m);
            }
            let q = S::as_simd_f32s(q_columns).0;
            let mut weights = Weights {
                k: Rows { data: k, stride: dim, depth: dim },
                q,
                m: S::as_simd_f32s(m).0,
                tile: S::as_mut_simd_f32s(tile).0,
                stride,
            };
            in_registers(simd, at.len(), vectors, &mut weights);
            sums.fill(0.0);
            let c = S::as_mut_simd_f32s(sums).0;
            let of_v = Transposed { data: v, width: wide };
            let b = S::as_simd_f32s(tile).0;
            in_registers(simd, wide, vectors, &mut Accumulate { a: of_v, b, c: &mut *c, stride });
            // States of nothing are left out.
            let (first, last) = (chunk == 0, chunk + 1 == chunks);
            let before = (!first || streams).then_some((&*past, &decays.from_start));
            let size = wide * width;
            let future = (!causal && !last).then(|| (&after[chunk * size..][..size], &decays.to_end));
            for (state, factors) in before.into_iter().chain(future) {
                let a = Rows { data: state, stride: width, depth: dim };
                let c = &mut *c;
                let mut add = AddDecayed { a, b: q, c, factors, stride, products: None };
                in_registers(simd, wide, vectors, &mut add);
            }
            let (numerators, totals) = sums.split_at_mut(dim * FRAMES);
            let mut inverses = Lanes::ZERO;
            for (inverse, total) in inverses.0.iter_mut().zip(&mut *totals) {
                *total += epsilon;
                *inverse = 1.0 / *total;
            }
            scale_columns(numerators, &inverses);
            to_rows(numerators, dim, &mut y[own]);
            denominators[at.clone()].copy_from_slice(&totals[..at.len()]);
            if !last || streams {
                update_state(simd, past, decays.through, [k, v], dim, &decays.to_end, room);
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
