//! The ways of mixing time, one file each.
//!
//! A mixer reads projections of its input and writes its output for one utterance and one head, on slices of
//! (time, head_dim); the mixer block around it projects, calls it for every utterance and head, and projects back.

mod causal_linear;
mod feature_map;
mod linear;
mod softmax;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use causal_linear::CausalLinear;
use feature_map::FeatureMap;
use linear::Linear;
use softmax::Softmax;

/// A kind of attention, as the configuration names it. N is the number of frames, d the head's width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MixerKind {
    /// Attention by the softmax of scaled products (Vaswani et al., 2017, equation 1): O(N²·d).
    Softmax,
    /// Non-causal attention by products of feature maps, φ = elu + 1 (Katharopoulos et al., 2020, equation 5): O(N·d²).
    Linear,
    /// The same with φ(x) = max(x, 0).
    LinearRelu,
    /// The same with φ(q)·φ(k) = (q·k)²/d: O(N·d³), no cheaper than softmax below about d²/2 frames.
    Polynomial,
    /// The same with φ(q)·φ(k) = 1 + s + s²/2, s = q·k/√d: O(N·d³); meant for heads of 16 (Arora et al., 2024).
    Taylor,
    /// Softmax attention to the frames up to each one's own.
    CausalSoftmax,
    /// Linear attention to the frames up to each one's own (Katharopoulos et al., 2020, equations 8 to 12).
    CausalLinear,
}

impl MixerKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Softmax,
        Self::Linear,
        Self::LinearRelu,
        Self::Polynomial,
        Self::Taylor,
        Self::CausalSoftmax,
        Self::CausalLinear,
    ];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Softmax => "softmax",
            Self::Linear => "linear",
            Self::LinearRelu => "linear_relu",
            Self::Polynomial => "polynomial",
            Self::Taylor => "taylor",
            Self::CausalSoftmax => "causal_softmax",
            Self::CausalLinear => "causal_linear",
        }
    }

    /// The multiply-adds of one frame and head in the forward pass, beside the projections.
    pub fn multiply_adds(self, frames: usize, head_dim: usize) -> usize {
        self.mixer().multiply_adds(frames, head_dim)
    }

    /// Whether the cost of a frame grows with the utterance's length.
    pub fn is_quadratic(self) -> bool {
        self.multiply_adds(1 << 17, 1) > self.multiply_adds(1 << 16, 1)
    }

    pub(crate) fn mixer(self) -> Box<dyn Mixer> {
        match self {
            Self::Softmax => Box::new(Softmax { causal: false }),
            Self::Linear => Box::new(Linear { map: FeatureMap::Elu }),
            Self::LinearRelu => Box::new(Linear { map: FeatureMap::Relu }),
            Self::Polynomial => Box::new(Linear { map: FeatureMap::Polynomial }),
            Self::Taylor => Box::new(Linear { map: FeatureMap::Taylor }),
            Self::CausalSoftmax => Box::new(Softmax { causal: true }),
            Self::CausalLinear => Box::new(CausalLinear { map: FeatureMap::Elu }),
        }
    }
}

/// What the mixer block needs of a way of mixing time. N is the utterance's number of frames, d the head's width.
pub(crate) trait Mixer: Send + Sync + std::fmt::Debug {
    /// The names of the projections of the input that it reads, `weight` and `bias`.
    fn projections(&self) -> &'static [[&'static str; 2]];

    /// The multiply-adds of one frame in the forward pass.
    fn multiply_adds(&self, frames: usize, dim: usize) -> usize;

    /// The number of values that the backward pass wants from the forward pass.
    fn saved(&self, frames: usize, dim: usize) -> usize;

    /// Writes `y`, (N, d), and `saved` from the projections, (N, d) each.
    fn forward(&self, inputs: &[&[f32]], dim: usize, saved: &mut [f32], y: &mut [f32]);

    /// Writes the projections' gradients from the gradient of `y`.
    fn backward(
        &self,
        inputs: &[&[f32]],
        dim: usize,
        saved: &[f32],
        y: &[f32],
        dy: &[f32],
        gradients: &mut [&mut [f32]],
    );

    /// The same map of candle's own operations, on tensors of (heads, N, d): the reference, and the way on devices
    /// without our kernels.
    fn compose(&self, inputs: &[Tensor]) -> candle_core::Result<Tensor>;
}

/// Query, key and value: what attention reads.
const QKV: [[&str; 2]; 3] =
    [["query.weight", "query.bias"], ["key.weight", "key.bias"], ["value.weight", "value.bias"]];

#[cfg(test)]
mod tests;
