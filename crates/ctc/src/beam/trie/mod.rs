//! The words that a search may find, and every row of tokens that spells them.

mod build;
mod error;
mod lexicon;
mod pieces;

pub use error::TrieError;
pub use lexicon::LexiconTrie;

pub(crate) use lexicon::START;
pub(crate) use pieces::{BETWEEN, Pieces, characters};
