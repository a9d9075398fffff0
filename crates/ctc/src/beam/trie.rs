//! The words that a search may find, as a trie of their tokens.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use linnet_text::{Lexicon, TokenTable};
use thiserror::Error;

use super::boundary::{Boundary, MARK};

/// Why a lexicon doesn't fit a token table.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TrieError {
    /// There is no word.
    #[error("the lexicon has no words")]
    Empty,
    /// A word has no pronunciation.
    #[error("the word {word} has no pronunciation in the lexicon: add one, or leave the word out")]
    NoPronunciation {
        /// The word.
        word: String,
    },
    /// A word needs a token that isn't there.
    #[error(
        "the word {word} needs the token {token}, which is not in the token table: use the lexicon that the model was trained with"
    )]
    NoToken {
        /// The word.
        word: String,
        /// The token's symbol, or what no symbol spells.
        token: String,
    },
    /// A row of tokens has the blank or the boundary in it, an id that is none, or nothing.
    #[error(
        "the word {word} can't have the token ids {tokens:?}: they must be in the table, and no blank or <space>"
    )]
    BadTokens {
        /// The word.
        word: String,
        /// Its tokens.
        tokens: Vec<u32>,
    },
    /// More than fits 32 bits.
    #[error("the lexicon has more than {most} tokens in all its words")]
    TooLarge {
        /// The most.
        most: usize,
    },
}

/// All tokens of all pronunciations.
const MOST: usize = 1 << 30;

/// The root of the trie.
pub(crate) const START: u32 = 0;

/// Words by their tokens, pronunciations or spellings; a word may have several, and several words the same.
///
/// If the token table has `<space>`, one must stand between two words.
#[derive(Clone, Debug)]
pub struct LexiconTrie {
    words: Vec<String>,
    boundary: Boundary,
    tokens: usize,
    /// Nodes in the order of breadth-first search, so that a node's children lie side by side, by token.
    nodes: Vec<TrieNode>,
    /// The words that end at each node, node by node.
    endings: Vec<u32>,
}

#[derive(Clone, Debug)]
struct TrieNode {
    token: u32,
    parent: u32,
    children: Range<u32>,
    endings: Range<u32>,
}

impl LexiconTrie {
    /// The trie of these words' pronunciations.
    ///
    /// # Errors
    ///
    /// If a word isn't in the lexicon, or one of its phones not in the table.
    pub fn from_lexicon<'a>(
        lexicon: &Lexicon,
        words: impl IntoIterator<Item = &'a str>,
        table: &TokenTable,
    ) -> Result<Self, TrieError> {
        let mut rows = Vec::new();
        for word in words {
            let pronunciations = lexicon.lookup(word);
            if pronunciations.is_empty() {
                return Err(TrieError::NoPronunciation { word: word.to_string() });
            }
            for phones in pronunciations {
                let id = |phone: &String| {
                    let missing = || TrieError::NoToken { word: word.to_string(), token: phone.clone() };
                    table.id(phone).ok_or_else(missing)
                };
                rows.push((word, phones.iter().map(id).collect::<Result<_, _>>()?));
            }
        }
        Self::from_tokens(rows, table)
    }

    /// The trie of these words' spellings: one token a character, or as few subwords as spell the word.
    ///
    /// Where the table's symbols mark the beginning of words by `▁`, a spelling begins with it. Of spellings with
    /// equally many tokens the one with longer tokens first is taken.
    ///
    /// # Errors
    ///
    /// If no tokens spell a word.
    pub fn from_spellings<'a>(
        words: impl IntoIterator<Item = &'a str>,
        table: &TokenTable,
    ) -> Result<Self, TrieError> {
        let mark = if Boundary::of(table) == Boundary::Mark { MARK.to_string() } else { String::new() };
        let rows = words.into_iter().map(|word| {
            let spelling = spell(&(mark.clone() + word), table);
            let missing = |token| TrieError::NoToken { word: word.to_string(), token };
            Ok((word, spelling.map_err(missing)?))
        });
        Self::from_tokens(rows.collect::<Result<Vec<_>, _>>()?, table)
    }

    /// The trie of words with their token ids; a word may occur more than once.
    ///
    /// # Errors
    ///
    /// If a row of tokens is empty, or has an id that isn't in the table, the blank 0, or `<space>`.
    pub fn from_tokens<'a>(
        rows: impl IntoIterator<Item = (&'a str, Vec<u32>)>,
        table: &TokenTable,
    ) -> Result<Self, TrieError> {
        let boundary = Boundary::of(table);
        let (mut words, mut ids) = (Vec::new(), HashMap::new());
        let (mut sorted, mut total) = (Vec::new(), 0usize);
        for (word, tokens) in rows {
            let bad = |&id: &u32| id == 0 || id as usize >= table.len() || Some(id) == boundary.token();
            if tokens.is_empty() || tokens.iter().any(bad) {
                return Err(TrieError::BadTokens { word: word.to_string(), tokens });
            }
            total += tokens.len();
            if total > MOST {
                return Err(TrieError::TooLarge { most: MOST });
            }
            let id = *ids.entry(word.to_string()).or_insert_with(|| {
                words.push(word.to_string());
                words.len() as u32 - 1
            });
            sorted.push((tokens, id));
        }
        if words.is_empty() {
            return Err(TrieError::Empty);
        }
        sorted.sort();
        sorted.dedup();
        let mut trie = Self { words, boundary, tokens: table.len(), nodes: Vec::new(), endings: Vec::new() };
        trie.build(&sorted);
        Ok(trie)
    }

    /// Makes the nodes of sorted rows, breadth first.
    fn build(&mut self, rows: &[(Vec<u32>, u32)]) {
        let node = |token, parent| TrieNode { token, parent, children: 0..0, endings: 0..0 };
        self.nodes.push(node(u32::MAX, u32::MAX));
        let mut open = VecDeque::from([(START, 0, rows)]);
        while let Some((index, depth, rows)) = open.pop_front() {
            // Rows that end here come first.
            let (here, deeper) = rows.split_at(rows.partition_point(|(tokens, _)| tokens.len() == depth));
            let endings = self.endings.len() as u32;
            self.endings.extend(here.iter().map(|&(_, word)| word));
            let children = self.nodes.len() as u32;
            for run in deeper.chunk_by(|a, b| a.0[depth] == b.0[depth]) {
                open.push_back((self.nodes.len() as u32, depth + 1, run));
                self.nodes.push(node(run[0].0[depth], index));
            }
            let (last_ending, last_child) = (self.endings.len() as u32, self.nodes.len() as u32);
            let node = &mut self.nodes[index as usize];
            (node.endings, node.children) = (endings..last_ending, children..last_child);
        }
    }

    /// The words, by their ids.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The number of nodes, the root included.
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn boundary(&self) -> Boundary {
        self.boundary
    }

    /// The size of the table that it was made for.
    pub(crate) fn tokens(&self) -> usize {
        self.tokens
    }

    #[inline(always)]
    pub(crate) fn token(&self, node: u32) -> u32 {
        self.nodes[node as usize].token
    }

    pub(crate) fn parent(&self, node: u32) -> u32 {
        self.nodes[node as usize].parent
    }

    #[inline(always)]
    pub(crate) fn children(&self, node: u32) -> Range<u32> {
        self.nodes[node as usize].children.clone()
    }

    #[inline(always)]
    pub(crate) fn child(&self, node: u32, token: u32) -> Option<u32> {
        let children = self.children(node);
        let nodes = &self.nodes[children.start as usize..children.end as usize];
        let found = nodes.binary_search_by_key(&token, |node| node.token);
        found.ok().map(|place| children.start + place as u32)
    }

    /// The tokens from the root to a node.
    pub(crate) fn tokens_to(&self, node: u32) -> Vec<u32> {
        let up = std::iter::successors(Some(node), |&node| Some(self.parent(node)));
        let mut tokens: Vec<u32> =
            up.take_while(|&node| node != START).map(|node| self.token(node)).collect();
        tokens.reverse();
        tokens
    }

    /// The words that end at a node.
    #[inline(always)]
    pub(crate) fn endings(&self, node: u32) -> &[u32] {
        let Range { start, end } = self.nodes[node as usize].endings;
        &self.endings[start as usize..end as usize]
    }
}

/// The fewest symbols that spell `text`, longer ones first; else what no symbol goes on from.
pub(crate) fn spell(text: &str, table: &TokenTable) -> Result<Vec<u32>, String> {
    let starts: Vec<usize> = text.char_indices().map(|(place, _)| place).chain([text.len()]).collect();
    let last = starts.len() - 1;
    // From the end: the fewest tokens from each character on, with the first of them and where it ends.
    let mut best: Vec<Option<(usize, u32, usize)>> = vec![None; starts.len()];
    for start in (0..last).rev() {
        for end in start + 1..=last.min(start + LONGEST_SYMBOL) {
            let Some(id) = table.id(&text[starts[start]..starts[end]]).filter(|&id| id != 0) else {
                continue;
            };
            let rest = if end == last { Some(0) } else { best[end].map(|(count, ..)| count) };
            if let Some(rest) = rest
                && best[start].is_none_or(|(count, ..)| rest < count)
            {
                best[start] = Some((rest + 1, id, end));
            }
        }
    }
    let mut tokens = Vec::new();
    let mut start = 0;
    while start < last {
        let Some((_, id, end)) = best[start] else {
            let single = |&place: &usize| table.id(&text[starts[place]..starts[place + 1]]).is_none();
            let place = (0..last).find(single).unwrap_or(0);
            return Err(text[starts[place]..starts[place + 1]].to_string());
        };
        tokens.push(id);
        start = end;
    }
    Ok(tokens)
}

/// The most characters of a subword's symbol.
const LONGEST_SYMBOL: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn table(symbols: &[&str]) -> TokenTable {
        TokenTable::new(symbols.iter().map(|s| s.to_string()).collect())
    }

    #[test]
    fn pronunciations_make_a_trie() {
        let mut lexicon = Lexicon::new();
        for (word, phones) in [("A", "X"), ("A", "Y X"), ("B", "X"), ("C", "X Y"), ("D", "Y")] {
            lexicon.add(word, phones.split(' ').map(String::from).collect());
        }
        let trie = LexiconTrie::from_lexicon(&lexicon, ["C", "A", "B"], &table(&["X", "Y"])).unwrap();
        assert_eq!(trie.words(), ["C", "A", "B"]);
        assert_eq!(trie.nodes(), 5);
        let x = trie.child(START, 1).unwrap();
        assert_eq!(trie.endings(x), [1, 2]);
        assert_eq!(trie.endings(trie.child(x, 2).unwrap()), [0]);
        let y = trie.child(START, 2).unwrap();
        assert!(trie.endings(y).is_empty());
        assert_eq!(trie.endings(trie.child(y, 1).unwrap()), [1]);
        assert_eq!((trie.child(x, 1), trie.token(y), trie.parent(y)), (None, 2, START));
    }

    #[test]
    fn spellings_take_the_fewest_tokens() {
        let subwords = table(&["▁", "▁a", "b", "▁ab", "ba", "a", "bb"]);
        let trie = LexiconTrie::from_spellings(["aba", "bba"], &subwords).unwrap();
        let first = trie.child(START, subwords.id("▁ab").unwrap()).unwrap();
        assert_eq!(trie.endings(trie.child(first, subwords.id("a").unwrap()).unwrap()), [0]);
        let mark = trie.child(START, 1).unwrap();
        assert!(trie.child(mark, subwords.id("bb").unwrap()).is_some());
        let letters = table(&["<space>", "a", "b"]);
        let trie = LexiconTrie::from_spellings(["ab"], &letters).unwrap();
        assert_eq!(trie.boundary().token(), Some(1));
        let missing = LexiconTrie::from_spellings(["abc"], &letters).unwrap_err();
        assert_eq!(missing, TrieError::NoToken { word: "abc".into(), token: "c".into() });
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let letters = table(&["<space>", "a"]);
        let fails =
            |tokens: &[u32]| LexiconTrie::from_tokens([("w", tokens.to_vec())], &letters).unwrap_err();
        for bad in [&[][..], &[0], &[2, 1], &[3]] {
            assert_eq!(fails(bad), TrieError::BadTokens { word: "w".into(), tokens: bad.to_vec() });
        }
        assert_eq!(LexiconTrie::from_tokens([], &letters).unwrap_err(), TrieError::Empty);
        let none = LexiconTrie::from_lexicon(&Lexicon::new(), ["w"], &letters).unwrap_err();
        assert!(none.to_string().contains("the word w has no pronunciation"));
    }
}
