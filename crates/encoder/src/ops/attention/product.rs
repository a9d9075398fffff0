//! Products of small tiles, summed in registers: a(i, k), a value at a time, with rows b(k, ·), vectors of them.
//!
//! A general product orders both matrices for its kernel on every call, and one of 32 columns or a depth of 32 is over
//! before that pays. Here both stay as they are.

use pulp::Simd;

use crate::ops::math;

/// Values of the widest vectors.
pub(super) const WIDEST: usize = 16;

/// A matrix whose values meet whole rows of another.
pub(super) trait Left {
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
pub(super) struct Rows<'a> {
    pub(super) data: &'a [f32],
    pub(super) stride: usize,
    pub(super) depth: usize,
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
pub(super) struct Transposed<'a> {
    pub(super) data: &'a [f32],
    pub(super) width: usize,
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

/// What is done with each group of rows.
pub(super) trait ByRows<S: Simd> {
    /// For R rows from `first` on.
    fn run<const R: usize>(&mut self, simd: S, first: usize);
}

/// Runs a body on so many rows, as many at a time as the registers hold sums for.
#[inline(always)]
pub(super) fn by_rows<S: Simd>(simd: S, rows: usize, body: &mut impl ByRows<S>) {
    let mut first = 0;
    while S::REGISTER_COUNT >= 32 && first + 8 <= rows {
        body.run::<8>(simd, first);
        first += 8;
    }
    while first + 4 <= rows {
        body.run::<4>(simd, first);
        first += 4;
    }
    while first < rows {
        body.run::<1>(simd, first);
        first += 1;
    }
}

/// c += a·b. Rows of b are padded to whole vectors, those of c, `width` long, are not.
pub(super) struct Accumulate<'a, S: Simd, A> {
    pub(super) a: A,
    pub(super) b: &'a [S::f32s],
    pub(super) c: &'a mut [f32],
    pub(super) width: usize,
}

impl<S: Simd, A: Left> ByRows<S> for Accumulate<'_, S, A> {
    #[inline(always)]
    fn run<const R: usize>(&mut self, simd: S, first: usize) {
        let vectors = self.width.div_ceil(S::F32_LANES);
        for at in (0..vectors - vectors % 2).step_by(2) {
            self.add::<R, 2>(simd, first, at, vectors);
        }
        if vectors % 2 == 1 {
            self.add::<R, 1>(simd, first, vectors - 1, vectors);
        }
    }
}

impl<S: Simd, A: Left> Accumulate<'_, S, A> {
    #[inline(always)]
    fn add<const R: usize, const V: usize>(&mut self, simd: S, first: usize, at: usize, stride: usize) {
        let zeros = [[simd.splat_f32s(0.0); V]; R];
        let sums = self.a.add_products::<S, R, V>(simd, first, &self.b[at..], stride, zeros);
        let rows = self.c[first * self.width..].chunks_exact_mut(self.width);
        for (sums, row) in sums.iter().zip(rows) {
            let (whole, rest) = S::as_mut_simd_f32s(&mut row[at * S::F32_LANES..]);
            for (c, sum) in whole.iter_mut().zip(sums) {
                *c = simd.add_f32s(*c, *sum);
            }
            if whole.len() < V {
                let mut last = [0.0; WIDEST];
                S::as_mut_simd_f32s(&mut last).0[0] = sums[whole.len()];
                math::add(&last, rest);
            }
        }
    }
}
