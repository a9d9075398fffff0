//! Both passes on every kind of vectors that this processor has, against plain loops.

use pulp::{Simd, WithSimd};

use super::backward::Backward;
use super::forward::Forward;
use super::*;
use crate::ops::tile::tests::{on_each, values};

/// Both passes: y, dq, dk, dv, and the gradient of the frames' numbers.
#[derive(Clone, Copy)]
struct Passes<'a> {
    given: Attention<'a>,
    dy: &'a [f32],
}

impl WithSimd for Passes<'_> {
    type Output = [Vec<f32>; 5];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [Vec<f32>; 5] {
        let Self { given, dy } = self;
        let [mut y, mut dq, mut dk, mut dv] = [(); 4].map(|()| vec![f32::NAN; dy.len()]);
        let mut totals = vec![f32::NAN; dy.len() / given.dim];
        let mut dsums = vec![f32::NAN; given.sums.len()];
        Forward { given, totals: &mut totals, y: &mut y }.with_simd(simd);
        let gradients = [&mut dq[..], &mut dk, &mut dv];
        Backward { given, totals: &totals, y: &y, dy, gradients, dsums: &mut dsums }.with_simd(simd);
        [y, dq, dk, dv, dsums]
    }
}

/// The same by the formulas, in f64.
fn plain(given: Attention<'_>, dy: &[f32]) -> [Vec<f64>; 5] {
    let Attention { q, k, v, dim, span, sums } = given;
    let inner = |a: &[f32], i: usize, b: &[f32], j: usize| {
        let (a, b) = (&a[i * dim..(i + 1) * dim], &b[j * dim..(j + 1) * dim]);
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
    };
    let (n, scale) = (q.len() / dim, 1.0 / (dim as f64).sqrt());
    let [mut y, mut dq, mut dk, mut dv] = [(); 4].map(|()| vec![0.0; n * dim]);
    let mut dsums = vec![0.0; sums.len()];
    let number = |i: usize| sums.get(i).map_or(0.0, |&sum| f64::from(sum));
    for i in 0..n {
        let seen = span.seen(i..i + 1, n);
        let fall = |j: usize| (number(i) - number(j)).abs();
        let scores: Vec<f64> = seen.clone().map(|j| scale * inner(q, i, k, j) - fall(j)).collect();
        let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = scores.iter().map(|s| (s - highest).exp()).sum();
        let p: Vec<f64> = scores.iter().map(|s| (s - highest).exp() / total).collect();
        let dp: Vec<f64> = seen.clone().map(|j| inner(dy, i, v, j)).collect();
        let mean: f64 = p.iter().zip(&dp).map(|(p, dp)| p * dp).sum();
        for (j, (p, dp)) in seen.zip(p.iter().zip(&dp)) {
            let ds = p * (dp - mean);
            if !sums.is_empty() && i != j {
                dsums[i.max(j)] -= ds;
                dsums[i.min(j)] += ds;
            }
            let ds = ds * scale;
            for c in 0..dim {
                y[i * dim + c] += p * f64::from(v[j * dim + c]);
                dv[j * dim + c] += p * f64::from(dy[i * dim + c]);
                dq[i * dim + c] += ds * f64::from(k[j * dim + c]);
                dk[j * dim + c] += ds * f64::from(q[i * dim + c]);
            }
        }
    }
    [y, dq, dk, dv, dsums]
}

#[test]
fn both_passes_match_plain_loops() {
    let sizes = [(1, 1), (1, 32), (5, 3), (31, 16), (33, 24), (64, 32), (67, 40), (150, 8), (201, 33)];
    let spans = [(0, 3), (1, 0), (3, 70), (40, 2), (64, 64)].map(|(before, after)| Span { before, after });
    let spans = [Span::ALL, Span::PAST].into_iter().chain(spans);
    for (span, (n, dim)) in spans.flat_map(|span| sizes.map(|size| (span, size))) {
        // Scores that stay small, that rise from key to key, and that fall: the first raise the reference again and
        // again, the last leave it far above most.
        for (slope, rate) in [(0.0, 0.0), (0.2, 0.0), (-0.2, 0.0), (0.0, 0.02), (0.0, 0.5)] {
            let [mut q, mut k, v, dy] = [1, 2, 3, 4].map(|seed| values(n * dim, seed * 100));
            if slope != 0.0 {
                q.iter_mut().step_by(dim).for_each(|q| *q = (dim as f32).sqrt());
                k.iter_mut().step_by(dim).enumerate().for_each(|(t, k)| *k = slope * t as f32);
            }
            // Frames' numbers that rise by steps.
            let numbers: Vec<f32> = (0..n).map(|t| rate * (t / 3 * 4) as f32).collect();
            let sums = if rate == 0.0 { &[] } else { &numbers[..] };
            let given = Attention { q: &q, k: &k, v: &v, dim, span, sums };
            let want = plain(given, &dy);
            // The few keys of a window may cancel all but what is lost of each.
            let window = span.before.max(span.after) < usize::MAX;
            let largest = k.iter().fold(0.0, |largest: f64, k| largest.max(f64::from(k.abs())));
            let lost = if window { 1e-6 * largest } else { 0.0 };
            for (which, (got, want)) in
                on_each(Passes { given, dy: &dy }).iter().flat_map(|got| got.iter().zip(&want).enumerate())
            {
                let size = want.iter().fold(0.0, |size: f64, want| size.max(want.abs()));
                for (got, want) in got.iter().zip(want) {
                    let error = (f64::from(*got) - want).abs();
                    assert!(
                        error <= 2e-5 * size + 1e-5 + lost,
                        "{n}×{dim} {span:?} {slope} {which}: {got}, not {want}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_span_counts_the_pairs_that_it_sees() {
    for (before, after) in [(0, 0), (2, 0), (1, 5), (usize::MAX, 3), (usize::MAX, usize::MAX)] {
        for n in [0, 1, 2, 6, 40] {
            let span = Span { before, after };
            let pairs: usize = (0..n).map(|i| span.seen(i..i + 1, n).len()).sum();
            assert_eq!(span.pairs(n), pairs, "{span:?} {n}");
        }
    }
}
