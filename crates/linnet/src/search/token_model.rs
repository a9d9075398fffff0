//! Language models whose words are tokens.

use std::path::Path;

use linnet_ctc::{LexiconTrie, spells_words};
use linnet_text::ngram::NgramModel;
use linnet_text::{SPACE, TokenTable};

use super::error::SearchError;
use super::marks::{goes_on, unread_mark};
use super::vocabulary::{BAR, MARK};

/// So many letters and no space are a model over letters; fewer may be words.
const FEW_LETTERS: usize = 10;

/// The trie of a model over the table's tokens; `None` for a model over words.
///
/// A model is over tokens if words of it begin with `▁`, or it has the space between words as a word; where tokens are
/// phones, if all its words are tokens.
///
/// # Errors
///
/// A model over other tokens than the table's, or over letters without the space.
pub(crate) fn trie(
    model: &NgramModel,
    path: &Path,
    table: &TokenTable,
) -> Result<Option<LexiconTrie>, SearchError> {
    let words: Vec<String> = model.words().collect();
    let space = table.id(SPACE);
    let name = |symbol: &str| -> String {
        let bar = symbol == SPACE && model.index(SPACE).is_none() && model.index(BAR).is_some();
        if bar { BAR.into() } else { symbol.into() }
    };
    let is_token = |word: &str| match table.id(word) {
        Some(id) => id != 0,
        None => word == BAR && space.is_some(),
    };
    let fail = |problem: String| Err(SearchError::File { path: path.into(), problem });
    let other = words.iter().find(|word| !is_token(word));
    let pieces = if !spells_words(table) {
        other.is_none()
    } else if space.is_none() {
        words.iter().any(|word| word.starts_with(MARK))
    } else {
        (model.index(SPACE).is_some() || model.index(BAR).is_some()) && other.is_none()
    };
    if !pieces {
        let is_piece = |word: &&String| goes_on(word) || unread_mark(word).is_some();
        if let Some(word) = words.iter().find(is_piece).filter(|_| spells_words(table)) {
            return fail(format!(
                "its words are pieces of words, as {word}, marked otherwise than by {MARK}; make it of text whose words \
                 begin with {MARK}, in the pieces of the token table, or give a model of whole words"
            ));
        }
        let letters = words.iter().all(|word| is_token(word) && word.chars().nth(1).is_none());
        if letters && space.is_some() && words.len() >= FEW_LETTERS && 4 * words.len() > table.len() {
            return fail(format!(
                "its words are the letters of the token table, and the space is none of them; write the space between \
                 words as {SPACE} in the text that it is made of, or give a model of whole words"
            ));
        }
        return Ok(None);
    }
    if let Some(word) = other {
        return fail(format!(
            "its words are pieces of words, and {word} is not in the token table; make it of text in the tokens of this \
             table, or give a model of whole words"
        ));
    }
    let names: Vec<String> = (1..table.len() as u32).filter_map(|id| table.symbol(id)).map(name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let trie = LexiconTrie::over_tokens(&names, table);
    trie.map(Some).map_err(|source| SearchError::Lexicon { path: path.into(), source })
}
