//! A model that says words.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::error::{G2pError, Unpronounceable};
use super::joint::{Direction, Joint};
use super::search::search;
use crate::ngram::{NgramModel, WordId};
use crate::phones::has_primary_stress;
use crate::signs::shown;
use crate::word::{Pronunciation, key};

/// The natural logarithm of how much less probable a pronunciation is that hasn't one primary stress.
///
/// Rows of tokens don't remember whether the stress has been yet: of the first hypotheses of CMUdict's words a ninth has
/// none or two, of the pronunciations there a seventieth. The ratio is e⁻², and so is the best value on held-out words.
const MISSTRESSED: f64 = -2.0;

/// The most characters of a word: a search for one of 6,000 takes more than a minute.
const LONGEST: usize = 100;

/// Says words by an n-gram model over joint tokens of letters and phones.
#[derive(Debug)]
pub struct G2p {
    pub(super) model: NgramModel,
    phones: Vec<Arc<str>>,
    /// Whether each of them has primary stress.
    stressed: Vec<bool>,
    forward: Tokens,
    backward: Tokens,
}

/// The tokens of a direction.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) direction: Direction,
    /// By their letters, each with its phones by number.
    pub(super) by_letters: HashMap<String, Vec<(WordId, Vec<u32>)>>,
}

/// A way to say a word.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The phones as the model's lexicon has them, with stress where it has stress.
    pub phones: Pronunciation,
    /// How probable the phones are, given the word.
    pub probability: f64,
}

impl G2p {
    /// Reads a model that a [`super::G2pEstimate`] has written: an ARPA file, compressed or not, or its compact form.
    ///
    /// # Errors
    ///
    /// A file that can't be read; a model over other words than joint tokens.
    pub fn read(path: &Path) -> Result<Self, G2pError> {
        Self::new(NgramModel::read(path)?, path)
    }

    /// A model of an n-gram model over joint tokens; errors name the path.
    ///
    /// # Errors
    ///
    /// Another word than a joint token; no word.
    pub fn new(model: NgramModel, path: &Path) -> Result<Self, G2pError> {
        let mut phones: Vec<Arc<str>> = Vec::new();
        let mut numbers = HashMap::new();
        let mut number = |phone: String| {
            *numbers.entry(phone).or_insert_with_key(|phone| {
                phones.push(phone.as_str().into());
                phones.len() as u32 - 1
            })
        };
        let tokens = |direction| Tokens { direction, by_letters: HashMap::new() };
        let (mut forward, mut backward) = (tokens(Direction::Forward), tokens(Direction::Backward));
        for word in model.words() {
            let (Some((direction, joint)), Some(id)) = (Joint::parse(&word), model.index(&word)) else {
                return Err(G2pError::NoG2p { path: path.to_owned(), word: shown(&word) });
            };
            let tokens = match direction {
                Direction::Forward => &mut forward,
                Direction::Backward => &mut backward,
            };
            let phones = joint.phones.into_iter().map(&mut number).collect();
            tokens.by_letters.entry(joint.letters).or_default().push((id, phones));
        }
        if forward.by_letters.is_empty() && backward.by_letters.is_empty() {
            return Err(G2pError::Empty { path: path.to_owned() });
        }
        let stressed = phones.iter().map(|phone| has_primary_stress(phone)).collect();
        Ok(Self { model, phones, stressed, forward, backward })
    }

    /// The phones that the model knows.
    pub fn phones(&self) -> impl Iterator<Item = &str> {
        self.phones.iter().map(|phone| &**phone)
    }

    /// The most probable ways to say a word, the best first, at most so many; there is at least one.
    ///
    /// # Errors
    ///
    /// A word without letters, or with one that the model doesn't know.
    pub fn pronounce(&self, word: &str, most: usize) -> Result<Vec<Variant>, Unpronounceable> {
        let spelling = key(word);
        let letters: Vec<char> = spelling.chars().collect();
        if !letters.iter().any(|letter| letter.is_alphanumeric()) {
            return Err(Unpronounceable::Empty);
        }
        if letters.len() > LONGEST {
            return Err(Unpronounceable::TooLong(LONGEST));
        }
        let directions = [&self.forward, &self.backward].into_iter().filter(|way| !way.by_letters.is_empty());
        let mut sums: HashMap<Vec<u32>, f64> = HashMap::new();
        for tokens in directions {
            let found = search(&self.model, tokens, &letters);
            if found.is_empty() {
                let unknown = |letter: &&char| !tokens.by_letters.contains_key(&letter.to_string());
                let letter = letters.iter().find(unknown).or(letters.first());
                return Err(letter.map_or(Unpronounceable::Empty, |&letter| Unpronounceable::Letter(letter)));
            }
            for (phones, probability) in found {
                *sums.entry(phones).or_default() += probability;
            }
        }
        sums.retain(|phones, _| !phones.is_empty());
        if self.stressed.contains(&true) {
            let stresses = |phones: &[u32]| phones.iter().filter(|&&p| self.stressed[p as usize]).count();
            let misstressed = sums.iter_mut().filter(|(phones, _)| stresses(phones) != 1);
            misstressed.for_each(|(_, sum)| *sum *= MISSTRESSED.exp());
        }
        let all: f64 = {
            let mut all: Vec<f64> = sums.values().copied().collect();
            all.sort_by(f64::total_cmp); // The order of a map is chance.
            all.iter().sum()
        };
        let mut variants: Vec<Variant> = sums
            .into_iter()
            .map(|(phones, sum)| Variant {
                phones: phones.iter().map(|&phone| self.phones[phone as usize].clone()).collect(),
                probability: sum / all,
            })
            .collect();
        variants.sort_by(best_first);
        variants.truncate(most.max(1));
        if variants.is_empty() { Err(Unpronounceable::Silent) } else { Ok(variants) }
    }
}

impl Variant {
    /// The same with other phones, as without stress; of those that become the same one, with the sum of their
    /// probabilities. The best come first.
    pub fn mapped(variants: Vec<Self>, phone: impl Fn(&str) -> String) -> Vec<Self> {
        let mut mapped: Vec<Self> = Vec::new();
        for Self { phones, probability } in variants {
            let phones: Pronunciation = phones.iter().map(|own| phone(own).into()).collect();
            match mapped.iter_mut().find(|known| known.phones == phones) {
                Some(known) => known.probability += probability,
                None => mapped.push(Self { phones, probability }),
            }
        }
        mapped.sort_by(best_first);
        mapped
    }
}

fn best_first(a: &Variant, b: &Variant) -> Ordering {
    b.probability.total_cmp(&a.probability).then_with(|| a.phones.cmp(&b.phones))
}
