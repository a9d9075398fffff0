//! Our side of the measurements.

mod an4;
mod ctc;
mod encoder;
mod fbank;

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::case::{Case, Subject};

/// A step: does the work and returns its cost in the case's unit.
pub(crate) type Step = Box<dyn FnMut() -> Result<f64, Box<dyn Error>>>;

/// Takes a step for every line on stdin and prints its cost.
pub(crate) fn serve(case: &Case, corpus: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let mut step: Step = match case.subject {
        Subject::Encoder(work, mixer, batch) => encoder::step(work, mixer, batch)?,
        Subject::Ctc(batch) => ctc::step(batch),
        Subject::Fbank { bands, .. } => fbank::step(bands)?,
        Subject::An4Epoch => return an4::serve(corpus.ok_or("give --corpus DIR, the folder of AN4")?),
    };
    say("ready")?;
    for line in stdin().lock().lines() {
        line?;
        say(&step()?.to_string())?;
    }
    Ok(())
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Random values from −1 to 1.
fn noise(n: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
}
