//! Sums over a head's frames of products that fall with distance: y(i) = Σⱼ M(i, j)·(q(i)·k(j))·v(j).
//!
//! M(i, j) = exp(−Σ of the rates between i and j); j runs over all frames, or over those up to i. Chunk by chunk, so that
//! nearly all of it is products of matrices: frames of the same chunk meet in a tile, those before and after it in states
//! Σ M·v·kᵀ. Time O(N·(a·b + C·(a + b))) with chunks of C = 32 frames.

mod backward;
mod chunk;
mod forward;
#[cfg(test)]
mod tests;

use pulp::Arch;

use super::tile::block::{Aligned, FRAMES};
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
    fn of(self, frame: usize) -> f32 {
        match self {
            Self::Zero => 0.0,
            Self::Same(rate) => rate,
            Self::Each(rates) => rates[frame],
        }
    }
}

/// Queries and keys, (N, a), and values, (N, b).
#[derive(Debug, Clone, Copy)]
pub(crate) struct DecayedSums<'a> {
    pub(crate) q: &'a [f32],
    pub(crate) k: &'a [f32],
    pub(crate) v: &'a [f32],
    pub(crate) a: usize,
    pub(crate) b: usize,
    pub(crate) rates: Rates<'a>,
    /// Whether a frame sees none that come after it.
    pub(crate) causal: bool,
}

impl DecayedSums<'_> {
    /// The multiply-adds of one frame.
    pub(crate) fn multiply_adds(a: usize, b: usize, causal: bool) -> usize {
        FRAMES * (a + b) + if causal { 2 } else { 4 } * a * b
    }

    /// Writes the sums, (N, b).
    pub(crate) fn forward(self, y: &mut [f32]) {
        let mut past = Aligned::take(Self::state_len(self.a, self.b));
        past.fill(0.0);
        Arch::new().dispatch(forward::Forward { given: self, past: &mut past, streams: false, y });
    }

    /// Writes the gradients of queries, keys and values from that of `y`, and, with rates of each frame's own, the
    /// gradient of each frame's cumulative rate, by whose differences M decays; zeros with others. That of the values may have
    /// fewer of them a frame than there are, the first ones.
    pub(crate) fn backward(self, dy: &[f32], gradients: [&mut [f32]; 3], dcumulative: &mut [f32]) {
        Arch::new().dispatch(backward::Backward { given: self, dy, gradients, dcumulative });
    }

    /// The values of a stream's state.
    pub(crate) fn state_len(a: usize, b: usize) -> usize {
        b * a.next_multiple_of(WIDEST)
    }

    /// Writes the sums of the next frames of a stream, which are causal, and takes them into its state, which starts as zeros.
    pub(crate) fn step(self, state: &mut [f32], y: &mut [f32]) {
        Arch::new().dispatch(forward::Forward { given: self, past: state, streams: true, y });
    }
}
