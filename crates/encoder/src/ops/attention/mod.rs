//! Softmax attention of one head over one utterance, forward and backward.
//!
//! Queries lie side by side in vectors, a block of them at a time; keys and values are read as they are, a value at a
//! time. So a query's maximum and total are found without a sum across a vector.

mod backward;
mod block;
mod exp2;
mod forward;
mod product;
#[cfg(test)]
mod tests;

use pulp::Arch;

/// One head in one utterance of N frames.
#[derive(Clone, Copy)]
pub(crate) struct Attention<'a> {
    /// Queries, keys and values, (N, dim) each.
    pub(crate) q: &'a [f32],
    pub(crate) k: &'a [f32],
    pub(crate) v: &'a [f32],
    pub(crate) dim: usize,
    /// Whether a frame sees none that come after it.
    pub(crate) causal: bool,
}

impl Attention<'_> {
    /// Writes the outputs `y`, (N, dim), and for each query the binary logarithm of Σ e^(q·k/√dim).
    pub(crate) fn forward(self, totals: &mut [f32], y: &mut [f32]) {
        Arch::new().dispatch(forward::Forward { given: self, totals, y });
    }

    /// Writes the gradients of queries, keys and values from that of `y`.
    pub(crate) fn backward(self, totals: &[f32], y: &[f32], dy: &[f32], gradients: [&mut [f32]; 3]) {
        Arch::new().dispatch(backward::Backward { given: self, totals, y, dy, gradients });
    }

    /// The number of keys that a query before `query` sees.
    fn seen(&self, query: usize) -> usize {
        let keys = self.k.len() / self.dim;
        if self.causal { keys.min(query) } else { keys }
    }

    /// What the products are multiplied by, so that powers of two take the place of those of e.
    fn scale(&self) -> f32 {
        std::f32::consts::LOG2_E / (self.dim as f32).sqrt()
    }
}
