//! Learning from a lexicon.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::align::{Entry, cut};
use super::error::G2pError;
use super::joint::{Direction, Joint};
use super::model::G2p;
use crate::error::TextError;
use crate::lexicon::Lexicon;
use crate::ngram::{Estimate, TrainingText};

/// How a model is learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct G2pOptions {
    /// The most tokens of an n-gram, from 1 to 10.
    pub order: usize,
}

impl Default for G2pOptions {
    fn default() -> Self {
        Self { order: 8 }
    }
}

/// An n-gram model over joint tokens of letters and phones, learnt from a lexicon.
///
/// Every word is a sentence twice, read from its beginning and from its end: the two directions smooth rare words
/// differently, and their mean errs less than either.
#[derive(Debug)]
pub struct G2pEstimate {
    estimate: Estimate,
    /// The pronunciations that were learnt from.
    pub pronunciations: usize,
    /// The different joint tokens.
    pub tokens: usize,
    /// The words with a pronunciation that can't be cut into tokens, as abbreviations have them, or that are too long.
    pub left_out: Vec<String>,
}

impl G2pEstimate {
    /// Learns from all words of a lexicon; words in it with several pronunciations count as often.
    ///
    /// # Errors
    ///
    /// A lexicon none of whose words can be cut into tokens; an order that can't be.
    pub fn new(lexicon: &Lexicon, options: G2pOptions) -> Result<Self, G2pError> {
        let mut symbols = Symbols::default();
        let (mut words, mut entries) = (Vec::new(), Vec::new());
        for (word, pronunciations) in lexicon.entries() {
            for phones in pronunciations {
                let letters = word.chars().map(|letter| symbols.number(letter.encode_utf8(&mut [0; 4])));
                let letters = letters.collect();
                let phones = phones.iter().map(|phone| symbols.number(phone)).collect();
                entries.push(Entry { letters, phones });
                words.push(word);
            }
        }
        let cuttings = cut(&entries);
        let joint = |letters: &[u32], phones: &[u32]| Joint {
            letters: letters.iter().map(|&letter| symbols.name(letter)).collect(),
            phones: phones.iter().map(|&phone| symbols.name(phone).to_owned()).collect(),
        };
        let mut vocabulary: BTreeSet<Joint> =
            cuttings.alone.iter().map(|(letter, phones)| joint(&[*letter], phones)).collect();
        let mut rows = Vec::new();
        let mut left_out = BTreeSet::new();
        for ((entry, steps), word) in entries.iter().zip(&cuttings.steps).zip(words) {
            let Some(steps) = steps else {
                left_out.insert(word.to_owned());
                continue;
            };
            let (mut i, mut j) = (0, 0);
            let tokens = steps.iter().map(|&(l, p)| {
                let token = joint(&entry.letters[i..i + l], &entry.phones[j..j + p]);
                (i, j) = (i + l, j + p);
                token
            });
            let tokens: Vec<Joint> = tokens.collect();
            vocabulary.extend(tokens.iter().cloned());
            rows.push(tokens);
        }
        if rows.is_empty() {
            return Err(G2pError::Unalignable { pronunciations: entries.len() });
        }
        let directions = [Direction::Forward, Direction::Backward];
        let spelt = directions.iter().flat_map(|&way| vocabulary.iter().map(move |token| token.spelt(way)));
        let spelt: Vec<String> = spelt.collect();
        let mut text = TrainingText::with_vocabulary(spelt.iter().map(String::as_str));
        for row in &rows {
            let forward: Vec<String> = row.iter().map(|token| token.spelt(Direction::Forward)).collect();
            text.push(&forward.join(" "))?;
            let backward = row.iter().rev().map(|token| token.spelt(Direction::Backward));
            text.push(&backward.collect::<Vec<_>>().join(" "))?;
        }
        let estimate = Estimate::new(text, options.order, &[])?;
        let (pronunciations, tokens) = (rows.len(), vocabulary.len());
        Ok(Self { estimate, pronunciations, tokens, left_out: left_out.into_iter().collect() })
    }

    /// Writes the model as an ARPA file, compressed if its name ends in `.gz`.
    ///
    /// # Errors
    ///
    /// A file that can't be written.
    pub fn write(&self, path: &Path) -> Result<(), TextError> {
        self.estimate.write(path)
    }

    /// The n-grams of an order.
    pub fn ngrams(&self, order: usize) -> usize {
        self.estimate.ngrams(order)
    }

    /// The model.
    ///
    /// # Errors
    ///
    /// More n-grams than a model can hold.
    pub fn model(&self) -> Result<G2p, G2pError> {
        G2p::new(self.estimate.model().map_err(G2pError::Model)?, Path::new("the lexicon's model"))
    }
}

/// Letters and phones by numbers.
#[derive(Default)]
struct Symbols {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Symbols {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }

    fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }
}
