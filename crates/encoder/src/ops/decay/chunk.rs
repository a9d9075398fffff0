//! What both passes do with a chunk of frames.

use std::ops::Range;

use pulp::Simd;

use super::rows::Load;
use super::{DecayedAttention, Rates};
use crate::ops::tile::block::{Lanes, to_padded};
use crate::ops::tile::exp2::exp2;
use crate::ops::tile::product::{Accumulate, InRegisters, Left, Transposed, in_registers};

/// The decays in and around a chunk.
pub(super) struct Decays {
    /// The cumulative rates: summed from the chunk's first frame on, for powers of 2.
    cumulative: Lanes,
    /// From the frame before the chunk to each frame.
    pub(super) from_start: Lanes,
    /// From each frame to the last one of the chunk.
    pub(super) to_end: Lanes,
    /// From the frame before the chunk to its last one.
    pub(super) through: f32,
}

impl Decays {
    #[inline(always)]
    pub(super) fn new<S: Simd>(simd: S, rates: Rates<'_>, at: &Range<usize>) -> Self {
        let mut cumulative = Lanes::ZERO;
        let mut sum = 0.0;
        for (lane, frame) in cumulative.0.iter_mut().zip(at.clone()) {
            sum += rates.of(frame) * std::f32::consts::LOG2_E;
            *lane = sum;
        }
        let (mut from_start, mut to_end) = (Lanes::ZERO, Lanes::ZERO);
        let (near, far) = (S::as_mut_simd_f32s(&mut from_start.0).0, S::as_mut_simd_f32s(&mut to_end.0).0);
        for ((near, far), x) in near.iter_mut().zip(far).zip(S::as_simd_f32s(&cumulative.0).0) {
            *near = exp2(simd, simd.sub_f32s(simd.splat_f32s(0.0), *x));
            *far = exp2(simd, simd.sub_f32s(*x, simd.splat_f32s(sum)));
        }
        let through = from_start.0[at.len() - 1];
        Self { cumulative, from_start, to_end, through }
    }

    /// Writes M of the chunk, (key, query), 0 where a query does not see a key.
    #[inline(always)]
    pub(super) fn fill_mask<S: Simd>(&self, simd: S, causal: bool, tile: &mut [f32]) {
        let queries = S::as_simd_f32s(&self.cumulative.0).0;
        let numbers = S::as_simd_f32s(&Lanes::NUMBERS.0).0;
        let rows = S::as_mut_simd_f32s(tile).0.chunks_exact_mut(queries.len());
        for (key, (row, own)) in rows.zip(self.cumulative.0).enumerate() {
            let (own, key) = (simd.splat_f32s(own), simd.splat_f32s(key as f32));
            for ((m, query), number) in row.iter_mut().zip(queries).zip(numbers) {
                let distance = simd.abs_f32s(simd.sub_f32s(*query, own));
                *m = exp2(simd, simd.sub_f32s(simd.splat_f32s(0.0), distance));
                if causal {
                    *m = simd.select_f32s(simd.less_than_f32s(*number, key), simd.splat_f32s(0.0), *m);
                }
            }
        }
    }
}

/// Those of each chunk.
#[inline(always)]
pub(super) fn decays_of_chunks<S: Simd>(simd: S, given: &DecayedAttention<'_>) -> Vec<Decays> {
    let mut decays = Vec::with_capacity(given.chunks().len());
    for at in given.chunks() {
        decays.push(Decays::new(simd, given.rates, &at));
    }
    decays
}

/// Takes a chunk into a state Σ M·value·keyᵀ, (dim + 1, keys' vectors): the state falls by `through`, each key by its
/// factor. Keys come into `room` padded to vectors; what lies behind the state's columns is as arbitrary as that
/// padding.
#[inline(always)]
pub(super) fn update_state<S: Simd>(
    simd: S,
    state: &mut [f32],
    through: f32,
    [keys, values]: [&[f32]; 2],
    dim: usize,
    factors: &Lanes,
    room: &mut [f32],
) {
    to_padded(keys, dim, factors, room);
    let wide = dim + 1;
    let c = S::as_mut_simd_f32s(state).0;
    let through = simd.splat_f32s(through);
    for c in c.iter_mut() {
        *c = simd.mul_f32s(*c, through);
    }
    let stride = c.len() / wide;
    let a = Transposed { data: values, width: wide };
    in_registers(simd, wide, stride, &mut Accumulate { a, b: S::as_simd_f32s(room).0, c, stride });
}

/// Writes what each chunk has after it, states one after another as [`update_state`] makes them, of rows that come into
/// `room` with their padding behind.
#[inline(always)]
pub(super) fn states_after<S: Simd>(
    simd: S,
    given: &DecayedAttention<'_>,
    decays: &[Decays],
    rows: impl Load,
    [first, second, room]: [&mut [f32]; 3],
    states: &mut [f32],
) {
    let chunks = given.chunks();
    let Some(size) = states.len().checked_div(chunks.len()) else { return };
    let last = states.len() - size;
    states[last..].fill(0.0);
    for ((chunk, at), decays) in chunks.enumerate().zip(decays).skip(1).rev() {
        let (before, state) = states[(chunk - 1) * size..].split_at_mut(size);
        before.copy_from_slice(&state[..size]);
        let rows = rows.load(simd, &at, [&mut *first, &mut *second]);
        update_state(simd, before, decays.through, rows, given.dim, &decays.from_start, room);
    }
}

/// c += factors ⊙ (a·b): rows of frames side by side, each with a factor of its own.
pub(super) struct AddDecayed<'a, S: Simd, A> {
    pub(super) a: A,
    pub(super) b: &'a [S::f32s],
    pub(super) c: &'a mut [S::f32s],
    pub(super) factors: &'a Lanes,
    pub(super) stride: usize,
    /// Rows that what is added is multiplied with, and where each frame's sum of these products goes.
    pub(super) products: Option<(&'a [S::f32s], &'a mut Lanes)>,
}

impl<S: Simd, A: Left> InRegisters<S> for AddDecayed<'_, S, A> {
    #[inline(always)]
    fn run<const R: usize, const V: usize>(&mut self, simd: S, row: usize, vector: usize) {
        let stride = self.stride;
        let zeros = [[simd.splat_f32s(0.0); V]; R];
        let mut sums = self.a.add_products::<S, R, V>(simd, row, &self.b[vector..], stride, zeros);
        let factors = &S::as_simd_f32s(&self.factors.0).0[vector..][..V];
        for (r, sums) in sums.iter_mut().enumerate() {
            let c = &mut self.c[(row + r) * stride + vector..][..V];
            for ((sum, factor), c) in sums.iter_mut().zip(factors).zip(c) {
                *sum = simd.mul_f32s(*sum, *factor);
                *c = simd.add_f32s(*c, *sum);
            }
        }
        if let Some((with, totals)) = &mut self.products {
            let totals = &mut S::as_mut_simd_f32s(&mut totals.0).0[vector..][..V];
            for (r, sums) in sums.iter().enumerate() {
                let with = &with[(row + r) * stride + vector..][..V];
                for ((total, sum), with) in totals.iter_mut().zip(sums).zip(with) {
                    *total = simd.mul_add_e_f32s(*sum, *with, *total);
                }
            }
        }
    }
}
