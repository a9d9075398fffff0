//! How rows are shared among threads, so that sums never depend on scheduling.

use std::ops::Range;

use rayon::prelude::*;

use crate::ops::{math, scratch};

/// Rows of one block: a block's activations stay in a core's cache between the products of one op.
pub(crate) const BLOCK: usize = 192;

/// Rows at which a further group of blocks pays, and the most groups.
const GROUP: usize = 384;
const MOST_GROUPS: usize = 8;

/// Rows of one group: each group sums its own gradients of the weights. It depends on the number of rows alone, never
/// on the number of threads.
fn group_rows(rows: usize) -> usize {
    let groups = rows.div_ceil(GROUP).clamp(1, MOST_GROUPS);
    rows.div_ceil(groups).max(1)
}

/// The blocks of a range of rows.
pub(crate) fn blocks(range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(BLOCK).map(move |start| start..(start + BLOCK).min(end))
}

/// Cuts a slice into consecutive pieces of the given lengths.
pub(crate) fn split(mut slice: &mut [f32], lengths: impl IntoIterator<Item = usize>) -> Vec<&mut [f32]> {
    lengths
        .into_iter()
        .map(|len| {
            let (head, tail) = std::mem::take(&mut slice).split_at_mut(len);
            slice = tail;
            head
        })
        .collect()
}

/// Calls `body` once a group of rows, in parallel, with the group's rows of the gradient `dx` (`dim` values a row) and
/// its own zeroed sums; then adds the groups' sums to `sums` in the order of the rows.
pub(crate) fn for_groups(
    rows: usize,
    dx: &mut [f32],
    dim: usize,
    sums: &mut [f32],
    body: impl Fn(Range<usize>, &mut [f32], &mut [f32]) + Sync,
) {
    let group = group_rows(rows);
    let len = sums.len();
    if len == 0 || rows == 0 {
        return;
    }
    let mut partial = scratch::zeros(rows.div_ceil(group) * len);
    partial.par_chunks_mut(len).zip(dx.par_chunks_mut(group * dim)).enumerate().for_each(
        |(g, (sums, dx))| {
            let range = g * group..((g + 1) * group).min(rows);
            body(range, dx, sums);
        },
    );
    const PIECE: usize = 1 << 14;
    sums.par_chunks_mut(PIECE).enumerate().for_each(|(i, sums)| {
        for part in partial.chunks(len) {
            math::add(&part[i * PIECE..i * PIECE + sums.len()], sums);
        }
    });
}

/// Values that several heads read: (plane, row, head_dim), a plane for each projection and head.
///
/// A head's rows lie together, so that a mixer works on plain slices.
#[derive(Clone, Copy)]
pub(crate) struct Planes<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) rows: usize,
    pub(crate) head_dim: usize,
}

impl<'a> Planes<'a> {
    /// The values of one plane in a range of rows.
    pub(crate) fn plane(&self, plane: usize, range: Range<usize>) -> &'a [f32] {
        let start = plane * self.rows;
        &self.data[(start + range.start) * self.head_dim..(start + range.end) * self.head_dim]
    }

    /// Copies rows from all planes into a matrix of (rows, planes · head_dim).
    pub(crate) fn gather(&self, range: Range<usize>, out: &mut [f32]) {
        let (dim, width) = (self.head_dim, self.data.len() / self.rows);
        for p in 0..width / dim {
            let plane = self.plane(p, range.clone());
            for (row, out) in plane.chunks_exact(dim).zip(out.chunks_exact_mut(width)) {
                out[p * dim..(p + 1) * dim].copy_from_slice(row);
            }
        }
    }
}

/// Each plane of `rows` rows cut into pieces of so many rows: `[plane][piece]`.
pub(crate) fn plane_pieces<'a>(
    data: &'a mut [f32],
    rows: usize,
    head_dim: usize,
    lengths: &[usize],
) -> Vec<Vec<&'a mut [f32]>> {
    data.chunks_mut(rows * head_dim).map(|plane| split(plane, lengths.iter().map(|n| n * head_dim))).collect()
}

/// Copies a matrix of (rows, pieces · head_dim) into one piece of each plane.
pub(crate) fn scatter(matrix: &[f32], head_dim: usize, pieces: &mut [&mut [f32]]) {
    let width = pieces.len() * head_dim;
    for (p, piece) in pieces.iter_mut().enumerate() {
        for (row, out) in matrix.chunks_exact(width).zip(piece.chunks_exact_mut(head_dim)) {
            out.copy_from_slice(&row[p * head_dim..(p + 1) * head_dim]);
        }
    }
}

/// Turns `[plane][piece]` into `[piece][plane]`.
pub(crate) fn transpose<T>(planes: Vec<Vec<T>>) -> Vec<Vec<T>> {
    let mut out: Vec<Vec<T>> = (0..planes.first().map_or(0, Vec::len)).map(|_| Vec::new()).collect();
    for plane in planes {
        for (piece, value) in out.iter_mut().zip(plane) {
            piece.push(value);
        }
    }
    out
}
