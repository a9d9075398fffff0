//! A block of frames side by side in vectors, and as rows of whole vectors.

use super::product::WIDEST;
use crate::ops::scratch;

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

/// A block's rows become columns in two passes: 8 parts of 4 rows are interleaved, then 4 parts of what that gives.
const PARTS: [usize; 2] = [8, 4];
const _: () = assert!(PARTS[0] * PARTS[1] == FRAMES);

/// Writes the values of P equal parts in turn, which compiles to shuffles of vectors; a transposition value by value
/// does not.
#[inline(always)]
fn interleave<const P: usize>(parts: &[f32], turns: &mut [f32]) {
    let len = turns.len() / P;
    let parts: [&[f32]; P] = std::array::from_fn(|part| &parts[part * len..][..len]);
    for (i, turn) in turns.as_chunks_mut::<P>().0.iter_mut().enumerate() {
        for (value, part) in turn.iter_mut().zip(&parts) {
            *value = part[i];
        }
    }
}

/// Undoes [`interleave`].
#[inline(always)]
fn part<const P: usize>(turns: &[f32], mut parts: &mut [f32]) {
    let len = turns.len() / P;
    let mut parts: [&mut [f32]; P] = std::array::from_fn(|_| parts.split_off_mut(..len).unwrap_or_default());
    for (i, turn) in turns.as_chunks::<P>().0.iter().enumerate() {
        for (value, part) in turn.iter().zip(&mut parts) {
            part[i] = *value;
        }
    }
}

/// Writes the rows of a block as columns, (dim, FRAMES), zeros behind the last.
#[inline(always)]
pub(crate) fn to_columns(rows: &[f32], dim: usize, columns: &mut [f32]) {
    let len = dim * FRAMES;
    let mut memory = scratch::take(2 * len);
    let (whole, turns) = memory.split_at_mut(len);
    let rows = if rows.len() < len {
        whole[..rows.len()].copy_from_slice(rows);
        whole[rows.len()..].fill(0.0);
        whole
    } else {
        rows
    };
    interleave::<{ PARTS[0] }>(rows, turns);
    interleave::<{ PARTS[1] }>(turns, &mut columns[..len]);
}

/// Writes the rows of a block, the last of which may be missing, from columns.
#[inline(always)]
pub(crate) fn to_rows(columns: &[f32], dim: usize, rows: &mut [f32]) {
    let len = dim * FRAMES;
    let mut memory = scratch::take(2 * len);
    let (turns, whole) = memory.split_at_mut(len);
    part::<{ PARTS[1] }>(&columns[..len], turns);
    if rows.len() < len {
        part::<{ PARTS[0] }>(turns, whole);
        rows.copy_from_slice(&whole[..rows.len()]);
    } else {
        part::<{ PARTS[0] }>(turns, rows);
    }
}

/// Multiplies columns by a factor of each frame.
#[inline(always)]
pub(crate) fn scale_columns(columns: &mut [f32], factors: &Lanes) {
    for column in columns.as_chunks_mut::<FRAMES>().0 {
        column.iter_mut().zip(&factors.0).for_each(|(value, factor)| *value *= factor);
    }
}

/// Writes the rows of a block padded to whole vectors, each times its own factor. What pads them stays as it was, so
/// that nothing may depend on it.
#[inline(always)]
pub(crate) fn to_padded(rows: &[f32], dim: usize, factors: &Lanes, padded: &mut [f32]) {
    let width = padded.len() / FRAMES;
    for ((row, padded), factor) in rows.chunks_exact(dim).zip(padded.chunks_exact_mut(width)).zip(factors.0) {
        padded.iter_mut().zip(row).for_each(|(padded, value)| *padded = value * factor);
    }
}
