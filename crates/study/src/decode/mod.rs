//! Decoding: matrices of log-probabilities from anywhere, and manifests by a model.
//!
//! [`SearchOptions`] say how to search, [`Knowledge`] holds what they name: lexicon, language model, grammar, hotwords.
//! [`decode()`] decodes a manifest and scores it; [`MatrixTable`] reads other toolkits' token tables.

mod cache;
mod clock;
mod emissions;
mod hotwords;
mod knowledge;
mod manifest;
mod matrix;
mod output;
mod references;
mod search;
mod token_model;
mod vocabulary;

pub use clock::Clock;
pub use emissions::{Emission, Emissions, Source};
pub use knowledge::{AnyDecoder, Knowledge};
pub use manifest::{DecodeOptions, Decoded, decode};
pub use matrix::{Arranged, MatrixTable};
pub use output::{HypothesisRecord, Symbols, TokenRecord, UtteranceRecord, WordRecord};
pub use search::SearchOptions;

pub(crate) use manifest::write;
pub(crate) use output::{ctm_word, rounded};
pub(crate) use references::References;
