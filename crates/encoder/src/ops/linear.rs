//! Linear maps of rows: y = x·Wᵀ + b, W of (outputs, inputs).
//!
//! What stands before and after a map reads and writes the same rows, so that it is done in the pass that adds the
//! bias.

use rayon::prelude::*;

use crate::ops::dropout::Dropout;
use crate::ops::math::{self, vectorised, vectorised_fn};
use crate::ops::matmul::{Matrix, matmul};
use crate::ops::pool::{Buffer, Pool};
use crate::ops::scratch;

/// Rows and columns of a tile that is turned at once.
const TILE: usize = 16;

/// W for products with several blocks of rows. A product wants the outputs beside each other, and would turn W again
/// for each block: for blocks of 200 rows that is a tenth of its time.
pub(crate) struct Weight<'a> {
    rows: &'a [f32],
    turned: Option<Buffer>,
    inputs: usize,
}

impl<'a> Weight<'a> {
    /// W from its rows, for so many blocks.
    pub(crate) fn new(rows: &'a [f32], inputs: usize, blocks: usize, pool: &Pool) -> Self {
        let turned = (blocks > 1).then(|| {
            let mut turned = pool.take(rows.len());
            turn(rows, inputs, &mut turned);
            turned
        });
        Self { rows, turned, inputs }
    }

    /// y = x·Wᵀ
    pub(crate) fn product(&self, x: &[f32], y: &mut [f32]) {
        let outputs = self.rows.len() / self.inputs;
        let weight = match &self.turned {
            Some(turned) => Matrix::new(turned, outputs),
            None => Matrix::new(self.rows, self.inputs).t(),
        };
        matmul(Matrix::new(x, self.inputs), weight, 1.0, false, y);
    }
}

/// The transpose of a matrix with rows of `columns` values.
fn turn(matrix: &[f32], columns: usize, turned: &mut [f32]) {
    let rows = matrix.len() / columns;
    turned.par_chunks_mut(TILE * rows).enumerate().for_each(|(tile, turned)| {
        let first = tile * TILE;
        for from in (0..rows).step_by(TILE) {
            for (i, out) in turned.chunks_exact_mut(rows).enumerate() {
                let out = &mut out[from..rows.min(from + TILE)];
                for (j, out) in out.iter_mut().enumerate() {
                    *out = matrix[(from + j) * columns + first + i];
                }
            }
        }
    });
}

/// y = x·Wᵀ + b
pub(crate) fn forward(x: &[f32], weight: &[f32], bias: &[f32], y: &mut [f32]) {
    let inputs = weight.len() / bias.len();
    matmul(Matrix::new(x, inputs), Matrix::new(weight, inputs).t(), 1.0, false, y);
    add_bias(bias, y);
}

/// y += b for each row.
pub(crate) fn add_bias(bias: &[f32], y: &mut [f32]) {
    vectorised(|| y.chunks_exact_mut(bias.len()).for_each(|y| math::add(bias, y)));
}

vectorised_fn! {
    /// y = x + dropout(y + b), for rows that start with row `first` of the whole: the end of a block with a residual.
    pub(crate) fn finish<'a>(x: &'a [f32], bias: &'a [f32], mask: Dropout, first: usize, y: &'a mut [f32]) {
        let dim = bias.len();
        let mut room = scratch::take(dim);
        let factors = &mut room[..];
        for (i, (x, y)) in x.chunks_exact(dim).zip(y.chunks_exact_mut(dim)).enumerate() {
            mask.fill(first + i, factors);
            for (((y, x), b), f) in y.iter_mut().zip(x).zip(bias).zip(&*factors) {
                *y = x + (*y + b) * f;
            }
        }
    }
}

vectorised_fn! {
    /// Its gradient before the dropout, dout = dropout(dy), and db += Σ dout.
    pub(crate) fn finish_backward<'a>(
        dy: &'a [f32],
        mask: Dropout,
        first: usize,
        dout: &'a mut [f32],
        dbias: &'a mut [f32],
    ) {
        let dim = dbias.len();
        let mut room = scratch::take(dim);
        let factors = &mut room[..];
        for (i, (dy, dout)) in dy.chunks_exact(dim).zip(dout.chunks_exact_mut(dim)).enumerate() {
            mask.fill(first + i, factors);
            for (((d, dy), db), f) in dout.iter_mut().zip(dy).zip(dbias.iter_mut()).zip(&*factors) {
                *d = dy * f;
                *db += *d;
            }
        }
    }
}

/// dx = dy·W, or dx += dy·W where `accumulate`.
pub(crate) fn backward_input(dy: &[f32], weight: &[f32], outputs: usize, accumulate: bool, dx: &mut [f32]) {
    let inputs = weight.len() / outputs;
    matmul(Matrix::new(dy, outputs), Matrix::new(weight, inputs), 1.0, accumulate, dx);
}

/// dW += dyᵀ·x, for `outputs` values in a row of dy.
pub(crate) fn backward_matrix(x: &[f32], dy: &[f32], outputs: usize, dweight: &mut [f32]) {
    let inputs = dweight.len() / outputs;
    matmul(Matrix::new(dy, outputs).t(), Matrix::new(x, inputs), 1.0, true, dweight);
}

/// dW += dyᵀ·x, db += Σ dy
pub(crate) fn backward_weight(x: &[f32], dy: &[f32], dweight: &mut [f32], dbias: &mut [f32]) {
    let outputs = dbias.len();
    backward_matrix(x, dy, outputs, dweight);
    vectorised(|| dy.chunks_exact(outputs).for_each(|dy| math::add(dy, dbias)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turned_weights_give_the_same_products() {
        let pool = Pool::default();
        for (rows, inputs, outputs) in [(1, 1, 1), (5, 16, 33), (7, 50, 20)] {
            let value = |i: usize| ((i * 29 % 23) as f32 - 11.0) / 8.0;
            let weight: Vec<f32> = (0..inputs * outputs).map(value).collect();
            let x: Vec<f32> = (0..rows * inputs).map(|i| value(i + 3)).collect();
            let product = |blocks| {
                let mut y = vec![f32::NAN; rows * outputs];
                Weight::new(&weight, inputs, blocks, &pool).product(&x, &mut y);
                y
            };
            let plain = product(1);
            let want: Vec<f32> = (0..rows * outputs)
                .map(|i| {
                    let (row, output) = (&x[i / outputs * inputs..], &weight[i % outputs * inputs..]);
                    (0..inputs).map(|k| row[k] * output[k]).sum()
                })
                .collect();
            assert!(plain.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-4));
            assert_eq!(plain, product(4));
        }
    }
}
