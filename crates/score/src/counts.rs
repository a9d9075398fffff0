//! Counts of errors.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// How a hypothesis differs from its reference, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCounts {
    /// Tokens of the reference.
    pub reference: usize,
    /// Tokens that are right.
    pub correct: usize,
    /// Reference tokens for which another stands.
    pub substitutions: usize,
    /// Reference tokens for which none stands.
    pub deletions: usize,
    /// Hypothesis tokens that stand for none of the reference.
    pub insertions: usize,
}

impl ErrorCounts {
    /// All errors.
    pub fn errors(&self) -> usize {
        self.substitutions + self.deletions + self.insertions
    }

    /// Errors in percent of the reference's tokens; 0 for no errors on no tokens, infinite for some.
    pub fn rate(&self) -> f64 {
        match (self.errors(), self.reference) {
            (0, _) => 0.0,
            (errors, reference) => 100.0 * errors as f64 / reference as f64,
        }
    }
}

impl AddAssign for ErrorCounts {
    fn add_assign(&mut self, other: Self) {
        self.reference += other.reference;
        self.correct += other.correct;
        self.substitutions += other.substitutions;
        self.deletions += other.deletions;
        self.insertions += other.insertions;
    }
}
