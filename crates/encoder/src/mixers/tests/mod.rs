//! Each kind against a plain f64 loop and finite differences.

mod drawn;

use rand::RngExt;

use super::feature_map::FeatureMap;
use super::lsh::Lsh;
use super::*;
use crate::random;

/// Frames that the local kinds see on each side.
const WINDOW: usize = 9;

/// What a plain loop needs to know of a head.
struct Case {
    kind: MixerKind,
    rotary: bool,
    polynomial: Polynomial,
    dim: usize,
    head: usize,
    heads: usize,
    /// The frames in the order of each round of hashing: `lsh` and `causal_lsh` take it as given.
    orders: Vec<Vec<u32>>,
}

fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn gelu(x: f64) -> f64 {
    0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
}

/// W·x, W row-major.
fn product(w: &[f64], x: &[f64]) -> Vec<f64> {
    w.chunks(x.len()).map(|row| inner(row, x)).collect()
}

/// A row turned by its position.
fn turn(x: &[f64], t: usize) -> Vec<f64> {
    let half = x.len() / 2;
    let mut y = x.to_vec();
    for i in 0..half {
        let angle = t as f64 * 10_000f64.powf(-2.0 * i as f64 / x.len() as f64);
        y[i] = x[i] * angle.cos() - x[i + half] * angle.sin();
        y[i + half] = x[i] * angle.sin() + x[i + half] * angle.cos();
    }
    y
}

impl Case {
    fn is_softmax(&self) -> bool {
        self.kind.name().ends_with("softmax")
    }

    /// φ(x) by its formula; `own` are the side's parameters. Softmax's rows as they are.
    fn features(&self, x: &[f64], own: &[Vec<f64>]) -> Vec<f64> {
        let dim = x.len() as f64;
        let pairs = |scale: f64| x.iter().flat_map(move |a| x.iter().map(move |b| a * b * scale));
        match self.kind {
            _ if self.is_softmax() => x.to_vec(),
            MixerKind::LinearRelu => x.iter().map(|x| x.max(0.0)).collect(),
            MixerKind::Polynomial => {
                let offset = f64::from(self.polynomial.offset).sqrt();
                let values: Vec<f64> = x.iter().map(|x| x / dim.powf(0.25)).chain([offset]).collect();
                (1..self.polynomial.degree).fold(values.clone(), |products, _| {
                    products.iter().flat_map(|a| values.iter().map(move |b| a * b)).collect()
                })
            }
            MixerKind::Taylor => {
                let line = x.iter().map(|x| x / dim.powf(0.25));
                [1.0].into_iter().chain(line).chain(pairs((2.0 * dim).powf(-0.5))).collect()
            }
            MixerKind::Hedgehog => {
                let u: Vec<f64> =
                    product(&own[0], x).iter().zip(&own[1]).map(|(u, b)| 2.0 * (u + b)).collect();
                let powers: Vec<f64> = u.iter().copied().chain(u.iter().map(|u| -u)).map(f64::exp).collect();
                let total: f64 = powers.iter().sum();
                powers.iter().map(|p| p / total).collect()
            }
            MixerKind::RandomFeatures => {
                let FeatureMap::Random(directions) = FeatureMap::random(self.dim, 0) else { panic!() };
                let directions: Vec<f64> = directions.iter().map(|&d| f64::from(d)).collect();
                let x: Vec<f64> = x.iter().map(|x| x / dim.powf(0.25)).collect();
                let all = product(&directions, &x);
                let scale = (all.len() as f64).powf(-0.5);
                all.iter().map(|p| scale * (p - inner(&x, &x) / 2.0).exp()).collect()
            }
            _ => x.iter().map(|&x| if x >= 0.0 { x + 1.0 } else { x.exp() }).collect(),
        }
    }

    /// The rate of each frame by which weights fall with distance.
    fn rates(&self, k: &[f64], own: &[Vec<f64>]) -> Vec<f64> {
        let rate = 0.25 * 64f64.powf(-(self.head as f64) / (self.heads - 1) as f64);
        k.chunks(self.dim)
            .map(|k| match self.kind {
                MixerKind::Decayed
                | MixerKind::CausalDecayed
                | MixerKind::AlibiSoftmax
                | MixerKind::CausalAlibiSoftmax => rate,
                MixerKind::GatedDecay
                | MixerKind::CausalGatedDecay
                | MixerKind::ForgettingSoftmax
                | MixerKind::CausalForgettingSoftmax => {
                    rate * (1.0 + (inner(&own[0], k) + own[1][0]).exp()).ln() / 2f64.ln()
                }
                _ => 0.0,
            })
            .collect()
    }

    /// Round by round: softmax over the chunk and the one before, then shares of the rounds.
    fn plain_lsh(&self, q: &[f64], v: &[f64]) -> Vec<f64> {
        let (dim, n) = (self.dim, q.len() / self.dim);
        let row = |x: &[f64], i: usize| x[i * dim..(i + 1) * dim].to_vec();
        let product = |i: usize, j: usize| {
            let (q, k) = (row(q, i), row(q, j));
            inner(&q, &k) / inner(&k, &k).sqrt() / (dim as f64).sqrt()
        };
        let mut y = vec![0.0; n * dim];
        for i in 0..n {
            // The shares' logarithms.
            let mut rounds: Vec<(f64, Vec<f64>)> = Vec::new();
            for order in &self.orders {
                let at = order.iter().position(|&frame| frame as usize == i).unwrap();
                let first = (at / 32 * 32).saturating_sub(32);
                let seen = &order[first..(at / 32 * 32 + 32).min(n)];
                let causal = self.kind.is_causal();
                let others: Vec<usize> =
                    seen.iter().map(|&j| j as usize).filter(|&j| j != i && !(causal && j > i)).collect();
                if others.is_empty() {
                    rounds.push((-1e5, row(v, i)));
                    continue;
                }
                let weights: Vec<f64> = others.iter().map(|&j| product(i, j).exp()).collect();
                let total: f64 = weights.iter().sum();
                let mut sums = vec![0.0; dim];
                for (weight, &j) in weights.iter().zip(&others) {
                    sums.iter_mut().zip(row(v, j)).for_each(|(sum, v)| *sum += weight / total * v);
                }
                rounds.push((total.ln(), sums));
            }
            let highest = rounds.iter().map(|(share, _)| *share).fold(f64::NEG_INFINITY, f64::max);
            rounds.iter_mut().for_each(|(share, _)| *share = (*share - highest).exp());
            let total: f64 = rounds.iter().map(|(share, _)| share).sum();
            for (share, sums) in rounds {
                y[i * dim..].iter_mut().zip(sums).for_each(|(y, sum)| *y += share / total * sum);
            }
        }
        y
    }

    fn plain(&self, inputs: &[Vec<f64>], own: &[Vec<f64>]) -> Vec<f64> {
        let dim = self.dim;
        let n = inputs[0].len() / dim;
        let row = |m: usize, i: usize| &inputs[m][i * dim..(i + 1) * dim];
        if self.kind == MixerKind::SummaryMixing {
            let mean: Vec<f64> =
                (0..dim).map(|c| (0..n).map(|i| gelu(row(0, i)[c])).sum::<f64>() / n as f64).collect();
            let shift = product(&own[1], &mean);
            let frame = |i: usize| {
                let local: Vec<f64> = row(1, i).iter().map(|&x| gelu(x)).collect();
                let sums = product(&own[0], &local);
                (0..dim).map(|c| gelu(sums[c] + shift[c] + own[2][c])).collect::<Vec<_>>()
            };
            return (0..n).flat_map(frame).collect();
        }
        if hashes(self.kind) {
            return self.plain_lsh(&inputs[0], &inputs[1]);
        }
        let learned = self.kind == MixerKind::Hedgehog;
        let (query_own, key_own) = if learned { own.split_at(2) } else { (own, own) };
        let rates = self.rates(&inputs[1], own);
        let epsilon = match self.kind {
            _ if self.is_softmax() || self.kind == MixerKind::RandomFeatures => 0.0,
            MixerKind::CausalLinear
            | MixerKind::Decayed
            | MixerKind::GatedDecay
            | MixerKind::CausalDecayed
            | MixerKind::CausalGatedDecay => 1e-6,
            // Means in place of sums.
            _ => 1e-6 * n as f64,
        };
        let queries: Vec<_> = (0..n).map(|i| self.features(row(0, i), query_own)).collect();
        let keys: Vec<_> = (0..n).map(|i| self.features(row(1, i), key_own)).collect();
        let turned = |rows: &[Vec<f64>]| rows.iter().enumerate().map(|(t, x)| turn(x, t)).collect::<Vec<_>>();
        let (turned_queries, turned_keys) = (turned(&queries), turned(&keys));
        let mut y = vec![0.0; n * dim];
        for i in 0..n {
            let local = matches!(self.kind, MixerKind::LocalSoftmax | MixerKind::CausalLocalSoftmax);
            let is_seen =
                |j: usize| (!self.kind.is_causal() || j <= i) && (!local || i.abs_diff(j) <= WINDOW);
            let mut total = epsilon;
            let mut sums = vec![0.0; dim];
            for j in (0..n).filter(|&j| is_seen(j)) {
                let mut weight = inner(&queries[i], &keys[j]);
                let mut numerator =
                    if self.rotary { inner(&turned_queries[i], &turned_keys[j]) } else { weight };
                if self.is_softmax() {
                    numerator = (numerator / (dim as f64).sqrt()).exp();
                    weight = numerator;
                }
                let fall = (-rates[i.min(j) + 1..i.max(j) + 1].iter().sum::<f64>()).exp();
                total += weight * fall;
                for (sum, v) in sums.iter_mut().zip(row(2, j)) {
                    *sum += numerator * fall * v;
                }
            }
            for (y, sum) in y[i * dim..].iter_mut().zip(&sums) {
                *y = sum / total;
            }
        }
        y
    }
}

fn hashes(kind: MixerKind) -> bool {
    matches!(kind, MixerKind::Lsh | MixerKind::CausalLsh)
}

fn narrow(values: &[Vec<f64>]) -> Vec<Vec<f32>> {
    values.iter().map(|v| v.iter().map(|&x| x as f32).collect()).collect()
}

const SQUARE: Polynomial = Polynomial { degree: 2, offset: 0.0 };

/// The options of a mixer of several heads in the first layer.
fn options(dim: usize, heads: usize) -> Options {
    Options { dim, rotary: false, layer: 0, heads, polynomial: SQUARE, lsh_rounds: 4, window: WINDOW }
}

/// Every kind, with and without rotary positions, and polynomials of several degrees.
fn variants() -> impl Iterator<Item = (MixerKind, bool, Polynomial)> {
    let kinds = MixerKind::ALL.into_iter().flat_map(|kind| [(kind, false, SQUARE), (kind, true, SQUARE)]);
    let polynomials = [(2, 0.5), (4, 0.0), (4, 1.5), (6, 0.5), (8, 0.0)];
    kinds.chain(
        polynomials.map(|(degree, offset)| (MixerKind::Polynomial, false, Polynomial { degree, offset })),
    )
}

#[test]
fn value_and_gradient_match_a_plain_loop() {
    for (kind, rotary, polynomial) in variants() {
        for (n, dim, spread) in
            [(1_usize, 4_usize, 1.0), (5, 3, 2.0), (67, 8, 1.0), (150, 6, 3.0), (300, 4, 1.0)]
        {
            if kind == MixerKind::Polynomial && n * n * dim.pow(polynomial.degree as u32) > 20_000_000 {
                continue; // The plain loop would take minutes.
            }
            let mut case = Case { kind, rotary, polynomial, dim, head: 1, heads: 3, orders: Vec::new() };
            let options = Options { rotary, polynomial, ..options(dim, 3) };
            let Some(mixer) = kind.mixer(options).filter(|_| !rotary || kind.takes_rotary(dim)) else {
                continue;
            };
            let mut rng = random::stream(1, &format!("{}/{n}", kind.name()));
            let mut draw = |len: usize| {
                (0..len).map(|_| spread * (rng.random::<f64>() * 2.0 - 1.0)).collect::<Vec<f64>>()
            };
            let inputs: Vec<Vec<f64>> = mixer.projections().iter().map(|_| draw(n * dim)).collect();
            let own: Vec<Vec<f64>> = mixer.parameters(dim).iter().map(|p| draw(p.len())).collect();
            let weights = draw(n * dim);
            let (small, small_own) = (narrow(&inputs), narrow(&own));
            if hashes(kind) {
                case.orders = Lsh::new(options, kind.is_causal()).orders(&small[0], dim, case.head);
            }
            let views: Vec<&[f32]> = small.iter().map(Vec::as_slice).collect();
            let own_views: Vec<&[f32]> = small_own.iter().map(Vec::as_slice).collect();
            let head = Head { inputs: &views, weights: &own_views, dim, index: case.head, heads: case.heads };
            let (mut saved, mut y) = (vec![f32::NAN; mixer.saved(n, dim)], vec![f32::NAN; n * dim]);
            mixer.forward(head, &mut saved, &mut y);
            let want = case.plain(&inputs, &own);
            for (got, want) in y.iter().zip(&want) {
                assert!(
                    (f64::from(*got) - want).abs() < 1e-5 * spread * (1.0 + want.abs()),
                    "{kind:?} {rotary} {n}×{dim}: {got}, not {want}"
                );
            }

            let mut gradients: Vec<Vec<f32>> = small.iter().map(|v| vec![f32::NAN; v.len()]).collect();
            let mut slices: Vec<&mut [f32]> = gradients.iter_mut().map(Vec::as_mut_slice).collect();
            let mut own_gradient = vec![0.0; own.iter().map(Vec::len).sum()];
            let dy = narrow(std::slice::from_ref(&weights)).remove(0);
            let given = Gradients { inputs: &mut slices, weights: &mut own_gradient };
            mixer.backward(head, &saved, &y, &dy, given);
            let loss = |inputs: &[Vec<f64>], own: &[Vec<f64>]| inner(&case.plain(inputs, own), &weights);
            let check = |got: f32, up: f64, down: f64, what: &str| {
                let (got, want) = (f64::from(got), (up - down) / 2e-5);
                assert!(
                    (got - want).abs() < 3e-5 * spread * (1.0 + want.abs()),
                    "{kind:?} {rotary} {n}×{dim} {what}: {got}, not {want}"
                );
            };
            for (which, gradient) in gradients.iter().enumerate() {
                for at in [0, n * dim / 2, n * dim - 1] {
                    let moved = |by: f64| {
                        let mut moved = inputs.clone();
                        moved[which][at] += by;
                        loss(&moved, &own)
                    };
                    check(gradient[at], moved(1e-5), moved(-1e-5), &format!("d{which}[{at}]"));
                }
            }
            let mut start = 0;
            for which in 0..own.len() {
                let len = own[which].len();
                for at in [0, len / 2, len - 1] {
                    let moved = |by: f64| {
                        let mut moved = own.clone();
                        moved[which][at] += by;
                        loss(&inputs, &moved)
                    };
                    check(own_gradient[start + at], moved(1e-5), moved(-1e-5), &format!("own {which}[{at}]"));
                }
                start += len;
            }
        }
    }
}

#[test]
fn a_causal_kind_sees_no_later_frame() {
    let (n, dim) = (150, 8);
    for kind in MixerKind::ALL {
        let options = Options { lsh_rounds: 2, ..options(dim, 2) };
        let Some(mixer) = kind.mixer(options) else { continue };
        let mut rng = random::stream(5, kind.name());
        let mut draw = |len: usize| (0..len).map(|_| random::normal(&mut rng) as f32).collect::<Vec<f32>>();
        let inputs: Vec<Vec<f32>> = mixer.projections().iter().map(|_| draw(n * dim)).collect();
        let own: Vec<Vec<f32>> = mixer.parameters(dim).iter().map(|p| draw(p.len())).collect();
        let own: Vec<&[f32]> = own.iter().map(Vec::as_slice).collect();
        let forward = |inputs: &[Vec<f32>]| {
            let views: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
            let head = Head { inputs: &views, weights: &own, dim, index: 1, heads: 2 };
            let (mut saved, mut y) = (vec![0.0; mixer.saved(n, dim)], vec![0.0; n * dim]);
            mixer.forward(head, &mut saved, &mut y);
            (saved, y)
        };
        let (saved, y) = forward(&inputs);
        for at in [0, 31, 77, n - 2] {
            let mut changed = inputs.clone();
            // Lengths don't change what hashing makes of the frames, and so leave the chunks as they are.
            changed.iter_mut().for_each(|x| x[(at + 1) * dim..].iter_mut().for_each(|x| *x *= 3.0));
            let (_, other) = forward(&changed);
            let same = y[..(at + 1) * dim] == other[..(at + 1) * dim];
            assert_eq!(same, kind.is_causal(), "{kind:?} at {at}");

            let mut dy = vec![0.0; n * dim];
            dy[..(at + 1) * dim].copy_from_slice(&y[..(at + 1) * dim]);
            let mut gradients = vec![vec![f32::NAN; n * dim]; inputs.len()];
            let mut slices: Vec<&mut [f32]> = gradients.iter_mut().map(Vec::as_mut_slice).collect();
            let mut own_gradient = vec![0.0; own.iter().map(|own| own.len()).sum()];
            let views: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
            let head = Head { inputs: &views, weights: &own, dim, index: 1, heads: 2 };
            let given = Gradients { inputs: &mut slices, weights: &mut own_gradient };
            mixer.backward(head, &saved, &y, &dy, given);
            let none = gradients.iter().all(|d| d[(at + 1) * dim..].iter().all(|&d| d == 0.0));
            assert_eq!(none, kind.is_causal(), "gradient of {kind:?} at {at}");
        }
    }
}
