//! What both passes do with a chunk of frames.

use std::ops::Range;

use pulp::Simd;

use super::{DecayedSums, Rates};
use crate::ops::tile::block::{FRAMES, Lanes, to_padded};
use crate::ops::tile::exp2::exp2;
use crate::ops::tile::product::{Accumulate, InRegisters, Left, Transposed, in_registers};

impl<'a> DecayedSums<'a> {
    /// The frames of each chunk.
    pub(super) fn chunks(&self) -> impl DoubleEndedIterator<Item = Range<usize>> + ExactSizeIterator + use<> {
        let n = self.q.len() / self.a;
        (0..n.div_ceil(FRAMES)).map(move |chunk| chunk * FRAMES..((chunk + 1) * FRAMES).min(n))
    }

    /// Queries, keys and values of some frames.
    pub(super) fn rows(&self, at: &Range<usize>) -> [&'a [f32]; 3] {
        let (a, b) = (at.start * self.a..at.end * self.a, at.start * self.b..at.end * self.b);
        [&self.q[a.clone()], &self.k[a], &self.v[b]]
    }
}

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
pub(super) fn decays_of_chunks<S: Simd>(simd: S, given: &DecayedSums<'_>) -> Vec<Decays> {
    let mut decays = Vec::with_capacity(given.chunks().len());
    for at in given.chunks() {
        decays.push(Decays::new(simd, given.rates, &at));
    }
    decays
}

/// Takes a chunk into a state Σ M·value·keyᵀ, (b, keys' vectors): the state falls by `through`, each key by its factor. Keys are
/// rows of `a` values, and come into `room` padded to vectors; what lies behind the
/// state's columns is as arbitrary as that padding.
#[inline(always)]
pub(super) fn update_state<S: Simd>(
    simd: S,
    state: &mut [f32],
    through: f32,
    [keys, values]: [&[f32]; 2],
    [a, b]: [usize; 2],
    factors: &Lanes,
    room: &mut [f32],
) {
    to_padded(keys, a, factors, room);
    let rows = keys.len() / a;
    let c = S::as_mut_simd_f32s(state).0;
    let through = simd.splat_f32s(through);
    for c in c.iter_mut() {
        *c = simd.mul_f32s(*c, through);
    }
    let stride = c.len() / b;
    let a = Transposed { data: &values[..rows * b], width: b };
    in_registers(simd, b, stride, &mut Accumulate { a, b: S::as_simd_f32s(room).0, c, stride });
}

/// Writes what each chunk has after it, states one after another as [`update_state`] makes them, of the keys and values that are `rows`
/// of its frames.
#[inline(always)]
pub(super) fn states_after<'a, S: Simd>(
    simd: S,
    given: &DecayedSums<'_>,
    decays: &[Decays],
    rows: impl Fn(&Range<usize>) -> [&'a [f32]; 2],
    room: &mut [f32],
    states: &mut [f32],
) {
    let chunks = given.chunks();
    let Some(size) = states.len().checked_div(chunks.len()) else { return };
    let last = states.len() - size;
    states[last..].fill(0.0);
    for ((chunk, at), decays) in chunks.enumerate().zip(decays).skip(1).rev() {
        let (before, state) = states[(chunk - 1) * size..].split_at_mut(size);
        before.copy_from_slice(&state[..size]);
        update_state(simd, before, decays.through, rows(&at), [given.a, given.b], &decays.from_start, room);
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
