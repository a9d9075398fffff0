//! What spans runs or manifests: [`decode()`] a manifest and score it, or a matrix of log-probabilities from anywhere
//! ([`MatrixTable`], [`Knowledge`]); [`tune()`] a search on it; [`align()`] its transcripts; [`compare()`] finished runs.

mod align;
mod calibration;
mod compare;
mod decode;
mod error;
mod html;
mod plot;
mod textgrid;
mod tune;

pub use align::{Aligned, AlignedToken, AlignedUtterance, AlignedWord, align};
pub use calibration::Calibrated;
pub use compare::{Comparison, Run, compare};
pub use decode::{
    AnyDecoder, DecodeOptions, Decoded, Emission, Emissions, HypothesisRecord, Knowledge, MatrixTable,
    SearchOptions, Source, Symbols, TokenRecord, UtteranceRecord, WordRecord, decode,
};
pub use error::StudyError;
pub use textgrid::textgrid;
pub use tune::{Trial, TuneOptions, Tuned, tune};
