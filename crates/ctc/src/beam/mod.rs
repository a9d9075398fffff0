//! Prefix beam search: words out of a matrix of log-probabilities from anywhere.
//!
//! [`Decoder`] is the face. Within, [`search`] moves a beam of prefixes from frame to frame; the prefixes live in a
//! [`tree`], a [`guide`] says what may follow each and what it is worth, [`times`] follows each one's best path, and
//! [`recombination`] leaves one prefix of those that nothing to come can tell apart, with the others as its
//! [`alternatives`].

mod alternatives;
mod biasing;
mod boundary;
mod calibration;
mod candidates;
mod confidence;
mod decoder;
mod error;
mod finals;
mod frame;
mod grammar;
mod greedy;
mod guide;
mod histories;
mod hot_guide;
mod hotwords;
mod hypothesis;
mod lexicon_guide;
mod model;
mod ngram;
mod options;
mod phrases;
mod recombination;
mod results;
mod search;
mod setup;
mod stream;
mod times;
mod tree;
mod trie;

pub use boundary::spells_words;
pub use calibration::{Calibration, CalibrationError, expected_calibration_error};
pub use decoder::Decoder;
pub use error::BeamError;
pub use grammar::{Constrained, Grammar, GrammarError};
pub use greedy::greedy_hypothesis;
pub use hotwords::{HotwordError, Hotwords};
pub use hypothesis::{Hypothesis, Partial, Word};
pub use model::{Fusion, NoModel, WordModel};
pub use options::BeamOptions;
pub use stream::Stream;
pub use trie::{LexiconTrie, TrieError};
