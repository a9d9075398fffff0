//! Products of small tiles, summed in registers: a(i, k), a value at a time, with rows b(k, ·), vectors of them.
//!
//! A general product orders both matrices for its kernel on every call, and one of 32 columns or a depth of 32 is over
//! before that pays. Here both stay as they are.

use pulp::Simd;

/// Values of the widest vectors.
pub(crate) const WIDEST: usize = 16;

/// A matrix whose values meet whole rows of another.
pub(crate) trait Left {
    /// `sums` + Σₖ a(i, k)·b(k): R rows i from `first` on by V vectors. The rows of b are `stride` vectors apart.
    fn add_products<S: Simd, const R: usize, const V: usize>(
        &self,
        simd: S,
        first: usize,
        b: &[S::f32s],
        stride: usize,
        sums: [[S::f32s; V]; R],
    ) -> [[S::f32s; V]; R];
}

/// Rows that start `stride` values apart and are `depth` long.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) stride: usize,
    pub(crate) depth: usize,
}

impl Left for Rows<'_> {
    #[inline(always)]
    fn add_products<S: Simd, const R: usize, const V: usize>(
        &self,
        simd: S,
        first: usize,
        b: &[S::f32s],
        stride: usize,
        mut sums: [[S::f32s; V]; R],
    ) -> [[S::f32s; V]; R] {
        let mut rows: [&[f32]; R] = [&[]; R];
        for (r, row) in rows.iter_mut().enumerate() {
            *row = &self.data[(first + r) * self.stride..][..self.depth];
        }
        for k in 0..self.depth {
            let b = &b[k * stride..][..V];
            for (sums, row) in sums.iter_mut().zip(&rows) {
                add_product(simd, row[k], b, sums);
            }
        }
        sums
    }
}

/// The transpose of rows of `width` values that lie one after another.
#[derive(Clone, Copy)]
pub(crate) struct Transposed<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) width: usize,
}

impl Left for Transposed<'_> {
    #[inline(always)]
    fn add_products<S: Simd, const R: usize, const V: usize>(
        &self,
        simd: S,
        first: usize,
        b: &[S::f32s],
        stride: usize,
        mut sums: [[S::f32s; V]; R],
    ) -> [[S::f32s; V]; R] {
        for (k, a) in self.data.chunks_exact(self.width).enumerate() {
            let b = &b[k * stride..][..V];
            for (sums, a) in sums.iter_mut().zip(&a[first..][..R]) {
                add_product(simd, *a, b, sums);
            }
        }
        sums
    }
}

/// Adds the products of one value with vectors.
#[inline(always)]
fn add_product<S: Simd>(simd: S, a: f32, b: &[S::f32s], sums: &mut [S::f32s]) {
    let a = simd.splat_f32s(a);
    for (sum, b) in sums.iter_mut().zip(b) {
        *sum = simd.mul_add_e_f32s(a, *b, *sum);
    }
}

/// What is done with a tile, as many of its values at a time as the registers hold sums for.
pub(crate) trait InRegisters<S: Simd> {
    /// For R rows from `row` on and V vectors of each from `vector` on.
    fn run<const R: usize, const V: usize>(&mut self, simd: S, row: usize, vector: usize);
}

/// Runs a body on a tile of so many rows of so many vectors.
#[inline(always)]
pub(crate) fn in_registers<S: Simd>(simd: S, rows: usize, vectors: usize, body: &mut impl InRegisters<S>) {
    let pairs = vectors - vectors % 2;
    for vector in (0..pairs).step_by(2) {
        by_rows::<S, 2>(simd, rows, vector, body);
    }
    if pairs < vectors {
        by_rows::<S, 1>(simd, rows, pairs, body);
    }
}

#[inline(always)]
fn by_rows<S: Simd, const V: usize>(simd: S, rows: usize, vector: usize, body: &mut impl InRegisters<S>) {
    let mut row = 0;
    if S::REGISTER_COUNT >= 32 {
        while row + 8 <= rows {
            body.run::<8, V>(simd, row, vector);
            row += 8;
        }
    } else {
        // Six, unless that leaves fewer than four.
        while row + 6 == rows || row + 10 <= rows {
            body.run::<6, V>(simd, row, vector);
            row += 6;
        }
    }
    while row + 4 <= rows {
        body.run::<4, V>(simd, row, vector);
        row += 4;
    }
    while row < rows {
        body.run::<1, V>(simd, row, vector);
        row += 1;
    }
}

/// c += a·b, with rows of b and c that start `stride` vectors apart.
pub(crate) struct Accumulate<'a, S: Simd, A> {
    pub(crate) a: A,
    pub(crate) b: &'a [S::f32s],
    pub(crate) c: &'a mut [S::f32s],
    pub(crate) stride: usize,
}

impl<S: Simd, A: Left> InRegisters<S> for Accumulate<'_, S, A> {
    #[inline(always)]
    fn run<const R: usize, const V: usize>(&mut self, simd: S, row: usize, vector: usize) {
        let zeros = [[simd.splat_f32s(0.0); V]; R];
        let sums = self.a.add_products::<S, R, V>(simd, row, &self.b[vector..], self.stride, zeros);
        for (r, sums) in sums.iter().enumerate() {
            let c = &mut self.c[(row + r) * self.stride + vector..][..V];
            for (c, sum) in c.iter_mut().zip(sums) {
                *c = simd.add_f32s(*c, *sum);
            }
        }
    }
}
