//! Where words end in a row of tokens, when no lexicon says it.

use std::ops::Range;

use itertools::Itertools;
use linnet_text::{SPACE, TokenTable};

/// What begins the first token of a word in SentencePiece's tables.
pub(crate) const MARK: char = '▁';

/// How a token table parts words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Boundary {
    /// A token of its own stands between words: `<space>`.
    Token(u32),
    /// A word's first token begins with `▁`.
    Mark,
    /// Not at all: phones, for one.
    None,
}

/// Whether a table's tokens spell words, so that no lexicon need say where these end: it has `<space>`, or symbols that
/// begin with `▁`.
pub fn spells_words(table: &TokenTable) -> bool {
    Boundary::of(table) != Boundary::None
}

/// Whether a token is the first of a word by its mark.
pub(crate) fn is_marked(table: &TokenTable, token: u32) -> bool {
    table.symbol(token).is_some_and(|symbol| symbol.starts_with(MARK))
}

impl Boundary {
    pub(crate) fn of(table: &TokenTable) -> Self {
        match table.id(SPACE) {
            Some(space) => Self::Token(space),
            None if (0..table.len() as u32).any(|id| is_marked(table, id)) => Self::Mark,
            None => Self::None,
        }
    }

    /// The token between words.
    pub(crate) fn token(self) -> Option<u32> {
        match self {
            Self::Token(token) => Some(token),
            _ => None,
        }
    }

    /// The words in a row of tokens: their tokens, and their texts.
    pub(crate) fn words(self, tokens: &[u32], table: &TokenTable) -> Vec<(Range<usize>, String)> {
        let symbol = |token: u32| table.symbol(token).unwrap_or_default();
        // A word's number: boundaries get the next word's, and are no part of it.
        let number = tokens.iter().scan(0, |words, &token| {
            let begins = match self {
                Self::Token(boundary) => token == boundary,
                Self::Mark => is_marked(table, token),
                Self::None => false,
            };
            *words += usize::from(begins);
            Some(*words)
        });
        if self == Self::None {
            return Vec::new();
        }
        let runs = number.enumerate().chunk_by(|&(_, number)| number);
        let ranges = runs.into_iter().filter_map(|(_, run)| {
            let mut places = run.map(|(place, _)| place).filter(|&place| Some(tokens[place]) != self.token());
            let first = places.next()?;
            Some(first..places.last().unwrap_or(first) + 1)
        });
        ranges
            .map(|range| {
                let text: String = tokens[range.clone()].iter().map(|&token| symbol(token)).collect();
                (range, text.trim_start_matches(MARK).to_string())
            })
            .filter(|(_, text)| !text.is_empty())
            .collect()
    }
}
