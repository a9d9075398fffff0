//! Scores that fall with distance.

use pulp::Simd;

use crate::ops::tile::block::{FRAMES, Lanes};

/// The frames' numbers of a block's queries and a tile's keys: a pair's score falls by their difference. Nothing falls
/// where they are empty.
#[derive(Clone, Copy)]
pub(super) struct Fall<'a, S: Simd> {
    queries: &'a [S::f32s],
    keys: &'a [f32],
    /// The factor of the differences: the scores' unit.
    scale: f32,
}

/// The numbers of a block's queries side by side.
pub(super) fn lanes(sums: &[f32], first: usize) -> Lanes {
    let mut lanes = Lanes::ZERO;
    lanes.0.iter_mut().zip(sums.get(first..).unwrap_or_default()).for_each(|(lane, sum)| *lane = *sum);
    lanes
}

impl<'a, S: Simd> Fall<'a, S> {
    /// `keys` are those of the tile.
    pub(super) fn new(queries: &'a Lanes, keys: &'a [f32], scale: f32) -> Self {
        Self { queries: S::as_simd_f32s(&queries.0).0, keys, scale }
    }

    /// Lowers the scores of V vectors of queries with the R keys from `row` on.
    #[inline(always)]
    pub(super) fn lower<const R: usize, const V: usize>(
        self,
        simd: S,
        row: usize,
        at: usize,
        scores: &mut [[S::f32s; V]; R],
    ) {
        let Some(keys) = self.keys.get(row..row + R) else { return };
        let scale = simd.splat_f32s(self.scale);
        for (scores, key) in scores.iter_mut().zip(keys) {
            let key = simd.splat_f32s(*key);
            for (score, query) in scores.iter_mut().zip(&self.queries[at..]) {
                let distance = simd.abs_f32s(simd.sub_f32s(*query, key));
                *score = simd.sub_f32s(*score, simd.mul_f32s(scale, distance));
            }
        }
    }
}

/// Adds the gradients of the numbers of a block's queries and a tile's keys, from those of their scores, a row of
/// `FRAMES` queries for each key. `first` is the tile's first key, counted from the block's first query.
#[inline(always)]
pub(super) fn backward<S: Simd>(
    simd: S,
    dscores: &[S::f32s],
    vectors: usize,
    first: isize,
    dqueries: &mut Lanes,
    dkeys: &mut [f32],
) {
    let stride = FRAMES / S::F32_LANES;
    let numbers = S::as_simd_f32s(&Lanes::NUMBERS.0).0;
    let dqueries = S::as_mut_simd_f32s(&mut dqueries.0).0;
    for (key, (row, dkey)) in dscores.chunks_exact(stride).zip(dkeys).enumerate() {
        let place = simd.splat_f32s((first + key as isize) as f32);
        let mut sum = simd.splat_f32s(0.0);
        for (d, (dquery, number)) in row[..vectors].iter().zip(dqueries.iter_mut().zip(numbers)) {
            // A score falls as the later frame's number rises, and rises with the earlier one's.
            let (zero, against) = (simd.splat_f32s(0.0), simd.sub_f32s(simd.splat_f32s(0.0), *d));
            let earlier = simd.select_f32s(simd.less_than_f32s(*number, place), against, zero);
            let signed = simd.select_f32s(simd.greater_than_f32s(*number, place), *d, earlier);
            *dquery = simd.sub_f32s(*dquery, signed);
            sum = simd.add_f32s(sum, signed);
        }
        *dkey += simd.reduce_sum_f32s(sum);
    }
}
