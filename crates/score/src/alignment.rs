//! The alignment of two sequences.

use std::hash::Hash;

use unicode_width::UnicodeWidthStr;

use crate::bits::Aligner;
use crate::code::Coded;
use crate::counts::ErrorCounts;
use crate::weighted::{self, Weights};

/// One step of an alignment; the numbers are places in the reference and the hypothesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// The two tokens are the same.
    Correct(usize, usize),
    /// The hypothesis has another token.
    Substitution(usize, usize),
    /// The hypothesis has no token for this one of the reference.
    Deletion(usize),
    /// The hypothesis has a token for none of the reference.
    Insertion(usize),
}

/// The steps from a reference to a hypothesis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alignment {
    /// The steps in order.
    pub edits: Vec<Edit>,
}

/// Aligns a hypothesis with its reference, all errors costing 1 ([`Weights::Equal`], whose tie rule it states). Time
/// O(reference · hypothesis / 64).
pub fn align<T: Eq + Hash>(reference: &[T], hypothesis: &[T]) -> Alignment {
    align_with(reference, hypothesis, Weights::Equal)
}

/// Aligns a hypothesis with its reference so that the errors cost the least.
pub fn align_with<T: Eq + Hash>(reference: &[T], hypothesis: &[T], weights: Weights) -> Alignment {
    let mut edits = Vec::with_capacity(reference.len().max(hypothesis.len()));
    walk(&Coded::new(reference, hypothesis), weights, |edit| edits.push(edit));
    edits.reverse();
    Alignment { edits }
}

/// Walks the best alignment from its end to its beginning.
pub(crate) fn walk(pair: &Coded, weights: Weights, edit: impl FnMut(Edit)) {
    walk_by(&mut Aligner::default(), pair, weights, edit);
}

/// As [`walk`], by an aligner that keeps its memory.
pub(crate) fn walk_by(aligner: &mut Aligner, pair: &Coded, weights: Weights, edit: impl FnMut(Edit)) {
    match weights {
        Weights::Equal => aligner.walk(pair, edit),
        Weights::Sclite => weighted::walk(pair, weights, edit),
    }
}

impl Alignment {
    /// The errors.
    pub fn counts(&self) -> ErrorCounts {
        self.edits.iter().copied().collect()
    }

    /// Three lines, `REF`, `HYP` and `EVAL`, whose columns stand below each other in a fixed-width font; errors are S,
    /// D and I. The sequences are those that were aligned.
    pub fn print(&self, reference: &[String], hypothesis: &[String]) -> String {
        let mut lines = [String::from("REF: "), String::from("HYP: "), String::from("EVAL:")];
        for edit in &self.edits {
            let (r, h, mark) = match *edit {
                Edit::Correct(i, j) => (reference.get(i), hypothesis.get(j), ""),
                Edit::Substitution(i, j) => (reference.get(i), hypothesis.get(j), "S"),
                Edit::Deletion(i) => (reference.get(i), None, "D"),
                Edit::Insertion(j) => (None, hypothesis.get(j), "I"),
            };
            let (r, h) = (r.map(|token| visible(token)), h.map(|token| visible(token)));
            let width = r.map_or(0, UnicodeWidthStr::width).max(h.map_or(0, UnicodeWidthStr::width)).max(1);
            let stars = "*".repeat(width);
            for (line, cell) in lines.iter_mut().zip([r.unwrap_or(&stars), h.unwrap_or(&stars), mark]) {
                line.push(' ');
                *line += cell;
                *line += &" ".repeat(width.saturating_sub(cell.width()));
            }
        }
        lines.map(|line| line.trim_end().to_string()).join("\n")
    }
}

/// The space between words as a character that shows.
pub(crate) fn visible(token: &str) -> &str {
    if token == " " { "␣" } else { token }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(String::from).collect()
    }

    #[test]
    fn the_alignment_is_the_documented_one_of_the_shortest() {
        let (r, h) = (words("a b c d"), words("a x c"));
        let alignment = align(&r, &h);
        use Edit::*;
        assert_eq!(alignment.edits, [Correct(0, 0), Substitution(1, 1), Correct(2, 2), Deletion(3)]);
        assert_eq!(align(&words("a"), &words("b a a")).edits, [Insertion(0), Insertion(1), Correct(0, 2)]);
        assert_eq!(align(&words("x y"), &words("z")).edits, [Deletion(0), Substitution(1, 0)]);
        assert!(align::<u8>(&[], &[]).edits.is_empty());
    }

    #[test]
    fn counts_and_rate() {
        let counts = align(&words("a b c d"), &words("b x d e")).counts();
        assert_eq!((counts.reference, counts.correct, counts.errors()), (4, 2, 3));
        assert_eq!(counts.rate(), 75.0);
        assert_eq!(align(&[], &[1]).counts().rate(), 100.0);
        assert_eq!(align::<u8>(&[], &[]).counts().rate(), 0.0);
    }

    #[test]
    fn columns_stand_below_each_other() {
        let (r, h) = (words("the café is open"), words("the cafes open"));
        let text = align(&r, &h).print(&r, &h);
        let want = "REF:  the café is    open\nHYP:  the **** cafes open\nEVAL:     D    S";
        assert_eq!(text, want);
        // 東京 takes four columns, e with a combining accent one.
        let (r, h) = (words("東京 is cafe\u{301} x"), words("tokyo cafe x"));
        let want = "REF:  東京 is    cafe\u{301} x\nHYP:  **** tokyo cafe x\nEVAL: D    S     S";
        assert_eq!(align(&r, &h).print(&r, &h), want);
        let (r, h) = (["a", " ", "b"].map(String::from), ["a", "b"].map(String::from));
        assert_eq!(align(&r, &h).print(&r, &h), "REF:  a ␣ b\nHYP:  a * b\nEVAL:   D");
    }
}
