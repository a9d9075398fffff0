//! The words that a search may find.

use std::collections::HashSet;
use std::path::Path;

use linnet_ctc::{LexiconTrie, TrieError};
use linnet_text::ngram::{NgramModel, read_vocabulary};
use linnet_text::{Lexicon, Normaliser, TokenTable};

use crate::error::StudyError;

/// The pronunciations of words, which are spelt by a rule.
pub(crate) fn pronounced(
    lexicon: &Path,
    lm: Option<&NgramModel>,
    grammar: Option<&[String]>,
    table: &TokenTable,
    rule: &Normaliser,
) -> Result<LexiconTrie, StudyError> {
    let pronunciations = Lexicon::read(lexicon)?.spelt_by(rule);
    let known = |word: &String| !pronunciations.lookup(word).is_empty();
    let words: Vec<String> = match grammar {
        Some(words) => words.to_vec(),
        None => {
            let mut words: Vec<String> = lm.into_iter().flat_map(NgramModel::words).filter(known).collect();
            // Where case is kept, the lexicon's may be another than the language model's.
            let caseless = |word: &String| Normaliser::default().word(word);
            let of_model: HashSet<String> = words.iter().map(caseless).collect();
            let own = listed(lexicon, rule)?.into_iter();
            words.extend(own.filter(|word| known(word) && !of_model.contains(&caseless(word))));
            words
        }
    };
    let trie = LexiconTrie::from_lexicon(&pronunciations, words.iter().map(String::as_str), table);
    trie.map_err(|source| StudyError::Lexicon { path: lexicon.into(), source })
}

/// The words of a list or lexicon, each once, spelt by a rule.
pub(crate) fn listed(path: &Path, rule: &Normaliser) -> Result<Vec<String>, StudyError> {
    let mut seen = HashSet::new();
    let words = read_vocabulary(path)?.into_iter().map(|word| rule.word(&word));
    Ok(words.filter(|word| seen.insert(word.clone())).collect())
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
