//! The ways of mixing time, one file each.
//!
//! A mixer reads projections of its input and writes its output for one utterance and one head, on slices of
//! (time, head_dim); the mixer block around it projects, calls it for every utterance and head, and projects back.

mod feature_map;
mod linear;
mod softmax;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

/// A kind of attention, as the configuration names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MixerKind {
    /// Attention by the softmax of scaled products (Vaswani et al., 2017, equation 1): O(N²·d).
    Softmax,
    /// Non-causal attention by products of feature maps, φ = elu + 1 (Katharopoulos et al., 2020, equation 5): O(N·d²).
    Linear,
}

impl MixerKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 2] = [Self::Softmax, Self::Linear];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Softmax => "softmax",
            Self::Linear => "linear",
        }
    }

    /// Whether the cost of a frame grows with the utterance's length.
    pub fn is_quadratic(self) -> bool {
        self == Self::Softmax
    }

    pub(crate) fn mixer(self) -> Box<dyn Mixer> {
        match self {
            Self::Softmax => Box::new(softmax::Softmax),
            Self::Linear => Box::new(linear::Linear),
        }
    }
}

/// What the mixer block needs of a way of mixing time. N is the utterance's number of frames, d the head's width.
pub(crate) trait Mixer: Send + Sync + std::fmt::Debug {
    /// The names of the projections of the input that it reads, `weight` and `bias`.
    fn projections(&self) -> &'static [[&'static str; 2]];

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
