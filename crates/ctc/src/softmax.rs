//! Log-softmax over the rows of a matrix, and its derivative.

use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

/// Elements that are computed side by side; a row's remainder is padded to this.
const LANES: usize = 16;

/// Rows in one parallel task.
const TASK_ROWS: usize = 256;

/// Replaces each row of `logits`, `(rows, tokens)`, by its log-softmax: `x − ln Σ exp(x)`.
///
/// A row with NaN or +∞, or of −∞ only, becomes NaN throughout. Rows are spread over rayon's pool. A
/// remainder of less than a row is left alone.
pub fn log_softmax_rows(logits: &mut [f32], tokens: usize) {
    if tokens == 0 {
        return;
    }
    let arch = Arch::new();
    if logits.len() <= TASK_ROWS * tokens {
        arch.dispatch(LogSoftmax { rows: logits, tokens });
    } else {
        logits.par_chunks_mut(TASK_ROWS * tokens).for_each(|rows| arch.dispatch(LogSoftmax { rows, tokens }));
    }
}

/// Turns a gradient by the log-probabilities into that by the logits, in place: `g − exp(y)·Σ g` in each
/// row. Both slices are `(rows, tokens)`; `log_probs` is what [`log_softmax_rows`] gave.
///
/// # Panics
///
/// If the slices have different lengths.
pub fn log_softmax_backward_rows(log_probs: &[f32], gradient: &mut [f32], tokens: usize) {
    assert_eq!(log_probs.len(), gradient.len(), "one gradient for each log-probability");
    if tokens == 0 {
        return;
    }
    let arch = Arch::new();
    if log_probs.len() <= TASK_ROWS * tokens {
        arch.dispatch(Backward { log_probs, gradient, tokens });
    } else {
        let size = TASK_ROWS * tokens;
        gradient
            .par_chunks_mut(size)
            .zip(log_probs.par_chunks(size))
            .for_each(|(gradient, log_probs)| arch.dispatch(Backward { log_probs, gradient, tokens }));
    }
}

struct LogSoftmax<'a> {
    rows: &'a mut [f32],
    tokens: usize,
}

impl NullaryFnOnce for LogSoftmax<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for row in self.rows.chunks_exact_mut(self.tokens) {
            let mut max = [f32::NEG_INFINITY; LANES];
            for_lanes(row, f32::NEG_INFINITY, |x| {
                for (max, &x) in max.iter_mut().zip(x) {
                    *max = if x > *max { x } else { *max };
                }
            });
            let max = max.iter().fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a });
            let mut sum = [0.0; LANES];
            for_lanes(row, f32::NEG_INFINITY, |x| {
                for (sum, &x) in sum.iter_mut().zip(x) {
                    *sum += exp(x - max);
                }
            });
            let log_sum = sum.iter().sum::<f32>().ln();
            for x in row {
                // In this order, so that the largest logit's small log-probability isn't rounded at the
                // logits' size.
                *x = (*x - max) - log_sum;
            }
        }
    }
}

struct Backward<'a> {
    log_probs: &'a [f32],
    gradient: &'a mut [f32],
    tokens: usize,
}

impl NullaryFnOnce for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let rows = self.gradient.chunks_exact_mut(self.tokens);
        for (gradient, log_probs) in rows.zip(self.log_probs.chunks_exact(self.tokens)) {
            let mut sum = [0.0; LANES];
            for_lanes(gradient, 0.0, |g| {
                for (sum, &g) in sum.iter_mut().zip(g) {
                    *sum += g;
                }
            });
            let sum: f32 = sum.iter().sum();
            for (g, &y) in gradient.iter_mut().zip(log_probs) {
                *g -= exp(y) * sum;
            }
        }
    }
}

/// Calls `body` on the row's elements, [`LANES`] at a time, the last ones padded.
#[inline(always)]
fn for_lanes(row: &[f32], padding: f32, mut body: impl FnMut(&[f32; LANES])) {
    let (whole, rest) = row.as_chunks::<LANES>();
    for lanes in whole {
        body(lanes);
    }
    if !rest.is_empty() {
        let mut lanes = [padding; LANES];
        lanes[..rest.len()].copy_from_slice(rest);
        body(&lanes);
    }
}

/// `exp(x)` for `x` ≤ 88, relative error below 2e-7; 0 below −87; NaN stays.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5·2^23 rounds to an integer that then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, the first of which times a small integer is exact.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let mut p = 1.0 / 5040.0;
    for c in [720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0] {
        p = p * r + 1.0 / c;
    }
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    let y = p * f32::from_bits(exponent);
    if x < -87.0 { 0.0 } else { y }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_equal_f64() {
        for tokens in [1, 2, 15, 16, 17, 45, 100] {
            let logits: Vec<f32> =
                (0..600 * tokens).map(|i| ((i * 7919) % 1013) as f32 * 0.03 - (i % 3) as f32 * 9.0).collect();
            let mut y = logits.clone();
            log_softmax_rows(&mut y, tokens);
            for (x, y) in logits.chunks(tokens).zip(y.chunks(tokens)) {
                let log_sum = x.iter().map(|&x| f64::from(x).exp()).sum::<f64>().ln();
                for (&x, &y) in x.iter().zip(y) {
                    let expected = f64::from(x) - log_sum;
                    assert!((f64::from(y) - expected).abs() < 2e-6 + 2e-7 * expected.abs(), "{y} {expected}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_stays_visible() {
        let mut rows = [0.0, f32::NAN, 1.0, 0.0, f32::INFINITY, 1.0];
        log_softmax_rows(&mut rows, 3);
        assert!(rows.iter().all(|x| x.is_nan()), "{rows:?}");
        let mut rows = [f32::NEG_INFINITY; 3];
        log_softmax_rows(&mut rows, 3);
        assert!(rows.iter().all(|x| x.is_nan()));
        let mut masked = [f32::NEG_INFINITY, 2.0, f32::NEG_INFINITY, -3e38];
        log_softmax_rows(&mut masked, 4);
        assert_eq!(masked, [f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY, -3e38]);
    }

    #[test]
    fn backward_equals_finite_differences() {
        let tokens = 19;
        let logits: Vec<f32> = (0..2 * tokens).map(|i| ((i * 31) % 17) as f32 * 0.25 - 2.0).collect();
        let weights: Vec<f32> = (0..2 * tokens).map(|i| ((i * 13) % 7) as f32 - 3.0).collect();
        let value = |logits: &[f64]| -> f64 {
            let rows = logits.chunks(tokens).zip(weights.chunks(tokens));
            rows.map(|(x, w)| {
                let log_sum = x.iter().map(|x| x.exp()).sum::<f64>().ln();
                x.iter().zip(w).map(|(x, &w)| (x - log_sum) * f64::from(w)).sum::<f64>()
            })
            .sum()
        };
        let mut y = logits.clone();
        log_softmax_rows(&mut y, tokens);
        let mut gradient = weights.clone();
        log_softmax_backward_rows(&y, &mut gradient, tokens);
        let logits: Vec<f64> = logits.iter().map(|&x| f64::from(x)).collect();
        for i in 0..logits.len() {
            let (mut up, mut down) = (logits.clone(), logits.clone());
            up[i] += 1e-5;
            down[i] -= 1e-5;
            let expected = (value(&up) - value(&down)) / 2e-5;
            assert!((f64::from(gradient[i]) - expected).abs() < 1e-5, "{i}: {} {expected}", gradient[i]);
        }
    }
}
