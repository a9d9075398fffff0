//! Sequences as small numbers: tokens that are equal get the same one.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::FixedState;

/// A reference and a hypothesis whose tokens are numbers.
#[derive(Debug, Default)]
pub(crate) struct Coded {
    /// The reference's tokens: 0 up to `symbols` − 1, in the order of their first occurrence.
    pub(crate) reference: Vec<u32>,
    /// The hypothesis's; a token that the reference lacks is `symbols`.
    pub(crate) hypothesis: Vec<u32>,
    /// Different tokens of the reference.
    pub(crate) symbols: u32,
}

impl Coded {
    /// Codes two sequences, of at most 2³² − 1 different tokens.
    pub(crate) fn new<T: Eq + Hash>(reference: &[T], hypothesis: &[T]) -> Self {
        let mut numbers: HashMap<&T, u32, FixedState> =
            HashMap::with_capacity_and_hasher(reference.len(), FixedState::default());
        let mut symbols = 0;
        let coded = reference
            .iter()
            .map(|token| {
                *numbers.entry(token).or_insert_with(|| {
                    symbols += 1;
                    symbols - 1
                })
            })
            .collect();
        let other = hypothesis.iter().map(|token| numbers.get(token).copied().unwrap_or(symbols)).collect();
        Self { reference: coded, hypothesis: other, symbols }
    }
}
