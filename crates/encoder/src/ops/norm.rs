//! Layer normalisation (Ba et al., 2016, equation 4) of rows.

use crate::ops::math;

/// Added to the variance.
pub(crate) const EPSILON: f32 = 1e-5;

/// The values saved for each row: its mean and the inverse of its standard deviation.
pub(crate) const STATISTICS: usize = 2;

math::vectorised_fn! {
    /// y = gain · (x − mean) / √(variance + ε) + bias for each row of `gain.len()` values; writes the rows' statistics.
    pub(crate) fn forward<'a>(x: &'a [f32], gain: &'a [f32], bias: &'a [f32], statistics: &'a mut [f32], y: &'a mut [f32]) {
        let dim = gain.len();
        for ((x, y), s) in
            x.chunks_exact(dim).zip(y.chunks_exact_mut(dim)).zip(statistics.chunks_exact_mut(STATISTICS))
        {
            let mean = math::sum(x) / dim as f32;
            let inverse = 1.0 / (math::sum_of_squares_about(x, mean) / dim as f32 + EPSILON).sqrt();
            (s[0], s[1]) = (mean, inverse);
            normalise(x, gain, bias, s, y);
        }
    }
}

math::vectorised_fn! {
    /// The forward pass again, from the saved statistics.
    pub(crate) fn replay<'a>(x: &'a [f32], gain: &'a [f32], bias: &'a [f32], statistics: &'a [f32], y: &'a mut [f32]) {
        let dim = gain.len();
        for ((x, y), s) in
            x.chunks_exact(dim).zip(y.chunks_exact_mut(dim)).zip(statistics.chunks_exact(STATISTICS))
        {
            normalise(x, gain, bias, s, y);
        }
    }
}

#[inline(always)]
fn normalise(x: &[f32], gain: &[f32], bias: &[f32], s: &[f32], y: &mut [f32]) {
    for (((y, x), g), b) in y.iter_mut().zip(x).zip(gain).zip(bias) {
        *y = (x - s[0]) * s[1] * g + b;
    }
}

math::vectorised_fn! {
    /// Writes the gradient of x, plus `residual` where it has values, to `dx`, and adds those of gain and bias to
    /// theirs. `dy` is overwritten.
    pub(crate) fn backward<'a>(
        x: &'a [f32],
        gain: &'a [f32],
        statistics: &'a [f32],
        residual: &'a [f32],
        dy: &'a mut [f32],
        dx: &'a mut [f32],
        dgain: &'a mut [f32],
        dbias: &'a mut [f32],
    ) {
        let dim = gain.len();
        let rows = x.chunks_exact(dim).zip(statistics.chunks_exact(STATISTICS));
        let outputs = dy.chunks_exact_mut(dim).zip(dx.chunks_exact_mut(dim)).enumerate();
        for ((x, s), (row, (dy, dx))) in rows.zip(outputs) {
            let (mean, inverse) = (s[0], s[1]);
            for i in 0..dim {
                let normal = (x[i] - mean) * inverse;
                dgain[i] += dy[i] * normal;
                dbias[i] += dy[i];
                dy[i] *= gain[i];
            }
            let sum = math::sum(dy) / dim as f32;
            // Σ dy · (x − mean) · inverse = inverse · (Σ dy · x − mean · Σ dy)
            let projection = (math::dot(dy, x) / dim as f32 - mean * sum) * inverse;
            let gradient = |dy: f32, x: f32| inverse * (dy - sum - (x - mean) * inverse * projection);
            match residual.get(row * dim..(row + 1) * dim) {
                Some(residual) => {
                    for (((d, r), &dy), &x) in dx.iter_mut().zip(residual).zip(&*dy).zip(x) {
                        *d = r + gradient(dy, x);
                    }
                }
                None => {
                    for ((d, &dy), &x) in dx.iter_mut().zip(&*dy).zip(x) {
                        *d = gradient(dy, x);
                    }
                }
            }
        }
    }
}
