//! How rows are shared among threads, so that sums never depend on scheduling.

use std::ops::Range;

use rayon::prelude::*;

use crate::ops::{math, scratch};

/// Rows of one block, about: a block's activations stay in a core's cache between the products of one op.
const BLOCK: usize = 192;

/// Rows at which a further group of blocks pays, those at which a second one does, and the most groups.
const GROUP: usize = 320;
const SECOND_GROUP: usize = 128;
const MOST_GROUPS: usize = 8;

/// How many rows are cut into groups, and groups into blocks: all as equal as can be, so that no thread waits for
/// another. It depends on the number of rows alone, never on the number of threads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cut {
    /// Rows in all.
    rows: usize,
    /// Rows of a block; the last ones may have fewer.
    pub(crate) block: usize,
    /// Rows of a group, a multiple of `block`: each group sums its own gradients of the weights.
    group: usize,
}

impl Cut {
    pub(crate) fn new(rows: usize) -> Self {
        let most = if rows < SECOND_GROUP { 1 } else { (rows / GROUP).clamp(2, MOST_GROUPS) };
        let groups = 1 << most.ilog2();
        let blocks = (rows as f64 / (groups * BLOCK) as f64).round().max(1.0) as usize;
        let block = rows.div_ceil(groups * blocks).max(1);
        Self { rows, block, group: block * blocks }
    }

    /// The blocks of a range of rows that starts with a block.
    pub(crate) fn blocks(&self, range: Range<usize>) -> impl Iterator<Item = Range<usize>> + use<> {
        let (block, end) = (self.block, range.end);
        range.step_by(block).map(move |start| start..(start + block).min(end))
    }

    /// The lengths of all blocks.
    pub(crate) fn block_lengths(&self) -> Vec<usize> {
        self.blocks(0..self.rows).map(|block| block.len()).collect()
    }

    /// Calls `body` once a group of rows, in parallel, with the group's rows of the gradient `dx` (`dim` values a row)
    /// and its own sums; all are added to `sums` in the order of the rows.
    pub(crate) fn for_groups(
        &self,
        dx: &mut [f32],
        dim: usize,
        sums: &mut [f32],
        body: impl Fn(Range<usize>, &mut [f32], &mut [f32]) + Sync,
    ) {
        self.for_each_group(dx.chunks_mut(self.group * dim).collect(), sums, body);
    }

    /// The same once a block, the blocks of a group one after another, each with a target of its own.
    pub(crate) fn for_blocks<T: Send>(
        &self,
        targets: Vec<T>,
        sums: &mut [f32],
        body: impl Fn(Range<usize>, T, &mut [f32]) + Sync,
    ) {
        let (size, mut targets) = (self.group / self.block, targets.into_iter());
        let groups =
            (0..self.rows).step_by(self.group).map(|_| targets.by_ref().take(size).collect::<Vec<_>>());
        self.for_each_group(groups.collect(), sums, |group, targets, sums| {
            for (block, target) in self.blocks(group).zip(targets) {
                body(block, target, sums);
            }
        });
    }

    /// Once a group, each with a target of its own.
    fn for_each_group<T: Send>(
        &self,
        targets: Vec<T>,
        sums: &mut [f32],
        body: impl Fn(Range<usize>, T, &mut [f32]) + Sync,
    ) {
        let (rows, group, len) = (self.rows, self.group, sums.len());
        if len == 0 || rows == 0 {
            return;
        }
        debug_assert_eq!(targets.len(), rows.div_ceil(group));
        // The first group adds to the sums themselves.
        let mut partial = scratch::take((rows.div_ceil(group) - 1) * len);
        let mut own = vec![&mut *sums];
        own.extend(partial.chunks_mut(len));
        own.into_par_iter().zip(targets).enumerate().for_each(|(g, (sums, target))| {
            if g > 0 {
                sums.fill(0.0);
            }
            body(g * group..((g + 1) * group).min(rows), target, sums);
        });
        const PIECE: usize = 1 << 14;
        sums.par_chunks_mut(PIECE).enumerate().for_each(|(i, sums)| {
            for part in partial.chunks(len) {
                math::vectorised(|| math::add(&part[i * PIECE..i * PIECE + sums.len()], sums));
            }
        });
    }
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

    /// Copies rows from all planes into the first columns of a matrix of (rows, width).
    pub(crate) fn gather(&self, range: Range<usize>, out: &mut [f32], width: usize) {
        let dim = self.head_dim;
        for p in 0..self.data.len() / (self.rows * dim) {
            copy_rows(self.plane(p, range.clone()), dim, dim, &mut out[p * dim..], width);
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
        copy_rows(&matrix[p * head_dim..], width, head_dim, piece, head_dim);
    }
}

/// The same of a matrix plus a bias for each column, into planes for the first ones.
pub(crate) fn scatter_with_bias(matrix: &[f32], bias: &[f32], head_dim: usize, pieces: &mut [&mut [f32]]) {
    for (piece, at) in pieces.iter_mut().zip((0..bias.len()).step_by(head_dim)) {
        add_rows(&matrix[at..], &bias[at..at + head_dim], bias.len(), piece);
    }
}

math::vectorised_fn! {
    /// Rows that lie `from_width` values apart to rows that lie `to_width` apart, `dim` values each.
    pub(crate) fn copy_rows<'a>(from: &'a [f32], from_width: usize, dim: usize, to: &'a mut [f32], to_width: usize) {
        for (from, to) in from.chunks(from_width).zip(to.chunks_mut(to_width)) {
            copy(&from[..dim], &mut to[..dim]);
        }
    }
}

math::vectorised_fn! {
    /// Adds rows without gaps, `dim` values each, to rows that lie `width` values apart.
    pub(crate) fn add_to_rows<'a>(from: &'a [f32], dim: usize, to: &'a mut [f32], width: usize) {
        for (from, to) in from.chunks_exact(dim).zip(to.chunks_mut(width)) {
            math::add(from, &mut to[..dim]);
        }
    }
}

math::vectorised_fn! {
    /// Rows that lie `width` values apart, plus a bias, to rows without gaps.
    pub(crate) fn add_rows<'a>(from: &'a [f32], bias: &'a [f32], width: usize, to: &'a mut [f32]) {
        for (from, to) in from.chunks(width).zip(to.chunks_exact_mut(bias.len())) {
            for ((to, x), b) in to.iter_mut().zip(from).zip(bias) {
                *to = x + b;
            }
        }
    }
}

math::vectorised_fn! {
    /// Each row's product with a vector, plus a constant.
    pub(crate) fn products_with<'a>(rows: &'a [f32], vector: &'a [f32], constant: f32, products: &'a mut [f32]) {
        for (row, product) in rows.chunks_exact(vector.len()).zip(products) {
            *product = math::dot(row, vector) + constant;
        }
    }
}

math::vectorised_fn! {
    /// Adds the gradients of the rows and of the vector, given those of the products.
    pub(crate) fn products_with_backward<'a>(
        dproducts: &'a [f32],
        rows: &'a [f32],
        vector: &'a [f32],
        drows: &'a mut [f32],
        dvector: &'a mut [f32],
    ) {
        let rows = rows.chunks_exact(vector.len()).zip(drows.chunks_exact_mut(vector.len()));
        for (d, (row, drow)) in dproducts.iter().zip(rows) {
            for ((dx, x), (v, dv)) in drow.iter_mut().zip(row).zip(vector.iter().zip(dvector.iter_mut())) {
                *dx += d * v;
                *dv += d * x;
            }
        }
    }
}

/// Copies a head's values of one row: so few that a call of the library's copy takes longer than the copy.
#[inline(always)]
fn copy(from: &[f32], to: &mut [f32]) {
    const LANES: usize = 4;
    let (from, to) = (from.chunks_exact(LANES), to.chunks_exact_mut(LANES));
    let last = from.remainder();
    let mut to = to;
    for (to, from) in to.by_ref().zip(from) {
        let values: [f32; LANES] = std::array::from_fn(|i| from[i]);
        to.copy_from_slice(&values);
    }
    to.into_remainder().copy_from_slice(last);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_blocks_are_equal_and_cover_every_row() {
        let cut = |rows| {
            let cut = Cut::new(rows);
            (cut.block, cut.group)
        };
        assert_eq!(
            [cut(6400), cut(3200), cut(1600), cut(800)],
            [(200, 800), (200, 400), (200, 400), (200, 400)]
        );
        assert_eq!([cut(750), cut(200), cut(60), cut(0)], [(188, 376), (100, 100), (60, 60), (1, 1)]);
        for rows in 0..3000 {
            let cut = Cut::new(rows);
            assert_eq!(cut.block_lengths().iter().sum::<usize>(), rows);
            let mut seen = vec![0.0; rows];
            let mut sums = [0.0];
            cut.for_groups(&mut seen, 1, &mut sums, |range, seen, sums| {
                assert_eq!((range.len(), range.start % cut.block), (seen.len(), 0));
                seen.iter_mut().for_each(|s| *s += 1.0);
                sums[0] += range.len() as f32;
            });
            assert!(seen.iter().all(|&s| s == 1.0) && sums[0] == rows as f32);
        }
    }
}
