//! Both passes on every kind of vectors that this processor has, against plain loops.

use pulp::{Simd, WithSimd};

use super::backward::Backward;
use super::forward::Forward;
use super::*;
use crate::ops::tile::tests::{on_each, values};

/// Both passes: y, dq, dk, dv, and the gradient of cumulative rates.
#[derive(Clone, Copy)]
struct Passes<'a> {
    given: DecayedSums<'a>,
    dy: &'a [f32],
    /// Values of a frame whose gradients are wanted.
    kept: usize,
}

impl WithSimd for Passes<'_> {
    type Output = [Vec<f32>; 5];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [Vec<f32>; 5] {
        let Self { given, dy, kept } = self;
        let nan = |len: usize| vec![f32::NAN; len];
        let frames = dy.len() / given.b;
        let (mut y, mut dv) = (nan(dy.len()), nan(frames * kept));
        let (mut dq, mut dk) = (nan(given.q.len()), nan(given.q.len()));
        let mut dcumulative = nan(frames);
        let mut past = vec![0.0; DecayedSums::state_len(given.a, given.b)];
        Forward { given, past: &mut past, streams: false, y: &mut y }.with_simd(simd);
        Backward { given, dy, gradients: [&mut dq, &mut dk, &mut dv], dcumulative: &mut dcumulative }
            .with_simd(simd);
        [y, dq, dk, dv, dcumulative]
    }
}

/// The same by the formulas, in f64.
fn plain(given: DecayedSums<'_>, dy: &[f32]) -> [Vec<f64>; 5] {
    let DecayedSums { q, k, v, a, b, rates, causal } = given;
    let inner = |x: &[f32], i: usize, y: &[f32], j: usize, dim: usize| {
        let (x, y) = (&x[i * dim..(i + 1) * dim], &y[j * dim..(j + 1) * dim]);
        x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>()
    };
    let n = q.len() / a;
    let mut results = [n * b, n * a, n * a, n * b, n].map(|len| vec![0.0; len]);
    let [y, dq, dk, dv, dcumulative] = &mut results;
    for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).filter(|&(i, j)| !causal || j <= i) {
        let between = i.min(j) + 1..i.max(j) + 1;
        let m = (-between.map(|t| f64::from(rates.of(t))).sum::<f64>()).exp();
        let (p, dp) = (m * inner(q, i, k, j, a), m * inner(dy, i, v, j, b));
        for c in 0..b {
            y[i * b + c] += p * f64::from(v[j * b + c]);
            dv[j * b + c] += p * f64::from(dy[i * b + c]);
        }
        for c in 0..a {
            dq[i * a + c] += dp * f64::from(k[j * a + c]);
            dk[j * a + c] += dp * f64::from(q[i * a + c]);
        }
        let pull = f64::from(u8::from(matches!(rates, Rates::Each(_))))
            * dp
            * inner(q, i, k, j, a)
            * (j as f64 - i as f64).signum()
            * f64::from(u8::from(i != j));
        dcumulative[i] += pull;
        dcumulative[j] -= pull;
    }
    results
}

#[test]
fn both_passes_match_plain_loops() {
    let sizes = [
        (1, 1, 1),
        (5, 3, 4),
        (31, 16, 17),
        (32, 9, 2),
        (33, 24, 5),
        (64, 32, 33),
        (97, 8, 40),
        (150, 33, 9),
    ];
    for ((n, a, b), causal) in sizes.into_iter().flat_map(|size| [(size, false), (size, true)]) {
        let [q, k, v, dy] =
            [(a, 100), (a, 200), (b, 300), (b, 400)].map(|(width, seed)| values(n * width, seed));
        let each: Vec<f32> = values(n, 500).iter().map(|x| 0.3 * x.abs()).collect();
        // Frames that forget nothing, and some that forget all.
        let hard: Vec<f32> = (0..n).map(|i| if i % 13 == 5 { 40.0 * (i % 7) as f32 } else { 0.0 }).collect();
        let each = [Rates::Each(&each), Rates::Each(&hard)];
        for rates in [Rates::Zero, Rates::Same(0.1), Rates::Same(3.0)].into_iter().chain(each) {
            let given = DecayedSums { q: &q, k: &k, v: &v, a, b, rates, causal };
            // In both directions the gradients of each frame's values but the last.
            let kept = if causal { b } else { (b - 1).max(1) };
            let mut want = plain(given, &dy);
            want[3] = want[3].chunks_exact(b).flat_map(|row| &row[..kept]).copied().collect();
            for (which, (got, want)) in on_each(Passes { given, dy: &dy, kept })
                .iter()
                .flat_map(|got| got.iter().zip(&want).enumerate())
            {
                assert_eq!(got.len(), want.len());
                let size = want.iter().fold(1.0, |size: f64, want| size.max(want.abs()));
                for (got, want) in got.iter().zip(want) {
                    let error = (f64::from(*got) - want).abs();
                    assert!(
                        error <= 1e-5 * size,
                        "{n}×{a}×{b} {causal} {rates:?} {which}: {got}, not {want}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_stream_s_sums_are_those_of_the_whole() {
    let (n, a, b) = (71, 6, 7);
    let [q, k, v] = [(a, 1), (a, 2), (b, 3)].map(|(width, seed)| values(n * width, seed));
    let each: Vec<f32> = values(n, 4).iter().map(|x| 0.3 * x.abs()).collect();
    for cut in [1, 7, 40] {
        let mut whole = vec![0.0; n * b];
        let given = DecayedSums { q: &q, k: &k, v: &v, a, b, rates: Rates::Each(&each), causal: true };
        given.forward(&mut whole);
        let (mut state, mut got) = (vec![0.0; DecayedSums::state_len(a, b)], vec![f32::NAN; n * b]);
        let pieces = q.chunks(cut * a).zip(k.chunks(cut * a)).zip(v.chunks(cut * b)).zip(each.chunks(cut));
        for ((((q, k), v), rates), y) in pieces.zip(got.chunks_mut(cut * b)) {
            let rates = Rates::Each(rates);
            DecayedSums { q, k, v, rates, ..given }.step(&mut state, y);
        }
        let off = got.iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off < 1e-4, "by {cut}: off by {off}");
    }
}
