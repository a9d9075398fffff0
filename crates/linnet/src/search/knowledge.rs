//! What a search knows beside the log-probabilities.

use std::path::Path;
use std::sync::Arc;

use linnet_ctc::{Calibration, Grammar, Hotwords, LexiconTrie, spells_words};
use linnet_text::ngram::NgramModel;
use linnet_text::{Normaliser, TokenTable, read_text};

use super::error::SearchError;
use super::hotwords::{PhraseFile, add_phrases};
use super::options::SearchOptions;
use super::rescoring::SecondPass;
use super::vocabulary::Texts;
use super::{token_model, vocabulary};

/// Lexicon, language model, grammar and hotwords, read once and used by any number of decoders.
#[derive(Debug, Clone)]
pub(super) struct Knowledge {
    pub(super) table: TokenTable,
    pub(super) trie: Option<Arc<LexiconTrie>>,
    pub(super) lm: Option<Arc<NgramModel>>,
    pub(super) second_pass: Option<SecondPass>,
    pub(super) grammar: Option<Arc<Grammar>>,
    pub(super) hotwords: Option<Hotwords>,
    /// The weight of a hotword without its own, and how hotwords are spelt.
    hotword_weight: f32,
    rule: Normaliser,
    pub(super) calibration: Calibration,
    pub(super) notes: Vec<String>,
    pub(super) left_out: Vec<String>,
}

impl Knowledge {
    /// None but the tokens of `table`.
    pub(super) fn none(table: &TokenTable) -> Self {
        Self {
            table: table.clone(),
            trie: None,
            lm: None,
            second_pass: None,
            grammar: None,
            hotwords: None,
            hotword_weight: SearchOptions::default().hotword_weight,
            rule: if spells_words(table) { table.spelling() } else { Normaliser::KEEP },
            calibration: Calibration::default(),
            notes: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// See [`Search::read`](super::Search::read).
    pub(super) fn read(
        options: &SearchOptions,
        table: &TokenTable,
        rule: Option<Normaliser>,
    ) -> Result<Self, SearchError> {
        let own = || if spells_words(table) { table.spelling() } else { Normaliser::KEEP };
        let rule = rule.unwrap_or_else(own);
        let mut notes = Vec::new();
        let mut lm = options.lm.as_deref().map(NgramModel::read).transpose()?;
        if let (Some(lm), Some(path)) = (&mut lm, &options.lm) {
            let others = lm.spell_by(&rule);
            if others > 0 {
                let path = path.display();
                notes.push(format!(
                    "{path}: {others} words are spelt as more probable ones in the model's spelling, and don't count"
                ));
            }
        }
        let grammar = options.grammar.as_deref().map(|path| read_grammar(path, &rule)).transpose()?;
        let over_tokens = match (&lm, &options.lm) {
            // Words of phones come from the lexicon, whatever they are called.
            (Some(lm), Some(path)) if spells_words(table) || options.lexicon.is_none() => {
                token_model::trie(lm, path, table)?
            }
            _ => None,
        };
        let trie = match over_tokens {
            Some(trie) => {
                if let Some(other) = options.grammar.as_ref().or(options.lexicon.as_ref()) {
                    let problem =
                        "the language model is over tokens, and this is of words; leave one of them out";
                    return Err(SearchError::File { path: other.clone(), problem: problem.into() });
                }
                Some(trie)
            }
            None => words(options, table, (lm.as_ref(), grammar.as_ref()), &rule, &mut notes)?,
        };
        if let (Some(trie), Some(lm), None) = (&trie, &lm, &grammar) {
            notes.extend(unknown_words(trie, lm, "the language model"));
        }
        let weight = options.hotword_weight;
        let phrases =
            options.hotwords.as_deref().map(|path| PhraseFile::read(path, weight, &rule)).transpose()?;
        let (hotwords, left_out) = match phrases.map(|phrases| phrases.spelt(table, trie.as_ref())) {
            Some((hotwords, left_out)) => (Some(hotwords), left_out),
            None => (None, Vec::new()),
        };
        let lm = lm.map(Arc::new);
        let over_words = trie.as_ref().is_some_and(|trie| !trie.is_over_tokens());
        let second_pass = SecondPass::read(options, lm.as_ref().filter(|_| over_words), &rule)?;
        if let (Some(trie), Some(second)) = (&trie, &second_pass) {
            notes.extend(unknown_words(trie, second.model(), "the second language model"));
        }
        Ok(Self {
            table: table.clone(),
            trie: trie.map(Arc::new),
            lm,
            second_pass,
            grammar: grammar.map(Arc::new),
            hotwords,
            hotword_weight: weight,
            rule,
            calibration: options.calibration,
            notes,
            left_out,
        })
    }

    /// The same with these phrases beside its hotwords; what is left out of them is told instead of what was before.
    pub(super) fn with_phrases(&self, phrases: &[(String, Option<f32>)]) -> Result<Self, SearchError> {
        let mut hotwords = self.hotwords.clone().unwrap_or_default();
        let trie = self.trie.as_deref();
        let left_out =
            add_phrases(&mut hotwords, phrases, self.hotword_weight, &self.rule, &self.table, trie)?;
        Ok(Self { hotwords: Some(hotwords), left_out, ..self.clone() })
    }

    /// Whether hypotheses have words: from a lexicon, or because the tokens spell them.
    pub(super) fn has_words(&self) -> bool {
        self.trie.as_ref().is_some_and(|trie| !trie.is_over_tokens()) || spells_words(&self.table)
    }
}

/// A note on the words that may be found and a language model doesn't know.
fn unknown_words(trie: &LexiconTrie, lm: &NgramModel, model: &str) -> Option<String> {
    let unknown: Vec<&String> = trie.words().iter().filter(|word| lm.index(word).is_none()).collect();
    let (first, count, all) = (unknown.first()?, unknown.len(), trie.words().len());
    let of = match trie.is_over_tokens() {
        true => format!("token table's {all} tokens"),
        false => format!("lexicon's {all} words"),
    };
    Some(format!("{model} doesn't know {count} of the {of}, as {first}"))
}

/// The words that may be found, if anything says which.
fn words(
    options: &SearchOptions,
    table: &TokenTable,
    (lm, grammar): (Option<&NgramModel>, Option<&Grammar>),
    rule: &Normaliser,
    notes: &mut Vec<String>,
) -> Result<Option<LexiconTrie>, SearchError> {
    let of_grammar = grammar.map(Grammar::words);
    if !spells_words(table) {
        return match (&options.lexicon, options.lm.as_ref().or(options.grammar.as_ref())) {
            (Some(path), _) => {
                let (trie, note) = vocabulary::pronounced(path, lm, of_grammar, table, rule)?;
                notes.extend(note);
                Ok(Some(trie))
            }
            (None, Some(path)) => Err(SearchError::NoLexicon { path: path.clone() }),
            (None, None) => Ok(None),
        };
    }
    let (texts, path) = match (of_grammar, &options.lexicon, lm) {
        (Some(words), ..) => (Texts::plain(words.to_vec()), &options.grammar),
        (None, Some(path), _) => (Texts::read(path, table, rule)?, &options.lexicon),
        (None, None, Some(lm)) => (Texts::plain(lm.words().collect()), &options.lm),
        (None, None, None) => return Ok(None),
    };
    let Some(path) = path else { return Ok(None) };
    let (trie, left_out) = texts.trie(path, table)?;
    let shown = path.display();
    if let Some((count, word, text)) = &texts.respelt {
        notes.push(format!("{shown}: {count} spellings are not as the words are written, as {word}: {text}"));
    }
    if let Some(first) = left_out.first() {
        let (count, all) = (left_out.len(), left_out.len() + trie.words().len());
        notes.push(format!(
            "{shown}: the tokens don't spell {count} of {all} words, as {first}; they are left out"
        ));
    }
    Ok(Some(trie))
}

fn read_grammar(path: &Path, rule: &Normaliser) -> Result<Grammar, SearchError> {
    let text = read_text(path)?;
    Grammar::parse_spelt(&text, |word| rule.word(word))
        .map_err(|source| SearchError::Grammar { path: path.into(), source })
}
