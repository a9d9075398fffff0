//! What the passes read of a chunk's frames.

use std::ops::Range;

use pulp::Simd;

use super::DecayedAttention;
use crate::ops::math::dot;
use crate::ops::scratch::{self, Scratch};
use crate::ops::tile::block::FRAMES;
use crate::ops::tile::exp2::exp2;

impl DecayedAttention<'_> {
    /// The frames of each chunk.
    pub(super) fn chunks(&self) -> impl DoubleEndedIterator<Item = Range<usize>> + ExactSizeIterator + use<> {
        let n = self.q.len() / self.dim;
        (0..n.div_ceil(FRAMES)).map(move |chunk| chunk * FRAMES..((chunk + 1) * FRAMES).min(n))
    }
}

/// Where the rows of some frames come to lie, and what they are: keys and values, or queries and the gradients of their
/// sums. Both make states.
pub(super) trait Load {
    /// Rows of dim and of dim + 1 values.
    fn load<'r, S: Simd>(&self, simd: S, at: &Range<usize>, room: [&'r mut [f32]; 2]) -> [&'r [f32]; 2];
}

/// φ(k) and (v, 1).
#[derive(Clone, Copy)]
pub(super) struct KeysAndValues<'a>(pub(super) DecayedAttention<'a>);

impl Load for KeysAndValues<'_> {
    #[inline(always)]
    fn load<'r, S: Simd>(
        &self,
        simd: S,
        at: &Range<usize>,
        [keys, values]: [&'r mut [f32]; 2],
    ) -> [&'r [f32]; 2] {
        let DecayedAttention { k, v, dim, .. } = self.0;
        let range = at.start * dim..at.end * dim;
        let values = &mut values[..at.len() * (dim + 1)];
        for (v, wide) in v[range.clone()].chunks_exact(dim).zip(values.chunks_exact_mut(dim + 1)) {
            for (wide, v) in wide.iter_mut().zip(v) {
                *wide = *v;
            }
            wide[dim] = 1.0;
        }
        [features(simd, &k[range], keys), values]
    }
}

/// y, its gradient, and each frame's denominator with ε.
#[derive(Clone, Copy)]
pub(super) struct Outputs<'a> {
    pub(super) y: &'a [f32],
    pub(super) dy: &'a [f32],
    pub(super) denominators: &'a [f32],
}

impl Outputs<'_> {
    /// The gradient of each frame's denominator w: −(dy·y) / w.
    #[inline(always)]
    pub(super) fn ddenominators(&self, dim: usize) -> Scratch {
        let mut ddenominators = scratch::take(self.denominators.len());
        let rows = self.y.chunks_exact(dim).zip(self.dy.chunks_exact(dim)).zip(self.denominators);
        for (d, ((y, dy), denominator)) in ddenominators.iter_mut().zip(rows) {
            *d = -dot(dy, y) / denominator;
        }
        ddenominators
    }
}

/// φ(q), and the gradients of each frame's sums: of its numerators, dy / w, and behind them of its denominator w.
#[derive(Clone, Copy)]
pub(super) struct QueriesAndGradients<'a> {
    pub(super) given: DecayedAttention<'a>,
    pub(super) outputs: Outputs<'a>,
    pub(super) ddenominators: &'a [f32],
}

impl Load for QueriesAndGradients<'_> {
    #[inline(always)]
    fn load<'r, S: Simd>(
        &self,
        simd: S,
        at: &Range<usize>,
        [queries, gradients]: [&'r mut [f32]; 2],
    ) -> [&'r [f32]; 2] {
        let DecayedAttention { q, dim, .. } = self.given;
        let range = at.start * dim..at.end * dim;
        let gradients = &mut gradients[..at.len() * (dim + 1)];
        let denominators = self.outputs.denominators[at.clone()].iter().zip(&self.ddenominators[at.clone()]);
        let rows = self.outputs.dy[range.clone()].chunks_exact(dim).zip(denominators);
        for ((dy, (denominator, ddenominator)), wide) in rows.zip(gradients.chunks_exact_mut(dim + 1)) {
            let inverse = 1.0 / denominator;
            for (wide, dy) in wide.iter_mut().zip(dy) {
                *wide = dy * inverse;
            }
            wide[dim] = *ddenominator;
        }
        [features(simd, &q[range], queries), gradients]
    }
}

/// φ of rows: max(x, 0) + e^min(x, 0).
#[inline(always)]
pub(super) fn features<'r, S: Simd>(simd: S, x: &[f32], room: &'r mut [f32]) -> &'r [f32] {
    let features = &mut room[..x.len()];
    let (zero, log2_e) = (simd.splat_f32s(0.0), simd.splat_f32s(std::f32::consts::LOG2_E));
    for (f, x) in features.chunks_mut(S::F32_LANES).zip(x.chunks(S::F32_LANES)) {
        let x = simd.partial_load_f32s(x);
        let power = exp2(simd, simd.mul_f32s(simd.min_f32s(zero, x), log2_e));
        simd.partial_store_f32s(f, simd.add_f32s(simd.max_f32s(zero, x), power));
    }
    features
}
