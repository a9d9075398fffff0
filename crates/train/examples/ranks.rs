//! How long ranks take for what they do beside their passes: a line of JSON for each thing, from the first rank.
//!
//!     mpirun -n 2 target/release/examples/ranks [PARAMETERS-IN-MILLIONS…]
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Instant;

use linnet_encoder::{Encoder, EncoderConfig};
use linnet_train::{Adam, AdamSettings, Communicator, Mpi, OptimizerKind, gradient_norm};
use serde_json::{Value, json};

/// The most seconds that one thing is repeated.
const LONGEST_S: f64 = 4.0;

/// The median seconds of a task that all ranks do together, after one time that isn't counted.
fn median(ranks: &dyn Communicator, most: usize, mut task: impl FnMut()) -> f64 {
    task();
    let (mut seconds, begun) = (Vec::new(), Instant::now());
    loop {
        // All begin together.
        let over = seconds.len() >= most || begun.elapsed().as_secs_f64() > LONGEST_S;
        if ranks.gather(&[u8::from(over)])[0] == [1] {
            break;
        }
        let start = Instant::now();
        task();
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The sum of gradients of so many values, one of each rank: each rank's segment of all, then all segments.
fn sum(ranks: &dyn Communicator, values: &mut [f32], received: &mut Vec<f32>) {
    let (total, count) = (values.len(), ranks.ranks());
    let segments: Vec<usize> = (0..count).map(|r| total * (r + 1) / count - total * r / count).collect();
    let own = segments[ranks.rank()];
    ranks.exchange(values, &segments, &vec![own; count], received);
    let (segment, others) = received.split_at_mut(own);
    for part in others.chunks(own) {
        segment.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
    }
    ranks.collect(segment, &segments, values);
}

/// An encoder of at least so many parameters.
fn encoder(parameters: f64) -> Result<Encoder, Box<dyn Error>> {
    let dim = if parameters < 20e6 { 144 } else { 512 };
    for layers in 1.. {
        let config =
            EncoderConfig { layers, dim, heads: 4, feed_forward: 4 * dim, ..EncoderConfig::default() };
        let encoder = Encoder::new(&config, 80, 42, 0)?;
        if encoder.parameter_count() as f64 >= parameters {
            return Ok(encoder);
        }
    }
    Err("no encoder is so large".into())
}

fn main() -> Result<(), Box<dyn Error>> {
    let ranks = Mpi::join().ok_or("MPI can't be joined")?;
    let tell = |value: Value| {
        if ranks.rank() == 0 {
            println!("{value}");
        }
    };
    let gather = median(&ranks, 2000, || drop(ranks.gather(&[0; 100])));
    tell(json!({"ranks": ranks.ranks(), "gather_s": gather}));
    for shift in [12, 14, 16, 18, 20, 22, 24, 26] {
        let mut values = vec![1e-9f32; 1 << shift];
        let mut received = Vec::new();
        let seconds = median(&ranks, 200, || sum(&ranks, &mut values, &mut received));
        tell(json!({"ranks": ranks.ranks(), "sum_bytes": 4 << shift, "sum_s": seconds}));
    }
    for parameters in std::env::args().skip(1) {
        let encoder = encoder(parameters.parse::<f64>()? * 1e6)?;
        let gradient = vec![1e-9f32; encoder.parameter_count()];
        let kind = OptimizerKind::AdamW;
        let settings = AdamSettings { kind, beta1: 0.9, beta2: 0.98, epsilon: 1e-9, weight_decay: 0.01 };
        let mut adam = Adam::new(&encoder, settings);
        // The weights and moments change, their number doesn't.
        let mut failed = None;
        let seconds = median(&ranks, 50, || {
            let scale = 1.0 + gradient_norm(&gradient);
            failed = adam.step(&encoder, &gradient, 1e-9, scale).err();
        });
        failed.map_or(Ok(()), Err)?;
        tell(json!({"ranks": ranks.ranks(), "parameters": encoder.parameter_count(), "update_s": seconds}));
    }
    Ok(())
}
