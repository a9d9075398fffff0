//! What a search knows beside the log-probabilities.

use std::path::Path;
use std::sync::Arc;

use linnet_ctc::{
    BeamError, BeamOptions, Calibration, Constrained, Decoder, Fusion, Grammar, Hotwords, Hypothesis,
    LexiconTrie, NoModel, WordModel, spells_words,
};
use linnet_text::ngram::NgramModel;
use linnet_text::{Normaliser, TokenTable, read_text};

use super::search::SearchOptions;
use super::{hotwords, vocabulary};
use crate::error::StudyError;

/// Lexicon, language model, grammar and hotwords, read once and used by any number of decoders.
#[derive(Debug)]
pub struct Knowledge {
    table: TokenTable,
    trie: Option<Arc<LexiconTrie>>,
    lm: Option<NgramModel>,
    grammar: Option<Grammar>,
    hotwords: Option<Hotwords>,
    calibration: Calibration,
    notes: Vec<String>,
}

/// A decoder with whatever scores its words.
pub enum AnyDecoder<'a> {
    /// Nothing does.
    Plain(Decoder<NoModel>),
    /// A language model.
    Ngram(Decoder<&'a NgramModel>),
    /// A grammar.
    Grammar(Decoder<&'a Grammar>),
    /// A language model within a grammar.
    Constrained(Decoder<Constrained<&'a NgramModel>>),
}

impl AnyDecoder<'_> {
    /// The best hypotheses of `(frames, tokens)` log-probabilities, see [`Decoder::decode`].
    ///
    /// # Errors
    ///
    /// Those of [`Decoder::decode`].
    pub fn decode(&self, log_probs: &[f32], tokens: usize) -> Result<Vec<Hypothesis>, BeamError> {
        match self {
            Self::Plain(decoder) => decoder.decode(log_probs, tokens),
            Self::Ngram(decoder) => decoder.decode(log_probs, tokens),
            Self::Grammar(decoder) => decoder.decode(log_probs, tokens),
            Self::Constrained(decoder) => decoder.decode(log_probs, tokens),
        }
    }
}

impl Knowledge {
    /// Reads what the options name, for the tokens of `table`.
    ///
    /// Where the tokens spell words (the table has `<space>`, or symbols that begin with `▁`), the words are those of
    /// the grammar, the lexicon or the language model, the first of them that is given; else their pronunciations come
    /// from the lexicon. All words are spelt by `rule`, that of the model's texts; without one, in the case of the tokens
    /// where these spell words, else as they stand.
    ///
    /// # Errors
    ///
    /// A file that can't be read or has a fault, by its line; what doesn't go together, as a lexicon none of whose
    /// words the tokens spell.
    pub fn read(
        options: &SearchOptions,
        table: &TokenTable,
        rule: Option<Normaliser>,
    ) -> Result<Self, StudyError> {
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
        let of_grammar = grammar.as_ref().map(Grammar::words);
        let trie = if spells_words(table) {
            let words = match (of_grammar, &options.lexicon, &lm) {
                (Some(words), ..) => Some((words.to_vec(), &options.grammar)),
                (None, Some(path), _) => Some((vocabulary::listed(path, &rule)?, &options.lexicon)),
                (None, None, Some(lm)) => Some((lm.words().collect(), &options.lm)),
                (None, None, None) => None,
            };
            match words {
                Some((words, Some(path))) => {
                    let (trie, left_out) = vocabulary::spelt(&words, path, table)?;
                    if let Some(first) = left_out.first() {
                        let (count, all) = (left_out.len(), words.len());
                        let path = path.display();
                        notes.push(format!(
                            "{path}: the tokens don't spell {count} of {all} words, as {first}; they are left out"
                        ));
                    }
                    Some(trie)
                }
                _ => None,
            }
        } else {
            match (&options.lexicon, options.lm.as_ref().or(options.grammar.as_ref())) {
                (Some(path), _) => Some(vocabulary::pronounced(path, lm.as_ref(), of_grammar, table, &rule)?),
                (None, Some(path)) => return Err(StudyError::NoLexicon { path: path.clone() }),
                (None, None) => None,
            }
        };
        if let (Some(trie), Some(lm), None) = (&trie, &lm, &grammar) {
            let unknown: Vec<&String> = trie.words().iter().filter(|word| lm.index(word).is_none()).collect();
            if let Some(first) = unknown.first() {
                let (count, all) = (unknown.len(), trie.words().len());
                notes.push(format!(
                    "the language model doesn't know {count} of the lexicon's {all} words, as {first}"
                ));
            }
        }
        let weight = options.hotword_weight;
        let hotwords = options.hotwords.as_deref().map(|path| hotwords::read(path, weight)).transpose()?;
        let (trie, table, calibration) = (trie.map(Arc::new), table.clone(), options.calibration);
        Ok(Self { table, trie, lm, grammar, hotwords, calibration, notes })
    }

    /// What is worth knowing of it.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether hypotheses have words: from a lexicon, or because the tokens spell them.
    pub fn has_words(&self) -> bool {
        self.trie.is_some() || spells_words(&self.table)
    }

    /// A decoder over it.
    ///
    /// # Errors
    ///
    /// If an option is out of range, or hotwords can't be spelt.
    pub fn decoder(&self, beam: &BeamOptions, fusion: &Fusion) -> Result<AnyDecoder<'_>, BeamError> {
        let plain = Decoder::new(&self.table, beam.clone())?;
        let Some(trie) = &self.trie else { return Ok(AnyDecoder::Plain(self.finish(plain)?)) };
        let (trie, fusion) = (Arc::clone(trie), fusion.clone());
        Ok(match (&self.lm, &self.grammar) {
            (None, None) => AnyDecoder::Plain(self.finish(plain.with_lexicon(trie, NoModel, fusion)?)?),
            (Some(lm), None) => AnyDecoder::Ngram(self.finish(plain.with_lexicon(trie, lm, fusion)?)?),
            (None, Some(grammar)) => {
                AnyDecoder::Grammar(self.finish(plain.with_lexicon(trie, grammar, fusion)?)?)
            }
            (Some(lm), Some(grammar)) => {
                let model = grammar.clone().with_model(lm);
                AnyDecoder::Constrained(self.finish(plain.with_lexicon(trie, model, fusion)?)?)
            }
        })
    }

    fn finish<M: WordModel>(&self, decoder: Decoder<M>) -> Result<Decoder<M>, BeamError> {
        let decoder = decoder.with_calibration(self.calibration);
        match &self.hotwords {
            Some(hotwords) => decoder.with_hotwords(hotwords),
            None => Ok(decoder),
        }
    }
}

fn read_grammar(path: &Path, rule: &Normaliser) -> Result<Grammar, StudyError> {
    let text = read_text(path)?;
    Grammar::parse_spelt(&text, |word| rule.word(word))
        .map_err(|source| StudyError::Grammar { path: path.into(), source })
}
