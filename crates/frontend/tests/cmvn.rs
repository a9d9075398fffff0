//! CMVN: statistics, application, and the file.
#![allow(clippy::unwrap_used)]

use std::fs;

use linnet_frontend::{Cmvn, CmvnAccumulator, Features, FrontendError};
use rand::{RngExt, SeedableRng};

fn random(frames: usize, seed: u64) -> Features {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    // Band 2 is constant.
    let row = |rng: &mut rand_chacha::ChaCha8Rng| {
        [rng.random_range(0.0..4.0), rng.random_range(15.0..15.5), -15.9424]
    };
    Features { data: (0..frames).flat_map(|_| row(&mut rng)).collect(), dim: 3 }
}

fn moments(features: &Features, dimension: usize) -> (f64, f64) {
    let values: Vec<f64> = features.rows().map(|row| f64::from(row[dimension])).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64)
}

#[test]
fn an_utterance_comes_to_mean_0_and_variance_1() {
    let mut features = random(500, 1);
    Cmvn::per_utterance(&features).unwrap().apply(&mut features).unwrap();
    for (dimension, variance) in [(0, 1.0), (1, 1.0), (2, 0.0)] {
        let found = moments(&features, dimension);
        assert!(
            found.0.abs() < 1e-5 && (found.1 - variance).abs() < 1e-4,
            "dimension {dimension}: {found:?}"
        );
    }
}

#[test]
fn a_corpus_is_its_utterances_together() {
    let (one, two) = (random(70, 2), random(300, 3));
    let mut sums = CmvnAccumulator::new(3);
    sums.add(&one).unwrap();
    let mut other = CmvnAccumulator::new(3);
    other.add(&two).unwrap();
    sums.merge(&other).unwrap();
    let cmvn = sums.finish().unwrap();
    let together = Features { data: [one.data, two.data].concat(), dim: 3 };
    assert_eq!(cmvn.frames, 370);
    for dimension in 0..3 {
        let (mean, variance) = moments(&together, dimension);
        let std = if dimension == 2 { 1.0 } else { variance.sqrt() };
        assert!((f64::from(cmvn.mean[dimension]) - mean).abs() < 1e-5 * mean.abs());
        assert!((f64::from(cmvn.std[dimension]) - std).abs() < 1e-5 * std);
    }
}

#[test]
fn a_file_gives_back_what_it_got() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cmvn.json");
    let cmvn = Cmvn::per_utterance(&random(50, 4)).unwrap();
    cmvn.write(&path).unwrap();
    assert_eq!(Cmvn::read(&path).unwrap(), cmvn);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the file beside must be gone");
}

#[test]
fn broken_files_are_named_with_their_fault() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cmvn.json");
    let cases = [
        ("{\"frames\": 1, \"mean\": [1.0", "line 1, column 26"),
        ("{\"frames\": 1, \"mean\": [1.0, 2.0], \"std\": [1.0]}", "mean has 2 values and std 1"),
        ("{\"frames\": 1, \"mean\": [1.0, 2.0], \"std\": [1.0, 0.0]}", "std[1] = 0"),
        ("{\"frames\": 1, \"mean\": [1e300], \"std\": [1.0]}", "a number is too large"),
        ("{\"frames\": 1, \"means\": [1.0], \"std\": [1.0]}", "`means`"),
        ("{\"frames\": 1, \"me\\nan\": [1.0], \"std\": [1.0]}", "`me an`"),
    ];
    for (text, fault) in cases {
        fs::write(&path, text).unwrap();
        let error = Cmvn::read(&path).unwrap_err().to_string();
        assert!(error.contains("cmvn.json: ") && error.contains(fault), "{error}");
        assert!(!error.contains('\n'));
    }
    let error = Cmvn::read(&folder.path().join("none.json")).unwrap_err();
    assert!(error.to_string().contains("none.json"), "{error}");
    let error =
        Cmvn::per_utterance(&random(50, 4)).unwrap().write(&folder.path().join("no/where.json")).unwrap_err();
    assert!(error.to_string().contains("where.json"), "{error}");
}

#[test]
fn what_has_no_statistics_is_refused() {
    assert!(matches!(Cmvn::per_utterance(&Features::new(3)), Err(FrontendError::NoFrames)));
    let mut features = random(5, 5);
    features.row_mut(3)[1] = f32::NAN;
    let mut sums = CmvnAccumulator::new(3);
    let error = sums.add(&features).unwrap_err();
    assert!(matches!(error, FrontendError::NotFinite { frame: 3, dimension: 1 }));
    assert_eq!(sums, CmvnAccumulator::new(3));
    assert!(matches!(sums.add(&Features::new(4)), Err(FrontendError::Dimension { expected: 3, found: 4 })));
    let cmvn = Cmvn::per_utterance(&random(5, 5)).unwrap();
    assert!(cmvn.apply(&mut Features::new(4)).is_err());
}
