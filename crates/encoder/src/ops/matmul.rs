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
    /// Rows that lie one after another, `columns` values each.
    pub(crate) fn new(data: &'a [f32], columns: usize) -> Self {
        Self::strided(data, data.len().checked_div(columns).unwrap_or(0), columns, columns)
    }

    /// Rows of `columns` values whose starts lie `row_stride` values apart.
    pub(crate) fn strided(data: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        assert!(
            rows == 0 || (rows - 1) * row_stride + columns <= data.len(),
            "matrix reaches beyond its slice"
        );
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
#[allow(unsafe_code)]
pub(crate) fn matmul(a: Matrix<'_>, b: Matrix<'_>, scale: f32, accumulate: bool, c: &mut [f32]) {
    assert_eq!(a.columns, b.rows, "inner dimensions differ");
    assert_eq!(c.len(), a.rows * b.columns, "result has another size");
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
    // SAFETY: `Matrix::strided` checked that the largest index of each view lies in its slice (`t` swaps sizes and
    // strides together), `c` holds exactly rows × columns values, and `&mut` keeps it apart from `a` and `b`.
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
