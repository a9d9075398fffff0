//! 16-bit little-endian mono samples on stdin → filterbanks on stdout, as little-endian f32, frame by frame.
//!
//!     cargo run --release -p linnet-frontend --example pcm_fbank -- '{"bands": 40}' < speech.raw > speech.f32

use std::error::Error;
use std::io::{Read, Write};

use linnet_frontend::{Fbank, FbankConfig};

fn main() -> Result<(), Box<dyn Error>> {
    let config: FbankConfig = match std::env::args().nth(1) {
        Some(json) => serde_json::from_str(&json)?,
        None => FbankConfig::default(),
    };
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    let samples: Vec<f32> = bytes
        .chunks_exact(2)
        .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0)
        .collect();
    let features = Fbank::new(&config)?.compute(&samples);
    let out: Vec<u8> = features.data.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::io::stdout().write_all(&out)?;
    Ok(())
}
