//! How many frames each utterance of a ragged batch has.

use std::ops::Range;
use std::sync::Arc;

/// The lengths, in frames, of the utterances whose frames lie one after another in a (frames, dim) tensor.
///
/// Cloning is cheap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lengths {
    /// Where each utterance starts, and at the end where the last one stops.
    offsets: Arc<[usize]>,
}

impl Lengths {
    /// Lengths in frames, in the order of the rows.
    pub fn new(lengths: &[usize]) -> Self {
        let mut offsets = Vec::with_capacity(lengths.len() + 1);
        offsets.push(0);
        offsets.extend(lengths.iter().scan(0, |sum, n| {
            *sum += n;
            Some(*sum)
        }));
        Self { offsets: offsets.into() }
    }

    /// The number of utterances.
    pub fn count(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The number of frames of all utterances.
    pub fn total(&self) -> usize {
        self.offsets[self.count()]
    }

    /// The rows of one utterance.
    pub fn rows(&self, utterance: usize) -> Range<usize> {
        self.offsets[utterance]..self.offsets[utterance + 1]
    }

    /// The rows of each utterance, in order.
    pub fn iter(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.offsets.windows(2).map(|w| w[0]..w[1])
    }

    /// The lengths themselves.
    pub fn to_vec(&self) -> Vec<usize> {
        self.iter().map(|rows| rows.len()).collect()
    }

    /// The pieces of a range of rows that belong to one utterance each, as (rows of the piece, rows of its
    /// utterance).
    pub(crate) fn pieces(
        &self,
        range: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, Range<usize>)> + '_ {
        let first = self.offsets.partition_point(|&o| o <= range.start).saturating_sub(1);
        (first..self.count()).map(|u| self.rows(u)).take_while(move |rows| rows.start < range.end).filter_map(
            move |rows| {
                let piece = rows.start.max(range.start)..rows.end.min(range.end);
                (!piece.is_empty()).then_some((piece, rows))
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_a_range_once_and_skip_empty_utterances() {
        let lengths = Lengths::new(&[3, 0, 1, 5]);
        assert_eq!((lengths.count(), lengths.total()), (4, 9));
        let pieces: Vec<_> = lengths.pieces(2..7).collect();
        assert_eq!(pieces, [(2..3, 0..3), (3..4, 3..4), (4..7, 4..9)]);
        assert_eq!(lengths.pieces(0..9).map(|(p, _)| p.len()).sum::<usize>(), 9);
    }
}
