//! Nonlinearities and their derivatives, value by value.

use crate::config::Activation;
use crate::ops::math::{sigmoid, vectorised};

/// a = f(u)
pub(crate) fn forward(kind: Activation, u: &[f32], a: &mut [f32]) {
    vectorised(|| match kind {
        Activation::Relu => a.iter_mut().zip(u).for_each(|(a, &u)| *a = u.max(0.0)),
        Activation::Silu => a.iter_mut().zip(u).for_each(|(a, &u)| *a = u * sigmoid(u)),
    });
}

/// d ← d · f′(u)
pub(crate) fn backward(kind: Activation, u: &[f32], d: &mut [f32]) {
    vectorised(|| match kind {
        Activation::Relu => d.iter_mut().zip(u).for_each(|(d, &u)| *d = if u > 0.0 { *d } else { 0.0 }),
        Activation::Silu => d.iter_mut().zip(u).for_each(|(d, &u)| {
            let s = sigmoid(u);
            *d *= s * (1.0 + u * (1.0 - s));
        }),
    });
}

/// The gated linear unit (Dauphin et al., 2017): rows of 2·dim, (a, b) → a · σ(b).
pub(crate) fn glu_forward(p: &[f32], dim: usize, g: &mut [f32]) {
    vectorised(|| {
        for (p, g) in p.chunks_exact(2 * dim).zip(g.chunks_exact_mut(dim)) {
            let (a, b) = p.split_at(dim);
            for i in 0..dim {
                g[i] = a[i] * sigmoid(b[i]);
            }
        }
    });
}

/// dp from dg.
pub(crate) fn glu_backward(p: &[f32], dim: usize, dg: &[f32], dp: &mut [f32]) {
    vectorised(|| {
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
    });
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

/// d ← d · gelu′(u)
pub(crate) fn gelu_backward(u: &[f32], d: &mut [f32]) {
    vectorised(|| {
        d.iter_mut().zip(u).for_each(|(d, &u)| {
            let (inner, slope) = gelu_inner(u);
            let s = sigmoid(inner);
            *d *= s + u * s * (1.0 - s) * slope;
        });
    });
}
