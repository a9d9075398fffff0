//! The matched-pairs sentence-segment word error test.
//!
//! Errors in a sentence depend on each other, so sentences of unlike length and errors within them are no independent
//! samples. Gillick and Cox ("Some statistical issues in the comparison of speech recognition algorithms", ICASSP 1989)
//! cut the speech where both systems are right for long enough that what lies on either side is taken as independent,
//! and compare the two systems' errors segment by segment.

use serde::{Deserialize, Serialize};

use crate::alignment::{Alignment, Edit};

/// Tokens in a row that both systems have right, with nothing inserted between, that end a segment: sclite's number.
const BOUNDARY: usize = 2;

/// What the matched-pairs test says of two systems a and b.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct MatchedPairs {
    /// Segments n in which at least one system errs.
    pub segments: usize,
    /// The mean over the segments of dᵢ = errors of a − errors of b.
    pub mean: f64,
    /// Their deviation s = √(Σ (dᵢ − mean)² / (n − 1)).
    pub deviation: f64,
    /// The statistic W = mean / (s / √n); 0 where s is 0.
    pub statistic: f64,
    /// The two-sided p-value P(|Z| ≥ |W|) of a standard normal Z, as Gillick and Cox take it: with fewer than 50
    /// segments but a rough guide. Where all dᵢ are the same, s is 0 and W means nothing; then it is the sign test's:
    /// 2¹⁻ⁿ, or 1 where they are 0.
    pub p_value: f64,
}

/// The errors of both systems in each segment of one utterance. Both alignments are with the same reference of
/// `reference` tokens.
pub(crate) fn segments(reference: usize, a: &Alignment, b: &Alignment) -> Vec<(usize, usize)> {
    let (a, b) = (errors(reference, a), errors(reference, b));
    let mut segments = Vec::new();
    let (mut segment, mut right) = ((0, 0), 0);
    for i in 0..=reference {
        // what is inserted before a token comes before it, and stands between it and the token before
        let inserted = (a.insertions[i], b.insertions[i]);
        segment = (segment.0 + inserted.0, segment.1 + inserted.1);
        if inserted != (0, 0) {
            right = 0;
        }
        if i == reference {
            break;
        }
        segment = (segment.0 + usize::from(a.wrong[i]), segment.1 + usize::from(b.wrong[i]));
        right = if a.wrong[i] || b.wrong[i] { 0 } else { right + 1 };
        if right >= BOUNDARY && segment != (0, 0) {
            segments.push(std::mem::take(&mut segment));
        }
    }
    if segment != (0, 0) {
        segments.push(segment);
    }
    segments
}

/// The errors at each place of a reference.
struct Errors {
    /// Whether each token is substituted or deleted.
    wrong: Vec<bool>,
    /// Insertions before each token, and after the last.
    insertions: Vec<usize>,
}

fn errors(reference: usize, alignment: &Alignment) -> Errors {
    let mut errors = Errors { wrong: vec![false; reference], insertions: vec![0; reference + 1] };
    let mut next = 0;
    for edit in &alignment.edits {
        match *edit {
            Edit::Correct(i, _) => next = i + 1,
            Edit::Substitution(i, _) | Edit::Deletion(i) => {
                errors.wrong[i] = true;
                next = i + 1;
            }
            Edit::Insertion(_) => errors.insertions[next] += 1,
        }
    }
    errors
}

/// Tests whether two systems err equally often, from both systems' errors in each segment.
pub(crate) fn test(segments: &[(usize, usize)]) -> MatchedPairs {
    let n = segments.len();
    if n == 0 {
        return MatchedPairs { p_value: 1.0, ..MatchedPairs::default() };
    }
    let differences: Vec<f64> = segments.iter().map(|&(a, b)| a as f64 - b as f64).collect();
    let mean = differences.iter().sum::<f64>() / n as f64;
    let squares: f64 = differences.iter().map(|d| (d - mean).powi(2)).sum();
    let deviation = (squares / n.saturating_sub(1).max(1) as f64).sqrt();
    let (statistic, p_value) = if deviation > 0.0 {
        let statistic = mean / (deviation / (n as f64).sqrt());
        (statistic, libm::erfc(statistic.abs() / std::f64::consts::SQRT_2))
    } else if mean == 0.0 {
        (0.0, 1.0)
    } else {
        (0.0, 0.5_f64.powi(n.min(1000) as i32 - 1))
    };
    MatchedPairs { segments: n, mean, deviation, statistic, p_value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alignment::align;

    fn cut(reference: &str, a: &str, b: &str) -> Vec<(usize, usize)> {
        let words = |text: &str| text.split_whitespace().map(String::from).collect::<Vec<_>>();
        let r = words(reference);
        segments(r.len(), &align(&r, &words(a)), &align(&r, &words(b)))
    }

    #[test]
    fn two_right_words_end_a_segment() {
        assert_eq!(cut("a b c d e", "x b c d y", "a b c d e"), [(1, 0), (1, 0)]);
        assert_eq!(cut("a b c", "x b y", "a b c"), [(2, 0)]);
        // The systems err in turn, with one right word between: one segment.
        assert_eq!(cut("a b c d e f g", "x b c d e f g", "a b y d e f z"), [(1, 1), (0, 1)]);
        // An insertion between two right words parts them.
        assert_eq!(cut("a b c d", "x b i c y", "a b c d"), [(3, 0)]);
        assert_eq!(cut("a b", "a b", "a b i j"), [(0, 2)]);
        assert_eq!(cut("a b", "a b", "a b"), []);
        assert_eq!(cut("", "i", ""), [(1, 0)]);
        assert_eq!(cut("", "", ""), []);
    }

    #[test]
    fn the_statistic_is_its_formulas() {
        let result = test(&[(2, 0), (1, 0), (0, 1), (3, 1), (1, 1)]);
        // d = 2, 1, −1, 2, 0: mean 0.8, Σ (d − mean)² = 6.8, s = √1.7
        assert_eq!((result.segments, result.mean), (5, 0.8));
        assert!((result.deviation - 1.7_f64.sqrt()).abs() < 1e-12);
        assert!((result.statistic - 0.8 / (1.7_f64 / 5.0).sqrt()).abs() < 1e-12);
        // 2 · (1 − Φ(1.371989)) from a table of the normal distribution
        assert!((result.p_value - 0.17007).abs() < 1e-4, "{}", result.p_value);
        assert_eq!(test(&[(1, 1), (2, 2)]).p_value, 1.0);
        assert_eq!((test(&[]).p_value, test(&[(9, 0)]).p_value), (1.0, 1.0));
        assert_eq!(test(&[(1, 0); 11]).p_value, 1.0 / 1024.0);
    }
}
