//! Phrases that are worth more than the models say.

use std::collections::VecDeque;

use linnet_text::TokenTable;
use thiserror::Error;

use super::boundary::{Boundary, MARK, is_marked};
use super::tree::NONE;
use super::trie::spell;

/// Why phrases don't fit a token table or a lexicon.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum HotwordError {
    /// There is nothing in a phrase.
    #[error("hotword phrase {number} is empty")]
    Empty {
        /// Which phrase, from 1.
        number: usize,
    },
    /// A weight is none.
    #[error("the hotword phrase {phrase:?} has the weight {weight}: it must be above 0 and at most 100")]
    Weight {
        /// The phrase.
        phrase: String,
        /// Its weight.
        weight: f32,
    },
    /// A word is in no lexicon, or no tokens spell it.
    #[error("the hotword phrase {phrase:?} has {word:?}, which the lexicon or the token table can't spell")]
    Unknown {
        /// The phrase.
        phrase: String,
        /// What can't be spelt.
        word: String,
    },
    /// The phrases' pronunciations multiply too far.
    #[error("the hotword phrases have more than {most} prefixes: use fewer phrases, or shorter ones")]
    TooMany {
        /// The most.
        most: usize,
    },
}

/// The most that a phrase, or a word's bonus, may add to a score: probabilities are numbers still.
pub(crate) const MOST_WEIGHT: f32 = 100.0;

/// Phrases, each with the natural logarithm that its occurrence adds to a hypothesis' score, above 0 and at most 100.
///
/// A phrase begins and ends with whole words. Where there is no lexicon, tokens may spell a word in several ways; the
/// one of fewest tokens counts, of these the one whose first tokens are longer. Its weight is paid out evenly as its
/// tokens arrive, and what was paid is taken back when the phrase breaks off. Where one phrase begins another, a place
/// counts as the more valuable of those that are complete; of phrases that overlap otherwise, each counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hotwords {
    phrases: Vec<(String, f32)>,
}

impl Hotwords {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a phrase, words parted by spaces; phones parted by spaces if there is neither a lexicon nor a `<space>`.
    pub fn add(&mut self, phrase: &str, weight: f32) {
        self.phrases.push((phrase.to_string(), weight));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }
}

/// What an edge of the search brings: a token and a label.
pub(crate) type Symbol = (u32, u32);

/// Nothing matched, at the beginning of a word.
pub(crate) const OUTSIDE: u32 = 0;

/// Nothing matched, within a word: no phrase can begin here.
const WITHIN: u32 = u32::MAX;

const MOST_STATES: usize = 1 << 20;

/// The phrases as an automaton with failure links (Aho and Corasick 1975).
#[derive(Clone, Debug)]
pub(crate) struct Biasing {
    states: Vec<State>,
    /// The most that one edge can add.
    pub(crate) most: f64,
    /// Whether phrases begin at words' beginnings only.
    whole_words: bool,
}

#[derive(Clone, Debug, Default)]
struct State {
    /// By symbol, in order.
    next: Vec<(Symbol, u32)>,
    failure: u32,
    /// What is paid out here, and what remains of it if the phrase breaks off.
    paid: f64,
    kept: f64,
    /// Whether the last symbol ends a word.
    ends_word: bool,
}

/// How a phrase's words are spelt: for each word its alternatives, each a row of symbols with whether a word ends
/// there.
pub(crate) type Spelling = Vec<Vec<Vec<(Symbol, bool)>>>;

impl Biasing {
    /// The automaton of the phrases; `spell` gives a phrase's symbols, or the word that can't be spelt.
    pub(crate) fn new(
        hotwords: &Hotwords,
        whole_words: bool,
        spell: impl Fn(&str) -> Result<Spelling, String>,
    ) -> Result<Self, HotwordError> {
        let mut biasing = Self { states: vec![State::default()], most: 0.0, whole_words };
        for (index, (phrase, weight)) in hotwords.phrases.iter().enumerate() {
            if !(*weight > 0.0 && *weight <= MOST_WEIGHT) {
                return Err(HotwordError::Weight { phrase: phrase.clone(), weight: *weight });
            }
            let words =
                spell(phrase).map_err(|word| HotwordError::Unknown { phrase: phrase.clone(), word })?;
            if words.is_empty() {
                return Err(HotwordError::Empty { number: index + 1 });
            }
            biasing.add(&words, f64::from(*weight))?;
        }
        biasing.link();
        Ok(biasing)
    }

    fn add(&mut self, words: &Spelling, weight: f64) -> Result<(), HotwordError> {
        let mut ends = vec![OUTSIDE];
        for (index, alternatives) in words.iter().enumerate() {
            let mut next_ends = Vec::new();
            for (&end, row) in itertools::iproduct!(&ends, alternatives) {
                let mut state = end;
                for (place, &(symbol, ends_word)) in row.iter().enumerate() {
                    state = self.child(state, symbol, ends_word)?;
                    let share = (index as f64 + (place + 1) as f64 / row.len() as f64) / words.len() as f64;
                    let paid = &mut self.states[state as usize].paid;
                    *paid = paid.max(weight * share);
                }
                next_ends.push(state);
            }
            next_ends.sort_unstable();
            next_ends.dedup();
            ends = next_ends;
        }
        for end in ends {
            let state = &mut self.states[end as usize];
            state.kept = state.kept.max(weight);
        }
        Ok(())
    }

    fn child(&mut self, state: u32, symbol: Symbol, ends_word: bool) -> Result<u32, HotwordError> {
        let count = self.states.len();
        let next = &mut self.states[state as usize].next;
        match next.binary_search_by_key(&symbol, |&(symbol, _)| symbol) {
            Ok(place) => Ok(next[place].1),
            Err(_) if count == MOST_STATES => Err(HotwordError::TooMany { most: MOST_STATES }),
            Err(place) => {
                next.insert(place, (symbol, count as u32));
                self.states.push(State { ends_word, ..State::default() });
                Ok(count as u32)
            }
        }
    }

    /// Failure links, and what a state keeps of the phrases that end before it, breadth first.
    fn link(&mut self) {
        let mut open = VecDeque::from([OUTSIDE]);
        while let Some(parent) = open.pop_front() {
            for (symbol, child) in self.states[parent as usize].next.clone() {
                let ends_word = self.states[child as usize].ends_word;
                let failure = match parent {
                    OUTSIDE => self.nothing(ends_word),
                    _ => self.step(self.states[parent as usize].failure, symbol, ends_word).0,
                };
                let kept = self.states[parent as usize].kept;
                let state = &mut self.states[child as usize];
                state.failure = failure;
                state.kept = state.kept.max(kept);
                state.paid = state.paid.max(state.kept);
                open.push_back(child);
            }
        }
        self.most = (0..self.states.len() as u32).map(|state| self.most_from(state)).fold(0.0, f64::max);
    }

    /// The most that one symbol can add behind a state.
    fn most_from(&self, mut state: u32) -> f64 {
        let (mut sum, mut most) = (-self.paid(state), 0.0f64);
        while let Some(here) = self.states.get(state as usize) {
            let next = here.next.iter().map(|&(_, next)| self.paid(next)).fold(0.0, f64::max);
            most = most.max(sum + next);
            sum += here.kept;
            if state == OUTSIDE {
                break;
            }
            state = here.failure;
        }
        most.max(sum)
    }

    fn nothing(&self, ends_word: bool) -> u32 {
        if ends_word || !self.whole_words { OUTSIDE } else { WITHIN }
    }

    /// The state behind a symbol, and what it adds.
    pub(crate) fn step(&self, mut state: u32, symbol: Symbol, ends_word: bool) -> (u32, f64) {
        let mut sum = 0.0;
        loop {
            if state == WITHIN {
                return (self.nothing(ends_word), sum);
            }
            let here = &self.states[state as usize];
            if let Ok(place) = here.next.binary_search_by_key(&symbol, |&(symbol, _)| symbol) {
                let next = here.next[place].1;
                return (next, sum + self.states[next as usize].paid - here.paid);
            }
            sum += here.kept - here.paid;
            if state == OUTSIDE {
                return (self.nothing(ends_word), sum);
            }
            state = here.failure;
            sum += self.paid(state);
        }
    }

    fn paid(&self, state: u32) -> f64 {
        self.states.get(state as usize).map_or(0.0, |state| state.paid)
    }

    /// What ending here adds: all that was paid for unfinished phrases is taken back.
    pub(crate) fn end(&self, mut state: u32) -> f64 {
        let mut sum = -self.paid(state);
        while let Some(here) = self.states.get(state as usize).filter(|_| state != OUTSIDE) {
            sum += here.kept;
            state = here.failure;
        }
        sum
    }
}

/// What ends a word where its successor's first token says that it is over; no token of a table.
const END: Symbol = (NONE, NONE);

/// Phrases where no lexicon says which words there are.
#[derive(Clone, Debug)]
pub(crate) struct FreePhrases {
    biasing: Biasing,
    boundary: Boundary,
    /// Whether a token begins a word by its `▁`.
    marked: Vec<bool>,
}

impl FreePhrases {
    pub(crate) fn new(
        hotwords: &Hotwords,
        boundary: Boundary,
        table: &TokenTable,
    ) -> Result<Self, HotwordError> {
        let marked = match boundary {
            Boundary::Mark => (0..table.len() as u32).map(|id| is_marked(table, id)).collect(),
            _ => Vec::new(),
        };
        let spell = |phrase: &str| spell_freely(phrase, table, boundary);
        let biasing = Biasing::new(hotwords, boundary != Boundary::None, spell)?;
        Ok(Self { biasing, boundary, marked })
    }

    /// The state behind a token, and what it adds.
    pub(crate) fn step(&self, state: u32, token: u32) -> (u32, f64) {
        let (state, ended) = match self.marked.get(token as usize) {
            Some(true) => self.biasing.step(state, END, true),
            _ => (state, 0.0),
        };
        let (state, gain) = self.biasing.step(state, (token, NONE), Some(token) == self.boundary.token());
        (state, ended + gain)
    }

    /// The most that a token can add, which may end a word and begin another.
    pub(crate) fn most(&self) -> f64 {
        if self.marked.is_empty() { self.biasing.most } else { 2.0 * self.biasing.most }
    }

    /// What it adds that the utterance ends, and with it the last word.
    pub(crate) fn end(&self, state: u32) -> f64 {
        let last = match self.boundary {
            Boundary::Token(token) => Some((token, NONE)),
            Boundary::Mark => Some(END),
            Boundary::None => None,
        };
        let (state, gain) = last.map_or((state, 0.0), |symbol| self.biasing.step(state, symbol, true));
        gain + self.biasing.end(state)
    }
}

/// A phrase's symbols; see [`Boundary`].
fn spell_freely(phrase: &str, table: &TokenTable, boundary: Boundary) -> Result<Spelling, String> {
    let words = phrase.split_whitespace();
    let spelt = words.map(|word| {
        let (row, end) = match boundary {
            Boundary::Token(token) => (spell(word, table)?, Some((token, NONE))),
            Boundary::Mark => (spell(&format!("{MARK}{word}"), table)?, Some(END)),
            Boundary::None => (vec![table.id(word).filter(|&id| id != 0).ok_or(word)?], None),
        };
        let symbols = row.into_iter().map(|token| ((token, NONE), false));
        Ok(vec![symbols.chain(end.map(|end| (end, true))).collect()])
    });
    spelt.collect()
}
