//! Numbers between a lexicon's words and their phones.

use std::path::Path;

use linnet_files::text_lines;

use crate::error::{LONGEST_LINE, TextError};
use crate::signs::shown;
use crate::word::entry_word;

/// The numbers that stand behind every word of a lexicon.
///
/// A lexicon has them on all its lines or on none, so that a digit which is a phone (X-SAMPA's `2` and `9`) stays one:
/// it doesn't stand first in all words, and with others behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Columns {
    /// None: phones follow the word.
    None {
        /// The line of the first word without.
        line: usize,
    },
    /// Its probability, as in Kaldi's `lexiconp.txt`.
    Probability,
    /// Its probability and three numbers about the silence around it, as in the dictionaries of the Montreal Forced
    /// Aligner and Kaldi's `lexiconp_silprob.txt`.
    Silences,
}

impl Columns {
    /// Looks at the whole file.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        // The most numbers that all lines have, whether all first ones can be probabilities, and which of the columns
        // has a number that is no digit.
        let (mut all, mut probable, mut broken) = (usize::MAX, true, [false; 4]);
        for (line, text) in text_lines(bytes, LONGEST_LINE) {
            let Some(fields) = text.ok().and_then(fields) else { continue };
            let numbers: Vec<f64> = fields.clone().map_while(number).take(4).collect();
            let phones = fields.clone().count() - numbers.len();
            // A lone word, and one with numbers alone, has no phones, which is told elsewhere.
            if phones == 0 && fields.clone().all(is_broken) {
                continue;
            }
            let numbers = &numbers[..numbers.len() - usize::from(phones == 0)];
            all = all.min(numbers.len());
            probable &= numbers.first().is_some_and(|first| (0.0..=1.0).contains(first));
            fields.take(4).zip(&mut broken).for_each(|(field, broken)| *broken |= is_broken(field));
            if all == 0 || !probable {
                return Self::None { line };
            }
        }
        match all {
            usize::MAX => Self::None { line: 1 },
            4 if broken[1..].contains(&true) => Self::Silences,
            _ => Self::Probability,
        }
    }

    /// How many there are.
    fn count(self) -> usize {
        match self {
            Self::None { .. } => 0,
            Self::Probability => 1,
            Self::Silences => 4,
        }
    }

    /// The probability among a line's fields behind the word, and the phones behind the numbers.
    pub(crate) fn split<'l>(
        self,
        mut fields: impl Iterator<Item = &'l str> + Clone,
        path: &Path,
        line: usize,
    ) -> Result<(Option<f32>, impl Iterator<Item = &'l str> + Clone), TextError> {
        let fail = |problem| Err(TextError::line(path, line, problem));
        let phones = fields.clone().skip(self.count());
        if let Some(odd) = phones.clone().find(|field| is_broken(field)) {
            let odd = shown(odd);
            return fail(match self {
                Self::None { .. } if number(&odd).is_some_and(|number| !(0.0..=1.0).contains(&number)) => {
                    format!(
                        "{odd} is no phone, and as a probability it must be from 0 to 1; write WORD PROBABILITY PHONE PHONE …"
                    )
                }
                Self::None { line } => format!(
                    "{odd} is a probability and no phone, and line {line} has none; give every word one, or write \
                     WORD PHONE PHONE … as in Kaldi's lexicon.txt"
                ),
                _ => format!(
                    "{odd} is a number and no phone; write WORD PROBABILITY PHONE PHONE …, or four numbers as the \
                     Montreal Forced Aligner has them"
                ),
            });
        }
        if matches!(self, Self::None { .. }) {
            return Ok((None, phones));
        }
        // The file as a whole has shown that it is one.
        Ok((fields.next().and_then(number).map(|number| number as f32), phones))
    }
}

/// The fields behind a line's word, comments apart; `None` without any.
fn fields(line: &str) -> Option<impl Iterator<Item = &str> + Clone> {
    let mut fields = line.split_whitespace();
    fields.next().and_then(entry_word)?;
    let fields = fields.take_while(|field| !field.starts_with('#'));
    fields.clone().next().is_some().then_some(fields)
}

/// A finite number; not the words that Rust takes for one.
fn number(field: &str) -> Option<f64> {
    let begins = field.starts_with(|c: char| c.is_ascii_digit() || ".+-".contains(c));
    field.parse().ok().filter(|number: &f64| begins && number.is_finite())
}

/// Whether a field is a number that no phone is called: one with a point or an exponent's sign.
fn is_broken(field: &str) -> bool {
    number(field).is_some() && (field.contains('.') || field[1..].contains(['+', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_file_tells() {
        let none = |line| Columns::None { line };
        for (text, wanted) in [
            ("a 0.5 AH\nb 1 B\n", Columns::Probability),
            ("a 1.0 AH\na 1e-05 EY\n", Columns::Probability),
            ("a 1 AH\nb 1 B\n", Columns::Probability),
            ("# a comment\n\na\t0.5\t2\t9 # another\nb 0.5 2 2:\n", Columns::Probability),
            ("kava\t1\t0.12\t1.4\t0.9\tk a v a\nb 0.5 1 1 1 b\n", Columns::Silences),
            ("a 0.5 1 1 1\nb 0.5 1 1 1 1\n", Columns::Probability),
            ("\u{f8} 2\n", none(1)),
            ("eu 2\noeuf 9 f\n", none(1)),
            ("a 1 AH\noeuvre 2 v R\n", none(2)),
            ("a 1\nb 1 2\n", none(1)),
            ("a 0.5 AH\nb B\n", none(2)),
            ("a nan AH\nb inf B\n", none(1)),
            ("", none(1)),
        ] {
            assert_eq!(Columns::of(text.as_bytes()), wanted, "{text}");
        }
    }
}
