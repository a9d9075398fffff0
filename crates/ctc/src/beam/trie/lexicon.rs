//! Words in the units of a token table, and the edges that tokens make between them.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use linnet_text::{Lexicon, TokenTable};

use super::build::{Graph, Path};
use super::error::TrieError;
use super::pieces::{BETWEEN, Pieces, characters};
use crate::beam::boundary::Boundary;

/// All units of all spellings.
const MOST: usize = 1 << 30;

/// The root of the trie.
pub(crate) const START: u32 = 0;

/// Words by their pronunciations or spellings; a word may have several, and several words the same.
///
/// Pronunciations are rows of tokens. Spellings are texts, and whatever row of tokens spells a text counts: `more` is
/// `▁more` and `▁m or e` alike. If the token table has `<space>`, one must stand between two words.
#[derive(Clone, Debug)]
pub struct LexiconTrie {
    words: Vec<String>,
    boundary: Boundary,
    tokens: usize,
    pieces: Pieces,
    graph: Graph,
    /// Whether each token is a word, so that the search finds tokens.
    over_tokens: bool,
}

/// A word with its units.
type Row<'a> = (&'a str, Vec<u32>);

/// The least weight of a pronunciation, in natural logarithms: those of probability 0 have no other.
const LEAST_WEIGHT: f32 = -100.0;

/// A word that no tokens spell, and the first of its characters that none reach.
type Unspelt<'a> = (&'a str, String);

impl LexiconTrie {
    /// The trie of these words' pronunciations.
    ///
    /// Where the lexicon has probabilities, a pronunciation weighs the logarithm of its own over that of the word's most
    /// probable one. So no word loses by having several pronunciations, whether a file's probabilities sum to 1, as
    /// grapheme-to-phoneme models give them, or the highest of each word is 1, as Kaldi and the Montreal Forced Aligner
    /// write them.
    ///
    /// # Errors
    ///
    /// If a word isn't in the lexicon, or one of its phones not in the table.
    pub fn from_lexicon<'a>(
        lexicon: &Lexicon,
        words: impl IntoIterator<Item = &'a str>,
        table: &TokenTable,
    ) -> Result<Self, TrieError> {
        let (mut rows, mut weights) = (Vec::new(), Vec::new());
        for word in words {
            let pronunciations = lexicon.lookup(word);
            match lexicon.probabilities(word) {
                Some(probabilities) => weights.extend(relative(probabilities)),
                None => weights.resize(weights.len() + pronunciations.len(), 0.0),
            }
            if pronunciations.is_empty() {
                return Err(TrieError::NoPronunciation { word: word.to_string() });
            }
            for phones in pronunciations {
                let id = |phone: &Arc<str>| {
                    let missing = || TrieError::NoToken { word: word.to_string(), token: phone.to_string() };
                    table.id(phone).ok_or_else(missing)
                };
                rows.push((word, phones.iter().map(id).collect::<Result<_, _>>()?));
            }
        }
        Self::weighted(rows, &weights, table)
    }

    /// The trie of words with their token ids; a word may occur more than once.
    ///
    /// No other rows of tokens count, even if they spell the same: see [`from_spellings`](Self::from_spellings).
    ///
    /// # Errors
    ///
    /// If a row of tokens is empty, or has an id that isn't in the table, the blank 0, or `<space>`.
    pub fn from_tokens<'a>(
        rows: impl IntoIterator<Item = (&'a str, Vec<u32>)>,
        table: &TokenTable,
    ) -> Result<Self, TrieError> {
        Self::weighted(rows, &[], table)
    }

    /// The trie of words with their token ids and the weights of these rows, none standing for 0.
    fn weighted<'a>(
        rows: impl IntoIterator<Item = (&'a str, Vec<u32>)>,
        weights: &[f32],
        table: &TokenTable,
    ) -> Result<Self, TrieError> {
        let boundary = Boundary::of(table);
        let bad = |&id: &u32| id == 0 || id as usize >= table.len() || Some(id) == boundary.token();
        let checked = |(word, tokens): Row<'a>| match tokens.is_empty() || tokens.iter().any(bad) {
            true => Err(TrieError::BadTokens { word: word.to_string(), tokens }),
            false => Ok((word, tokens)),
        };
        let rows = rows.into_iter().map(checked).collect::<Result<Vec<_>, _>>()?;
        Self::new(rows, weights, table, boundary, Pieces::tokens(table, boundary))
    }

    /// The trie of these words as they are written: any row of tokens that spells a word is that word.
    ///
    /// Where the table's symbols mark the beginning of words by `▁`, a spelling begins with it.
    ///
    /// # Errors
    ///
    /// If no tokens spell a word.
    pub fn from_spellings<'a>(
        words: impl IntoIterator<Item = &'a str>,
        table: &TokenTable,
    ) -> Result<Self, TrieError> {
        let (trie, unspelt) = Self::from_texts(words.into_iter().map(|word| (word, word)), table)?;
        match unspelt.into_iter().next() {
            None => Ok(trie),
            Some((word, token)) => Err(TrieError::NoToken { word: word.to_string(), token }),
        }
    }

    /// The trie of words with the texts that their tokens spell, as `("2", "two")`; a word may occur more than once.
    ///
    /// Returns also the words none of whose texts any tokens spell, in order, each with the first character that no
    /// row of tokens reaches. A text may leave out its first `▁`.
    ///
    /// # Errors
    ///
    /// If no word is left.
    pub fn from_texts<'a>(
        texts: impl IntoIterator<Item = (&'a str, &'a str)>,
        table: &TokenTable,
    ) -> Result<(Self, Vec<Unspelt<'a>>), TrieError> {
        let boundary = Boundary::of(table);
        let pieces = Pieces::characters(table, boundary);
        let (mut rows, mut unspelt): (Vec<Row<'a>>, Vec<Unspelt<'a>>) = (Vec::new(), Vec::new());
        for (word, text) in texts {
            let mut units = characters(text);
            if boundary == Boundary::Mark && units.first() != Some(&BETWEEN) {
                units.insert(0, BETWEEN);
            }
            match pieces.spell(&units) {
                Ok(()) if !units.is_empty() => rows.push((word, units)),
                spelt => {
                    let place = spelt.err().unwrap_or(0);
                    let unit = units.get(place).and_then(|&unit| char::from_u32(unit));
                    unspelt.push((word, unit.map(String::from).unwrap_or_default()));
                }
            }
        }
        let spelt: HashSet<&str> = rows.iter().map(|&(word, _)| word).collect();
        unspelt.retain(|(word, _)| !spelt.contains(word));
        unspelt.dedup_by(|a, b| a.0 == b.0);
        if let (true, Some((word, token))) = (rows.is_empty(), unspelt.first()) {
            return Err(TrieError::NoToken { word: word.to_string(), token: token.clone() });
        }
        Ok((Self::new(rows, &[], table, boundary, pieces)?, unspelt))
    }

    /// The trie in which each token is a word, for a language model over tokens; `names` are those that the model has
    /// for the tokens but the blank, in the order of their ids.
    ///
    /// Hypotheses have the words that the tokens spell, as without a lexicon.
    ///
    /// # Errors
    ///
    /// If there are more or fewer names than tokens beside the blank, or none.
    pub fn over_tokens(names: &[&str], table: &TokenTable) -> Result<Self, TrieError> {
        if names.len() + 1 != table.len() {
            return Err(TrieError::Names { names: names.len(), tokens: table.len() - 1 });
        }
        let rows = names.iter().zip(1..).map(|(&name, token)| (name, vec![token])).collect();
        let pieces = Pieces::tokens(table, Boundary::None);
        Ok(Self { over_tokens: true, ..Self::new(rows, &[], table, Boundary::None, pieces)? })
    }

    fn new(
        rows: Vec<Row<'_>>,
        weights: &[f32],
        table: &TokenTable,
        boundary: Boundary,
        pieces: Pieces,
    ) -> Result<Self, TrieError> {
        let (mut words, mut ids) = (Vec::new(), HashMap::new());
        let (mut sorted, mut total) = (Vec::new(), 0usize);
        let weights = weights.iter().copied().chain(std::iter::repeat(0.0));
        for ((word, units), weight) in rows.into_iter().zip(weights) {
            total += units.len();
            if total > MOST {
                return Err(TrieError::TooLarge { what: "tokens in all its words", most: MOST });
            }
            let word = *ids.entry(word).or_insert_with(|| {
                words.push(word.to_string());
                words.len() as u32 - 1
            });
            sorted.push(Path { units, word, weight });
        }
        if words.is_empty() {
            return Err(TrieError::Empty);
        }
        // Of rows that occur twice the one of the greater weight is kept.
        sorted.sort_by(|a, b| {
            (&a.units, a.word).cmp(&(&b.units, b.word)).then_with(|| b.weight.total_cmp(&a.weight))
        });
        sorted.dedup_by(|b, a| a.word == b.word && a.units == b.units);
        let graph = Graph::new(&sorted, &pieces)?;
        Ok(Self { words, boundary, tokens: table.len(), pieces, graph, over_tokens: false })
    }

    /// The words, by their ids.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The number of nodes, the root included.
    pub fn nodes(&self) -> usize {
        self.graph.nodes.len()
    }

    pub(crate) fn boundary(&self) -> Boundary {
        self.boundary
    }

    /// The size of the table that it was made for.
    pub(crate) fn tokens(&self) -> usize {
        self.tokens
    }

    /// The tokens in the trie's units.
    pub(crate) fn pieces(&self) -> &Pieces {
        &self.pieces
    }

    /// Whether each token is a word.
    pub fn is_over_tokens(&self) -> bool {
        self.over_tokens
    }

    pub(crate) fn parent(&self, node: u32) -> u32 {
        self.graph.nodes[node as usize].parent
    }

    /// The edges from a node, by token.
    #[inline(always)]
    pub(crate) fn edges(&self, node: u32) -> Range<u32> {
        self.graph.nodes[node as usize].edges.clone()
    }

    /// An edge's token.
    #[inline(always)]
    pub(crate) fn token(&self, edge: u32) -> u32 {
        self.graph.edges[edge as usize].token
    }

    /// The node that an edge leads to.
    #[inline(always)]
    pub(crate) fn target(&self, edge: u32) -> u32 {
        self.graph.edges[edge as usize].target
    }

    /// The edge that a token makes from a node.
    #[inline(always)]
    pub(crate) fn edge(&self, node: u32, token: u32) -> Option<u32> {
        let edges = self.edges(node);
        let found = self.graph.edges[edges.start as usize..edges.end as usize]
            .binary_search_by_key(&token, |edge| edge.token);
        found.ok().map(|place| edges.start + place as u32)
    }

    /// The units from the root to a node.
    pub(crate) fn units_to(&self, node: u32) -> Vec<u32> {
        let up = std::iter::successors(Some(node), |&node| Some(self.parent(node)));
        let unit = |node: u32| self.graph.nodes[node as usize].unit;
        let mut units: Vec<u32> = up.take_while(|&node| node != START).map(unit).collect();
        units.reverse();
        units
    }

    /// The words that end at a node.
    #[inline(always)]
    pub(crate) fn endings(&self, node: u32) -> &[u32] {
        let Range { start, end } = self.graph.nodes[node as usize].endings;
        &self.graph.endings[start as usize..end as usize]
    }

    /// What a word that ends at a node weighs for being said so, a natural logarithm.
    #[inline(always)]
    pub(crate) fn weight(&self, node: u32, word: u32) -> f64 {
        if self.graph.weights.is_empty() {
            return 0.0;
        }
        let start = self.graph.nodes[node as usize].endings.start as usize;
        let place = self.endings(node).iter().position(|&ending| ending == word);
        place.map_or(0.0, |place| f64::from(self.graph.weights[start + place]))
    }
}

/// The logarithms of probabilities over the highest.
fn relative(probabilities: &[f32]) -> impl Iterator<Item = f32> {
    let highest = probabilities.iter().fold(0.0f32, |highest, &p| highest.max(p));
    let weight = move |p: &f32| if highest > 0.0 { (p / highest).ln().max(LEAST_WEIGHT) } else { 0.0 };
    probabilities.iter().map(weight)
}

#[cfg(test)]
#[path = "lexicon_tests.rs"]
mod tests;
