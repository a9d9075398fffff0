//! Matrix products on strided views of slices, on the calling thread.

use std::sync::Once;

/// A view of a slice as a matrix.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Rows that lie one after another, `columns` values each; values that fill no row are left out.
    pub(crate) fn new(data: &'a [f32], columns: usize) -> Self {
        Self::strided(data, data.len().checked_div(columns).unwrap_or(0), columns, columns)
    }

    /// Rows of `columns` values whose starts lie `row_stride` values apart.
    ///
    /// # Panics
    ///
    /// If a row ends behind the slice, by arithmetic that doesn't wrap: the sizes are the caller's own, never an
    /// input's, and [`matmul`] rests on them.
    pub(crate) fn strided(data: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        let end = match rows.checked_sub(1) {
            None => Some(0),
            Some(before) => before.checked_mul(row_stride).and_then(|start| start.checked_add(columns)),
        };
        assert!(end.is_some_and(|end| end <= data.len()), "matrix reaches beyond its slice");
        // A stride that is never taken may have any size, and the kernel takes it as a signed one.
        let row_stride = if rows > 1 { row_stride } else { columns };
        Self { data, rows, columns, row_stride, column_stride: 1 }
    }

    /// The transpose, without moving a value.
    pub(crate) fn t(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// c = scale · a·b + (c, where `accumulate`). `c` has rows of `b.columns` values one after another.
///
/// # Panics
///
/// If `a` has not as many columns as `b` has rows, or `c` not as many values as the product has.
#[allow(unsafe_code)]
pub(crate) fn matmul(a: Matrix<'_>, b: Matrix<'_>, scale: f32, accumulate: bool, c: &mut [f32]) {
    assert_eq!(a.columns, b.rows, "inner dimensions differ");
    assert_eq!(Some(c.len()), a.rows.checked_mul(b.columns), "result has another size");
    if c.is_empty() {
        return;
    }
    if a.columns == 0 {
        if !accumulate {
            c.fill(0.0);
        }
        return;
    }
    static ONCE: Once = Once::new();
    // Copying the left side into panels first, as is the library's rule, never pays where its columns lie together.
    ONCE.call_once(|| gemm::set_lhs_packing_threshold_single_thread(256));
    // SAFETY: no product is empty here, so that `Matrix::strided` has checked that the largest index of each view lies
    // in its slice, without wrapping (`t` swaps sizes and strides together); a slice has at most `isize::MAX` bytes, so
    // that each stride that is taken fits an `isize`. `c` holds exactly rows × columns values, counted without wrapping,
    // and `&mut` keeps it apart from `a` and `b`.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            c.as_mut_ptr(),
            1,
            b.columns as isize,
            accumulate,
            a.data.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            scale,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_wrap_or_lie_are_refused() {
        let refused = |view: fn() -> usize| std::panic::catch_unwind(view).is_err();
        let strided = |rows, columns, stride| Matrix::strided(&[0.0; 4], rows, columns, stride).rows;
        assert_eq!((strided(2, 2, 2), strided(3, 2, 1), strided(0, 9, 9)), (2, 3, 0));
        assert!(refused(|| Matrix::strided(&[0.0; 4], 2, 3, 2).rows));
        assert!(refused(|| Matrix::strided(&[0.0; 4], 1, 5, 0).rows));
        // 2 · 2^63 and 2 + (2^64 − 1) are 0 and 1 where they wrap.
        assert!(refused(|| Matrix::strided(&[0.0; 4], 3, 2, 1 << 63).rows));
        assert!(refused(|| Matrix::strided(&[0.0; 4], 2, 2, usize::MAX).rows));
        assert!(refused(|| Matrix::strided(&[0.0; 4], usize::MAX, 1, usize::MAX).rows));
        // Rows may repeat, and so be many: their product's size mustn't wrap to the result's.
        let many = Matrix::strided(&[0.0; 4], 1 << 32, 1, 0);
        let product = |c: &mut [f32], a, b| {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| matmul(a, b, 1.0, false, c))).is_ok()
        };
        assert!(!product(&mut [], many, many.t()));
        assert!(!product(&mut [0.0; 3], Matrix::new(&[0.0; 4], 2), Matrix::new(&[0.0; 4], 2)));
        assert!(!product(&mut [0.0; 4], Matrix::new(&[0.0; 4], 2), Matrix::new(&[0.0; 4], 4)));
        assert!(product(&mut [0.0; 4], Matrix::new(&[0.0; 4], 2), Matrix::new(&[0.0; 4], 2)));
    }

    #[test]
    fn products_of_every_orientation_match_plain_loops() {
        let value = |i: usize| ((i * 29 % 17) as f32 - 8.0) / 8.0;
        for (m, n, k) in [(1, 1, 1), (3, 5, 7), (33, 17, 40), (4, 3, 0)] {
            let (a, b): (Vec<f32>, Vec<f32>) =
                ((0..m * k).map(value).collect(), (0..k * n).map(value).collect());
            let at: Vec<f32> = (0..m * k).map(|i| a[i % m * k + i / m]).collect();
            let bt: Vec<f32> = (0..k * n).map(|i| b[i % k * n + i / k]).collect();
            for (ta, tb, accumulate) in
                [(false, false, false), (true, false, true), (false, true, true), (true, true, false)]
            {
                let mut c: Vec<f32> = (0..m * n).map(value).collect();
                let want: Vec<f32> = (0..m * n)
                    .map(|i| {
                        let product: f32 = (0..k).map(|l| a[i / n * k + l] * b[l * n + i % n]).sum();
                        0.5 * product + if accumulate { c[i] } else { 0.0 }
                    })
                    .collect();
                let a = if ta { Matrix::strided(&at, k, m, m).t() } else { Matrix::strided(&a, m, k, k) };
                let b = if tb { Matrix::strided(&bt, n, k, k).t() } else { Matrix::strided(&b, k, n, n) };
                matmul(a, b, 0.5, accumulate, &mut c);
                assert!(c.iter().zip(&want).all(|(x, y)| (x - y).abs() < 1e-5), "{m}×{n}×{k} {ta} {tb}");
            }
        }
    }
}
