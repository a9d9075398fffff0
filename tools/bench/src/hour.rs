//! An hour of audio through the recurrent form: time by frame and memory in each of its twelfths.

use std::error::Error;
use std::time::Instant;

use linnet_encoder::{Encoder, EncoderConfig, MixerKind};

use crate::memory;
use crate::ours::noise;
use crate::report;

const BANDS: usize = 80;
const TOKENS: usize = 42;
/// Frames of 10 ms in a push: a fifth of a second.
const PUSH: usize = 20;
/// Frames of five minutes.
const FIVE_MINUTES: usize = 30_000;

/// Streams so many minutes of features through AN4's encoder with a causal mixer, and prints a table.
pub(crate) fn run(mixer: MixerKind, minutes: usize) -> Result<(), Box<dyn Error>> {
    let config = EncoderConfig { mixer, convolution: 15, ..EncoderConfig::default() };
    let encoder = Encoder::new(&config, BANDS, TOKENS, 0)?;
    let mut stream = encoder.stream()?;
    // A minute of features, again and again.
    let features = noise(6_000 * BANDS, 1);
    let mut pushes = features.chunks_exact(PUSH * BANDS).cycle();
    report::progress("| minutes | µs a frame of 10 ms | state, kB | resident, MB |\n|---|---|---|---|");
    for part in 1..=minutes.div_ceil(5) {
        let start = Instant::now();
        for piece in pushes.by_ref().take(FIVE_MINUTES / PUSH) {
            stream.push(piece)?;
        }
        let microseconds = start.elapsed().as_secs_f64() * 1e6 / FIVE_MINUTES as f64;
        let (state, resident) = (stream.state_bytes() as f64 / 1e3, memory::resident_mb("self")?);
        report::progress(&format!("| {} | {microseconds:.1} | {state:.1} | {resident:.2} |", 5 * part));
    }
    Ok(())
}
