//! Sums of gradients in a fixed tree: the same bits on any number of ranks.
//!
//! The pieces of a batch are the leaves of a binary tree, which halves their number at each node. A rank has some
//! neighbouring pieces, and sums each largest subtree that lies within them. Then each rank receives its segment of all
//! subtrees' sums, goes on to the root, and all gather the segments. So every value is summed in the same order, however
//! many ranks there are.

use std::collections::HashMap;
use std::ops::Range;

use linnet_encoder::Gradient;
use rayon::prelude::*;

use super::communicator::Communicator;

/// Values that one task adds.
const CHUNK: usize = 1 << 14;

/// The pieces of a batch that a rank has.
pub(crate) fn own_pieces(pieces: usize, ranks: &dyn Communicator) -> Range<usize> {
    share(pieces, ranks.ranks(), ranks.rank())
}

/// A rank's part of so many things.
pub(crate) fn share(total: usize, ranks: usize, rank: usize) -> Range<usize> {
    total * rank / ranks..total * (rank + 1) / ranks
}

/// The two subtrees of a tree over some pieces.
fn halves(tree: &Range<usize>) -> [Range<usize>; 2] {
    let middle = tree.start + tree.len() / 2;
    [tree.start..middle, middle..tree.end]
}

/// The largest subtrees that lie within some pieces, in order.
pub(crate) fn subtrees(tree: Range<usize>, own: &Range<usize>) -> Vec<Range<usize>> {
    if tree.end <= own.start || own.end <= tree.start {
        return Vec::new();
    }
    if own.start <= tree.start && tree.end <= own.end {
        return vec![tree];
    }
    halves(&tree).into_iter().flat_map(|half| subtrees(half, own)).collect()
}

/// The sum of a tree, whose parts come from `part`, where it has one of just these pieces.
pub(crate) fn tree_sum<G: AsMut<[f32]>, E>(
    tree: Range<usize>,
    part: &mut impl FnMut(&Range<usize>) -> Option<Result<G, E>>,
) -> Result<G, E> {
    if let Some(part) = part(&tree) {
        return part;
    }
    let [left, right] = halves(&tree);
    let mut sum = tree_sum(left, part)?;
    let mut other = tree_sum(right, part)?;
    let pairs = sum.as_mut().par_chunks_mut(CHUNK).zip(other.as_mut().par_chunks_mut(CHUNK));
    pairs.for_each(|(sum, other)| sum.iter_mut().zip(other).for_each(|(sum, value)| *sum += *value));
    Ok(sum)
}

/// Memory of [`sum_over_ranks`] that is used again: new memory for each sum costs as much as the sum itself.
#[derive(Debug, Default)]
pub(crate) struct SumMemory {
    /// The subtrees that come in a round, and the own segment of their sums.
    rounds: Vec<(Vec<Range<usize>>, Vec<f32>)>,
}

/// The sum over all pieces, from the sums of this rank's subtrees ([`subtrees`]), in their order.
pub(crate) fn sum_over_ranks(
    pieces: usize,
    sums: Vec<Gradient>,
    ranks: &dyn Communicator,
    memory: &mut SumMemory,
) -> Gradient {
    let mut sums = sums.into_iter();
    let Some(mut total) = sums.next() else { unreachable!("a rank has a piece") };
    if ranks.ranks() == 1 {
        return total;
    }
    let trees: Vec<_> =
        (0..ranks.ranks()).map(|rank| subtrees(0..pieces, &share(pieces, ranks.ranks(), rank))).collect();
    let segments: Vec<usize> =
        (0..ranks.ranks()).map(|rank| share(total.len(), ranks.ranks(), rank).len()).collect();
    let own = segments[ranks.rank()];
    let nothing = vec![0; ranks.ranks()];
    // A rank's first subtrees, then the second ones of those that have two, and so on.
    memory.rounds.resize_with(trees.iter().map(Vec::len).max().unwrap_or(0), Default::default);
    for (round, (from, received)) in memory.rounds.iter_mut().enumerate() {
        let sent = if round == 0 { None } else { sums.next() };
        let values: &[f32] = match (&sent, round) {
            (_, 0) => &total,
            (Some(sum), _) => sum,
            (None, _) => &[],
        };
        let lengths = if values.is_empty() { &nothing } else { &segments };
        *from = trees.iter().filter_map(|trees| trees.get(round).cloned()).collect();
        let incoming: Vec<usize> =
            trees.iter().map(|trees| if trees.len() > round { own } else { 0 }).collect();
        ranks.exchange(values, lengths, &incoming, received);
    }
    let mut parts = HashMap::new();
    for (from, received) in &mut memory.rounds {
        let mut rest = &mut received[..];
        for tree in from {
            let (values, others) = std::mem::take(&mut rest).split_at_mut(own);
            rest = others;
            parts.insert(tree.clone(), values);
        }
    }
    let mut part = |tree: &Range<usize>| parts.remove(tree).map(Ok::<_, std::convert::Infallible>);
    let Ok(segment) = tree_sum(0..pieces, &mut part);
    ranks.collect(segment, &segments, total.as_mut());
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_halves_its_pieces_and_ranks_have_its_largest_subtrees() {
        assert_eq!(subtrees(0..4, &(0..4)), std::slice::from_ref(&(0..4)));
        assert_eq!(subtrees(0..4, &(2..4)), std::slice::from_ref(&(2..4)));
        // 0..6 is 0..3 and 3..6, each of which is one piece and two.
        assert_eq!(subtrees(0..6, &(0..2)), [0..1, 1..2]);
        assert_eq!(subtrees(0..6, &(2..4)), [2..3, 3..4]);
        assert_eq!(subtrees(0..6, &(1..6)), [1..3, 3..6]);
        for (pieces, ranks) in [(4, 1), (4, 2), (4, 4), (6, 4), (7, 3), (5, 5)] {
            let all = (0..ranks).flat_map(|rank| subtrees(0..pieces, &share(pieces, ranks, rank))).flatten();
            assert_eq!(all.collect::<Vec<_>>(), (0..pieces).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_sum_is_the_same_from_any_parts_of_the_tree() {
        // Sums in another order round otherwise.
        let value = |piece: usize| vec![0.1f32 * (piece * piece + 1) as f32, 1e7 / (piece + 1) as f32];
        let from_leaves = |tree: Range<usize>| {
            let mut leaf = |tree: &Range<usize>| (tree.len() == 1).then(|| Ok::<_, ()>(value(tree.start)));
            tree_sum(tree, &mut leaf).unwrap()
        };
        let whole = from_leaves(0..7);
        assert_ne!(
            whole,
            (1..7).fold(value(0), |sum, piece| {
                sum.iter().zip(value(piece)).map(|(sum, value)| sum + value).collect()
            })
        );
        for ranks in 1..=7 {
            let mut parts: HashMap<_, _> = (0..ranks)
                .flat_map(|rank| subtrees(0..7, &share(7, ranks, rank)))
                .map(|tree| (tree.clone(), from_leaves(tree)))
                .collect();
            assert_eq!(tree_sum(0..7, &mut |tree| parts.remove(tree).map(Ok::<_, ()>)).unwrap(), whole);
        }
    }
}
