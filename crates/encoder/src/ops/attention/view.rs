//! Which keys of a tile a block's queries see.

use pulp::Simd;

use super::Span;
use crate::ops::tile::block::{FRAMES, Lanes};

/// What a block's queries see of a tile: positions counted from the block's first query.
#[derive(Clone, Copy)]
pub(super) struct View {
    /// The tile's first key.
    first: f32,
    /// How far back and ahead of its own a query sees.
    before: f32,
    after: f32,
}

impl View {
    pub(super) fn new(span: Span, key: usize, query: usize) -> Self {
        Self {
            first: (key as isize - query as isize) as f32,
            before: span.before as f32,
            after: span.after as f32,
        }
    }

    /// Makes the scores of V vectors −∞ where the query does not see the key: `row` is the tile's key of the first row,
    /// `at` the first of the vectors.
    #[inline(always)]
    pub(super) fn hide<S: Simd, const R: usize, const V: usize>(
        self,
        simd: S,
        row: usize,
        at: usize,
        scores: &mut [[S::f32s; V]; R],
    ) {
        let key = self.first + row as f32;
        if key + (R - 1) as f32 <= self.after && key + self.before >= (FRAMES - 1) as f32 {
            return;
        }
        let queries = S::as_simd_f32s(&Lanes::NUMBERS.0).0;
        for (r, scores) in scores.iter_mut().enumerate() {
            let key = key + r as f32;
            let (last, first) = (simd.splat_f32s(key + self.before), simd.splat_f32s(key - self.after));
            for (score, query) in scores.iter_mut().zip(&queries[at..]) {
                for hidden in [simd.less_than_f32s(*query, first), simd.greater_than_f32s(*query, last)] {
                    *score = simd.select_f32s(hidden, simd.splat_f32s(f32::NEG_INFINITY), *score);
                }
            }
        }
    }
}
