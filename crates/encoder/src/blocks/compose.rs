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

/// A convolution over time of each channel by itself, on one utterance (N, dim) with a kernel of (K, dim) that looks
/// `ahead` frames ahead. Candle's grouped convolution loops over the groups: shifted multiply-adds instead.
pub(super) fn depthwise(x: &Tensor, kernel: &Tensor, bias: &Tensor, ahead: usize) -> Result<Tensor> {
    let ((frames, dim), taps) = (x.dims2()?, kernel.dim(0)?);
    let padded = x.pad_with_zeros(0, taps - 1 - ahead, ahead)?;
    let mut sum = bias.broadcast_as((frames, dim))?.contiguous()?;
    for tap in 0..taps {
        sum = (sum + padded.narrow(0, tap, frames)?.broadcast_mul(&kernel.narrow(0, tap, 1)?)?)?;
    }
    Ok(sum)
}
