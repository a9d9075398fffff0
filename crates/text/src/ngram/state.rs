//! What a model remembers of the words so far.

use std::fmt;
use std::hash::{Hash, Hasher};

/// The highest order of a model.
pub const MAX_ORDER: usize = 10;

/// The most words that a state holds.
const MOST: usize = MAX_ORDER - 1;

/// A model's own number of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WordId(pub u32);

/// The words that a model still needs of a sentence's beginning, with their back-off weights.
///
/// Only words that can matter are kept: the longest context that an n-gram of the model continues or that has a
/// back-off weight other than 1. Two states of one model that are equal therefore score every continuation alike, and a
/// search may merge their hypotheses (Heafield, 2011, section 3.1).
#[derive(Clone, Copy)]
pub struct NgramState {
    /// The words, the last one first; what lies behind `len` is undefined.
    pub(super) words: [u32; MOST],
    /// The log10 back-off weights of the last 1, 2, … words as a context.
    pub(super) backoffs: [f32; MOST],
    /// The number of words.
    pub(super) len: u32,
}

impl NgramState {
    /// No words: the state in the middle of nowhere.
    pub fn empty() -> Self {
        Self { words: [0; MOST], backoffs: [0.0; MOST], len: 0 }
    }

    /// The words that are remembered, the last one first.
    pub fn words(&self) -> impl Iterator<Item = WordId> {
        self.known().iter().map(|&word| WordId(word))
    }

    /// The words that are remembered, the last one first.
    pub(super) fn known(&self) -> &[u32] {
        &self.words[..self.len as usize]
    }
}

impl fmt::Debug for NgramState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NgramState").field(&self.known()).finish()
    }
}

impl Default for NgramState {
    fn default() -> Self {
        Self::empty()
    }
}

// The back-off weights follow from the words.
impl PartialEq for NgramState {
    fn eq(&self, other: &Self) -> bool {
        self.known() == other.known()
    }
}

impl Eq for NgramState {}

impl Hash for NgramState {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.known().hash(state);
    }
}
