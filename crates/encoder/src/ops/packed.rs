//! Products of a few rows with one matrix, again and again: the steps of a recurrent layer.
//!
//! A general product orders both matrices for its kernel on every call, which for so few rows costs more than the
//! multiply-adds. Here the large one is put in order once.

use pulp::{Arch, Simd, WithSimd};

use crate::ops::math;
use crate::ops::pool::{Buffer, Pool};
use crate::ops::scratch;

/// Outputs of a panel, whose weights lie together, by input: two vectors of the widest processors.
const WIDTH: usize = 32;

/// Rows that share a load of weights.
const ROWS: usize = 4;

/// A matrix W of (outputs, inputs), in order for x·Wᵀ: (panel, input, output of the panel), zeros behind the last
/// output.
pub(crate) struct Packed {
    data: Buffer,
    inputs: usize,
    outputs: usize,
}

impl Packed {
    /// W from its rows.
    pub(crate) fn new(weight: &[f32], inputs: usize, pool: &Pool) -> Self {
        let outputs = weight.len() / inputs;
        Self::fill(inputs, outputs, pool, |output, input| weight[output * inputs + input])
    }

    /// W from the rows of its transpose.
    pub(crate) fn transposed(weight: &[f32], outputs: usize, pool: &Pool) -> Self {
        let inputs = weight.len() / outputs;
        Self::fill(inputs, outputs, pool, |output, input| weight[input * outputs + output])
    }

    fn fill(inputs: usize, outputs: usize, pool: &Pool, at: impl Fn(usize, usize) -> f32) -> Self {
        let mut data = pool.zeros(outputs.div_ceil(WIDTH) * WIDTH * inputs);
        for (panel, values) in data.chunks_exact_mut(WIDTH * inputs).enumerate() {
            for (input, values) in values.chunks_exact_mut(WIDTH).enumerate() {
                let first = panel * WIDTH;
                for (output, value) in (first..outputs.min(first + WIDTH)).zip(values) {
                    *value = at(output, input);
                }
            }
        }
        Self { data, inputs, outputs }
    }

    /// y += x·Wᵀ. A row's sums are in order of the inputs, whatever the other rows.
    pub(crate) fn add_product(&self, x: &[f32], y: &mut [f32]) {
        let mut tiles = scratch::take(x.len());
        for (x, tile) in x.chunks(ROWS * self.inputs).zip(tiles.chunks_mut(ROWS * self.inputs)) {
            let rows = x.len() / self.inputs;
            for (row, x) in x.chunks_exact(self.inputs).enumerate() {
                tile[row..].iter_mut().step_by(rows).zip(x).for_each(|(t, x)| *t = *x);
            }
        }
        Arch::new().dispatch(Product { matrix: self, tiles: &tiles, y });
    }
}

/// `tiles` are groups of rows, (input, row) each.
struct Product<'a> {
    matrix: &'a Packed,
    tiles: &'a [f32],
    y: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Packed { data, inputs, outputs } = self.matrix;
        let panels = data.chunks_exact(WIDTH * inputs);
        for (panel, first) in panels.zip((0..*outputs).step_by(WIDTH)) {
            let weights = S::as_simd_f32s(panel).0;
            let tiles = self.tiles.chunks(ROWS * inputs).zip(self.y.chunks_mut(ROWS * outputs));
            for (tile, y) in tiles {
                match tile.len() / inputs {
                    1 => add_panel::<S, 1>(simd, weights, tile, first, y),
                    2 => add_panel::<S, 2>(simd, weights, tile, first, y),
                    3 => add_panel::<S, 3>(simd, weights, tile, first, y),
                    _ => add_panel::<S, ROWS>(simd, weights, tile, first, y),
                }
            }
        }
    }
}

/// Adds one panel's products, whose first output is `first`, to R rows.
#[inline(always)]
fn add_panel<S: Simd, const R: usize>(
    simd: S,
    weights: &[S::f32s],
    tile: &[f32],
    first: usize,
    y: &mut [f32],
) {
    let vectors = WIDTH / S::F32_LANES;
    let mut sums = [[0.0f32; WIDTH]; R];
    // Two vectors at a time: with four rows eight sums, which is what hides the latency and fits the registers.
    for at in (0..vectors).step_by(2) {
        let mut pair = [[simd.splat_f32s(0.0); 2]; R];
        for (weights, x) in weights.chunks_exact(vectors).zip(tile.chunks_exact(R)) {
            for (sums, &x) in pair.iter_mut().zip(x) {
                let x = simd.splat_f32s(x);
                sums[0] = simd.mul_add_e_f32s(x, weights[at], sums[0]);
                sums[1] = simd.mul_add_e_f32s(x, weights[at + 1], sums[1]);
            }
        }
        for (sums, pair) in sums.iter_mut().zip(pair) {
            S::as_mut_simd_f32s(sums).0[at..at + 2].copy_from_slice(&pair);
        }
    }
    let outputs = y.len() / R;
    for (sums, y) in sums.iter().zip(y.chunks_exact_mut(outputs)) {
        math::add(sums, &mut y[first..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_match_a_plain_loop_and_no_row_depends_on_the_others() {
        let value = |i: usize| ((i * 29 % 23) as f32 - 11.0) / 8.0;
        let pool = Pool::default();
        for (rows, inputs, outputs) in [(1, 1, 1), (3, 5, 33), (6, 40, 32), (9, 7, 70)] {
            let weight: Vec<f32> = (0..inputs * outputs).map(value).collect();
            let turned: Vec<f32> =
                (0..inputs * outputs).map(|i| weight[i % outputs * inputs + i / outputs]).collect();
            let x: Vec<f32> = (0..rows * inputs).map(|i| value(i + 5) / 3.0).collect();
            for packed in [Packed::new(&weight, inputs, &pool), Packed::transposed(&turned, outputs, &pool)] {
                let mut y: Vec<f32> = (0..rows * outputs).map(value).collect();
                packed.add_product(&x, &mut y);
                for (i, y) in y.iter().enumerate() {
                    let (row, output) = (&x[i / outputs * inputs..], &weight[i % outputs * inputs..]);
                    let sum: f32 = (0..inputs).map(|k| row[k] * output[k]).sum();
                    assert!((y - sum - value(i)).abs() < 1e-5, "{rows}×{inputs}×{outputs} {i}");
                }
                for row in 0..rows {
                    let mut alone: Vec<f32> = (row * outputs..(row + 1) * outputs).map(value).collect();
                    packed.add_product(&x[row * inputs..(row + 1) * inputs], &mut alone);
                    assert_eq!(alone, y[row * outputs..(row + 1) * outputs]);
                }
            }
        }
    }
}
