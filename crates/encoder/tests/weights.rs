//! Weights in files, and as they start.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use linnet_encoder::{Encoder, EncoderConfig, Lengths, Mode};

const BANDS: usize = 13;
const TOKENS: usize = 7;

fn config() -> EncoderConfig {
    EncoderConfig {
        channels: 3,
        layers: 2,
        dim: 12,
        heads: 3,
        feed_forward: 20,
        convolution: 5,
        ..EncoderConfig::default()
    }
}

/// An encoder; memory that is read before it is written shows from here on.
fn encoder(config: &EncoderConfig, seed: u64) -> Encoder {
    linnet_encoder::poison_memory();
    Encoder::new(config, BANDS, TOKENS, seed).unwrap()
}

/// The log-probabilities of some frames.
fn log_probs(encoder: &Encoder) -> Tensor {
    let values = (0..40 * BANDS).map(|i| (i * 7919 % 1000) as f32 / 500.0 - 1.0).collect();
    let features = Tensor::from_vec(values, (40, BANDS), &Device::Cpu).unwrap();
    encoder.forward(&features, &Lengths::new(&[40]), Mode::Infer).unwrap().0
}

fn values(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn weights_survive_a_file_and_another_models_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let (first, second) = (encoder(&config(), 5), encoder(&config(), 77));
    candle_core::safetensors::save(&first.tensors().unwrap(), &path).unwrap();
    assert_ne!(values(&log_probs(&first)), values(&log_probs(&second)));
    second.load(&path).unwrap();
    assert_eq!(values(&log_probs(&first)), values(&log_probs(&second)));

    let wider = encoder(&EncoderConfig { feed_forward: 24, ..config() }, 77);
    let before = values(&log_probs(&wider));
    let message = wider.load(&path).unwrap_err().to_string();
    assert!(message.contains("layers.0.feed_forward.up.weight") && message.contains("[24, 12]"), "{message}");
    assert_eq!(values(&log_probs(&wider)), before);
}

#[test]
fn weights_that_are_missing_further_of_another_type_or_no_numbers_are_named() {
    let encoder = encoder(&config(), 5);
    let before = values(encoder.weights());
    let name = "layers.1.feed_forward.up.bias";
    for (tensor, expected) in [
        (None, "is missing"),
        (Some(Tensor::zeros(20, DType::F64, &Device::Cpu).unwrap()), "the model wants F32 [20]"),
        (Some(Tensor::full(f32::NAN, 20, &Device::Cpu).unwrap()), "not finite"),
    ] {
        let mut tensors = encoder.tensors().unwrap();
        tensors.remove(name);
        tensors.extend(tensor.map(|tensor| (name.to_string(), tensor)));
        let message = encoder.set_tensors(tensors, Path::new("w")).unwrap_err().to_string();
        assert!(
            message.starts_with(&format!("w: parameter {name} ")) && message.contains(expected),
            "{message}"
        );
    }
    let mut tensors = encoder.tensors().unwrap();
    tensors.insert("layers.2.gate".into(), Tensor::zeros(1, DType::F32, &Device::Cpu).unwrap());
    let message = encoder.set_tensors(tensors, Path::new("w")).unwrap_err().to_string();
    assert!(message.contains("layers.2.gate is not the model's"), "{message}");
    assert_eq!(values(encoder.weights()), before);
}

#[test]
fn weights_that_are_no_numbers_give_no_numbers() {
    for subsampling in [1, 2, 3, 4] {
        let encoder = encoder(&EncoderConfig { subsampling, ..config() }, 5);
        let first = encoder.groups().next().and_then(|group| group.parameters.iter().next()).unwrap().len();
        let mut weights = values(encoder.weights());
        weights[..first].fill(f32::NAN);
        let weights = Tensor::from_vec(weights, encoder.parameter_count(), &Device::Cpu).unwrap();
        encoder.weights().set(&weights).unwrap();
        assert!(values(&log_probs(&encoder)).iter().all(|value| value.is_nan()), "{subsampling}");
    }
}

#[test]
fn a_favoured_token_is_likely_in_every_frame() {
    let encoder = encoder(&config(), 1);
    let before = values(encoder.weights());
    encoder.favour(2, 0.9).unwrap();
    let after = values(encoder.weights());
    assert_eq!(before.iter().zip(&after).filter(|(b, a)| b != a).count(), 1);
    let likely = values(&log_probs(&encoder).narrow(1, 2, 1).unwrap());
    let mean = likely.iter().map(|log| log.exp()).sum::<f32>() / likely.len() as f32;
    assert!((0.8..0.96).contains(&mean) && likely.iter().all(|log| log.exp() > 0.6), "{mean}: {likely:?}");
    for (token, probability) in [(TOKENS, 0.9), (2, 1.0), (2, 0.0), (2, f64::NAN)] {
        let message = encoder.favour(token, probability).unwrap_err().to_string();
        assert!(message.contains("tokens are 0 to 6"), "{message}");
    }
}
