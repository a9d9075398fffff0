//! Convolution over time of each channel by itself, zeros beyond an utterance's ends.
//!
//! The kernel is (K, dim); with `ahead` frames of look-ahead, tap k meets the frame k − (K − 1 − ahead) away.

use std::ops::Range;

use crate::lengths::Lengths;
use crate::ops::math::vectorised;

/// Calls `f(tap, row, source row)` for each row of the range and each tap whose source lies in the row's utterance; the
/// first tap lies `before` frames before the row.
#[inline(always)]
fn for_taps(
    lengths: &Lengths,
    range: Range<usize>,
    taps: usize,
    before: usize,
    mut f: impl FnMut(usize, usize, usize),
) {
    for (piece, utterance) in lengths.pieces(range) {
        for row in piece {
            let first = before.saturating_sub(row - utterance.start);
            let last = taps.min(utterance.end - row + before);
            for tap in first..last {
                f(tap, row, row + tap - before);
            }
        }
    }
}

/// c(t) = bias + Σ_k kernel(k) · g(t + k − (K − 1 − ahead)) for the rows of the range; `c` holds these rows, `g` all rows.
#[allow(clippy::too_many_arguments)]
pub(crate) fn forward(
    g: &[f32],
    kernel: &[f32],
    bias: &[f32],
    ahead: usize,
    lengths: &Lengths,
    range: Range<usize>,
    c: &mut [f32],
) {
    let (dim, start) = (bias.len(), range.start);
    let taps = kernel.len() / dim;
    vectorised(|| {
        c.chunks_exact_mut(dim).for_each(|c| c.copy_from_slice(bias));
        for_taps(lengths, range, taps, taps - 1 - ahead, |tap, row, source| {
            let c = &mut c[(row - start) * dim..][..dim];
            for ((c, g), k) in c.iter_mut().zip(&g[source * dim..][..dim]).zip(&kernel[tap * dim..][..dim]) {
                *c += g * k;
            }
        });
    });
}

/// The same without look-ahead for the next rows `g` of one stream. `known` holds the rows before them that the kernel still
/// reaches, and takes the new ones in.
pub(crate) fn step(known: &mut Vec<f32>, g: &[f32], kernel: &[f32], bias: &[f32], c: &mut [f32]) {
    let (dim, reach) = (bias.len(), kernel.len() - bias.len());
    let before = known.len() / dim;
    known.extend_from_slice(g);
    let rows = known.len() / dim;
    forward(known, kernel, bias, 0, &Lengths::new(&[rows]), before..rows, c);
    known.drain(..known.len().saturating_sub(reach));
}

/// dg for the rows of the range, from the gradients `dc` of all rows.
#[allow(clippy::too_many_arguments)]
pub(crate) fn backward_input(
    dc: &[f32],
    kernel: &[f32],
    dim: usize,
    ahead: usize,
    lengths: &Lengths,
    range: Range<usize>,
    dg: &mut [f32],
) {
    let (taps, start) = (kernel.len() / dim, range.start);
    vectorised(|| {
        dg.fill(0.0);
        for_taps(lengths, range, taps, ahead, |tap, row, source| {
            // Row `source` met this row with the mirrored tap.
            let (dg, k) = (&mut dg[(row - start) * dim..][..dim], &kernel[(taps - 1 - tap) * dim..][..dim]);
            for ((dg, dc), k) in dg.iter_mut().zip(&dc[source * dim..][..dim]).zip(k) {
                *dg += dc * k;
            }
        });
    });
}

/// Adds the gradients of kernel and bias that the rows of the range give.
#[allow(clippy::too_many_arguments)]
pub(crate) fn backward_weight(
    g: &[f32],
    dc: &[f32],
    ahead: usize,
    lengths: &Lengths,
    range: Range<usize>,
    dkernel: &mut [f32],
    dbias: &mut [f32],
) {
    let dim = dbias.len();
    let taps = dkernel.len() / dim;
    vectorised(|| {
        for row in range.clone() {
            for (db, dc) in dbias.iter_mut().zip(&dc[row * dim..][..dim]) {
                *db += dc;
            }
        }
        for_taps(lengths, range, taps, taps - 1 - ahead, |tap, row, source| {
            let (dc, g) = (&dc[row * dim..][..dim], &g[source * dim..][..dim]);
            for ((dk, dc), g) in dkernel[tap * dim..][..dim].iter_mut().zip(dc).zip(g) {
                *dk += dc * g;
            }
        });
    });
}
