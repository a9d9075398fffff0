//! How the best hypotheses of log-probabilities are found.
//!
//! [`SearchOptions`] name files and weights; [`Search`] reads them once and serves any number of threads.
//! [`Calibrated`] is the file of a calibration, and [`marked`] knows how other toolkits' tokens mark words.

mod calibration;
mod decoding;
mod error;
mod hotwords;
mod knowledge;
mod marks;
mod options;
mod rescoring;
mod token_model;
mod vocabulary;

pub use calibration::Calibrated;
pub use decoding::Search;
pub use error::SearchError;
pub use marks::marked;
pub use options::SearchOptions;
pub use rescoring::Rescoring;
