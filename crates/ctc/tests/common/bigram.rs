//! A bigram model with scores drawn at random.

use linnet_ctc::WordModel;
use rand::{Rng, RngExt};

/// Scores by the word before, the start of the sentence last.
#[derive(Clone, Debug)]
pub(crate) struct Bigram {
    words: Vec<String>,
    /// `[before][word]`, where the word after the last is the unknown one, and then the end.
    scores: Vec<Vec<f32>>,
}

impl Bigram {
    pub(crate) fn random(rng: &mut impl Rng, words: &[&str]) -> Self {
        let rows = words.len() + 2;
        let scores = (0..rows).map(|_| (0..rows).map(|_| rng.random_range(-6.0..-0.2)).collect()).collect();
        Self { words: words.iter().map(|w| w.to_string()).collect(), scores }
    }

    fn unknown(&self) -> u32 {
        self.words.len() as u32
    }

    pub(crate) fn forbid(&mut self, before: usize, word: usize) {
        self.scores[before][word] = f32::NEG_INFINITY;
    }
}

impl WordModel for Bigram {
    type State = u32;

    fn index(&self, word: &str) -> Option<u32> {
        self.words.iter().position(|w| w == word).map(|index| index as u32)
    }

    fn start(&self) -> u32 {
        self.unknown() + 1
    }

    fn score(&self, state: &u32, word: Option<u32>) -> (f32, u32) {
        let word = word.unwrap_or(self.unknown());
        (self.scores[*state as usize][word as usize], word)
    }

    fn end(&self, state: &u32) -> f32 {
        self.scores[*state as usize][self.words.len() + 1]
    }

    fn unigram(&self, word: Option<u32>) -> f32 {
        let word = word.unwrap_or(self.unknown());
        -0.5 * word as f32
    }
}
