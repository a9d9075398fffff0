//! Pairs of sentences: 20 words each, of which every tenth is changed, left out or repeated.

use std::error::Error;
use std::fs;
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

const FILE: &str = "sentences.json";
const WORDS: usize = 20;
const VOCABULARY: usize = 5000;

/// What was said and what was heard, in the same order.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sentences {
    pub(crate) references: Vec<String>,
    pub(crate) hypotheses: Vec<String>,
}

impl Sentences {
    pub(crate) fn new(pairs: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(10);
        let mut word =
            |_| -> String { (0..rng.random_range(2..10)).map(|_| rng.random_range('a'..='z')).collect() };
        let vocabulary: Vec<String> = (0..VOCABULARY).map(&mut word).collect();
        let pick = |rng: &mut ChaCha8Rng| vocabulary[rng.random_range(0..VOCABULARY)].as_str();
        let mut sentences = Self::default();
        for _ in 0..pairs {
            let words: Vec<&str> = (0..WORDS).map(|_| pick(&mut rng)).collect();
            let mut heard = Vec::new();
            for &word in &words {
                match rng.random_range(0..30) {
                    0 => {}
                    1 => heard.push(pick(&mut rng)),
                    2 => heard.extend([word, word]),
                    _ => heard.push(word),
                }
            }
            sentences.references.push(words.join(" "));
            sentences.hypotheses.push(heard.join(" "));
        }
        sentences
    }

    pub(crate) fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        Ok(serde_json::from_slice(&fs::read(folder.join(FILE))?)?)
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<(), Box<dyn Error>> {
        Ok(fs::write(folder.join(FILE), serde_json::to_vec(self)?)?)
    }
}
