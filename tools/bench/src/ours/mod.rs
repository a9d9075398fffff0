//! Our side of the measurements.

mod an4;
pub(crate) mod conformer;
mod ctc;
mod decoding;
pub(crate) mod encoder;
mod fbank;
mod scoring;

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::Path;
use std::time::Instant;

use linnet_encoder::Encoder;
use linnet_train::{Adam, AdamSettings, OptimizerKind};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::case::{Case, Subject};

/// A step: does the work and returns its cost in the case's unit.
pub(crate) type Step = Box<dyn FnMut() -> Result<f64, Box<dyn Error>>>;

/// A step, and what the work results in, as JSON, where that is judged.
pub(crate) struct Side {
    pub(crate) step: Step,
    pub(crate) answer: Option<String>,
}

impl From<Step> for Side {
    fn from(step: Step) -> Self {
        Self { step, answer: None }
    }
}

/// Takes a step for every line on stdin and prints its cost; the line `answer` asks for the result. `data` is the
/// folder of what both sides read.
pub(crate) fn serve(case: &Case, data: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let folder = || data.ok_or("give --data DIR, the folder of what both sides read");
    let mut side: Side = match case.subject {
        Subject::Encoder(work, kind, batch) => encoder::step(work, kind, batch)?.into(),
        Subject::Conformer(work, mixer, _) => conformer::step(work, mixer, folder()?)?.into(),
        Subject::Ctc(batch) => ctc::step(batch).into(),
        Subject::Fbank { bands, .. } => fbank::step(bands)?.into(),
        Subject::An4Epoch => return an4::serve(folder()?),
        Subject::Beam(beam) => decoding::tokens(beam, folder()?)?,
        Subject::BeamLm(beam) => decoding::words(beam, folder()?)?,
        Subject::Score => scoring::side(folder()?)?,
    };
    say("ready")?;
    for line in stdin().lock().lines() {
        match line?.trim() {
            "answer" => say(side.answer.as_deref().unwrap_or("null"))?,
            _ => say(&(side.step)()?.to_string())?,
        }
    }
    Ok(())
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// AdamW as the peers have it.
fn adam(encoder: &Encoder, beta2: f64) -> Adam {
    let kind = OptimizerKind::AdamW;
    Adam::new(encoder, AdamSettings { kind, beta1: 0.9, beta2, epsilon: 1e-8, weight_decay: 1e-2 })
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Random values from −1 to 1.
pub(crate) fn noise(n: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
}
