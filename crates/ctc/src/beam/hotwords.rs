//! Phrases that are worth more than the models say.

use linnet_text::TokenTable;
use thiserror::Error;

use super::biasing::Spelling;
use super::phrases::Speller;
use super::trie::LexiconTrie;

/// Why phrases don't fit a token table or a lexicon.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum HotwordError {
    /// There is nothing in a phrase.
    #[error("hotword phrase {number} is empty")]
    Empty {
        /// Which phrase, from 1.
        number: usize,
    },
    /// A weight is none.
    #[error("the hotword phrase {phrase:?} has the weight {weight}: it must be above 0 and at most 100")]
    Weight {
        /// The phrase.
        phrase: String,
        /// Its weight.
        weight: f32,
    },
    /// A word is in no lexicon, or no tokens spell it.
    #[error("the hotword phrase {phrase:?} has {word:?}, which the lexicon or the token table can't spell")]
    Unknown {
        /// The phrase.
        phrase: String,
        /// What can't be spelt.
        word: String,
    },
    /// The phrases' pronunciations multiply too far.
    #[error("the hotword phrases have more than {most} prefixes: use fewer phrases, or shorter ones")]
    TooMany {
        /// The most.
        most: usize,
    },
}

/// The most that a phrase, or a word's bonus, may add to a score: probabilities are numbers still.
pub(crate) const MOST_WEIGHT: f32 = 100.0;

/// Phrases, each with the natural logarithm that its occurrence adds to a hypothesis' score, above 0 and at most 100.
///
/// A phrase begins and ends with whole words, whatever tokens spell them. Its weight is paid out evenly as its
/// characters or phones arrive, and what was paid is taken back when the phrase breaks off. Where one phrase begins
/// another, a place counts as the more valuable of those that are complete; of phrases that overlap otherwise, each
/// counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hotwords {
    phrases: Vec<(String, f32)>,
}

impl Hotwords {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a phrase, words parted by spaces; phones parted by spaces if there is neither a lexicon nor a `<space>`.
    pub fn add(&mut self, phrase: &str, weight: f32) {
        self.phrases.push((phrase.to_string(), weight));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// The phrases that can't be used, as their places from 0 and why not: those with a word that is not in the
    /// lexicon, or without a lexicon, that the tokens don't spell.
    pub fn faults(&self, table: &TokenTable, lexicon: Option<&LexiconTrie>) -> Vec<(usize, HotwordError)> {
        let speller = Speller::new(self, table, lexicon);
        self.spelt(&speller).enumerate().filter_map(|(place, phrase)| Some((place, phrase.err()?))).collect()
    }

    /// The words of all phrases.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.phrases.iter().flat_map(|(phrase, _)| phrase.split_whitespace())
    }

    /// Each phrase's spelling and weight.
    pub(crate) fn spelt(
        &self,
        speller: &Speller<'_>,
    ) -> impl Iterator<Item = Result<(Spelling, f32), HotwordError>> {
        self.phrases.iter().enumerate().map(|(index, (phrase, weight))| {
            if !(*weight > 0.0 && *weight <= MOST_WEIGHT) {
                return Err(HotwordError::Weight { phrase: phrase.clone(), weight: *weight });
            }
            let spelt = phrase.split_whitespace().map(|word| {
                let unknown = |word| HotwordError::Unknown { phrase: phrase.clone(), word };
                speller.spell(word).map_err(unknown)
            });
            let words = spelt.collect::<Result<Spelling, _>>()?;
            if words.is_empty() {
                Err(HotwordError::Empty { number: index + 1 })
            } else {
                Ok((words, *weight))
            }
        })
    }
}
