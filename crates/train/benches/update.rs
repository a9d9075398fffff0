//! What a training step does beside the encoder: the CTC loss with its gradient, the gradient's length, the update.

use std::time::Duration;

use candle_core::{Device, Tensor, Var};
use criterion::{Criterion, criterion_group, criterion_main};
use linnet_encoder::{Encoder, EncoderConfig, Lengths, Mode};
use linnet_train::{Adam, AdamSettings, OptimizerKind, ctc_losses, gradient_norm};

fn update(c: &mut Criterion) {
    let encoder = Encoder::new(&EncoderConfig::default(), 80, 42, 0).expect("a valid configuration");
    let features = Tensor::ones((40, 80), candle_core::DType::F32, &Device::Cpu).expect("a tensor");
    let (y, _) =
        encoder.forward(&features, &Lengths::new(&[40]), Mode::Train { seed: 0, step: 0 }).expect("a pass");
    let store = y.mean_all().and_then(|y| y.backward()).expect("a backward pass");
    let gradient = encoder.take_gradient(&store).expect("a gradient");
    for kind in [OptimizerKind::AdamW, OptimizerKind::RAdam] {
        let settings = AdamSettings { kind, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 1e-2 };
        let mut adam = Adam::new(&encoder, settings);
        c.bench_function(&format!("update/{kind:?}/{} parameters", encoder.parameter_count()), |b| {
            b.iter(|| adam.step(&encoder, &gradient, 1e-6, 1.0).expect("an update"));
        });
    }
    c.bench_function("gradient norm", |b| b.iter(|| gradient_norm(&gradient)));
}

fn loss(c: &mut Criterion) {
    let (utterances, frames, tokens) = (16, 100, 42);
    let log_probs = Tensor::full(-(tokens as f32).ln(), (utterances * frames, tokens), &Device::Cpu);
    let log_probs = Var::from_tensor(&log_probs.expect("a tensor")).expect("a variable");
    let lengths = Lengths::new(&vec![frames; utterances]);
    let labels: Vec<Vec<u32>> =
        (0..utterances).map(|u| (0..20).map(|i| 1 + (u + i) as u32 % 41).collect()).collect();
    c.bench_function("ctc loss/16x100, 20 labels", |b| {
        b.iter(|| ctc_losses(&log_probs, &lengths, &labels).and_then(|l| l.loss.backward()).expect("a loss"));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(3));
    targets = update, loss
}
criterion_main!(benches);
