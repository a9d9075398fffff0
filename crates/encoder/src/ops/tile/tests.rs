//! The kernels on every kind of vectors that this processor has, against plain loops.

use pulp::{Arch, Scalar, Simd, WithSimd};

use super::block::{FRAMES, to_columns, to_rows};
use super::exp2::exp2;
use super::product::{Accumulate, Rows, Transposed, in_registers};

/// What a kernel gives on each.
pub(crate) fn on_each<Op: WithSimd + Copy>(op: Op) -> Vec<Op::Output> {
    let mut outputs = vec![Scalar::new().vectorize(op), Arch::new().dispatch(op)];
    #[cfg(target_arch = "x86_64")]
    outputs.extend(pulp::x86::V3::try_new().map(|simd| Simd::vectorize(simd, op)));
    outputs
}

/// Made-up values from −2 to 2.
pub(crate) fn values(len: usize, seed: usize) -> Vec<f32> {
    (0..len).map(|i| (((i + seed) * 7919 % 1009) as f32 - 504.0) / 252.0).collect()
}

#[derive(Clone, Copy)]
struct Powers<'a>(&'a [f32]);

impl WithSimd for Powers<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        let mut y = self.0.to_vec();
        S::as_mut_simd_f32s(&mut y).0.iter_mut().for_each(|y| *y = exp2(simd, *y));
        y
    }
}

#[test]
fn powers_of_two_are_close_over_their_whole_range() {
    let x: Vec<f32> = (0..16_000).map(|i| 120.0 - i as f32 * 0.015_37).collect();
    for y in on_each(Powers(&x)) {
        for (x, y) in x.iter().zip(y) {
            let exact = f64::from(*x).exp2();
            assert!((f64::from(y) / exact - 1.0).abs() < 2.4e-7, "2^{x} = {y}, not {exact}");
        }
    }
    let edges = [0.0, 1.0, -126.0, -127.0, -1e9, f32::NEG_INFINITY, 8.0, -0.5].repeat(2);
    for y in on_each(Powers(&edges)) {
        assert_eq!(y[..7], [1.0, 2.0, f32::MIN_POSITIVE, 0.0, 0.0, 0.0, 256.0]);
    }
    assert!(Arch::new().dispatch(Powers(&[f32::NAN; 16])).iter().all(|y| y.is_nan()));
}

/// c + a·b with a by rows or as the transpose of rows.
#[derive(Clone, Copy)]
struct Product<'a> {
    a: &'a [f32],
    transposed: &'a [f32],
    b: &'a [f32],
    c: &'a [f32],
    /// Rows of a, columns of b, and what is summed over.
    size: [usize; 3],
}

impl WithSimd for Product<'_> {
    type Output = [Vec<f32>; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [Vec<f32>; 2] {
        let [rows, width, depth] = self.size;
        let padded = |values: &[f32]| -> Vec<S::f32s> {
            let row = |row: &[f32]| {
                let mut row = row.to_vec();
                row.resize(width.next_multiple_of(S::F32_LANES), f32::NAN);
                S::as_simd_f32s(&row).0.to_vec()
            };
            values.chunks(width).flat_map(row).collect()
        };
        let (b, mut c) = (padded(self.b), padded(self.c));
        let (mut d, stride) = (c.clone(), width.div_ceil(S::F32_LANES));
        let a = Rows { data: self.a, stride: depth, depth };
        in_registers(simd, rows, stride, &mut Accumulate { a, b: &b, c: &mut c, stride });
        let a = Transposed { data: self.transposed, width: rows };
        in_registers(simd, rows, stride, &mut Accumulate { a, b: &b, c: &mut d, stride });
        [c, d].map(|c| c.chunks(stride).flat_map(|row| lanes::<S>(row)[..width].to_vec()).collect())
    }
}

fn lanes<S: Simd>(vectors: &[S::f32s]) -> Vec<f32> {
    let mut values = vec![0.0; vectors.len() * S::F32_LANES];
    S::as_mut_simd_f32s(&mut values).0.copy_from_slice(vectors);
    values
}

#[test]
fn products_match_plain_loops() {
    for size in [[1, 1, 1], [3, 5, 7], [6, 9, 4], [8, 32, 32], [13, 24, 9], [7, 17, 33], [33, 70, 2]] {
        let [rows, width, depth] = size;
        let (a, b, c) = (values(rows * depth, 1), values(depth * width, 2), values(rows * width, 3));
        let transposed: Vec<f32> = (0..rows * depth).map(|i| a[i % rows * depth + i / rows]).collect();
        let product = Product { a: &a, transposed: &transposed, b: &b, c: &c, size };
        for result in on_each(product).iter().flatten() {
            for (i, result) in result.iter().enumerate() {
                let (row, column) = (i / width, i % width);
                let sum: f32 = (0..depth).map(|k| a[row * depth + k] * b[k * width + column]).sum();
                assert!((result - c[i] - sum).abs() < 1e-4, "{size:?} {i}: {result}");
            }
        }
    }
}

#[test]
fn a_block_turns_into_columns_and_back() {
    for (dim, frames) in [(1, FRAMES), (33, FRAMES), (36, FRAMES), (7, FRAMES - 1), (5, 1)] {
        let rows = values(dim * frames, 1);
        let (mut columns, mut back) = (vec![f32::NAN; dim * FRAMES], vec![f32::NAN; dim * frames]);
        to_columns(&rows, dim, &mut columns);
        for (i, value) in columns.iter().enumerate() {
            let (column, frame) = (i / FRAMES, i % FRAMES);
            let want = if frame < frames { rows[frame * dim + column] } else { 0.0 };
            assert_eq!(*value, want, "column {column}, frame {frame} of {frames} of {dim} values");
        }
        to_rows(&columns, dim, &mut back);
        assert_eq!(back, rows, "{frames} frames of {dim} values");
    }
}
