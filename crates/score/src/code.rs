//! Sequences as small numbers: tokens that are equal get the same one.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::FixedState;

use crate::units::{each_char, each_word};

/// A reference and a hypothesis whose tokens are numbers.
#[derive(Debug, Default)]
pub(crate) struct Coded {
    /// The reference's tokens, below `symbols`.
    pub(crate) reference: Vec<u32>,
    /// The hypothesis's; those that the reference lacks may all be `symbols`.
    pub(crate) hypothesis: Vec<u32>,
    /// More than the reference's greatest number.
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

/// A token of a text that is counted: a word or a character.
pub(crate) trait Token<'a>: Copy + Eq + Hash + Ord + ToString + Send {
    /// Hands over a text's tokens.
    fn each(text: &'a str, each: impl FnMut(Self));

    /// Its place in a table of the commonest tokens, where it has one.
    fn common(self) -> Option<usize>;

    /// The length in bytes of an end that both texts share and that begins with a token in both.
    fn common_end(_reference: &str, _hypothesis: &str) -> usize {
        0
    }
}

impl<'a> Token<'a> for &'a str {
    fn each(text: &'a str, each: impl FnMut(Self)) {
        each_word(text, each);
    }

    fn common(self) -> Option<usize> {
        None
    }

    fn common_end(reference: &str, hypothesis: &str) -> usize {
        let both = reference.bytes().rev().zip(hypothesis.bytes().rev());
        let same = both.take_while(|(r, h)| r == h).count();
        if same == reference.len() && same == hypothesis.len() {
            return same;
        }
        // Behind the first blank: what comes before may be the end of a longer word.
        let end = &reference.as_bytes()[reference.len() - same..];
        end.iter().position(|&byte| byte == b' ').map_or(0, |blank| same - blank - 1)
    }
}

impl<'a> Token<'a> for char {
    fn each(text: &'a str, each: impl FnMut(Self)) {
        each_char(text, each);
    }

    fn common(self) -> Option<usize> {
        Some(self as usize).filter(|&code| code < COMMON)
    }
}

/// The table's length: ASCII.
const COMMON: usize = 128;
/// What stands in a table for no number.
const NONE: u32 = u32::MAX;

/// The tokens of many pairs, numbered in the order in which they are met.
#[derive(Debug)]
pub(crate) struct Vocabulary<T> {
    /// The tokens.
    pub(crate) tokens: Vec<T>,
    numbers: HashMap<T, u32, FixedState>,
    /// The numbers of the commonest tokens.
    common: [u32; COMMON],
    /// For each number, the last pair whose reference had it, and what it was coded as there.
    last: Vec<(usize, u32)>,
    pairs: usize,
}

impl<'a, T: Token<'a>> Vocabulary<T> {
    pub(crate) fn new() -> Self {
        let numbers = HashMap::default();
        Self { tokens: Vec::new(), numbers, common: [NONE; COMMON], last: Vec::new(), pairs: 0 }
    }

    /// A token's number.
    #[inline]
    pub(crate) fn number(&mut self, token: T) -> u32 {
        match token.common().map(|place| self.common[place]) {
            Some(number) if number != NONE => number,
            _ => self.look_up(token),
        }
    }

    /// The number of a token that isn't among the commonest, or that is new.
    fn look_up(&mut self, token: T) -> u32 {
        let next = self.tokens.len() as u32;
        let number = match token.common() {
            Some(place) => {
                self.common[place] = next;
                next
            }
            None => *self.numbers.entry(token).or_insert(next),
        };
        if number == next {
            self.tokens.push(token);
            self.last.push((0, 0));
        }
        number
    }

    /// Forgets all tokens.
    pub(crate) fn clear(&mut self) {
        self.tokens.clear();
        self.numbers.clear();
        self.common.fill(NONE);
        self.last.clear();
    }

    /// Codes a pair of sequences of numbers by those that are in it, so that an alignment's tables stay small.
    pub(crate) fn code(&mut self, numbers: &Coded, coded: &mut Coded) {
        self.pairs += 1;
        let Self { last, pairs, .. } = self;
        coded.symbols = 0;
        coded.reference.clear();
        coded.reference.extend(numbers.reference.iter().map(|&number| {
            let last = &mut last[number as usize];
            if last.0 != *pairs {
                *last = (*pairs, coded.symbols);
                coded.symbols += 1;
            }
            last.1
        }));
        let symbols = coded.symbols;
        coded.hypothesis.clear();
        coded.hypothesis.extend(numbers.hypothesis.iter().map(|&number| {
            let last = last[number as usize];
            if last.0 == *pairs { last.1 } else { symbols }
        }));
    }
}
