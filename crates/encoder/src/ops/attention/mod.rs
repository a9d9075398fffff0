//! Softmax attention of one head over one utterance, forward and backward.
//!
//! Queries lie side by side in vectors, a block of them at a time; keys and values are read as they are, a value at a
//! time. So a query's maximum and total are found without a sum across a vector.

mod backward;
mod fall;
mod forward;
#[cfg(test)]
mod tests;
mod view;

use std::ops::Range;

use pulp::Arch;

/// Keys of a tile: 8 kB of products lie in the first cache.
const KEYS: usize = 64;

/// One head in one utterance of N frames.
#[derive(Clone, Copy)]
pub(crate) struct Attention<'a> {
    /// Queries, keys and values, (N, dim) each.
    pub(crate) q: &'a [f32],
    pub(crate) k: &'a [f32],
    pub(crate) v: &'a [f32],
    pub(crate) dim: usize,
    pub(crate) span: Span,
    /// A number for each frame that never falls from one to the next: a pair's score is less by the difference of its
    /// frames' numbers. Empty where scores don't depend on distance.
    pub(crate) sums: &'a [f32],
}

/// The frames that a frame sees: so many before its own, its own, and so many after it, where they are there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) before: usize,
    pub(crate) after: usize,
}

impl Span {
    pub(crate) const ALL: Self = Self { before: usize::MAX, after: usize::MAX };
    pub(crate) const PAST: Self = Self { before: usize::MAX, after: 0 };

    /// What some of N frames see, the one or the other.
    pub(crate) fn seen(self, frames: Range<usize>, n: usize) -> Range<usize> {
        frames.start.saturating_sub(self.before)..frames.end.saturating_add(self.after).min(n)
    }

    /// The pairs of a frame and one that it sees, among N.
    pub(crate) fn pairs(self, n: usize) -> usize {
        let side = |width: usize| {
            let width = width.min(n.saturating_sub(1));
            width * n - width * (width + 1) / 2
        };
        n + side(self.before) + side(self.after)
    }
}

impl Attention<'_> {
    /// Writes the outputs `y`, (N, dim), and for each query the binary logarithm of Σ e^(q·k/√dim).
    pub(crate) fn forward(self, totals: &mut [f32], y: &mut [f32]) {
        Arch::new().dispatch(forward::Forward { given: self, totals, y });
    }

    /// Writes the gradients of queries, keys and values from that of `y`, and of `sums` where `dsums` isn't empty.
    pub(crate) fn backward(
        self,
        totals: &[f32],
        y: &[f32],
        dy: &[f32],
        gradients: [&mut [f32]; 3],
        dsums: &mut [f32],
    ) {
        Arch::new().dispatch(backward::Backward { given: self, totals, y, dy, gradients, dsums });
    }

    /// The keys that some of the queries see.
    fn seen(&self, queries: Range<usize>) -> Range<usize> {
        self.span.seen(queries, self.k.len() / self.dim)
    }

    /// The numbers of some frames; none where there are none.
    fn sums_of(&self, frames: Range<usize>) -> &[f32] {
        self.sums.get(frames).unwrap_or_default()
    }

    /// What the products are multiplied by, so that powers of two take the place of those of e.
    fn scale(&self) -> f32 {
        std::f32::consts::LOG2_E / (self.dim as f32).sqrt()
    }
}
