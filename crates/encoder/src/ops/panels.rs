//! Both sides of a product in the order in which its kernel reads them, and that kernel.
//!
//! The right side's columns are cut into panels of two vectors, and a panel stays in the nearest cache while the tiles of
//! the left side, some rows each, pass by. A tile's sums stay in registers.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::ops::matmul::Matrix;
use crate::ops::pool::{Buffer, Pool};
use crate::ops::tile::product::WIDEST;

/// Vectors of a panel.
pub(crate) const VECTORS: usize = 2;

/// Columns of the widest panels.
pub(crate) const WIDEST_PANEL: usize = VECTORS * WIDEST;

/// A matrix whose columns are cut into panels: (panel, row, column of the panel), zeros behind the last column.
///
/// A product orders what it reads. A matrix that several products read is ordered here once.
pub(crate) struct Panels {
    data: Buffer,
    depth: usize,
    columns: usize,
    /// Columns of a panel, which depend on the processor.
    width: usize,
}

impl Panels {
    /// A matrix in order.
    pub(crate) fn new(matrix: Matrix<'_>, pool: &Pool) -> Self {
        let (depth, columns, width) = (matrix.rows(), matrix.columns(), Arch::new().dispatch(Width));
        let mut data = pool.take(columns.div_ceil(width) * width * depth);
        data.par_chunks_mut((width * depth).max(1)).enumerate().for_each(|(panel, values)| {
            Arch::new().dispatch(Order { matrix, first: panel * width, panel: values });
        });
        Self { data, depth, columns, width }
    }

    /// The matrix's rows.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// The matrix's columns.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// The panel that begins with a column.
    pub(crate) fn panel(&self, first: usize) -> &[f32] {
        &self.data[first * self.depth..][..self.width * self.depth]
    }
}

/// Columns of a panel.
struct Width;

impl WithSimd for Width {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        VECTORS * S::F32_LANES
    }
}

/// Writes a panel: the matrix's columns from `first` on.
pub(crate) struct Order<'a> {
    pub(crate) matrix: Matrix<'a>,
    pub(crate) first: usize,
    pub(crate) panel: &'a mut [f32],
}

impl WithSimd for Order<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let width = VECTORS * S::F32_LANES;
        let columns = self.first..self.matrix.columns().min(self.first + width);
        if columns.len() == width && !self.matrix.is_transposed() {
            let panel = S::as_mut_simd_f32s(self.panel).0.as_chunks_mut::<VECTORS>().0;
            for (panel, row) in panel.iter_mut().zip(self.matrix.slices()) {
                panel.copy_from_slice(S::as_simd_f32s(&row[columns.clone()]).0);
            }
            return;
        }
        let panel = self.panel.chunks_exact_mut(width);
        if self.matrix.is_transposed() {
            let mut from: [&[f32]; WIDEST_PANEL] = [&[]; WIDEST_PANEL];
            from.iter_mut()
                .zip(self.matrix.slices().skip(columns.start))
                .for_each(|(from, column)| *from = column);
            for (k, row) in panel.enumerate() {
                for (value, column) in row.iter_mut().zip(&from) {
                    *value = column.get(k).copied().unwrap_or(0.0);
                }
            }
        } else {
            for (panel, row) in panel.zip(self.matrix.slices()) {
                let (inside, behind) = panel.split_at_mut(columns.len());
                inside.copy_from_slice(&row[columns.clone()]);
                behind.fill(0.0);
            }
        }
    }
}

/// The sums of R rows by V of a panel's vectors.
type Sums<S, const R: usize, const V: usize> = [[<S as Simd>::f32s; V]; R];

/// A product's left side.
pub(crate) trait Left {
    /// Σₖ a(i, k)·panel(k) for R rows i from `row` on and the panel's first V vectors.
    fn sums<S: Simd, const R: usize, const V: usize>(
        &self,
        simd: S,
        row: usize,
        panel: &[[S::f32s; VECTORS]],
    ) -> Sums<S, R, V>;
}

/// Rows of as many values as the panel has rows, whose starts lie `stride` values apart.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) stride: usize,
}

impl Left for Rows<'_> {
    #[inline(always)]
    fn sums<S: Simd, const R: usize, const V: usize>(
        &self,
        simd: S,
        row: usize,
        panel: &[[S::f32s; VECTORS]],
    ) -> Sums<S, R, V> {
        let rows: [&[f32]; R] = std::array::from_fn(|r| &self.data[(row + r) * self.stride..][..panel.len()]);
        let mut sums = [[simd.splat_f32s(0.0); V]; R];
        for (k, panel) in panel.iter().enumerate() {
            add_products(simd, std::array::from_fn(|r| rows[r][k]), panel, &mut sums);
        }
        sums
    }
}

/// The tiles of a transposed matrix, one after another, (inner dimension, row of the tile) each.
///
/// Read in place, each value of the inner dimension would lie in another line of the cache.
pub(crate) struct Tiles<'a>(&'a [f32]);

impl<'a> Tiles<'a> {
    /// The tiles of a transposed matrix, in room for as many values.
    #[inline(always)]
    pub(crate) fn new<S: Simd>(matrix: Matrix<'_>, room: &'a mut [f32]) -> Self {
        let depth = matrix.columns();
        let [tall, fours, ones] = heights::<S>(matrix.rows());
        let (to_tall, rest) = room.split_at_mut(tall.len() * depth);
        let (to_fours, to_ones) = rest.split_at_mut(fours.len() * depth);
        for (k, row) in matrix.slices().enumerate() {
            if S::REGISTER_COUNT >= 32 {
                deal::<8>(&row[tall.clone()], k, depth, to_tall);
            } else {
                deal::<6>(&row[tall.clone()], k, depth, to_tall);
            }
            deal::<4>(&row[fours.clone()], k, depth, to_fours);
            deal::<1>(&row[ones.clone()], k, depth, to_ones);
        }
        Self(room)
    }
}

/// Writes value `k` of the inner dimension of all tiles of R rows.
#[inline(always)]
fn deal<const R: usize>(values: &[f32], k: usize, depth: usize, tiles: &mut [f32]) {
    for (values, tile) in values.as_chunks::<R>().0.iter().zip(tiles.chunks_exact_mut(R * depth)) {
        tile.as_chunks_mut::<R>().0[k] = *values;
    }
}

impl Left for Tiles<'_> {
    #[inline(always)]
    fn sums<S: Simd, const R: usize, const V: usize>(
        &self,
        simd: S,
        row: usize,
        panel: &[[S::f32s; VECTORS]],
    ) -> Sums<S, R, V> {
        let tile = self.0[row * panel.len()..].as_chunks::<R>().0;
        let mut sums = [[simd.splat_f32s(0.0); V]; R];
        for (a, panel) in tile.iter().zip(panel) {
            add_products(simd, *a, panel, &mut sums);
        }
        sums
    }
}

/// Adds a column of a tile times a row of a panel.
#[inline(always)]
fn add_products<S: Simd, const R: usize, const V: usize>(
    simd: S,
    a: [f32; R],
    panel: &[S::f32s; VECTORS],
    sums: &mut Sums<S, R, V>,
) {
    for (sums, a) in sums.iter_mut().zip(a) {
        let a = simd.splat_f32s(a);
        for (sum, b) in sums.iter_mut().zip(panel) {
            *sum = simd.mul_add_e_f32s(a, *b, *sum);
        }
    }
}

/// The rows of the tallest tiles that the registers hold sums for, of those of four rows and of those of one.
#[inline(always)]
fn heights<S: Simd>(rows: usize) -> [Range<usize>; 3] {
    let tall = if S::REGISTER_COUNT >= 32 {
        rows / 8 * 8
    } else {
        // Sixes, unless they leave fewer than four.
        match rows % 6 {
            rest @ 1..4 => rows.saturating_sub(6 + rest),
            rest => rows - rest,
        }
    };
    let fours = tall + (rows - tall) / 4 * 4;
    [0..tall, tall..fours, fours..rows]
}

/// The use that is made of a product's sums.
pub(crate) trait Finish {
    /// Takes V vectors of sums of a row from a column on.
    fn take<S: Simd, const V: usize>(&mut self, simd: S, row: usize, column: usize, sums: [S::f32s; V]);

    /// Takes the last sums of a row, fewer than the vectors have values.
    fn take_last(&mut self, row: usize, column: usize, sums: &[f32]);
}

/// The products of a left side's rows with the panel of some columns.
#[inline(always)]
pub(crate) fn multiply<S: Simd>(
    simd: S,
    left: &impl Left,
    rows: usize,
    panel: &[f32],
    columns: Range<usize>,
    finish: &mut impl Finish,
) {
    let panel = S::as_simd_f32s(panel).0.as_chunks().0;
    let [tall, fours, ones] = heights::<S>(rows);
    if S::REGISTER_COUNT >= 32 {
        tall.step_by(8).for_each(|row| tile::<S, 8>(simd, left, row, panel, columns.clone(), finish));
    } else {
        tall.step_by(6).for_each(|row| tile::<S, 6>(simd, left, row, panel, columns.clone(), finish));
    }
    fours.step_by(4).for_each(|row| tile::<S, 4>(simd, left, row, panel, columns.clone(), finish));
    ones.for_each(|row| tile::<S, 1>(simd, left, row, panel, columns.clone(), finish));
}

#[inline(always)]
fn tile<S: Simd, const R: usize>(
    simd: S,
    left: &impl Left,
    row: usize,
    panel: &[[S::f32s; VECTORS]],
    columns: Range<usize>,
    finish: &mut impl Finish,
) {
    if columns.len() > S::F32_LANES {
        let sums = left.sums::<S, R, VECTORS>(simd, row, panel);
        hand_over::<S, R, VECTORS>(simd, sums, row, columns, finish);
    } else {
        let sums = left.sums::<S, R, 1>(simd, row, panel);
        hand_over::<S, R, 1>(simd, sums, row, columns, finish);
    }
}

#[inline(always)]
fn hand_over<S: Simd, const R: usize, const V: usize>(
    simd: S,
    sums: Sums<S, R, V>,
    row: usize,
    columns: Range<usize>,
    finish: &mut impl Finish,
) {
    if columns.len() == V * S::F32_LANES {
        for (r, sums) in sums.into_iter().enumerate() {
            finish.take::<S, V>(simd, row + r, columns.start, sums);
        }
        return;
    }
    for (r, sums) in sums.iter().enumerate() {
        let mut values = [0.0; WIDEST_PANEL];
        S::as_mut_simd_f32s(&mut values).0[..V].copy_from_slice(sums);
        finish.take_last(row + r, columns.start, &values[..columns.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Heights(usize);

    impl WithSimd for Heights {
        type Output = (usize, [Range<usize>; 3]);

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> Self::Output {
            (S::REGISTER_COUNT, heights::<S>(self.0))
        }
    }

    #[test]
    fn few_rows_are_summed_alone() {
        for rows in 0..60 {
            let (registers, [tall, fours, ones]) = Arch::new().dispatch(Heights(rows));
            let height = if registers >= 32 { 8 } else { 6 };
            assert_eq!((tall.start, ones.end), (0, rows));
            assert!(tall.end == fours.start && fours.end == ones.start && ones.len() < 4);
            assert!(tall.len() % height == 0 && fours.len() % 4 == 0 && fours.len() <= 8);
        }
    }
}
