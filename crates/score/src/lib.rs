//! Alignments, error rates and their intervals.
//!
//! The phoneme error rate (PER) compares phones: the reference's are each word's first pronunciation in 39 phones,
//! without silence, noise or boundary tokens. The word and character error rates (WER, CER) compare what their names
//! say. All are 100 · (substitutions + deletions + insertions) / reference tokens, summed over the utterances.
//! [`fewest_errors`] counts the phone errors that remain where any listed pronunciation of each word is right; it stands
//! beside the PER, over the same reference phones, and never in its place.

mod alignment;
mod bits;
mod bootstrap;
mod code;
mod counts;
mod error;
mod pronunciations;
mod report;
mod trn;
mod units;
mod weighted;

pub use alignment::{Alignment, Edit, align, align_with};
pub use bootstrap::{Interval, Scored, bootstrap, bootstrap_difference};
pub use counts::{ErrorCounts, count_errors};
pub use error::ScoreError;
pub use pronunciations::fewest_errors;
pub use report::{ScoreReport, SpeakerScore, UtteranceScore, alignments, score};
pub use trn::{Trn, read_trn, write_trn};
pub use units::{ScoreUnit, tokens};
pub use weighted::Weights;
