//! What kinds draw: directions of random features and rounds of hashing.

use super::*;
use crate::mixers::feature_map::Side;

#[test]
fn random_features_approach_softmax() {
    let (dim, mut total) = (16, 0.0);
    let mut rng = random::stream(3, "features");
    let mut draw = || (0..dim).map(|_| rng.random::<f32>() - 0.5).collect::<Vec<f32>>();
    let (q, k) = (draw(), draw());
    let layers = 300;
    for layer in 0..layers {
        let map = FeatureMap::random(dim, layer);
        let features = |x: &[f32]| {
            let mut f = vec![0.0; map.width(dim)];
            // Keys' are as the formula says; queries' are scaled.
            map.forward(Side::Key, &[], x, dim, &mut f);
            f
        };
        total += features(&q).iter().zip(features(&k)).map(|(a, b)| f64::from(a * b)).sum::<f64>();
    }
    let product: f32 = q.iter().zip(&k).map(|(a, b)| a * b).sum();
    let want = f64::from(product / (dim as f32).sqrt()).exp();
    assert!((total / layers as f64 / want - 1.0).abs() < 0.02, "{} is not {want}", total / layers as f64);
}

#[test]
fn random_features_of_long_queries_and_keys_divide_by_what_is_there() {
    let (n, dim) = (20, 32);
    let mixer = MixerKind::RandomFeatures.mixer(options(dim, 2)).unwrap();
    let mut rng = random::stream(6, "long rows");
    let mut draw =
        |scale: f64| (0..n * dim).map(|_| (scale * random::normal(&mut rng)) as f32).collect::<Vec<f32>>();
    // Products of features are e⁻⁶⁰ and less.
    let (q, k, v) = (draw(4.0), draw(3.5), vec![1.0; n * dim]);
    let head = Head { inputs: &[&q, &k, &v], weights: &[], dim, index: 1, heads: 2 };
    let (mut saved, mut y) = (vec![f32::NAN; mixer.saved(n, dim)], vec![f32::NAN; n * dim]);
    mixer.forward(head, &mut saved, &mut y);
    assert!(y.iter().all(|y| (y - 1.0).abs() < 1e-4), "{y:?}");
}

#[test]
fn rounds_of_hashing_sort_frames_of_one_direction_together_and_never_change() {
    let (dim, frames) = (8, 320);
    let mut rng = random::stream(4, "directions");
    let directions: Vec<f32> = (0..4 * dim).map(|_| random::normal(&mut rng) as f32).collect();
    // Four directions by turns, of any length.
    let queries: Vec<f32> = (0..frames)
        .flat_map(|t| directions[t % 4 * dim..][..dim].iter().map(move |x| x * (1.0 + t as f32)))
        .collect();
    let options = Options { layer: 2, lsh_rounds: 3, ..options(dim, 2) };
    let orders = |options, head| Lsh::new(options, false).orders(&queries, dim, head);
    let rounds = orders(options, 1);
    for order in &rounds {
        // 10 buckets: directions that fall into different ones lie in runs, in order of time.
        let turns = order.windows(2).filter(|w| w[0] % 4 != w[1] % 4).count();
        let falls = order.windows(2).filter(|w| w[0] > w[1]).count();
        assert!(turns < frames - 1 && falls < 4, "{turns} {falls}");
        let mut all = order.clone();
        all.sort_unstable();
        assert!(all.iter().copied().eq(0..frames as u32));
    }
    assert_eq!(rounds, orders(options, 1));
    assert_ne!(rounds, orders(options, 0));
    assert_ne!(rounds, orders(Options { layer: 3, ..options }, 1));
    assert!(rounds[0] != rounds[1] && rounds[1] != rounds[2]);
}
