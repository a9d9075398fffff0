//! Hotwords in the units of tokens: whatever row of tokens spells a phrase steps along it.

use std::collections::{HashMap, HashSet};

use linnet_text::TokenTable;

use super::biasing::{Biasing, Symbol};
use super::boundary::Boundary;
use super::hotwords::{HotwordError, Hotwords};
use super::tree::NONE;
use super::trie::{BETWEEN, LexiconTrie, Pieces, characters};

/// The end of a word where no label ends it; no unit of a token.
const END: Symbol = (NONE, NONE);

/// How the ends of words are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WordEnds {
    /// The label of an edge: its word's number in the lexicon.
    Label,
    /// The unit between words, and the end of the utterance.
    Between,
    /// Nothing: tokens are phones, each by itself.
    Nowhere,
}

/// Phrases, ready for the search.
#[derive(Clone, Debug)]
pub(crate) struct Phrases {
    biasing: Biasing,
    pieces: Pieces,
    ends: WordEnds,
    /// The most that one token can add.
    pub(crate) most: f64,
}

impl Phrases {
    /// Phrases of the words of a lexicon, or without one of whatever the tokens spell.
    pub(crate) fn new(
        hotwords: &Hotwords,
        table: &TokenTable,
        lexicon: Option<&LexiconTrie>,
    ) -> Result<Self, HotwordError> {
        let speller = Speller::new(hotwords, table, lexicon);
        let spelt = hotwords.spelt(&speller).collect::<Result<Vec<_>, _>>()?;
        let ends = speller.ends;
        let pieces = match speller.way {
            Way::Lexicon { pieces, .. } => pieces.clone(),
            Way::Characters { pieces, .. } => pieces,
            Way::Tokens(table) => Pieces::tokens(table, Boundary::None),
        };
        let biasing = Biasing::new(spelt, ends != WordEnds::Nowhere)?;
        let most = biasing.most * pieces.longest() as f64;
        Ok(Self { biasing, pieces, ends, most })
    }

    /// The state behind a token with its label, and what it adds.
    #[inline(always)]
    pub(crate) fn step(&self, mut state: u32, token: u32, label: u32) -> (u32, f64) {
        let units = self.pieces.of(token);
        let mut sum = 0.0;
        for (place, &unit) in units.iter().enumerate() {
            let label = if place + 1 == units.len() && self.ends == WordEnds::Label { label } else { NONE };
            let (next, gain) = if unit == BETWEEN && self.ends == WordEnds::Between {
                self.end_word(state)
            } else {
                self.biasing.step(state, (unit, label), label != NONE)
            };
            (state, sum) = (next, sum + gain);
        }
        (state, sum)
    }

    /// Ends the word, if one has begun: further boundaries between words are none.
    fn end_word(&self, state: u32) -> (u32, f64) {
        if self.biasing.is_between_words(state) { (state, 0.0) } else { self.biasing.step(state, END, true) }
    }

    /// The score of the utterance's end.
    pub(crate) fn end(&self, state: u32) -> f64 {
        let (state, gain) = if self.ends == WordEnds::Between { self.end_word(state) } else { (state, 0.0) };
        gain + self.biasing.end(state)
    }
}

/// How the words of phrases are spelt.
pub(crate) struct Speller<'a> {
    way: Way<'a>,
    ends: WordEnds,
}

enum Way<'a> {
    /// As the lexicon has them: each word's number, and its rows of units.
    Lexicon { pieces: &'a Pieces, rows: HashMap<&'a str, (u32, Vec<Vec<u32>>)>, boundary: Option<u32> },
    /// As they are written.
    Characters { pieces: Pieces, mark: bool },
    /// Each word is a token.
    Tokens(&'a TokenTable),
}

impl<'a> Speller<'a> {
    pub(crate) fn new(hotwords: &Hotwords, table: &'a TokenTable, lexicon: Option<&'a LexiconTrie>) -> Self {
        if let Some(trie) = lexicon.filter(|trie| !trie.is_over_tokens()) {
            return Self { way: Way::lexicon(hotwords, trie), ends: WordEnds::Label };
        }
        let boundary = Boundary::of(table);
        if boundary == Boundary::None {
            return Self { way: Way::Tokens(table), ends: WordEnds::Nowhere };
        }
        let pieces = Pieces::characters(table, boundary);
        Self { way: Way::Characters { pieces, mark: boundary == Boundary::Mark }, ends: WordEnds::Between }
    }

    /// A word's alternatives, or what of it can't be spelt.
    pub(crate) fn spell(&self, word: &str) -> Result<Vec<Vec<(Symbol, bool)>>, String> {
        let plain = |unit: u32| ((unit, NONE), false);
        match &self.way {
            Way::Lexicon { rows, boundary, .. } => {
                let (id, rows) = rows.get(word).ok_or(word)?;
                let symbols = |row: &Vec<u32>| {
                    let mut symbols: Vec<_> = row.iter().copied().chain(*boundary).map(plain).collect();
                    if let Some(last) = symbols.last_mut() {
                        *last = ((last.0.0, *id), true);
                    }
                    symbols
                };
                Ok(rows.iter().map(symbols).collect())
            }
            Way::Characters { pieces, mark } => {
                let units = characters(word);
                let whole: Vec<u32> = mark.then_some(BETWEEN).into_iter().chain(units.clone()).collect();
                pieces.spell(&whole).map_err(|place| {
                    let place = place.saturating_sub(usize::from(*mark));
                    word.chars().nth(place).map(String::from).unwrap_or_default()
                })?;
                Ok(vec![units.into_iter().map(plain).chain([(END, true)]).collect()])
            }
            Way::Tokens(table) => {
                let token = table.id(word).filter(|&id| id != 0).ok_or(word)?;
                Ok(vec![vec![plain(token)]])
            }
        }
    }
}

impl<'a> Way<'a> {
    /// The spellings of those words of a lexicon that phrases have.
    fn lexicon(hotwords: &Hotwords, trie: &'a LexiconTrie) -> Self {
        let wanted: HashSet<&str> = hotwords.words().collect();
        let mut rows: HashMap<&str, (u32, Vec<Vec<u32>>)> = HashMap::new();
        for node in 0..trie.nodes() as u32 {
            for &id in trie.endings(node) {
                let word = trie.words()[id as usize].as_str();
                if wanted.contains(word) {
                    rows.entry(word).or_insert((id, Vec::new())).1.push(trie.units_to(node));
                }
            }
        }
        let boundary = trie.boundary().token().and_then(|token| trie.pieces().of(token).first().copied());
        Self::Lexicon { pieces: trie.pieces(), rows, boundary }
    }
}
