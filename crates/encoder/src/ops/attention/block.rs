//! A block of queries and what is common to both passes over its keys.

use std::ops::{Deref, DerefMut};

use pulp::Simd;

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

/// Makes the scores of V vectors −∞ where the key comes after the query: `key` is the first row's key less the block's
/// first query, `at` the first of the vectors.
#[inline(always)]
pub(super) fn hide<S: Simd, const R: usize, const V: usize>(
    simd: S,
    key: isize,
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
    if key + R as isize <= 1 {
        return;
    }
    let queries = S::as_simd_f32s(&NUMBERS.0).0;
    for (r, scores) in scores.iter_mut().enumerate() {
        let key = simd.splat_f32s((key + r as isize) as f32);
        for (score, query) in scores.iter_mut().zip(&queries[at..]) {
            let hidden = simd.less_than_f32s(*query, key);
            *score = simd.select_f32s(hidden, simd.splat_f32s(f32::NEG_INFINITY), *score);
        }
    }
}
