//! What a search knows beside the log-probabilities.

use std::path::Path;
use std::sync::Arc;

use linnet_ctc::{
    BeamError, BeamOptions, Calibration, Constrained, Decoder, Fusion, Grammar, Hotwords, Hypothesis,
    LexiconTrie, NoModel, WordModel, spells_words,
};
use linnet_text::ngram::NgramModel;
use linnet_text::{Normaliser, TokenTable, read_text};

use super::hotwords::PhraseFile;
use super::search::SearchOptions;
use super::vocabulary::Texts;
use super::{token_model, vocabulary};
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
    left_out: Vec<String>,
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
    /// from the lexicon. A language model over tokens scores these, and any may follow any other. Hotwords that can't be
    /// spelt are [left out](Self::left_out).
    ///
    /// All words are spelt by `rule`, that of the model's texts; without one, in the case of the tokens where these spell
    /// words, else as they stand.
    ///
    /// # Errors
    ///
    /// A file that can't be read or has a fault, by its line; what doesn't go together, as a lexicon none of whose
    /// words the tokens spell, or a language model over tokens beside a lexicon.
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
                    return Err(StudyError::File { path: other.clone(), problem: problem.into() });
                }
                Some(trie)
            }
            None => words(options, table, (lm.as_ref(), grammar.as_ref()), &rule, &mut notes)?,
        };
        if let (Some(trie), Some(lm), None) = (&trie, &lm, &grammar) {
            let unknown: Vec<&String> = trie.words().iter().filter(|word| lm.index(word).is_none()).collect();
            if let Some(first) = unknown.first() {
                let (count, all) = (unknown.len(), trie.words().len());
                let what = match trie.is_over_tokens() {
                    true => format!("token table's {all} tokens"),
                    false => format!("lexicon's {all} words"),
                };
                notes.push(format!("the language model doesn't know {count} of the {what}, as {first}"));
            }
        }
        let weight = options.hotword_weight;
        let phrases =
            options.hotwords.as_deref().map(|path| PhraseFile::read(path, weight, &rule)).transpose()?;
        let (hotwords, left_out) = match phrases.map(|phrases| phrases.spelt(table, trie.as_ref())) {
            Some((hotwords, left_out)) => (Some(hotwords), left_out),
            None => (None, Vec::new()),
        };
        let (trie, table, calibration) = (trie.map(Arc::new), table.clone(), options.calibration);
        Ok(Self { table, trie, lm, grammar, hotwords, calibration, notes, left_out })
    }

    /// Notes for the user.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// A line about each hotword that is left out: its place, and why.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Whether hypotheses have words: from a lexicon, or because the tokens spell them.
    pub fn has_words(&self) -> bool {
        self.trie.as_ref().is_some_and(|trie| !trie.is_over_tokens()) || spells_words(&self.table)
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

/// The words that may be found, if anything says which.
fn words(
    options: &SearchOptions,
    table: &TokenTable,
    (lm, grammar): (Option<&NgramModel>, Option<&Grammar>),
    rule: &Normaliser,
    notes: &mut Vec<String>,
) -> Result<Option<LexiconTrie>, StudyError> {
    let of_grammar = grammar.map(Grammar::words);
    if !spells_words(table) {
        return match (&options.lexicon, options.lm.as_ref().or(options.grammar.as_ref())) {
            (Some(path), _) => vocabulary::pronounced(path, lm, of_grammar, table, rule).map(Some),
            (None, Some(path)) => Err(StudyError::NoLexicon { path: path.clone() }),
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

fn read_grammar(path: &Path, rule: &Normaliser) -> Result<Grammar, StudyError> {
    let text = read_text(path)?;
    Grammar::parse_spelt(&text, |word| rule.word(word))
        .map_err(|source| StudyError::Grammar { path: path.into(), source })
}
