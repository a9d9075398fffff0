//! Alignments, error rates and their intervals.
//!
//! The phoneme error rate (PER) compares phones: the reference's are each word's first pronunciation in 39 phones,
//! without silence, noise or boundary tokens. The word and character error rates (WER, CER) compare what their names
//! say. All are 100 · (substitutions + deletions + insertions) / reference tokens, summed over the utterances.

mod alignment;
mod bootstrap;
mod counts;
mod error;
mod pronunciations;
mod report;
mod trn;
mod units;

pub use alignment::{Alignment, Edit, align};
pub use bootstrap::{Interval, Scored, bootstrap, bootstrap_difference};
pub use counts::ErrorCounts;
pub use error::ScoreError;
pub use pronunciations::fewest_errors;
pub use report::{ScoreReport, SpeakerScore, UtteranceScore, score};
pub use trn::{Trn, read_trn, write_trn};
pub use units::{ScoreUnit, tokens};
