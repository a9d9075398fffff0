//! Counts of errors.

use std::hash::Hash;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::alignment::{Edit, walk};
use crate::code::Coded;
use crate::weighted::Weights;

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

    /// Errors in percent of the reference's tokens. Where the reference is empty, each error counts 100 %.
    pub fn rate(&self) -> f64 {
        100.0 * self.errors() as f64 / self.reference.max(1) as f64
    }

    /// Whether an alignment can have these: each token of the reference is right, replaced or missing, and tokens are
    /// numbered in 32 bits.
    pub fn are_possible(&self) -> bool {
        let reference =
            self.correct.checked_add(self.substitutions).and_then(|n| n.checked_add(self.deletions));
        let few = |tokens: usize| u32::try_from(tokens).is_ok();
        reference == Some(self.reference) && few(self.reference) && few(self.insertions)
    }

    /// The sum of two; `None` where a number is too large.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self {
            reference: self.reference.checked_add(other.reference)?,
            correct: self.correct.checked_add(other.correct)?,
            substitutions: self.substitutions.checked_add(other.substitutions)?,
            deletions: self.deletions.checked_add(other.deletions)?,
            insertions: self.insertions.checked_add(other.insertions)?,
        })
    }
}

/// The errors of the alignment that [`align`](crate::align) gives.
pub fn count_errors<T: Eq + Hash>(reference: &[T], hypothesis: &[T]) -> ErrorCounts {
    let mut counts = ErrorCounts::default();
    walk(&Coded::new(reference, hypothesis), Weights::Equal, |edit| counts.add(edit));
    counts
}

impl ErrorCounts {
    /// Counts one more step of an alignment.
    pub(crate) fn add(&mut self, edit: Edit) {
        match edit {
            Edit::Correct(..) => self.correct += 1,
            Edit::Substitution(..) => self.substitutions += 1,
            Edit::Deletion(_) => self.deletions += 1,
            Edit::Insertion(_) => self.insertions += 1,
        }
        self.reference += usize::from(!matches!(edit, Edit::Insertion(_)));
    }
}

impl FromIterator<Edit> for ErrorCounts {
    fn from_iter<I: IntoIterator<Item = Edit>>(edits: I) -> Self {
        let mut counts = Self::default();
        edits.into_iter().for_each(|edit| counts.add(edit));
        counts
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

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::alignment::align;

    #[test]
    fn counts_are_those_of_the_alignment() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let draw = |rng: &mut ChaCha8Rng| -> Vec<u8> {
            (0..rng.random_range(0..12)).map(|_| rng.random_range(0..3)).collect()
        };
        for _ in 0..2000 {
            let (r, h) = (draw(&mut rng), draw(&mut rng));
            assert_eq!(count_errors(&r, &h), align(&r, &h).counts(), "{r:?} {h:?}");
            assert!(count_errors(&r, &h).are_possible());
        }
    }

    #[test]
    fn numbers_that_no_alignment_has_are_seen() {
        let counts = ErrorCounts { reference: 4, correct: 2, substitutions: 1, deletions: 1, insertions: 9 };
        assert!(counts.are_possible());
        assert!(!ErrorCounts { correct: 3, ..counts }.are_possible());
        assert!(!ErrorCounts { substitutions: usize::MAX, deletions: 3, ..counts }.are_possible());
        assert!(!ErrorCounts { insertions: usize::MAX, ..counts }.are_possible());
        assert_eq!(counts.checked_add(counts).map(|sum| sum.errors()), Some(22));
        assert_eq!(counts.checked_add(ErrorCounts { insertions: usize::MAX, ..counts }), None);
    }
}
