//! Linear maps of rows: y = x·Wᵀ + b, W of (outputs, inputs).

use crate::ops::math;
use crate::ops::matmul::{Matrix, matmul};

/// y = x·Wᵀ + b
pub(crate) fn forward(x: &[f32], weight: &[f32], bias: &[f32], y: &mut [f32]) {
    let inputs = weight.len() / bias.len();
    y.chunks_exact_mut(bias.len()).for_each(|y| y.copy_from_slice(bias));
    matmul(Matrix::new(x, inputs), Matrix::new(weight, inputs).t(), 1.0, true, y);
}

/// dx = dy·W, or dx += dy·W where `accumulate`.
pub(crate) fn backward_input(dy: &[f32], weight: &[f32], outputs: usize, accumulate: bool, dx: &mut [f32]) {
    let inputs = weight.len() / outputs;
    matmul(Matrix::new(dy, outputs), Matrix::new(weight, inputs), 1.0, accumulate, dx);
}

/// dW += dyᵀ·x, db += Σ dy
pub(crate) fn backward_weight(x: &[f32], dy: &[f32], dweight: &mut [f32], dbias: &mut [f32]) {
    let outputs = dbias.len();
    let inputs = dweight.len() / outputs;
    matmul(Matrix::new(dy, outputs).t(), Matrix::new(x, inputs), 1.0, true, dweight);
    math::vectorised(|| dy.chunks_exact(outputs).for_each(|dy| math::add(dy, dbias)));
}
