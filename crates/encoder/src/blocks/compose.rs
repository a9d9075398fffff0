//! Candle compositions that several blocks share.
//!
//! `layer_norm` is our own since candle-nn's records no gradient.

use candle_core::{D, Result, Tensor};

use crate::ops::norm::EPSILON;

/// x·Wᵀ + b of rows.
pub(super) fn linear(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    x.contiguous()?.matmul(&weight.t()?.contiguous()?)?.broadcast_add(bias)
}

/// Layer normalisation of rows.
pub(super) fn layer_norm(x: &Tensor, gain: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let deviation = (centred.sqr()?.mean_keepdim(D::Minus1)? + f64::from(EPSILON))?.sqrt()?;
    centred.broadcast_div(&deviation)?.broadcast_mul(gain)?.broadcast_add(bias)
}

/// 1 / (1 + e⁻ˣ)
pub(super) fn sigmoid(x: &Tensor) -> Result<Tensor> {
    (x.neg()?.exp()? + 1.0)?.recip()
}

/// x·σ(x)
pub(super) fn silu(x: &Tensor) -> Result<Tensor> {
    x * sigmoid(x)?
}
