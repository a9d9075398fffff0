//! The Levenshtein alignment of two sequences.

use unicode_width::UnicodeWidthStr;

use crate::counts::ErrorCounts;

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

/// The steps from a reference to a hypothesis with the fewest errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alignment {
    /// The steps in order.
    pub edits: Vec<Edit>,
}

/// Aligns a hypothesis with its reference, all errors costing 1 (Levenshtein, 1966).
///
/// Of several alignments with the fewest errors the one is taken that, read from the end, prefers a match or
/// substitution to a deletion and a deletion to an insertion. Time and memory O(reference · hypothesis);
/// [`count_errors`](crate::count_errors) needs less memory where the counts are enough.
pub fn align<T: Eq>(reference: &[T], hypothesis: &[T]) -> Alignment {
    let (rows, columns) = (reference.len() + 1, hypothesis.len() + 1);
    let mut cost: Vec<u32> = vec![0; rows * columns];
    cost.iter_mut().take(columns).zip(0..).for_each(|(cost, insertions)| *cost = insertions);
    for i in 1..rows {
        let (above, row) = cost[(i - 1) * columns..(i + 1) * columns].split_at_mut(columns);
        row[0] = i as u32;
        for j in 1..columns {
            let diagonal = above[j - 1] + u32::from(reference[i - 1] != hypothesis[j - 1]);
            row[j] = diagonal.min(above[j] + 1).min(row[j - 1] + 1);
        }
    }
    let (mut i, mut j) = (reference.len(), hypothesis.len());
    let mut edits = Vec::with_capacity(i.max(j));
    while i > 0 || j > 0 {
        let here = cost[i * columns + j];
        let same = i > 0 && j > 0 && reference[i - 1] == hypothesis[j - 1];
        if i > 0 && j > 0 && cost[(i - 1) * columns + j - 1] + u32::from(!same) == here {
            (i, j) = (i - 1, j - 1);
            edits.push(if same { Edit::Correct(i, j) } else { Edit::Substitution(i, j) });
        } else if i > 0 && cost[(i - 1) * columns + j] + 1 == here {
            i -= 1;
            edits.push(Edit::Deletion(i));
        } else {
            j -= 1;
            edits.push(Edit::Insertion(j));
        }
    }
    edits.reverse();
    Alignment { edits }
}

impl Alignment {
    /// The errors.
    pub fn counts(&self) -> ErrorCounts {
        let mut counts = ErrorCounts::default();
        for edit in &self.edits {
            match edit {
                Edit::Correct(..) => counts.correct += 1,
                Edit::Substitution(..) => counts.substitutions += 1,
                Edit::Deletion(_) => counts.deletions += 1,
                Edit::Insertion(_) => counts.insertions += 1,
            }
        }
        counts.reference = counts.correct + counts.substitutions + counts.deletions;
        counts
    }

    /// Three lines, `REF`, `HYP` and `EVAL`, whose columns stand below each other in a fixed-width font; errors are S, D
    /// and I. The sequences are those that were aligned.
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
fn visible(token: &str) -> &str {
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
