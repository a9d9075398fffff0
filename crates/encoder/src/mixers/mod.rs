//! The ways of mixing time, a file for each family.
//!
//! A mixer reads projections of its input and writes its output for one utterance and one head, on slices of
//! (time, head_dim); the mixer block around it projects, calls it for every utterance and head, and projects back.

mod decay;
mod decayed;
mod feature_map;
mod kind;
mod linear;
mod lsh;
mod monomials;
mod softmax;
mod summary;
#[cfg(test)]
mod tests;

use candle_core::Tensor;

pub(crate) use kind::Options;
pub use kind::{KindFamily, MixerKind};
pub(crate) use monomials::Polynomial;

use crate::parameters::HeadParameter;

/// One head in one utterance of N frames: what a mixer reads. d is the head's width.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    /// The projections, (N, d) each.
    pub(crate) inputs: &'a [&'a [f32]],
    /// The head's own parameters, as the mixer lists them; further ones may follow that are not the mixer's.
    pub(crate) weights: &'a [&'a [f32]],
    /// d
    pub(crate) dim: usize,
    /// Which head it is, and of how many.
    pub(crate) index: usize,
    pub(crate) heads: usize,
}

/// Where a mixer puts its gradients.
pub(crate) struct Gradients<'a, 'b> {
    /// The projections', to be written.
    pub(crate) inputs: &'a mut [&'b mut [f32]],
    /// The head's own parameters', one after another, to be added to.
    pub(crate) weights: &'a mut [f32],
}

/// What a causal mixer remembers of a stream's past, for one head.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// Frames so far, where positions are wanted.
    pub(crate) frames: usize,
    /// Keys so far, (N, d), or the last ones that are still in reach, where they are kept.
    pub(crate) keys: Vec<f32>,
    /// The values of these keys, or what takes their place.
    pub(crate) values: Vec<f32>,
    /// For each of these keys the sum of all rates up to it, where weights fall with distance.
    pub(crate) sums: Vec<f64>,
}

/// What the mixer block needs of a way of mixing time. N is the utterance's number of frames, d the head's width.
pub(crate) trait Mixer: Send + Sync + std::fmt::Debug {
    /// The names of the projections of the input that it reads, `weight` and `bias`; the values come last.
    fn projections(&self) -> &'static [[&'static str; 2]];

    /// The parameters that each head has for itself.
    fn parameters(&self, _dim: usize) -> Vec<HeadParameter> {
        Vec::new()
    }

    /// The multiply-adds of one frame in the forward pass.
    fn multiply_adds(&self, frames: usize, dim: usize) -> usize;

    /// The number of values that the backward pass wants from the forward pass.
    fn saved(&self, frames: usize, dim: usize) -> usize;

    /// Writes `y`, (N, d), and `saved`.
    fn forward(&self, head: Head<'_>, saved: &mut [f32], y: &mut [f32]);

    /// The gradients, from that of `y`.
    fn backward(&self, head: Head<'_>, saved: &[f32], y: &[f32], dy: &[f32], gradients: Gradients<'_, '_>);

    /// Whether [`Mixer::step`] is there: it is for causal mixers that need not know the whole utterance.
    fn streams(&self) -> bool {
        false
    }

    /// Writes `y`, (n, d), for the next n frames of a stream, and takes them into the state.
    fn step(&self, _head: Head<'_>, _state: &mut State, _y: &mut [f32]) {
        unreachable!("only a mixer that streams is asked for steps");
    }

    /// The same map of candle's own operations, on tensors of (heads, N, d) and own parameters of (heads, …): the
    /// tests' reference.
    fn compose(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor>;
}

/// Query, key and value: what attention reads.
const QKV: [[&str; 2]; 3] =
    [["query.weight", "query.bias"], ["key.weight", "key.bias"], ["value.weight", "value.bias"]];
