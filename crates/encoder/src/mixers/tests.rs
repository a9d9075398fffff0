//! Each kind against a plain f64 loop and finite differences.

use rand::RngExt;

use super::*;
use crate::random;

/// The similarity of a query and a key, by its formula.
fn similarity(kind: MixerKind, q: &[f64], k: &[f64]) -> f64 {
    let elu = |x: f64| if x >= 0.0 { x + 1.0 } else { x.exp() };
    let by = |map: &dyn Fn(f64) -> f64| q.iter().zip(k).map(|(&q, &k)| map(q) * map(k)).sum::<f64>();
    let dim = q.len() as f64;
    match kind {
        MixerKind::Softmax | MixerKind::CausalSoftmax => (by(&|x| x) / dim.sqrt()).exp(),
        MixerKind::Linear | MixerKind::CausalLinear => by(&elu),
        MixerKind::LinearRelu => by(&|x| x.max(0.0)),
        MixerKind::Polynomial => by(&|x| x).powi(2) / dim,
        MixerKind::Taylor => {
            let s = by(&|x| x) / dim.sqrt();
            1.0 + s + s * s / 2.0
        }
    }
}

/// y of plain attention: similarity(q, k) weighs the values.
fn plain(kind: MixerKind, inputs: &[Vec<f64>], dim: usize) -> Vec<f64> {
    let n = inputs[0].len() / dim;
    let causal = matches!(kind, MixerKind::CausalSoftmax | MixerKind::CausalLinear);
    let row = |m: usize, i: usize| &inputs[m][i * dim..(i + 1) * dim];
    let mut y = vec![0.0; n * dim];
    for i in 0..n {
        let seen = if causal { i + 1 } else { n };
        let weights: Vec<f64> = (0..seen).map(|j| similarity(kind, row(0, i), row(1, j))).collect();
        let epsilon = match kind {
            MixerKind::Softmax | MixerKind::CausalSoftmax => 0.0,
            MixerKind::CausalLinear => 1e-6,
            // Means in place of sums.
            _ => 1e-6 * n as f64,
        };
        let total = weights.iter().sum::<f64>() + epsilon;
        for (j, w) in weights.iter().enumerate() {
            for c in 0..dim {
                y[i * dim + c] += w / total * row(2, j)[c];
            }
        }
    }
    y
}

#[test]
fn value_and_gradient_match_a_plain_loop() {
    for kind in MixerKind::ALL {
        for (n, dim, spread) in [(1, 4, 1.0), (5, 3, 2.0), (67, 8, 1.0), (300, 5, 3.0)] {
            let mut rng = random::stream(1, &format!("{}/{n}", kind.name()));
            let mut draw =
                || (0..n * dim).map(|_| spread * (rng.random::<f64>() * 2.0 - 1.0)).collect::<Vec<f64>>();
            let mixer = kind.mixer();
            let inputs: Vec<Vec<f64>> = mixer.projections().iter().map(|_| draw()).collect();
            let weights = draw();
            let narrow = |v: &[f64]| v.iter().map(|&x| x as f32).collect::<Vec<f32>>();
            let small: Vec<Vec<f32>> = inputs.iter().map(|v| narrow(v)).collect();
            let views: Vec<&[f32]> = small.iter().map(Vec::as_slice).collect();
            let (mut saved, mut y) = (vec![f32::NAN; mixer.saved(n, dim)], vec![f32::NAN; n * dim]);
            mixer.forward(&views, dim, &mut saved, &mut y);
            let want = plain(kind, &inputs, dim);
            for (got, want) in y.iter().zip(&want) {
                assert!(
                    (f64::from(*got) - want).abs() < 1e-5 * spread * (1.0 + want.abs()),
                    "{kind:?} {n}×{dim}: {got}, not {want}"
                );
            }

            let mut gradients: Vec<Vec<f32>> = small.iter().map(|v| vec![f32::NAN; v.len()]).collect();
            let mut slices: Vec<&mut [f32]> = gradients.iter_mut().map(Vec::as_mut_slice).collect();
            mixer.backward(&views, dim, &saved, &y, &narrow(&weights), &mut slices);
            let loss = |inputs: &[Vec<f64>]| -> f64 {
                plain(kind, inputs, dim).iter().zip(&weights).map(|(y, w)| y * w).sum()
            };
            for (which, gradient) in gradients.iter().enumerate() {
                for at in [0, n * dim / 2, n * dim - 1] {
                    let mut moved = inputs.clone();
                    moved[which][at] = inputs[which][at] + 1e-5;
                    let up = loss(&moved);
                    moved[which][at] = inputs[which][at] - 1e-5;
                    let want = (up - loss(&moved)) / 2e-5;
                    let got = f64::from(gradient[at]);
                    assert!(
                        (got - want).abs() < 2e-5 * spread * (1.0 + want.abs()),
                        "{kind:?} {n}×{dim} d{which}[{at}]: {got}, not {want}"
                    );
                }
            }
        }
    }
}
