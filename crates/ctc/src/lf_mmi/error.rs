//! Why there is no denominator.

use thiserror::Error;

use super::denominator::MAX_ORDER;
use crate::error::CtcError;

/// Why a denominator can't be made.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum DenominatorError {
    /// A label sequence has a label that is no token, or is the blank.
    #[error("label sequence {sequence}: {error}")]
    Labels {
        /// Its place among the sequences, from 0.
        sequence: usize,
        /// The fault.
        error: CtcError,
    },
    /// There is no label to count.
    #[error("all label sequences are empty, so that no n-gram can be estimated; give transcripts with words")]
    Empty,
    /// The order is out of range.
    #[error("the order of the denominator's n-gram is {0}; take one from 2 to {MAX_ORDER}")]
    Order(usize),
    /// There are more labels than histories.
    #[error(
        "the denominator may have {histories} histories, but its start and {labels} labels need one each; allow more"
    )]
    Histories {
        /// How many it may have.
        histories: usize,
        /// The tokens of the model without the blank.
        labels: usize,
    },
    /// The blank isn't one of the tokens, or it is the only one.
    #[error(
        "{tokens} tokens with the blank {blank} leave no label; give a token table with a blank and labels"
    )]
    NoLabels {
        /// Number of tokens.
        tokens: usize,
        /// Token id of the blank.
        blank: u32,
    },
}
