//! The backward pass. Queries and the gradients of the sums make states as keys and values do.

use pulp::{Simd, WithSimd};

use super::chunk::{AddDecayed, Decays, decays_of_chunks, states_after, update_state};
use super::rows::{KeysAndValues, Load, Outputs, QueriesAndGradients};
use super::{DecayedAttention, Rates};
use crate::ops::activation::elu_slope;
use crate::ops::scratch;
use crate::ops::tile::block::{FRAMES, Lanes, to_columns, to_padded, to_rows};
use crate::ops::tile::product::{Accumulate, InRegisters, Left, Rows, Transposed, in_registers};

pub(super) struct Backward<'a> {
    pub(super) given: DecayedAttention<'a>,
    pub(super) outputs: Outputs<'a>,
    /// Those of queries, keys and values.
    pub(super) gradients: [&'a mut [f32]; 3],
    pub(super) dcumulative: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { given, outputs, gradients: [dq, dk, dv], dcumulative } = self;
        let DecayedAttention { dim, rates, causal, .. } = given;
        let gated = matches!(rates, Rates::Each(_));
        let (wide, stride) = (dim + 1, FRAMES / S::F32_LANES);
        let width = dim.next_multiple_of(S::F32_LANES);
        let size = wide * width;
        let mut memory = scratch::take((7 * dim + 4 * wide + 5 * width + 3 * FRAMES) * FRAMES + 2 * size);
        let mut rest = &mut memory[..];
        let mut part = |len: usize| rest.split_off_mut(..len).unwrap_or_default();
        let [q_columns, k_columns, dq_columns, dk_columns, dv_columns] = [(); 5].map(|()| part(dim * FRAMES));
        let [v_columns, dsums_columns] = [(); 2].map(|()| part(wide * FRAMES));
        let [q_rows, k_rows] = [(); 2].map(|()| part(dim * FRAMES));
        let [v_rows, dsums_rows] = [(); 2].map(|()| part(wide * FRAMES));
        // Padded to vectors.
        let [q_padded, dsums_padded, dk_padded, dv_padded, room] = [(); 5].map(|()| part(width * FRAMES));
        let [m, p, ds] = [(); 3].map(|()| part(FRAMES * FRAMES));
        // Of keys and values, and of queries and the gradients of their sums.
        let mut past = [(); 2].map(|()| part(size));
        past.iter_mut().for_each(|past| past.fill(0.0));
        let chunks = given.chunks().len();
        let mut future = [if causal { 0 } else { chunks * size }, chunks * size].map(scratch::take);
        let [after_k, after_q] = &mut future;
        let decays = decays_of_chunks(simd, &given);
        let keys_and_values = KeysAndValues(given);
        let ddenominators = &outputs.ddenominators(dim);
        let queries_and_gradients = QueriesAndGradients { given, outputs, ddenominators };
        if !causal {
            let rooms = [&mut *k_rows, &mut *v_rows, &mut *room];
            states_after(simd, &given, &decays, keys_and_values, rooms, after_k);
        }
        let rooms = [&mut *q_rows, &mut *dsums_rows, &mut *room];
        states_after(simd, &given, &decays, queries_and_gradients, rooms, after_q);
        for (chunk, at) in given.chunks().enumerate() {
            let own = at.start * dim..at.end * dim;
            let [k, v] = keys_and_values.load(simd, &at, [&mut *k_rows, &mut *v_rows]);
            let [q, dsums] = queries_and_gradients.load(simd, &at, [&mut *q_rows, &mut *dsums_rows]);
            let vectors = at.len().div_ceil(S::F32_LANES);
            // States of nothing are left out.
            let (first, last) = (chunk == 0, chunk + 1 == chunks);
            let decays = &decays[chunk];
            if chunk == 0 || gated {
                decays.fill_mask(simd, causal, m);
            }
            to_columns(q, dim, q_columns);
            to_columns(k, dim, k_columns);
            to_columns(v, wide, v_columns);
            to_columns(dsums, wide, dsums_columns);
            to_padded(q, dim, &Lanes::ONE, q_padded);
            to_padded(dsums, wide, &Lanes::ONE, dsums_padded);
            let [q_columns, k_columns, v_columns, dsums_columns] =
                [&*q_columns, k_columns, v_columns, dsums_columns].map(|columns| S::as_simd_f32s(columns).0);
            // The gradient of cumulative rates, of products with frames before (to be taken off) and after the chunk;
            // and what its own keys lose.
            let (mut pulls, mut lost) = ([Lanes::ZERO; 2], Lanes::ZERO);
            let mut tiles = Tiles {
                k: Rows { data: k, stride: dim, depth: dim },
                v: Rows { data: v, stride: wide, depth: wide },
                q: q_columns,
                dsums: dsums_columns,
                m: S::as_simd_f32s(m).0,
                p: S::as_mut_simd_f32s(p).0,
                ds: S::as_mut_simd_f32s(ds).0,
                pulls: S::as_mut_simd_f32s(&mut pulls[1].0).0,
                lost: &mut lost,
                stride,
                gated,
            };
            in_registers(simd, at.len(), vectors, &mut tiles);
            let at_chunk = chunk * size..(chunk + 1) * size;
            let of_keys = [&*past[0], if causal { &[] } else { &future[0][at_chunk.clone()] }];
            let of_queries = [&*past[1], &future[1][at_chunk]];

            dq_columns.fill(0.0);
            let c = S::as_mut_simd_f32s(dq_columns).0;
            let (of_k, of_ds) = (Transposed { data: k, width: dim }, S::as_simd_f32s(ds).0);
            in_registers(simd, dim, vectors, &mut Accumulate { a: of_k, b: of_ds, c: &mut *c, stride });
            for (side, state, factors) in sides(decays, of_keys, [!first, !causal && !last]) {
                let a = Transposed { data: state, width };
                let products = gated.then_some((q_columns, &mut pulls[side]));
                let mut add = AddDecayed { a, b: dsums_columns, c: &mut *c, factors, stride, products };
                in_registers(simd, dim, vectors, &mut add);
            }
            let dq = &mut dq[own.clone()];
            to_rows(dq_columns, dim, dq);
            features_backward(q, dq);

            dk_columns.fill(0.0);
            dv_columns.fill(0.0);
            for (side, state, factors) in sides(decays, of_queries, [!causal && !first, !last]) {
                let c = S::as_mut_simd_f32s(dk_columns).0;
                let products = gated.then_some((k_columns, &mut pulls[side]));
                let turned = Transposed { data: state, width };
                let mut add = AddDecayed { a: turned, b: v_columns, c, factors, stride, products };
                in_registers(simd, dim, vectors, &mut add);
                let c = S::as_mut_simd_f32s(dv_columns).0;
                let state = Rows { data: state, stride: width, depth: dim };
                let mut add = AddDecayed { a: state, b: k_columns, c, factors, stride, products: None };
                in_registers(simd, dim, vectors, &mut add);
            }
            for (tile, rows, sums) in
                [(&*ds, &*q_padded, &mut *dk_padded), (&*p, &*dsums_padded, &mut *dv_padded)]
            {
                sums.fill(0.0);
                let a = Rows { data: tile, stride: FRAMES, depth: at.len() };
                let (b, c) = (S::as_simd_f32s(rows).0, S::as_mut_simd_f32s(sums).0);
                let stride = c.len() / FRAMES;
                in_registers(simd, at.len(), stride, &mut Accumulate { a, b, c, stride });
            }
            let dk = &mut dk[own.clone()];
            join(dk_padded, dk_columns, dim, dk);
            features_backward(k, dk);
            join(dv_padded, dv_columns, dim, &mut dv[own]);
            for (i, d) in dcumulative[at.clone()].iter_mut().enumerate() {
                *d = pulls[1].0[i] - pulls[0].0[i] - lost.0[i];
            }
            let states = if causal { 1 } else { 2 };
            for (past, rows) in past.iter_mut().zip([[k, v], [q, dsums]]).take(states).filter(|_| !last) {
                update_state(simd, past, decays.through, rows, dim, &decays.to_end, room);
            }
        }
    }
}

/// From the gradients of features, in place, to those of the rows that they are of.
#[inline(always)]
fn features_backward(features: &[f32], d: &mut [f32]) {
    for (d, f) in d.iter_mut().zip(features) {
        *d *= elu_slope(*f);
    }
}

/// Those of the states before and after a chunk that are there, numbered, and how they decay on the way to its frames.
#[inline(always)]
fn sides<'a>(
    decays: &'a Decays,
    [before, after]: [&'a [f32]; 2],
    there: [bool; 2],
) -> impl Iterator<Item = (usize, &'a [f32], &'a Lanes)> {
    let both = [(0, before, &decays.from_start), (1, after, &decays.to_end)];
    both.into_iter().filter(move |&(side, ..)| there[side])
}

/// Writes the sums of padded rows and of columns.
#[inline(always)]
fn join(rows: &[f32], columns: &[f32], dim: usize, out: &mut [f32]) {
    to_rows(columns, dim, out);
    let width = rows.len() / FRAMES;
    for (out, row) in out.chunks_exact_mut(dim).zip(rows.chunks_exact(width)) {
        out.iter_mut().zip(row).for_each(|(out, row)| *out += row);
    }
}

/// The products of a chunk's frames times M, and the products' gradients.
struct Tiles<'a, S: Simd> {
    k: Rows<'a>,
    v: Rows<'a>,
    q: &'a [S::f32s],
    dsums: &'a [S::f32s],
    m: &'a [S::f32s],
    p: &'a mut [S::f32s],
    ds: &'a mut [S::f32s],
    /// The gradient of the queries' cumulative rates.
    pulls: &'a mut [S::f32s],
    /// That of the keys', to be taken off.
    lost: &'a mut Lanes,
    stride: usize,
    /// Whether there are rates of each frame's own.
    gated: bool,
}

impl<S: Simd> InRegisters<S> for Tiles<'_, S> {
    #[inline(always)]
    fn run<const R: usize, const V: usize>(&mut self, simd: S, row: usize, vector: usize) {
        let stride = self.stride;
        let zeros = [[simd.splat_f32s(0.0); V]; R];
        let at = |r: usize| (row + r) * stride + vector..(row + r) * stride + vector + V;
        let products = self.k.add_products::<S, R, V>(simd, row, &self.q[vector..], stride, zeros);
        for (r, products) in products.iter().enumerate() {
            for ((product, m), p) in products.iter().zip(&self.m[at(r)]).zip(&mut self.p[at(r)]) {
                *p = simd.mul_f32s(*product, *m);
            }
        }
        let gradients = self.v.add_products::<S, R, V>(simd, row, &self.dsums[vector..], stride, zeros);
        let numbers = &S::as_simd_f32s(&Lanes::NUMBERS.0).0[vector..][..V];
        for (r, (products, gradients)) in products.iter().zip(&gradients).enumerate() {
            let key = simd.splat_f32s((row + r) as f32);
            let mut total = simd.splat_f32s(0.0);
            for (v, (product, gradient)) in products.iter().zip(gradients).enumerate() {
                let ds = simd.mul_f32s(*gradient, self.m[at(r)][v]);
                self.ds[at(r)][v] = ds;
                if !self.gated {
                    continue;
                }
                let pull = simd.mul_f32s(ds, *product);
                let later = simd.less_than_f32s(numbers[v], key);
                let earlier = simd.greater_than_f32s(numbers[v], key);
                let zero = simd.splat_f32s(0.0);
                let pull =
                    simd.select_f32s(later, pull, simd.select_f32s(earlier, simd.sub_f32s(zero, pull), zero));
                self.pulls[vector + v] = simd.add_f32s(self.pulls[vector + v], pull);
                total = simd.add_f32s(total, pull);
            }
            if self.gated {
                self.lost.0[row + r] += simd.reduce_sum_f32s(total);
            }
        }
    }
}
