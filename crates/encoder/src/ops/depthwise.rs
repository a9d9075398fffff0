//! Convolution over time of each channel by itself, zeros beyond an utterance's ends.
//!
//! The kernel is (K, dim); with `ahead` frames of look-ahead, tap k meets the frame k − (K − 1 − ahead) away. Sums stay
//! in registers over taps or rows, for some channels at a time.

use std::ops::Range;

use crate::lengths::Lengths;
use crate::ops::math::vectorised_fn;
use crate::ops::scratch;

/// Some rows of an utterance, and all of its rows; the kernel's first tap meets the row `before` rows earlier.
#[derive(Debug, Clone)]
struct Piece {
    rows: Range<usize>,
    utterance: Range<usize>,
    before: usize,
}

impl Piece {
    fn of(lengths: &Lengths, range: Range<usize>, before: usize) -> impl Iterator<Item = Self> + '_ {
        lengths.pieces(range).map(move |(rows, utterance)| Self { rows, utterance, before })
    }

    /// Which of so many taps meet a row of the utterance, seen from `row`.
    #[inline(always)]
    fn taps(&self, count: usize, row: usize) -> Range<usize> {
        self.before.saturating_sub(row - self.utterance.start)
            ..count.min(self.utterance.end - row + self.before)
    }

    /// The rows from which a tap meets a row of the utterance.
    #[inline(always)]
    fn rows_of(&self, tap: usize) -> Range<usize> {
        let Range { start, end } = self.rows;
        let first = (self.utterance.start + self.before).saturating_sub(tap).clamp(start, end);
        first..(self.utterance.end + self.before).saturating_sub(tap).clamp(first, end)
    }
}

/// Channels by how many are taken at a time: 16, a vector of the widest registers, then 4, then 1.
#[inline(always)]
fn channels(dim: usize) -> [Range<usize>; 3] {
    let (sixteens, fours) = (dim / 16 * 16, dim / 4 * 4);
    [0..sixteens, sixteens..fours, fours..dim]
}

/// c(t) = bias + Σ_k kernel(k) · g(t + k − (K − 1 − ahead)) for the rows of the range; `c` holds these rows, `g` all
/// rows.
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
    for piece in Piece::of(lengths, range, kernel.len() / dim - 1 - ahead) {
        let c = &mut c[(piece.rows.start - start) * dim..(piece.rows.end - start) * dim];
        convolve(g, kernel, bias, piece, c);
    }
}

vectorised_fn! {
    fn convolve<'a>(g: &'a [f32], kernel: &'a [f32], bias: &'a [f32], piece: Piece, c: &'a mut [f32]) {
        let dim = bias.len();
        let count = kernel.len() / dim;
        let [sixteens, fours, ones] = channels(dim);
        for (row, c) in piece.rows.clone().zip(c.chunks_exact_mut(dim)) {
            let taps = piece.taps(count, row);
            let met = &g[(row + taps.start - piece.before) * dim..];
            let kernel = &kernel[taps.start * dim..];
            convolve_channels::<16>(met, kernel, taps.len(), bias, sixteens.clone(), c);
            convolve_channels::<4>(met, kernel, taps.len(), bias, fours.clone(), c);
            convolve_channels::<1>(met, kernel, taps.len(), bias, ones.clone(), c);
        }
    }
}

/// A row's sums over so many taps and the rows that they meet, L channels at a time.
#[inline(always)]
fn convolve_channels<const L: usize>(
    met: &[f32],
    kernel: &[f32],
    taps: usize,
    bias: &[f32],
    channels: Range<usize>,
    c: &mut [f32],
) {
    for at in channels.step_by(L) {
        let mut sums = [0.0; L];
        sums.copy_from_slice(&bias[at..at + L]);
        for tap in 0..taps {
            let first = tap * bias.len() + at;
            let (g, k) = (&met[first..first + L], &kernel[first..first + L]);
            for (sum, (g, k)) in sums.iter_mut().zip(g.iter().zip(k)) {
                *sum += g * k;
            }
        }
        c[at..at + L].copy_from_slice(&sums);
    }
}

/// The same without look-ahead for the next rows `g` of one stream. `known` holds the rows before them that the kernel
/// still reaches, and takes the new ones in.
pub(crate) fn step(known: &mut Vec<f32>, g: &[f32], kernel: &[f32], bias: &[f32], c: &mut [f32]) {
    let (dim, reach) = (bias.len(), kernel.len() - bias.len());
    let before = known.len() / dim;
    known.extend_from_slice(g);
    let rows = known.len() / dim;
    forward(known, kernel, bias, 0, &Lengths::new(&[rows]), before..rows, c);
    known.drain(..known.len().saturating_sub(reach));
}

/// dg for the rows of the range, from the gradients `dc` of all rows: their convolution with the mirrored kernel.
pub(crate) fn backward_input(
    dc: &[f32],
    kernel: &[f32],
    dim: usize,
    ahead: usize,
    lengths: &Lengths,
    range: Range<usize>,
    dg: &mut [f32],
) {
    let mut mirrored = scratch::take(kernel.len());
    for (to, from) in mirrored.chunks_exact_mut(dim).zip(kernel.chunks_exact(dim).rev()) {
        to.copy_from_slice(from);
    }
    let behind = kernel.len() / dim - 1 - ahead;
    forward(dc, &mirrored, &scratch::zeros(dim), behind, lengths, range, dg);
}

/// Adds the gradients of kernel and bias that the rows of the range give.
pub(crate) fn backward_weight(
    g: &[f32],
    dc: &[f32],
    ahead: usize,
    lengths: &Lengths,
    range: Range<usize>,
    dkernel: &mut [f32],
    dbias: &mut [f32],
) {
    for piece in Piece::of(lengths, range, dkernel.len() / dbias.len() - 1 - ahead) {
        correlate(g, dc, piece, dkernel, dbias);
    }
}

/// Taps whose sums stay in registers together.
const TAPS: usize = 3;

vectorised_fn! {
    fn correlate<'a>(g: &'a [f32], dc: &'a [f32], piece: Piece, dkernel: &'a mut [f32], dbias: &'a mut [f32]) {
        let dim = dbias.len();
        for dc in dc[piece.rows.start * dim..piece.rows.end * dim].chunks_exact(dim) {
            for (db, dc) in dbias.iter_mut().zip(dc) {
                *db += dc;
            }
        }
        let channels = channels(dim);
        let count = dkernel.len() / dim;
        for first in (0..count).step_by(TAPS) {
            let last = (first + TAPS).min(count) - 1;
            // The rows from which all these taps meet one, between those from which some do; ranges may be reversed,
            // and so empty.
            let start = piece.rows_of(first).start;
            let all = start..piece.rows_of(last).end.max(start);
            let before = |tap| (piece.rows_of(tap).start..start.min(piece.rows_of(tap).end), tap..tap + 1);
            let after = |tap| (all.end..piece.rows_of(tap).end, tap..tap + 1);
            let parts = (first..=last).map(before).chain([(all.clone(), first..last + 1)]);
            for (rows, taps) in parts.chain((first..=last).map(after)) {
                if rows.is_empty() {
                    continue;
                }
                let dc = &dc[rows.start * dim..rows.end * dim];
                let met = &g[(rows.start + taps.start - piece.before) * dim..];
                let dkernel = &mut dkernel[taps.start * dim..taps.end * dim];
                let [sixteens, fours, ones] = channels.clone();
                correlate_channels::<16>(met, dc, dim, sixteens, dkernel);
                correlate_channels::<4>(met, dc, dim, fours, dkernel);
                correlate_channels::<1>(met, dc, dim, ones, dkernel);
            }
        }
    }
}

/// Adds the products of rows of `dc` with those that some taps meet, L channels at a time; `met` starts with the row
/// that the first tap meets from the first of `dc`.
#[inline(always)]
fn correlate_channels<const L: usize>(
    met: &[f32],
    dc: &[f32],
    dim: usize,
    channels: Range<usize>,
    dkernel: &mut [f32],
) {
    for at in channels.step_by(L) {
        match dkernel.len() / dim {
            TAPS => correlate_taps::<L, TAPS>(met, dc, dim, at, dkernel),
            taps => {
                for tap in 0..taps {
                    correlate_taps::<L, 1>(&met[tap * dim..], dc, dim, at, &mut dkernel[tap * dim..]);
                }
            }
        }
    }
}

/// The same of T taps and the L channels at `at`.
#[inline(always)]
fn correlate_taps<const L: usize, const T: usize>(
    met: &[f32],
    dc: &[f32],
    dim: usize,
    at: usize,
    dkernel: &mut [f32],
) {
    let mut sums = [[0.0; L]; T];
    for (tap, sums) in sums.iter_mut().enumerate() {
        sums.copy_from_slice(&dkernel[tap * dim + at..][..L]);
    }
    for (row, dc) in dc.chunks_exact(dim).enumerate() {
        let dc = &dc[at..at + L];
        for (tap, sums) in sums.iter_mut().enumerate() {
            let g = &met[(row + tap) * dim + at..][..L];
            for (sum, (dc, g)) in sums.iter_mut().zip(dc.iter().zip(g)) {
                *sum += dc * g;
            }
        }
    }
    for (tap, sums) in sums.iter().enumerate() {
        dkernel[tap * dim + at..][..L].copy_from_slice(sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of both signs, which repeat after 97.
    fn values(len: usize, seed: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 37 + seed * 101) % 97) as f32 / 32.0 - 1.5).collect()
    }

    #[test]
    fn every_sum_is_that_of_a_plain_loop() {
        let lengths = Lengths::new(&[3, 0, 1, 20, 2, 5]);
        let rows = lengths.total();
        let mut cases = 0;
        // Vectors, fours and ones; kernels longer than utterances; as many taps as are taken together and others.
        for (dim, taps) in [(1, 3), (5, 4), (16, 1), (32, 3), (39, 15), (4, 7)] {
            for ahead in [0, taps / 2, taps - 1] {
                let [g, dc] = [1, 2].map(|seed| values(rows * dim, seed));
                let (kernel, bias) = (values(taps * dim, 3), values(dim, 4));
                let mut want =
                    [bias.repeat(rows), vec![0.0; rows * dim], vec![0.5; kernel.len()], vec![0.5; dim]];
                for utterance in lengths.iter() {
                    for row in utterance.clone() {
                        (0..dim).for_each(|i| want[3][i] += dc[row * dim + i]);
                        for tap in 0..taps {
                            let source = (row + tap).wrapping_sub(taps - 1 - ahead);
                            if !utterance.contains(&source) {
                                continue;
                            }
                            for i in 0..dim {
                                let (at, from, tap) = (row * dim + i, source * dim + i, tap * dim + i);
                                want[0][at] += kernel[tap] * g[from];
                                want[1][from] += kernel[tap] * dc[at];
                                want[2][tap] += dc[at] * g[from];
                            }
                        }
                    }
                }
                // In one range and in several that cut utterances.
                for step in [rows, 7] {
                    let mut got = [
                        vec![9.0; rows * dim],
                        vec![9.0; rows * dim],
                        vec![0.5; kernel.len()],
                        vec![0.5; dim],
                    ];
                    for start in (0..rows).step_by(step) {
                        let range = start..(start + step).min(rows);
                        let here = start * dim..range.end * dim;
                        let [c, dg, dkernel, dbias] = &mut got;
                        forward(&g, &kernel, &bias, ahead, &lengths, range.clone(), &mut c[here.clone()]);
                        backward_input(&dc, &kernel, dim, ahead, &lengths, range.clone(), &mut dg[here]);
                        backward_weight(&g, &dc, ahead, &lengths, range, dkernel, dbias);
                    }
                    for (want, got) in want.iter().zip(&got) {
                        let worst = want
                            .iter()
                            .zip(got)
                            .map(|(a, b)| (a - b).abs())
                            .max_by(f32::total_cmp)
                            .unwrap_or(0.0);
                        assert!(
                            worst < 1e-4,
                            "dim {dim}, taps {taps}, ahead {ahead}, ranges of {step}: {worst}"
                        );
                    }
                    cases += 1;
                }
            }
        }
        assert_eq!(cases, 36);
    }
}
