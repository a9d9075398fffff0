//! Filterbanks against kaldi-native-fbank, on the signals of `tools/golden/fbank.py`.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use linnet_frontend::{Fbank, FbankConfig};

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    signal: String,
    config: FbankConfig,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/golden/fbank")
}

fn signal(file: &str) -> Vec<f32> {
    let bytes = fs::read(folder().join(file)).unwrap();
    bytes.chunks_exact(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0).collect()
}

#[test]
fn every_case_is_within_tolerance() {
    let cases: Vec<Case> = serde_json::from_slice(&fs::read(folder().join("cases.json")).unwrap()).unwrap();
    assert!(cases.len() >= 7);
    for case in cases {
        let bytes = fs::read(folder().join(format!("{}.f32", case.name))).unwrap();
        let expected: Vec<f32> =
            bytes.chunks_exact(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect();
        let features = Fbank::new(&case.config).unwrap().compute(&signal(&case.signal));
        assert_eq!(features.dim, case.config.bands, "{}", case.name);
        assert_eq!(features.data.len(), expected.len(), "{}: frames", case.name);
        let mut differences: Vec<f32> =
            features.data.iter().zip(&expected).map(|(found, expected)| (found - expected).abs()).collect();
        differences.sort_by(f32::total_cmp);
        let largest = differences[differences.len() - 1];
        let most = differences[differences.len() * 999 / 1000];
        eprintln!("{}: largest {largest:.2e}, 99.9 % within {most:.2e}", case.name);
        assert!(largest <= 2e-2, "{}: {largest}", case.name);
        assert!(most <= 1e-3, "{}: {most}", case.name);
    }
}

#[test]
fn digital_silence_is_kaldis_floor() {
    let mut fbank = Fbank::new(&FbankConfig::default()).unwrap();
    // The logarithm of the f32 epsilon, whether the silence lies at zero or at an offset.
    for level in [0.0, 700.0 / 32768.0] {
        let features = fbank.compute(&vec![level; 4000]);
        assert_eq!(features.frames(), 25);
        assert!(features.data.iter().all(|value| (value - -15.942_385).abs() < 1e-6));
    }
}

#[test]
fn a_nan_sample_is_not_hidden() {
    let mut samples = signal("signal-16000.i16");
    samples[5000] = f32::NAN;
    let features = Fbank::new(&FbankConfig::default()).unwrap().compute(&samples);
    let error = features.check_finite().unwrap_err().to_string();
    // Frame 30 is the first to contain sample 5000: it begins at 160·30 + 80 − 200 = 4680.
    assert!(error.contains("frame 30,"), "{error}");
}
