//! A block of frames side by side in vectors, and as rows of whole vectors.

use std::ops::{Deref, DerefMut};

use super::product::WIDEST;
use crate::ops::scratch::{self, Scratch};

/// Frames of a block: two vectors of the widest.
pub(crate) const FRAMES: usize = 2 * WIDEST;

/// A value for each frame of a block.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Lanes(pub(crate) [f32; FRAMES]);

impl Lanes {
    pub(crate) const ZERO: Self = Self([0.0; FRAMES]);
    pub(crate) const ONE: Self = Self([1.0; FRAMES]);
    /// Each frame's place.
    pub(crate) const NUMBERS: Self = {
        let mut numbers = [0.0; FRAMES];
        let mut i = 0;
        while i < FRAMES {
            numbers[i] = i as f32;
            i += 1;
        }
        Self(numbers)
    };
}

/// Working memory that starts with a cache line: vectors that cross lines load at half the speed.
pub(crate) struct Aligned {
    memory: Scratch,
    start: usize,
    len: usize,
}

impl Aligned {
    /// Working memory of so many values, contents arbitrary.
    pub(crate) fn take(len: usize) -> Self {
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

/// Writes `scale` times the rows of a block as columns, (dim, FRAMES), zeros behind the last.
#[inline(always)]
pub(crate) fn to_columns(rows: &[f32], dim: usize, scale: f32, columns: &mut [f32]) {
    if rows.len() < dim * FRAMES {
        columns.fill(0.0);
    }
    for (frame, row) in rows.chunks_exact(dim).enumerate() {
        for (column, value) in columns[frame..].iter_mut().step_by(FRAMES).zip(row) {
            *column = value * scale;
        }
    }
}

/// Writes the rows of a block from columns, each times its own factor.
#[inline(always)]
pub(crate) fn to_rows(columns: &[f32], dim: usize, factors: &Lanes, rows: &mut [f32]) {
    for (frame, (row, factor)) in rows.chunks_exact_mut(dim).zip(factors.0).enumerate() {
        for (value, column) in row.iter_mut().zip(columns[frame..].iter().step_by(FRAMES)) {
            *value = column * factor;
        }
    }
}

/// Writes the rows of a block padded to whole vectors, each times its own factor. What pads them stays as it was, so that
/// nothing may depend on it.
#[inline(always)]
pub(crate) fn to_padded(rows: &[f32], dim: usize, factors: &Lanes, padded: &mut [f32]) {
    let width = padded.len() / FRAMES;
    for ((row, padded), factor) in rows.chunks_exact(dim).zip(padded.chunks_exact_mut(width)).zip(factors.0) {
        padded.iter_mut().zip(row).for_each(|(padded, value)| *padded = value * factor);
    }
}
