//! Log-probabilities as a recogniser gives them, of noise with a path lifted out of it.

use std::error::Error;
use std::fs;
use std::path::Path;

use linnet_ctc::log_softmax_rows;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

const INDEX: &str = "index.json";
const VALUES: &str = "emissions.f32";

/// Frames and tokens of an utterance without words; the blank is token 0.
const FRAMES: usize = 300;
pub(crate) const TOKENS: usize = 32;

/// How many utterances a step decodes.
pub(crate) const UTTERANCES: usize = 10;

/// By how much a path's token stands out, in natural logarithms, on average: it makes the mean highest posterior of 32
/// tokens 0.8.
pub(crate) const LIFT: f32 = 6.85;

/// The utterances' frames, and the size of the token table; the values lie one frame after another in `emissions.f32`.
#[derive(Debug, Serialize, Deserialize)]
struct Index {
    tokens: usize,
    frames: Vec<usize>,
}

/// Utterances of log-probabilities.
#[derive(Debug, Default)]
pub(crate) struct Emissions {
    /// The size of the token table.
    pub(crate) tokens: usize,
    /// `(frames, tokens)` of each, row-major, natural logarithms.
    pub(crate) utterances: Vec<Vec<f32>>,
}

impl Emissions {
    /// Utterances of random tokens.
    pub(crate) fn without_words() -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let utterance = |_| {
            let tokens: Vec<usize> = (0..FRAMES).map(|_| rng.random_range(1..TOKENS)).collect();
            let mut path = path(&mut rng, tokens);
            path.truncate(FRAMES);
            noisy(&mut rng, &path, TOKENS, LIFT)
        };
        Self { tokens: TOKENS, utterances: (0..UTTERANCES).map(utterance).collect() }
    }

    pub(crate) fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let Index { tokens, frames } = serde_json::from_slice(&fs::read(folder.join(INDEX))?)?;
        let bytes = fs::read(folder.join(VALUES))?;
        let mut values = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let utterances = frames.iter().map(|n| values.by_ref().take(n * tokens).collect()).collect();
        Ok(Self { tokens, utterances })
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<(), Box<dyn Error>> {
        let frames = self.utterances.iter().map(|u| u.len() / self.tokens).collect();
        fs::write(folder.join(INDEX), serde_json::to_vec(&Index { tokens: self.tokens, frames })?)?;
        let bytes: Vec<u8> = self.utterances.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
        Ok(fs::write(folder.join(VALUES), bytes)?)
    }
}

/// A normal deviate, by the sum of twelve even ones.
fn normal(rng: &mut impl Rng) -> f32 {
    (0..12).map(|_| rng.random_range(-0.5f32..0.5)).sum()
}

/// Each token for one to three frames, a blank for as many before it.
pub(crate) fn path(rng: &mut impl Rng, tokens: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut path = Vec::new();
    for token in tokens.into_iter().flat_map(|token| [0, token]) {
        path.extend(std::iter::repeat_n(token, rng.random_range(1..=3)));
    }
    path
}

/// Log-probabilities of noise with the path's token lifted in each frame.
pub(crate) fn noisy(rng: &mut impl Rng, path: &[usize], tokens: usize, lift: f32) -> Vec<f32> {
    let mut logits = Vec::with_capacity(path.len() * tokens);
    for &token in path {
        let lift = lift + 2.0 * normal(rng);
        logits.extend((0..tokens).map(|t| 1.5 * normal(rng) + if t == token { lift } else { 0.0 }));
    }
    log_softmax_rows(&mut logits, tokens);
    logits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_highest_posterior_is_that_of_the_target() {
        let made = Emissions::without_words();
        let frames = || made.utterances.iter().flat_map(|u| u.chunks_exact(TOKENS));
        let highest = |row: &[f32]| f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max).exp());
        let mean = frames().map(highest).sum::<f64>() / frames().count() as f64;
        assert!((mean - 0.8).abs() < 0.005, "{mean}");
    }

    #[test]
    fn emissions_survive_their_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = Emissions::without_words();
        made.write(folder.path()).expect("room for it");
        let read = Emissions::read(folder.path()).expect("what was written");
        assert_eq!((read.tokens, read.utterances), (made.tokens, made.utterances));
    }
}
