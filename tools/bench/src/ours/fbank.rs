//! Filterbanks of ten minutes of noise.

use std::error::Error;
use std::time::Instant;

use linnet_frontend::{Fbank, FbankConfig};

use super::{Step, noise};

pub(crate) fn step(bands: usize) -> Result<Step, Box<dyn Error>> {
    let config = FbankConfig { bands, ..FbankConfig::default() };
    let samples = noise(600 * config.sample_rate as usize, 1);
    let mut fbank = Fbank::new(&config)?;
    Ok(Box::new(move || {
        let start = Instant::now();
        fbank.compute(&samples);
        Ok(start.elapsed().as_secs_f64() * 1e3)
    }))
}
