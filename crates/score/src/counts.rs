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

    /// Errors in percent of the reference's tokens. Where the reference is empty, each error counts 100 %.
    pub fn rate(&self) -> f64 {
        100.0 * self.errors() as f64 / self.reference.max(1) as f64
    }
}

/// The errors of the alignment that [`align`](crate::align) gives, in memory O(hypothesis).
pub fn count_errors<T: Eq>(reference: &[T], hypothesis: &[T]) -> ErrorCounts {
    // row[j]: of the best alignment of the reference so far with j tokens of the hypothesis
    let mut row: Vec<Cell> =
        (0..=hypothesis.len()).map(|errors| Cell { errors, ..Cell::default() }).collect();
    for (i, r) in reference.iter().enumerate() {
        let mut diagonal = row[0];
        let mut left = Cell { errors: i + 1, substitutions: 0, deletions: i + 1 };
        row[0] = left;
        for (above, h) in row[1..].iter_mut().zip(hypothesis) {
            let wrong = usize::from(r != h);
            let least = (diagonal.errors + wrong).min(above.errors + 1).min(left.errors + 1);
            let mut cell = if diagonal.errors + wrong == least {
                Cell { substitutions: diagonal.substitutions + wrong, ..diagonal }
            } else if above.errors + 1 == least {
                Cell { deletions: above.deletions + 1, ..*above }
            } else {
                left
            };
            cell.errors = least;
            (diagonal, left) = (*above, cell);
            *above = cell;
        }
    }
    let Cell { errors, substitutions, deletions } = row[hypothesis.len()];
    ErrorCounts {
        reference: reference.len(),
        correct: reference.len() - substitutions - deletions,
        substitutions,
        deletions,
        insertions: errors - substitutions - deletions,
    }
}

/// The errors of an alignment; what is neither a substitution nor a deletion is an insertion.
#[derive(Clone, Copy, Default)]
struct Cell {
    errors: usize,
    substitutions: usize,
    deletions: usize,
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
        }
    }
}
