//! A block of queries and what is common to both passes over its keys.

use std::ops::{Deref, DerefMut};

use pulp::Simd;

use super::Span;
use super::product::WIDEST;
use crate::ops::scratch::{self, Scratch};

/// Queries of a block: two vectors of the widest.
pub(super) const QUERIES: usize = 2 * WIDEST;

/// Keys of a tile: 8 kB of products lie in the first cache.
pub(super) const KEYS: usize = 64;

/// A value for each query of a block.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Lanes(pub(super) [f32; QUERIES]);

impl Lanes {
    pub(super) const ZERO: Self = Self([0.0; QUERIES]);
}

/// Working memory that starts with a cache line: vectors that cross lines load at half the speed.
pub(super) struct Aligned {
    memory: Scratch,
    start: usize,
    len: usize,
}

impl Aligned {
    /// Working memory of so many values, contents arbitrary.
    pub(super) fn take(len: usize) -> Self {
        let memory = scratch::take(len + WIDEST);
        let start = memory.as_ptr().align_offset(size_of::<[f32; WIDEST]>()).min(WIDEST);
        Self { memory, start, len }
    }
}

impl Deref for Aligned {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.memory[self.start..][..self.len]
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.memory[self.start..][..self.len]
    }
}

/// Writes `scale` times the rows of a block as columns, (dim, QUERIES), zeros behind the last.
#[inline(always)]
pub(super) fn to_columns(rows: &[f32], dim: usize, scale: f32, columns: &mut [f32]) {
    if rows.len() < dim * QUERIES {
        columns.fill(0.0);
    }
    for (query, row) in rows.chunks_exact(dim).enumerate() {
        for (column, value) in columns[query..].iter_mut().step_by(QUERIES).zip(row) {
            *column = value * scale;
        }
    }
}

/// Writes the rows of a block from columns, each times its own factor.
#[inline(always)]
pub(super) fn to_rows(columns: &[f32], dim: usize, factors: &Lanes, rows: &mut [f32]) {
    for (query, (row, factor)) in rows.chunks_exact_mut(dim).zip(factors.0).enumerate() {
        for (value, column) in row.iter_mut().zip(columns[query..].iter().step_by(QUERIES)) {
            *value = column * factor;
        }
    }
}

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
        Self { first: key as f32 - query as f32, before: span.before as f32, after: span.after as f32 }
    }

    /// Makes the scores of V vectors −∞ where the query does not see the key: `row` is the tile's key of the first row, `at`
    /// the first of the vectors.
    #[inline(always)]
    pub(super) fn hide<S: Simd, const R: usize, const V: usize>(
        self,
        simd: S,
        row: usize,
        at: usize,
        scores: &mut [[S::f32s; V]; R],
    ) {
        const NUMBERS: Lanes = {
            let mut numbers = [0.0; QUERIES];
            let mut i = 0;
            while i < QUERIES {
                numbers[i] = i as f32;
                i += 1;
            }
            Lanes(numbers)
        };
        let key = self.first + row as f32;
        if key + (R - 1) as f32 <= self.after && key + self.before >= (QUERIES - 1) as f32 {
            return;
        }
        let queries = S::as_simd_f32s(&NUMBERS.0).0;
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
