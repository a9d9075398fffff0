//! How well a model predicts a text.

use super::model::{NgramModel, WordScore};
use super::training::{EstimateError, check_sentence};

/// The scores of a text, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Perplexity {
    /// The number of sentences.
    pub sentences: u64,
    /// The number of words, without the sentences' ends.
    pub words: u64,
    /// The number of words that the model doesn't know.
    pub oov: u64,
    /// The log10 probability of all words and of the sentences' ends, without the unknown words.
    pub log10: f64,
    /// The log10 probability of the unknown words, as `<unk>`.
    pub oov_log10: f64,
}

impl Perplexity {
    /// Adds a sentence; one without any word is left out.
    ///
    /// # Errors
    ///
    /// A sentence with `<s>` or `</s>` in it, of which nothing is added then.
    pub fn add(&mut self, model: &NgramModel, sentence: &str) -> Result<(), EstimateError> {
        check_sentence(sentence)?;
        let words: Vec<&str> = sentence.split_whitespace().collect();
        if words.is_empty() {
            return Ok(());
        }
        self.sentences += 1;
        self.words += words.len() as u64;
        model.sentence(&words).iter().for_each(|score| self.add_word(score));
        Ok(())
    }

    pub(super) fn add_word(&mut self, score: &WordScore) {
        self.oov += u64::from(score.oov);
        *if score.oov { &mut self.oov_log10 } else { &mut self.log10 } += f64::from(score.log10);
    }

    /// The perplexity without the unknown words: 10 to the power of minus the mean log10 probability of words and ends.
    pub fn without_oov(&self) -> f64 {
        10_f64.powf(-self.log10 / (self.words - self.oov + self.sentences) as f64)
    }

    /// The perplexity with the unknown words.
    pub fn with_oov(&self) -> f64 {
        10_f64.powf(-(self.log10 + self.oov_log10) / (self.words + self.sentences) as f64)
    }
}
