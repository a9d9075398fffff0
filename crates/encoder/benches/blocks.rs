//! Each block of a small encoder, forward and backward, by its own clock: 8 utterances of 400 frames.

use std::time::Duration;

use candle_core::{Device, Tensor};
use criterion::{Criterion, criterion_group, criterion_main};
use linnet_encoder::{Encoder, EncoderConfig, Lengths, MixerKind, Mode};

const BANDS: usize = 80;
const TOKENS: usize = 42;
const FRAMES: usize = 400;
const UTTERANCES: usize = 8;

/// Times the block called `name` in passes of an encoder, with or without the backward pass.
fn bench(c: &mut Criterion, config: &EncoderConfig, name: &str, label: &str) {
    let encoder = Encoder::new(config, BANDS, TOKENS, 0).expect("a valid configuration");
    let rows = FRAMES * UTTERANCES;
    let values: Vec<f32> = (0..rows * BANDS).map(|i| ((i * 7919) % 1000) as f32 / 500.0 - 1.0).collect();
    let features = Tensor::from_vec(values, (rows, BANDS), &Device::Cpu).expect("a tensor");
    let lengths = Lengths::new(&[FRAMES; UTTERANCES]);
    for (work, mode) in [("forward", Mode::Infer), ("training", Mode::Train { seed: 0, step: 0 })] {
        c.bench_function(&format!("{label}/{work}"), |b| {
            b.iter_custom(|passes| {
                let mut total = 0.0;
                for _ in 0..passes {
                    encoder.take_times();
                    let (y, _) = encoder.forward(&features, &lengths, mode).expect("a pass");
                    if mode != Mode::Infer {
                        y.mean_all().and_then(|y| y.backward()).expect("a backward pass");
                    }
                    total += encoder.take_times().iter().find(|t| t.block == name).map_or(0.0, |t| t.seconds);
                }
                Duration::from_secs_f64(total)
            });
        });
    }
}

fn blocks(c: &mut Criterion) {
    let one = EncoderConfig { layers: 1, subsampling: 1, convolution: 15, ..EncoderConfig::default() };
    // Without a mixer there is no block to time.
    for mixer in MixerKind::ALL.into_iter().filter(|&mixer| mixer != MixerKind::None) {
        // A layer of LSTMs has no other blocks.
        let convolution = if mixer == MixerKind::BiLstm { 0 } else { one.convolution };
        let config = EncoderConfig { mixer, convolution, ..one.clone() };
        bench(c, &config, "layers.0.mixer", &format!("mixer/{}", mixer.name()));
    }
    bench(c, &one, "layers.0.convolution", "convolution");
    bench(c, &one, "layers.0.feed_forward", "feed_forward");
    bench(c, &one, "head", "head");
    for subsampling in [1, 2, 3, 4] {
        let config = EncoderConfig { subsampling, ..one.clone() };
        bench(c, &config, "subsampling", &format!("subsampling/{subsampling}"));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(3));
    targets = blocks
}
criterion_main!(benches);
