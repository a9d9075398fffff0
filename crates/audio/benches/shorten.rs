//! How many samples of a WSJ-like file are read a second; 16 million are 1,000 times real time at 16 kHz.

#[path = "../tests/common/mod.rs"]
mod common;

use common::encoder::{Command, Plan, encode};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use linnet_audio::{ReadOptions, read_from};

const SAMPLES: usize = 60 * 16_000;

fn shorten(criterion: &mut Criterion) {
    let signal = vec![common::speech(SAMPLES, 0)];
    let linear = |order: usize| {
        // A predictor of the right length; its weights don't matter to the speed.
        let mut coefficients = vec![0; order];
        coefficients[..3].copy_from_slice(&[58, -32, 4]);
        Plan { order, commands: vec![Command::Linear(coefficients)], ..Plan::default() }
    };
    let mut group = criterion.benchmark_group("shorten");
    group.throughput(Throughput::Elements(SAMPLES as u64)).sample_size(20);
    for (name, plan) in
        [("differences", Plan::default()), ("linear prediction of 8", linear(8)), ("of 32", linear(32))]
    {
        let file = common::shortened(&signal, &encode(&signal, &plan));
        let decode =
            || read_from(&file[..], "speech.wv1", &ReadOptions::default()).expect("the stream is sound");
        assert_eq!(decode().channels[0], common::scaled(&signal[0]));
        let name = format!("{name}, {:.1} bits a sample", file.len() as f64 * 8.0 / SAMPLES as f64);
        group.bench_function(name, |b| b.iter(decode));
    }
    group.finish();
}

criterion_group!(benches, shorten);
criterion_main!(benches);
