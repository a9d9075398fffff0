//! Sums over the past or the future of products that fall with distance: out(i) += Σⱼ M(i, j) · (q(i)·k(j)) · v(j).
//!
//! j runs over the frames on one side of i; M(i, j) = exp(−|Σ rates between i and j|). Chunk by chunk, so that nearly all of
//! it is matrix products: what lies beyond the chunk comes from the state Σ M·k·vᵀ, (a, b), what lies within it from its own
//! products. Time O(N·(a·b + C·(a + b))) with chunks of C frames; beside its arguments it needs the state and one chunk's
//! products.

use std::ops::Range;

use crate::ops::math::{exp, vectorised};
use crate::ops::matmul::{Matrix, matmul};
use crate::ops::scratch;

/// Frames of a chunk.
const CHUNK: usize = 64;

/// The side that j lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// j ≤ i
    Past,
    /// j ≥ i
    Future,
}

/// How fast the products fall.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rates<'a> {
    /// Not at all.
    Zero,
    /// By exp(−rate) a frame.
    Same(f32),
    /// By exp(−rate) of each frame: between i < j lie those of i + 1 to j.
    Each(&'a [f32]),
}

/// Queries and keys, (N, a), and values, (N, b).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) q: &'a [f32],
    pub(crate) k: &'a [f32],
    pub(crate) v: &'a [f32],
    pub(crate) a: usize,
    pub(crate) b: usize,
}

/// The multiply-adds of one frame.
pub(crate) fn multiply_adds(a: usize, b: usize) -> usize {
    2 * a * b + CHUNK * (a + b)
}

/// Adds the sums over one side to `out`, (N, b); `own` says whether j = i counts.
pub(crate) fn scan(rows: Rows<'_>, rates: Rates<'_>, side: Side, own: bool, out: &mut [f32]) {
    scan_on(rows, rates, side, own, &mut scratch::zeros(rows.a * rows.b), out);
}

/// The same where `state`, (a, b), holds what lies beyond the rows on that side; it takes them in.
pub(crate) fn scan_on(
    rows: Rows<'_>,
    rates: Rates<'_>,
    side: Side,
    own: bool,
    state: &mut [f32],
    out: &mut [f32],
) {
    let Rows { q, k, v, a, b } = rows;
    let frames = out.len() / b;
    let (mut products, mut tile) = (scratch::take(CHUNK * CHUNK), scratch::take(CHUNK * CHUNK));
    let (mut falls, mut scaled) = (scratch::take(CHUNK), scratch::take(CHUNK * a));
    let mut tile_frames = 0;
    let starts: Vec<usize> = (0..frames).step_by(CHUNK).collect();
    let mut chunk = |start: usize, out: &mut [f32]| {
        let at = start..(start + CHUNK).min(frames);
        let n = at.len();
        let of = |width: usize| at.start * width..at.end * width;
        let (q, k, v, out) = (&q[of(a)], &k[of(a)], &v[of(b)], &mut out[of(b)]);
        let falls = &mut falls[..n];
        fall(rates, at.clone(), falls);
        let products = &mut products[..n * n];
        matmul(Matrix::new(q, a), Matrix::new(k, a).t(), 1.0, false, products);
        let tile = &mut tile[..n * n];
        if tile_frames != n || matches!(rates, Rates::Each(_)) {
            fill_tile(falls, side, own, tile);
            tile_frames = n;
        }
        vectorised(|| products.iter_mut().zip(&*tile).for_each(|(p, m)| *p *= m));
        matmul(Matrix::new(products, n), Matrix::new(v, b), 1.0, true, out);
        let last = falls[n - 1];
        // How far each frame lies from the state's end of the chunk, and from the other one.
        let from_state = |c: f32| if side == Side::Past { exp(-c) } else { exp(c - last) };
        let to_state = |c: f32| if side == Side::Past { exp(c - last) } else { exp(-c) };
        if let Rates::Zero = rates {
            matmul(Matrix::new(q, a), Matrix::new(state, b), 1.0, true, out);
            matmul(Matrix::new(k, a).t(), Matrix::new(v, b), 1.0, true, state);
            return;
        }
        let scaled = &mut scaled[..n * a];
        scale(q, a, falls, from_state, scaled);
        matmul(Matrix::new(scaled, a), Matrix::new(state, b), 1.0, true, out);
        scale(k, a, falls, to_state, scaled);
        let shrink = exp(-last);
        vectorised(|| state.iter_mut().for_each(|s| *s *= shrink));
        matmul(Matrix::new(scaled, a).t(), Matrix::new(v, b), 1.0, true, state);
    };
    match side {
        Side::Past => starts.into_iter().for_each(|start| chunk(start, out)),
        Side::Future => starts.into_iter().rev().for_each(|start| chunk(start, out)),
    }
}

/// The rates of a chunk's frames, summed from its first frame on.
fn fall(rates: Rates<'_>, at: Range<usize>, falls: &mut [f32]) {
    match rates {
        Rates::Zero => falls.fill(0.0),
        Rates::Same(rate) => falls.iter_mut().enumerate().for_each(|(i, c)| *c = rate * (i + 1) as f32),
        Rates::Each(rates) => {
            let mut total = 0.0;
            for (c, rate) in falls.iter_mut().zip(&rates[at]) {
                total += rate;
                *c = total;
            }
        }
    }
}

/// M of a chunk's frames, 0 on the other side.
fn fill_tile(falls: &[f32], side: Side, own: bool, tile: &mut [f32]) {
    let n = falls.len();
    vectorised(|| {
        for (i, row) in tile.chunks_exact_mut(n).enumerate() {
            let (zero, one) = match side {
                Side::Past => (i + usize::from(own)..n, 0..i + usize::from(own)),
                Side::Future => (0..i + usize::from(!own), i + usize::from(!own)..n),
            };
            row[zero].fill(0.0);
            for (m, c) in row[one.clone()].iter_mut().zip(&falls[one]) {
                *m = exp(-(falls[i] - c).abs());
            }
        }
    });
}

/// Rows times factors of their falls.
fn scale(x: &[f32], width: usize, falls: &[f32], factor: impl Fn(f32) -> f32, scaled: &mut [f32]) {
    vectorised(|| {
        for ((x, c), s) in x.chunks_exact(width).zip(falls).zip(scaled.chunks_exact_mut(width)) {
            let factor = factor(*c);
            s.iter_mut().zip(x).for_each(|(s, x)| *s = factor * x);
        }
    });
}
