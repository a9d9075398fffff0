//! The words that a search may find.

use std::collections::HashSet;
use std::path::Path;

use linnet_ctc::{LexiconTrie, TrieError};
use linnet_text::ngram::{NgramModel, WordId, read_vocabulary};
use linnet_text::{Lexicon, TokenTable};

use crate::error::StudyError;

/// The pronunciations of words. With a language model its words are spelt as it spells them.
pub(crate) fn pronounced(
    lexicon: &Path,
    lm: Option<&NgramModel>,
    grammar: Option<&[String]>,
    table: &TokenTable,
) -> Result<LexiconTrie, StudyError> {
    let pronunciations = Lexicon::read(lexicon)?;
    let known = |word: &String| !pronunciations.lookup(word).is_empty();
    let words: Vec<String> = match grammar {
        Some(words) => words.to_vec(),
        None => {
            // The lexicon knows no upper and lower case, the model does.
            let mut words: Vec<String> =
                lm.map(lm_words).unwrap_or_default().into_iter().filter(known).collect();
            let of_model: HashSet<String> = words.iter().map(|word| word.to_uppercase()).collect();
            let mut own = read_vocabulary(lexicon)?;
            own.retain(|word| known(word) && !of_model.contains(&word.to_uppercase()));
            words.append(&mut own);
            words
        }
    };
    let trie = LexiconTrie::from_lexicon(&pronunciations, words.iter().map(String::as_str), table);
    trie.map_err(|source| StudyError::Lexicon { path: lexicon.into(), source })
}

/// The spellings of words; those that the tokens don't spell are left out and come back. `source` is their file.
pub(crate) fn spelt(
    words: &[String],
    source: &Path,
    table: &TokenTable,
) -> Result<(LexiconTrie, Vec<String>), StudyError> {
    let fail = |error| StudyError::Lexicon { path: source.into(), source: error };
    let all = || words.iter().map(String::as_str);
    match LexiconTrie::from_spellings(all(), table) {
        Ok(trie) => Ok((trie, Vec::new())),
        Err(error @ TrieError::NoToken { .. }) => {
            let spellable = |word: &&str| LexiconTrie::from_spellings([*word], table).is_ok();
            let (good, bad): (Vec<&str>, Vec<&str>) = all().partition(spellable);
            if good.is_empty() {
                return Err(fail(error));
            }
            let trie = LexiconTrie::from_spellings(good, table).map_err(fail)?;
            Ok((trie, bad.into_iter().map(String::from).collect()))
        }
        Err(error) => Err(fail(error)),
    }
}

/// A model's words, without the signs of a sentence's beginning and end and of unknown words.
pub(crate) fn lm_words(lm: &NgramModel) -> Vec<String> {
    let words = (0..lm.len() as u32).map(|id| lm.word(WordId(id)));
    words.filter(|word| !["<s>", "</s>", "<unk>", "<UNK>"].contains(word)).map(String::from).collect()
}
