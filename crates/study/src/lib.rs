//! What spans runs or manifests: [`decode()`] a manifest and score it, or a matrix of log-probabilities from anywhere
//! ([`MatrixTable`], [`Knowledge`]); [`compare()`] finished runs.

mod compare;
mod decode;
mod error;
mod html;
mod plot;

pub use compare::{Comparison, Run, compare};
pub use decode::{
    AnyDecoder, DecodeOptions, Decoded, Emission, Emissions, HypothesisRecord, Knowledge, MatrixTable,
    SearchOptions, Source, Symbols, TokenRecord, UtteranceRecord, WordRecord, decode, greedy_hypothesis,
};
pub use error::StudyError;
