//! Settings and shapes that can't be are refused, each with its key.
#![allow(clippy::unwrap_used)]

use candle_core::{DType, Device, Tensor};
use linnet_encoder::{Encoder, EncoderConfig, Lengths, MixerKind, Mode, Positions};

const BANDS: usize = 13;
const TOKENS: usize = 7;

/// The error of a configuration, which must start with what is wrong.
fn refused(config: &EncoderConfig, start: &str) {
    let error = config.validate().unwrap_err().to_string();
    assert!(error.starts_with(&format!("[model] {start}")), "{error}, not {start}");
}

fn of(mixer: MixerKind) -> EncoderConfig {
    EncoderConfig { mixer, ..EncoderConfig::default() }
}

#[test]
fn values_out_of_their_range_are_named() {
    let usual = EncoderConfig::default;
    for (start, config) in [
        ("subsampling = 5: ", EncoderConfig { subsampling: 5, ..usual() }),
        ("channels = 0: ", EncoderConfig { channels: 0, ..usual() }),
        ("layers = 257: ", EncoderConfig { layers: 257, ..usual() }),
        ("dim = 16385: ", EncoderConfig { dim: 16385, ..usual() }),
        ("dim = 15: ", EncoderConfig { dim: 15, heads: 3, ..usual() }),
        ("heads = 5: must divide dim = 144", EncoderConfig { heads: 5, ..usual() }),
        ("heads = 0: ", EncoderConfig { heads: 0, ..usual() }),
        ("feed_forward = 65537: ", EncoderConfig { feed_forward: 65537, ..usual() }),
        ("convolution = 4: ", EncoderConfig { convolution: 4, ..usual() }),
        ("value_convolution = 257: ", EncoderConfig { value_convolution: 257, ..usual() }),
        ("softmax_layers = [0, 6]: layer 6 ", EncoderConfig { softmax_layers: vec![0, 6], ..usual() }),
        ("self_conditioning = [6]: layer 6 ", EncoderConfig { self_conditioning: vec![6], ..usual() }),
        (
            "self_conditioning = [2, 5]: the head of the encoder ",
            EncoderConfig { self_conditioning: vec![2, 5], ..usual() },
        ),
        ("polynomial_degree = 3: ", EncoderConfig { polynomial_degree: 3, ..usual() }),
        ("polynomial_offset = -1: ", EncoderConfig { polynomial_offset: -1.0, ..usual() }),
        ("polynomial_offset = NaN: ", EncoderConfig { polynomial_offset: f32::NAN, ..usual() }),
        ("lsh_rounds = 0: ", EncoderConfig { lsh_rounds: 0, ..usual() }),
        ("lsh_rounds = 65: ", EncoderConfig { lsh_rounds: 65, ..usual() }),
        ("window = 0: ", EncoderConfig { window: 0, ..usual() }),
        ("window = 65537: ", EncoderConfig { window: 65537, ..usual() }),
        ("dropout = 1: ", EncoderConfig { dropout: 1.0, ..usual() }),
        ("dropout = NaN: ", EncoderConfig { dropout: f32::NAN, ..usual() }),
    ] {
        refused(&config, start);
    }
    usual().validate().unwrap();
}

#[test]
fn heads_too_wide_for_their_features_are_refused() {
    for (mixer, polynomial_degree, heads, enough) in [
        (MixerKind::Polynomial, 6, 4, 18),
        (MixerKind::Polynomial, 4, 3, 6),
        (MixerKind::Taylor, 2, 1, 9),
        (MixerKind::RandomFeatures, 2, 1, 9),
    ] {
        let dim = if mixer == MixerKind::Polynomial { 144 } else { 1728 };
        let config = EncoderConfig { dim, polynomial_degree, heads, ..of(mixer) };
        refused(&config, &format!("heads = {heads}: "));
        EncoderConfig { heads: enough, ..config }.validate().unwrap();
    }
}

#[test]
fn what_does_not_go_with_a_kind_is_named() {
    let (none, lstm) = (of(MixerKind::None), of(MixerKind::BiLstm));
    for (start, config) in [
        ("gate = true", EncoderConfig { gate: true, ..none.clone() }),
        ("value_convolution = 3", EncoderConfig { value_convolution: 3, ..none.clone() }),
        ("rotary = true", EncoderConfig { rotary: true, ..none.clone() }),
        ("rotary = true", EncoderConfig { rotary: true, ..of(MixerKind::Lsh) }),
        ("rotary = true", EncoderConfig { rotary: true, dim: 12, heads: 4, ..of(MixerKind::Linear) }),
        ("dim = 15", EncoderConfig { dim: 15, heads: 1, positions: Positions::None, ..lstm.clone() }),
        ("convolution = 15", EncoderConfig { convolution: 15, ..lstm.clone() }),
        ("value_convolution = 3", EncoderConfig { value_convolution: 3, ..lstm.clone() }),
        ("gate = true", EncoderConfig { gate: true, ..lstm.clone() }),
        ("rotary = true", EncoderConfig { rotary: true, ..lstm.clone() }),
        ("softmax_layers = [0]", EncoderConfig { softmax_layers: vec![0], ..lstm.clone() }),
    ] {
        refused(&config, start);
    }
    lstm.validate().unwrap();
    let all =
        EncoderConfig { gate: true, value_convolution: 3, rotary: true, softmax_layers: vec![1], ..none };
    all.validate().unwrap();
}

#[test]
fn models_of_no_size_or_beyond_any_machine_are_refused_before_they_are_made() {
    for (bands, tokens) in [(0, TOKENS), (BANDS, 0)] {
        let message = Encoder::new(&EncoderConfig::default(), bands, tokens, 1).unwrap_err().to_string();
        assert!(message.contains(&format!("{bands} mel bands and {tokens} tokens")), "{message}");
    }
    let usual = EncoderConfig::default();
    let made = Encoder::new(&usual, BANDS, TOKENS, 1).unwrap();
    assert_eq!(Encoder::count_parameters(&usual, BANDS, TOKENS).unwrap(), made.parameter_count());
    let large = EncoderConfig { dim: 1 << 14, feed_forward: 1 << 16, heads: 64, ..usual };
    let message = Encoder::new(&large, BANDS, TOKENS, 1).unwrap_err().to_string();
    assert!(message.contains("parameters, above 1073741824"), "{message}");
}

#[test]
fn features_of_other_shapes_are_refused() {
    let encoder = Encoder::new(&EncoderConfig::default(), BANDS, TOKENS, 1).unwrap();
    let run = |frames: usize, bands: usize, lengths: &[usize]| {
        let features = Tensor::zeros((frames, bands), DType::F32, &Device::Cpu).unwrap();
        let lengths = Lengths::new(lengths);
        let fused = encoder.forward(&features, &lengths, Mode::Infer).unwrap_err().to_string();
        assert_eq!(encoder.forward_composed(&features, &lengths).unwrap_err().to_string(), fused);
        fused
    };
    assert!(
        run(5, BANDS, &[4]).contains("shape [5, 13]; by their lengths and the model's bands it is (4, 13)")
    );
    assert!(run(5, BANDS + 1, &[5]).contains("shape [5, 14]"));
    for lengths in [&[][..], &[0, 0]] {
        assert!(run(0, BANDS, lengths).contains("no frames"));
    }
}
