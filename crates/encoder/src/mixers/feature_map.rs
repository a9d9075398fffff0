//! Feature maps φ: what linear attention makes of queries and keys so that φ(q)·φ(k) is a similarity.

use candle_core::{Result, Tensor};

use crate::ops::math::{exp, vectorised};

/// φ(x) = elu(x) + 1 (Katharopoulos et al., 2020, equation 7), as two branches: x + 1 for x ≥ 0, eˣ below.
pub(crate) fn elu(x: &[f32], features: &mut [f32]) {
    vectorised(|| {
        features.iter_mut().zip(x).for_each(|(f, &x)| *f = if x >= 0.0 { x + 1.0 } else { exp(x) })
    });
}

/// Turns the gradient of the features into that of x. φ′ is 1 above 0 and φ itself below.
pub(crate) fn elu_backward(features: &[f32], gradient: &mut [f32]) {
    vectorised(|| gradient.iter_mut().zip(features).for_each(|(g, &f)| *g *= f.min(1.0)));
}

/// The same of candle's operations: eˣ up to 0, x + 1 from there.
pub(crate) fn elu_compose(x: &Tensor) -> Result<Tensor> {
    (x.minimum(0f32)?.exp()? + x.maximum(0f32)?)?.contiguous()
}
