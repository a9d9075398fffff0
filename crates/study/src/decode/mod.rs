//! Decoding: matrices of log-probabilities from anywhere, and manifests by a model.
//!
//! [`decode()`] decodes a manifest with a [`Search`](linnet::Search) and scores it; [`MatrixTable`] reads other toolkits'
//! token tables.

mod cache;
mod emissions;
mod manifest;
mod matrix;
mod output;
mod record;
mod references;
mod unknown;
mod written;

pub use emissions::{Cache, Emission, Emissions, Source};
pub use manifest::{DecodeOptions, Decoded, decode};
pub use matrix::{Arranged, MatrixTable};
pub use output::{HypothesisRecord, Symbols, TokenRecord, UtteranceRecord, WordRecord};

pub(crate) use output::ctm_word;
pub(crate) use record::{DecodeRecord, FILE as DECODE_RECORD};
pub(crate) use references::References;
pub(crate) use unknown::unknown_words;
pub(crate) use written::write;
