//! Both passes on every kind of vectors that this processor has, against plain loops.

use pulp::{Simd, WithSimd};

use super::backward::Backward;
use super::forward::Forward;
use super::*;
use crate::ops::tile::tests::{on_each, values};

const EPSILON: f32 = 1e-6;

/// Both passes: y, the denominators, dq, dk, dv, and the gradient of cumulative rates.
#[derive(Clone, Copy)]
struct Passes<'a> {
    given: DecayedAttention<'a>,
    dy: &'a [f32],
}

impl WithSimd for Passes<'_> {
    type Output = [Vec<f32>; 6];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [Vec<f32>; 6] {
        let Self { given, dy } = self;
        let nan = |len: usize| vec![f32::NAN; len];
        let frames = dy.len() / given.dim;
        let [mut y, mut dq, mut dk, mut dv] = std::array::from_fn(|_| nan(dy.len()));
        let [mut denominators, mut dcumulative] = std::array::from_fn(|_| nan(frames));
        let mut past = vec![0.0; DecayedAttention::state_len(given.dim)];
        Forward { given, past: &mut past, streams: false, y: &mut y, denominators: &mut denominators }
            .with_simd(simd);
        let outputs = Outputs { y: &y, dy, denominators: &denominators };
        let gradients = [&mut dq, &mut dk, &mut dv].map(|d| &mut d[..]);
        Backward { given, outputs, gradients, dcumulative: &mut dcumulative }.with_simd(simd);
        [y, denominators, dq, dk, dv, dcumulative]
    }
}

/// φ and its slope.
fn feature(x: f32) -> (f64, f64) {
    let x = f64::from(x);
    if x >= 0.0 { (x + 1.0, 1.0) } else { (x.exp(), x.exp()) }
}

/// The same by the formulas, in f64.
fn plain(given: DecayedAttention<'_>, dy: &[f32]) -> [Vec<f64>; 6] {
    let DecayedAttention { q, k, v, dim, rates, causal, .. } = given;
    let n = q.len() / dim;
    let pairs = || (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).filter(|&(i, j)| !causal || j <= i);
    let s = |i: usize, j: usize| -> f64 {
        (0..dim).map(|c| feature(q[i * dim + c]).0 * feature(k[j * dim + c]).0).sum()
    };
    let m = |i: usize, j: usize| {
        let between = i.min(j) + 1..i.max(j) + 1;
        (-between.map(|t| f64::from(rates.of(t))).sum::<f64>()).exp()
    };
    let mut results = [n * dim, n, n * dim, n * dim, n * dim, n].map(|len| vec![0.0; len]);
    let [y, denominators, dq, dk, dv, dcumulative] = &mut results;
    for (i, j) in pairs() {
        let p = m(i, j) * s(i, j);
        denominators[i] += p;
        (0..dim).for_each(|c| y[i * dim + c] += p * f64::from(v[j * dim + c]));
    }
    for (y, denominator) in y.chunks_exact_mut(dim).zip(&mut *denominators) {
        *denominator += f64::from(EPSILON);
        y.iter_mut().for_each(|y| *y /= *denominator);
    }
    for (i, j) in pairs() {
        let (m, s) = (m(i, j), s(i, j));
        // dP = Σ dy·(v − y) / denominator
        let dp = (0..dim)
            .map(|c| f64::from(dy[i * dim + c]) * (f64::from(v[j * dim + c]) - y[i * dim + c]))
            .sum::<f64>()
            / denominators[i];
        for c in 0..dim {
            let ((fq, slope_q), (fk, slope_k)) = (feature(q[i * dim + c]), feature(k[j * dim + c]));
            dv[j * dim + c] += m * s * f64::from(dy[i * dim + c]) / denominators[i];
            dq[i * dim + c] += dp * m * fk * slope_q;
            dk[j * dim + c] += dp * m * fq * slope_k;
        }
        if matches!(rates, Rates::Each(_)) && i != j {
            let pull = dp * m * s * (j as f64 - i as f64).signum();
            dcumulative[i] += pull;
            dcumulative[j] -= pull;
        }
    }
    results
}

#[test]
fn both_passes_match_plain_loops() {
    let sizes = [(1, 1), (5, 3), (31, 16), (32, 9), (33, 24), (64, 32), (97, 8), (97, 40), (150, 33)];
    for ((n, dim), causal) in sizes.into_iter().flat_map(|size| [(size, false), (size, true)]) {
        let [q, k, v, dy] = [100, 200, 300, 400].map(|seed| values(n * dim, seed));
        let each: Vec<f32> = values(n, 500).iter().map(|x| 0.3 * x.abs()).collect();
        // Frames that forget nothing, and some that forget all.
        let hard: Vec<f32> = (0..n).map(|i| if i % 13 == 5 { 40.0 * (i % 7) as f32 } else { 0.0 }).collect();
        let each = [Rates::Each(&each), Rates::Each(&hard)];
        for rates in [Rates::Zero, Rates::Same(0.1), Rates::Same(3.0)].into_iter().chain(each) {
            let given = DecayedAttention { q: &q, k: &k, v: &v, dim, rates, causal, epsilon: EPSILON };
            let want = plain(given, &dy);
            for (which, (got, want)) in
                on_each(Passes { given, dy: &dy }).iter().flat_map(|got| got.iter().zip(&want).enumerate())
            {
                assert_eq!(got.len(), want.len());
                let size = want.iter().fold(1.0, |size: f64, want| size.max(want.abs()));
                for (got, want) in got.iter().zip(want) {
                    let error = (f64::from(*got) - want).abs();
                    assert!(error <= 1e-5 * size, "{n}×{dim} {causal} {rates:?} {which}: {got}, not {want}");
                }
            }
        }
    }
}

#[test]
fn a_stream_s_outputs_are_those_of_the_whole() {
    let (n, dim) = (71, 6);
    let [q, k, v] = [1, 2, 3].map(|seed| values(n * dim, seed));
    let each: Vec<f32> = values(n, 4).iter().map(|x| 0.3 * x.abs()).collect();
    let rates = Rates::Each(&each);
    let given = DecayedAttention { q: &q, k: &k, v: &v, dim, rates, causal: true, epsilon: EPSILON };
    let mut whole = vec![0.0; n * dim];
    given.forward(&mut whole, &mut vec![0.0; n]);
    for cut in [1, 7, 40] {
        let (mut state, mut got) = (vec![0.0; DecayedAttention::state_len(dim)], vec![f32::NAN; n * dim]);
        let size = cut * dim;
        let pieces = q.chunks(size).zip(k.chunks(size)).zip(v.chunks(size)).zip(each.chunks(cut));
        for ((((q, k), v), rates), y) in pieces.zip(got.chunks_mut(size)) {
            let rates = Rates::Each(rates);
            DecayedAttention { q, k, v, rates, ..given }.step(&mut state, y);
        }
        let off = got.iter().zip(&whole).map(|(a, b)| (a - b).abs()).max_by(f32::total_cmp).unwrap_or(0.0);
        assert!(off < 1e-5, "by {cut}: off by {off}");
    }
}
