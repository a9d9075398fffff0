//! The recurrent form against the whole, from the same weights.
#![allow(clippy::unwrap_used)]

use candle_core::{Device, Tensor};
use linnet_encoder::{Encoder, EncoderConfig, Lengths, MixerKind, Mode, Positions};

const BANDS: usize = 13;

/// The kinds whose frames can be told as they come.
fn streaming() -> impl Iterator<Item = MixerKind> {
    let waits = |kind: &MixerKind| !kind.is_causal() || *kind == MixerKind::CausalLsh;
    MixerKind::ALL.into_iter().filter(move |kind| *kind == MixerKind::None || !waits(kind))
}

/// Made-up features; memory that is read before it is written shows from here on.
fn features(frames: usize) -> Vec<f32> {
    linnet_encoder::poison_memory();
    (0..frames * BANDS).map(|i| ((i * 7919 + i / 13 * 31) % 1000) as f32 / 500.0 - 1.0).collect()
}

/// Small ones with all that goes with a kind.
fn config(mixer: MixerKind, subsampling: usize) -> EncoderConfig {
    let alone = [MixerKind::BiLstm, MixerKind::None].contains(&mixer);
    let further = subsampling > 1 && !alone;
    EncoderConfig {
        subsampling,
        channels: 3,
        positions: if subsampling == 2 { Positions::Concatenated } else { Positions::Sinusoidal },
        layers: 3,
        dim: 12,
        heads: 3,
        feed_forward: 20,
        mixer,
        softmax_layers: Vec::new(),
        self_conditioning: if subsampling == 4 { vec![0] } else { Vec::new() },
        rotary: mixer.takes_rotary(4),
        gate: further,
        value_convolution: if further { 3 } else { 0 },
        position_scale: 0.5,
        content_scale: if subsampling == 2 { 1.0 } else { 3.0 },
        convolution: if subsampling == 2 || alone { 0 } else { 5 },
        ..EncoderConfig::default()
    }
}

#[test]
fn a_stream_gives_what_the_whole_gives_however_it_is_cut() {
    let kinds = streaming().map(|mixer| (mixer, Vec::new()));
    for (mixer, softmax_layers) in kinds.chain([(MixerKind::CausalGatedDecay, vec![1])]) {
        for (subsampling, frames) in
            [(1, 150), (2, 71), (3, 160), (4, 230), (4, 1), (4, 2), (3, 1), (3, 4), (2, 1)]
        {
            let config =
                EncoderConfig { softmax_layers: softmax_layers.clone(), ..config(mixer, subsampling) };
            let encoder = Encoder::new(&config, BANDS, 7, 5).unwrap();
            let x = features(frames);
            let tensor = Tensor::from_slice(&x, (frames, BANDS), &Device::Cpu).unwrap();
            let (whole, _) = encoder.forward(&tensor, &Lengths::new(&[frames]), Mode::Infer).unwrap();
            let want: Vec<f32> = whole.flatten_all().unwrap().to_vec1().unwrap();
            for cut in [1, 2, 3, 7, 64, 100] {
                let mut stream = encoder.stream().unwrap();
                let mut got = stream.push(&[]).unwrap();
                for piece in x.chunks(cut * BANDS) {
                    got.extend(stream.push(piece).unwrap());
                }
                got.extend(stream.finish().unwrap());
                assert_eq!(got.len(), want.len(), "{mixer:?} {subsampling} {frames} by {cut}");
                let off =
                    got.iter().zip(&want).map(|(a, b)| (a - b).abs()).max_by(f32::total_cmp).unwrap_or(0.0);
                assert!(off < 1e-4, "{mixer:?} {subsampling} {frames} by {cut}: off by {off}");
            }
        }
    }
}

#[test]
fn the_state_stays_as_large_as_it_is_but_for_a_cache_without_a_window() {
    for (mixer, constant) in [
        (MixerKind::CausalLinear, true),
        (MixerKind::CausalDecayed, true),
        (MixerKind::CausalGatedDecay, true),
        (MixerKind::CausalLocalSoftmax, true),
        (MixerKind::CausalSoftmax, false),
    ] {
        let encoder = Encoder::new(&config(mixer, 4), BANDS, 7, 5).unwrap();
        let mut stream = encoder.stream().unwrap();
        let mut sizes = Vec::new();
        for _ in 0..3 {
            stream.push(&features(400)).unwrap();
            sizes.push(stream.state_bytes());
        }
        assert_eq!(sizes[0] == sizes[2], constant, "{mixer:?}: {sizes:?}");
    }
}

#[test]
fn what_waits_for_the_future_and_cut_frames_are_refused() {
    for mixer in [MixerKind::Linear, MixerKind::CausalLsh, MixerKind::BiLstm] {
        let encoder = Encoder::new(&config(mixer, 4), BANDS, 7, 5).unwrap();
        let message = encoder.stream().unwrap_err().to_string();
        assert!(message.contains("layers.0.mixer") && message.contains("causal_linear"), "{message}");
    }
    for mixer in MixerKind::ALL {
        let streams = Encoder::new(&config(mixer, 4), BANDS, 7, 5).unwrap().stream().is_ok();
        assert_eq!(streams, streaming().any(|kind| kind == mixer), "{mixer:?}");
    }
    let encoder = Encoder::new(&config(MixerKind::CausalLinear, 4), BANDS, 7, 5).unwrap();
    assert!(encoder.stream().unwrap().push(&[0.0; BANDS + 1]).is_err());
}
