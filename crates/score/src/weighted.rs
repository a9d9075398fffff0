//! The alignment of the lowest cost, by the matrix of costs.

use serde::{Deserialize, Serialize};

use crate::alignment::Edit;
use crate::code::Coded;

/// What the errors of an alignment cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weights {
    /// Each error costs 1 (Levenshtein, 1966): the fewest errors, as jiwer and most toolkits count. Of several
    /// alignments the one is taken that, read from the end, prefers a match or substitution to a deletion and a
    /// deletion to an insertion.
    #[default]
    Equal,
    /// A substitution costs 4, a deletion or an insertion 3, as in NIST's sclite: where words are alike they rather
    /// stand opposite each other, at the price of sometimes one error more. Ties as sclite breaks them: a match or
    /// substitution before an insertion, an insertion before a deletion.
    Sclite,
}

impl Weights {
    /// The cost of a substitution, and of a deletion or insertion.
    fn costs(self) -> (u32, u32) {
        match self {
            Self::Equal => (1, 1),
            Self::Sclite => (4, 3),
        }
    }
}

/// Cells of the matrix whose best step is kept at once.
const CELLS: usize = 1 << 24;

/// Walks the alignment from its end to its beginning. Time O(reference · hypothesis); where a matrix of steps would
/// take more than 16 MB, only the rows where a block begins are kept, and a block is computed a second time.
pub(crate) fn walk(pair: &Coded, weights: Weights, edit: impl FnMut(Edit)) {
    walk_in(pair, weights, CELLS, edit);
}

fn walk_in(pair: &Coded, weights: Weights, cells: usize, mut edit: impl FnMut(Edit)) {
    let (r, h) = (&pair.reference, &pair.hypothesis);
    let (mut i, mut j) = (r.len(), h.len());
    let rows = cells / (h.len() + 1);
    let block =
        if rows >= r.len() { r.len().max(1) } else { rows.max((r.len() as f64).sqrt().ceil() as usize) };
    let gap = weights.costs().1;
    let mut row: Vec<u32> = (0..=h.len() as u32).map(|j| j * gap).collect();
    let mut starts = Vec::new(); // the rows before each block
    let mut steps = Vec::new();
    for first in (0..r.len()).step_by(block) {
        starts.push(row.clone());
        let record = (first + block >= r.len()).then_some(&mut steps); // the way back begins in the last one
        run(&r[first..r.len().min(first + block)], h, weights, &mut row, record);
    }
    while let Some(mut row) = starts.pop() {
        let first = starts.len() * block;
        if steps.is_empty() {
            run(&r[first..i], h, weights, &mut row, Some(&mut steps));
        }
        while i > first && j > 0 {
            match steps[(i - 1 - first) * h.len() + j - 1] {
                Step::Both => {
                    (i, j) = (i - 1, j - 1);
                    edit(if r[i] == h[j] { Edit::Correct(i, j) } else { Edit::Substitution(i, j) });
                }
                Step::Reference => {
                    i -= 1;
                    edit(Edit::Deletion(i));
                }
                Step::Hypothesis => {
                    j -= 1;
                    edit(Edit::Insertion(j));
                }
            }
        }
        steps.clear();
    }
    (0..i).rev().for_each(|i| edit(Edit::Deletion(i)));
    (0..j).rev().for_each(|j| edit(Edit::Insertion(j)));
}

/// The step that leads to a cell.
#[derive(Debug, Clone, Copy)]
enum Step {
    Both,
    Reference,
    Hypothesis,
}

/// Takes a row of costs over more tokens of the reference, and records each cell's step.
fn run(
    reference: &[u32],
    hypothesis: &[u32],
    weights: Weights,
    row: &mut [u32],
    mut steps: Option<&mut Vec<Step>>,
) {
    let (substitution, gap) = weights.costs();
    for r in reference {
        let mut diagonal = row[0];
        row[0] += gap;
        let mut left = row[0];
        for (above, h) in row[1..].iter_mut().zip(hypothesis) {
            let both = diagonal + if r == h { 0 } else { substitution };
            let (deletion, insertion) = (*above + gap, left + gap);
            let deletion_first = match weights {
                Weights::Equal => deletion <= insertion,
                Weights::Sclite => deletion < insertion,
            };
            let (cost, step) = if both <= deletion.min(insertion) {
                (both, Step::Both)
            } else if deletion_first {
                (deletion, Step::Reference)
            } else {
                (insertion, Step::Hypothesis)
            };
            if let Some(steps) = &mut steps {
                steps.push(step);
            }
            diagonal = *above;
            (*above, left) = (cost, cost);
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn edits(r: &[u32], h: &[u32], weights: Weights, cells: usize) -> Vec<Edit> {
        let mut edits = Vec::new();
        walk_in(&Coded::new(r, h), weights, cells, |edit| edits.push(edit));
        edits.reverse();
        edits
    }

    /// The lowest cost of any alignment, found by trying all.
    fn least(r: &[u32], h: &[u32], costs: (u32, u32)) -> u32 {
        let (Some((a, r_rest)), Some((b, h_rest))) = (r.split_first(), h.split_first()) else {
            return (r.len() + h.len()) as u32 * costs.1;
        };
        let both = least(r_rest, h_rest, costs) + if a == b { 0 } else { costs.0 };
        both.min(least(r_rest, h, costs) + costs.1).min(least(r, h_rest, costs) + costs.1)
    }

    #[test]
    fn its_cost_is_the_lowest_and_blocks_change_nothing() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let draw = |rng: &mut ChaCha8Rng| -> Vec<u32> {
            (0..rng.random_range(0..8)).map(|_| rng.random_range(0..3)).collect()
        };
        for _ in 0..500 {
            let (r, h) = (draw(&mut rng), draw(&mut rng));
            for weights in [Weights::Equal, Weights::Sclite] {
                let found = edits(&r, &h, weights, CELLS);
                let (substitution, gap) = weights.costs();
                let cost = |edit: &Edit| match edit {
                    Edit::Correct(..) => 0,
                    Edit::Substitution(..) => substitution,
                    _ => gap,
                };
                assert_eq!(
                    found.iter().map(cost).sum::<u32>(),
                    least(&r, &h, weights.costs()),
                    "{r:?} {h:?}"
                );
                assert_eq!(edits(&r, &h, weights, 0), found, "{r:?} {h:?}");
            }
        }
    }

    #[test]
    fn sclites_weights_rather_have_matches_and_ties_are_broken_as_documented() {
        use Edit::*;
        // Five substitutions cost 20, three deletions, two matches and three insertions 18.
        let (r, h) = ([1, 1, 1, 2, 2], [2, 2, 3, 3, 1]);
        let gaps = [Deletion(0), Deletion(1), Deletion(2), Correct(3, 0), Correct(4, 1)];
        let gaps = [&gaps[..], &[Insertion(2), Insertion(3), Insertion(4)]].concat();
        assert_eq!(edits(&r, &h, Weights::Sclite, CELLS), gaps);
        assert!(edits(&r, &h, Weights::Equal, CELLS).iter().all(|edit| matches!(edit, Substitution(..))));
        assert_eq!(
            edits(&[1, 2], &[2, 1, 1], Weights::Equal, CELLS),
            [Insertion(0), Correct(0, 1), Substitution(1, 2)]
        );
        assert_eq!(
            edits(&[1, 2], &[3, 4, 5], Weights::Sclite, CELLS),
            [Insertion(0), Substitution(0, 1), Substitution(1, 2)]
        );
    }
}
