//! Linear attention whose weights fall with distance, a head's frames chunk by chunk.
//!
//! y(i) = Σⱼ P(i, j)·v(j) / (Σⱼ P(i, j) + ε), P(i, j) = M(i, j)·φ(q(i))·φ(k(j)), φ = elu + 1, M(i, j) = exp(−Σ of the
//! rates between i and j); j runs over all frames, or over those up to i. Numerators and denominators are one sum over
//! values with a 1 behind them. Nearly all of it is products of matrices: frames of the same chunk meet in a tile,
//! those before and after it in states Σ M·(v, 1)·φ(k)ᵀ. Time O(N·d·(d + C)) with chunks of C = 32 frames. What is made
//! of rows, as φ, is made of a chunk's, so that it stays in the cache.

mod backward;
mod chunk;
mod forward;
mod rows;
#[cfg(test)]
mod tests;

use pulp::Arch;

use self::rows::Outputs;
use super::scratch;
use super::tile::block::FRAMES;
use super::tile::product::WIDEST;

/// The rates of decay.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rates<'a> {
    /// Not at all.
    Zero,
    /// By exp(−rate) a frame.
    Same(f32),
    /// By exp(−rate) of each frame: between i < j lie those of i + 1 to j.
    Each(&'a [f32]),
}

impl Rates<'_> {
    /// The rate of a frame.
    pub(crate) fn of(self, frame: usize) -> f32 {
        match self {
            Self::Zero => 0.0,
            Self::Same(rate) => rate,
            Self::Each(rates) => rates[frame],
        }
    }
}

/// Queries, keys and values, (N, dim) each, before φ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DecayedAttention<'a> {
    pub(crate) q: &'a [f32],
    pub(crate) k: &'a [f32],
    pub(crate) v: &'a [f32],
    pub(crate) dim: usize,
    pub(crate) rates: Rates<'a>,
    /// Whether a frame sees none that come after it.
    pub(crate) causal: bool,
    /// ε
    pub(crate) epsilon: f32,
}

impl DecayedAttention<'_> {
    /// The multiply-adds of one frame.
    pub(crate) fn multiply_adds(dim: usize, causal: bool) -> usize {
        FRAMES * (2 * dim + 1) + if causal { 2 } else { 4 } * dim * (dim + 1)
    }

    /// Writes y, (N, dim), and each frame's denominator with ε.
    pub(crate) fn forward(self, y: &mut [f32], denominators: &mut [f32]) {
        let mut past = scratch::take(Self::state_len(self.dim));
        past.fill(0.0);
        Arch::new().dispatch(forward::Forward {
            given: self,
            past: &mut past,
            streams: false,
            y,
            denominators,
        });
    }

    /// Writes the gradients of queries, keys and values from `[y, dy, denominators]`, and, with rates of each frame's
    /// own, the gradient of each frame's cumulative rate, by whose differences M decays; zeros with others.
    pub(crate) fn backward(
        self,
        [y, dy, denominators]: [&[f32]; 3],
        gradients: [&mut [f32]; 3],
        dcumulative: &mut [f32],
    ) {
        let outputs = Outputs { y, dy, denominators };
        Arch::new().dispatch(backward::Backward { given: self, outputs, gradients, dcumulative });
    }

    /// The values of a stream's state.
    pub(crate) fn state_len(dim: usize) -> usize {
        (dim + 1) * dim.next_multiple_of(WIDEST)
    }

    /// Writes y of the next frames of a stream, which are causal, and takes them into its state, which starts as zeros.
    pub(crate) fn step(self, state: &mut [f32], y: &mut [f32]) {
        let denominators = &mut scratch::take(y.len() / self.dim);
        Arch::new().dispatch(forward::Forward { given: self, past: state, streams: true, y, denominators });
    }
}
