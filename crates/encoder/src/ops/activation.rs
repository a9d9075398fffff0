//! Nonlinearities and their derivatives, value by value.

use crate::config::Activation;
use crate::ops::dropout::Dropout;
use crate::ops::math::{exp, relu, sigmoid, vectorised, vectorised_fn};
use crate::ops::scratch;

/// f(u) and f′(u)
#[inline(always)]
fn silu(u: f32) -> (f32, f32) {
    let s = sigmoid(u);
    (u * s, s * (1.0 + u * (1.0 - s)))
}

/// The feature of linear attention, φ = elu + 1 (Katharopoulos et al., 2020, equation 7), in two branches: x + 1 for x
/// ≥ 0, eˣ below.
#[inline(always)]
pub(crate) fn elu_feature(x: f32) -> f32 {
    if x >= 0.0 { x + 1.0 } else { exp(x) }
}

/// Its slope, from φ: 1 above 0 and φ itself below.
#[inline(always)]
pub(crate) fn elu_slope(feature: f32) -> f32 {
    feature.min(1.0)
}

/// a = silu(u)
pub(crate) fn silu_forward(u: &[f32], a: &mut [f32]) {
    vectorised(|| a.iter_mut().zip(u).for_each(|(a, &u)| *a = silu(u).0));
}

vectorised_fn! {
    /// silu(u) and silu′(u)
    pub(crate) fn silu_and_slope<'a>(u: &'a [f32], a: &'a mut [f32], slope: &'a mut [f32]) {
        for ((a, slope), &u) in a.iter_mut().zip(slope).zip(u) {
            (*a, *slope) = silu(u);
        }
    }
}

/// d ← d · silu′(u)
pub(crate) fn silu_backward(u: &[f32], d: &mut [f32]) {
    vectorised(|| d.iter_mut().zip(u).for_each(|(d, &u)| *d *= silu(u).1));
}

vectorised_fn! {
    /// u ← u + b, a = dropout(f(u)), for rows that start with row `first` of the whole.
    pub(crate) fn dropped<'a>(
        kind: Activation,
        bias: &'a [f32],
        mask: Dropout,
        first: usize,
        u: &'a mut [f32],
        a: &'a mut [f32],
    ) {
        let mut room = scratch::take(bias.len());
        let factors = &mut room[..];
        let dim = bias.len();
        for (i, (u, a)) in u.chunks_exact_mut(dim).zip(a.chunks_exact_mut(dim)).enumerate() {
            mask.fill(first + i, factors);
            let values = a.iter_mut().zip(u.iter_mut()).zip(bias).zip(&*factors);
            match kind {
                Activation::Relu => {
                    for (((a, u), b), f) in values {
                        *u += b;
                        *a = relu(*u) * f;
                    }
                }
                Activation::Silu => {
                    for (((a, u), b), f) in values {
                        *u += b;
                        *a = silu(*u).0 * f;
                    }
                }
            }
        }
    }
}

vectorised_fn! {
    /// The same again from u, and what each value's gradient is to be multiplied by: `slope` = dropout(f′(u)).
    pub(crate) fn dropped_again<'a>(
        kind: Activation,
        u: &'a [f32],
        dim: usize,
        mask: Dropout,
        first: usize,
        a: &'a mut [f32],
        slope: &'a mut [f32],
    ) {
        let mut room = scratch::take(dim);
        let factors = &mut room[..];
        let rows = u.chunks_exact(dim).zip(a.chunks_exact_mut(dim)).zip(slope.chunks_exact_mut(dim));
        for (i, ((u, a), slope)) in rows.enumerate() {
            mask.fill(first + i, factors);
            let values = a.iter_mut().zip(slope).zip(u).zip(&*factors);
            match kind {
                Activation::Relu => {
                    for (((a, slope), &u), f) in values {
                        *a = relu(u) * f;
                        *slope = if u > 0.0 { *f } else { 0.0 };
                    }
                }
                Activation::Silu => {
                    for (((a, slope), &u), f) in values {
                        let (value, derivative) = silu(u);
                        (*a, *slope) = (value * f, derivative * f);
                    }
                }
            }
        }
    }
}

/// d ← d · slope, db += Σ d
pub(crate) fn slope_backward(slope: &[f32], d: &mut [f32], dbias: &mut [f32]) {
    let dim = dbias.len();
    vectorised(|| {
        for (d, slope) in d.chunks_exact_mut(dim).zip(slope.chunks_exact(dim)) {
            for ((d, slope), db) in d.iter_mut().zip(slope).zip(dbias.iter_mut()) {
                *d *= slope;
                *db += *d;
            }
        }
    });
}

vectorised_fn! {
    /// The gated linear unit (Dauphin et al., 2017): rows of 2·dim, (a, b) → a · σ(b).
    pub(crate) fn glu_forward<'a>(p: &'a [f32], dim: usize, g: &'a mut [f32]) {
        for (p, g) in p.chunks_exact(2 * dim).zip(g.chunks_exact_mut(dim)) {
            let (a, b) = p.split_at(dim);
            for i in 0..dim {
                g[i] = a[i] * sigmoid(b[i]);
            }
        }
    }
}

vectorised_fn! {
    /// dp from dg.
    pub(crate) fn glu_backward<'a>(p: &'a [f32], dim: usize, dg: &'a [f32], dp: &'a mut [f32]) {
        for ((p, dg), dp) in
            p.chunks_exact(2 * dim).zip(dg.chunks_exact(dim)).zip(dp.chunks_exact_mut(2 * dim))
        {
            let ((a, b), (da, db)) = (p.split_at(dim), dp.split_at_mut(dim));
            for i in 0..dim {
                let s = sigmoid(b[i]);
                da[i] = dg[i] * s;
                db[i] = dg[i] * a[i] * s * (1.0 - s);
            }
        }
    }
}

/// What GELU's logistic sees of u, and its derivative.
#[inline(always)]
fn gelu_inner(u: f32) -> (f32, f32) {
    // 2·√(2/π)
    const SCALE: f32 = 1.595_769;
    const CUBE: f32 = 0.044_715;
    (SCALE * (u + CUBE * u * u * u), SCALE * (1.0 + 3.0 * CUBE * u * u))
}

/// a = u·Φ(u), the Gaussian error linear unit (Hendrycks and Gimpel, 2016), in its form with tanh.
pub(crate) fn gelu(u: &[f32], a: &mut [f32]) {
    vectorised(|| a.iter_mut().zip(u).for_each(|(a, &u)| *a = u * sigmoid(gelu_inner(u).0)));
}

vectorised_fn! {
    /// d ← d · gelu′(u)
    pub(crate) fn gelu_backward<'a>(u: &'a [f32], d: &'a mut [f32]) {
        for (d, &u) in d.iter_mut().zip(u) {
            let (inner, slope) = gelu_inner(u);
            let s = sigmoid(inner);
            *d *= s + u * s * (1.0 - s) * slope;
        }
    }
}
