//! Searches, ready to run.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use linnet_ctc::{
    BeamError, BeamOptions, Constrained, Decoder, Fusion, Grammar, Hypothesis, LexiconTrie, NoModel,
    WordModel, greedy_hypothesis,
};
use linnet_text::ngram::NgramModel;
use linnet_text::{Normaliser, TokenTable};

use super::error::SearchError;
use super::knowledge::Knowledge;
use super::options::SearchOptions;
use super::rescoring::checked;

/// Prefixes that a search for labels under an n-gram of them keeps.
const LABELS_BEAM: usize = 30;

/// A search for the best hypotheses: greedy, or over a beam with lexicon, language model, grammar and hotwords.
///
/// It serves any number of threads; clones share all that it has read.
#[derive(Clone)]
pub struct Search {
    knowledge: Arc<Knowledge>,
    decoder: Arc<AnyDecoder>,
    beam: BeamOptions,
    fusion: Fusion,
}

/// A decoder with whatever scores its words.
enum AnyDecoder {
    /// The best token of each frame.
    Greedy,
    /// Nothing does.
    Plain(Decoder<NoModel>),
    /// A language model.
    Ngram(Decoder<Arc<NgramModel>>),
    /// A grammar.
    Grammar(Decoder<Arc<Grammar>>),
    /// A language model within a grammar.
    Constrained(Decoder<Constrained<Arc<NgramModel>>>),
}

impl Search {
    /// Takes the best token of each frame.
    pub fn greedy(table: &TokenTable) -> Self {
        let (beam, fusion) = (BeamOptions::default(), Fusion::default());
        let knowledge = Arc::new(Knowledge::none(table));
        Self { knowledge, decoder: Arc::new(AnyDecoder::Greedy), beam, fusion }
    }

    /// Finds the tokens that are the most probable under an n-gram of them; `path` is its place, for errors.
    pub(crate) fn of_labels(table: &TokenTable, ngram: NgramModel, path: &Path) -> Result<Self, SearchError> {
        let labels: Vec<&str> = (1..table.len() as u32).filter_map(|id| table.symbol(id)).collect();
        if let Some(unknown) = labels.iter().find(|label| ngram.index(label).is_none()) {
            let problem = format!("it doesn't have the token {unknown}; take both from one training run");
            return Err(SearchError::File { path: path.into(), problem });
        }
        let trie = LexiconTrie::over_tokens(&labels, table)
            .map_err(|source| SearchError::Lexicon { path: path.into(), source })?;
        let mut knowledge = Knowledge::none(table);
        (knowledge.trie, knowledge.lm) = (Some(Arc::new(trie)), Some(Arc::new(ngram)));
        // As LF-MMI weighs it.
        let fusion = Fusion { weight: 1.0, ..Fusion::default() };
        let beam = BeamOptions { beam: LABELS_BEAM, ..BeamOptions::default() };
        Self::over(Arc::new(knowledge), &beam, &fusion)
    }

    /// Reads the files that the options name, for the tokens of `table`. [`Model::search`](crate::Model::search) does
    /// it for a model's.
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
    /// A file that can't be read or has a fault, by its line; files that don't go together, as a lexicon none of whose
    /// words the tokens spell, or a language model over tokens beside a lexicon; an option that is out of range.
    pub fn read(
        options: &SearchOptions,
        table: &TokenTable,
        rule: Option<Normaliser>,
    ) -> Result<Self, SearchError> {
        let knowledge = Knowledge::read(options, table, rule)?;
        Self::over(Arc::new(knowledge), &options.beam, &options.fusion)
    }

    /// The same files with another beam and other weights; a greedy search becomes a plain beam search.
    ///
    /// # Errors
    ///
    /// An option that is out of range.
    pub fn with(&self, beam: &BeamOptions, fusion: &Fusion) -> Result<Self, SearchError> {
        Self::over(Arc::clone(&self.knowledge), beam, fusion)
    }

    /// The same with these phrases beside its own hotwords, each with its weight or the usual one; a greedy search
    /// becomes a plain beam search. All that was read is shared. [`left_out`](Self::left_out) tells which of these
    /// phrases can't be spelt.
    ///
    /// # Errors
    ///
    /// A weight that is no number above 0.
    pub fn with_phrases(&self, phrases: &[(String, Option<f32>)]) -> Result<Self, SearchError> {
        Self::over(Arc::new(self.knowledge.with_phrases(phrases)?), &self.beam, &self.fusion)
    }

    fn over(knowledge: Arc<Knowledge>, beam: &BeamOptions, fusion: &Fusion) -> Result<Self, SearchError> {
        let nbest = knowledge.second_pass.as_ref().map_or(beam.nbest, |second| second.nbest);
        let wide = BeamOptions { nbest, ..beam.clone() };
        let decoder = Arc::new(AnyDecoder::new(&knowledge, &wide, fusion)?);
        Ok(Self { knowledge, decoder, beam: beam.clone(), fusion: fusion.clone() })
    }

    /// The best hypotheses of `log_probs`, `(frames, tokens)`, row-major, natural logarithms: at least one, the best
    /// first.
    ///
    /// # Errors
    ///
    /// Those of [`Decoder::decode`].
    pub fn decode(&self, log_probs: &[f32]) -> Result<Vec<Hypothesis>, SearchError> {
        let mut hypotheses = self.first_pass(log_probs)?;
        if let Some(second) = &self.knowledge.second_pass {
            hypotheses = second.rescored(hypotheses, &self.fusion, second.share);
            hypotheses.truncate(self.beam.nbest);
        }
        Ok(hypotheses)
    }

    /// As [`decode`](Self::decode), without the second pass: as many hypotheses as that weighs anew.
    ///
    /// # Errors
    ///
    /// Those of [`Decoder::decode`].
    pub fn first_pass(&self, log_probs: &[f32]) -> Result<Vec<Hypothesis>, SearchError> {
        let table = &self.knowledge.table;
        let tokens = table.len();
        Ok(match &*self.decoder {
            AnyDecoder::Greedy => vec![greedy_hypothesis(log_probs, table)?],
            AnyDecoder::Plain(decoder) => decoder.decode(log_probs, tokens)?,
            AnyDecoder::Ngram(decoder) => decoder.decode(log_probs, tokens)?,
            AnyDecoder::Grammar(decoder) => decoder.decode(log_probs, tokens)?,
            AnyDecoder::Constrained(decoder) => decoder.decode(log_probs, tokens)?,
        })
    }

    /// The best hypothesis of the [first pass](Self::first_pass) with each of these shares of the second language model in
    /// place of its own; nothing where there are no hypotheses, or there is no second pass.
    ///
    /// # Errors
    ///
    /// A share that isn't from 0 to 1.
    pub fn second_pass(
        &self,
        hypotheses: &[Hypothesis],
        shares: &[f32],
    ) -> Result<Vec<Hypothesis>, SearchError> {
        shares.iter().try_for_each(|&share| checked(share))?;
        let second = self.knowledge.second_pass.as_ref();
        Ok(second.map_or_else(Vec::new, |second| second.best(hypotheses, &self.fusion, shares)))
    }

    /// Whether hypotheses have words: from a lexicon, or because the tokens spell them.
    pub fn has_words(&self) -> bool {
        self.knowledge.has_words()
    }

    /// The words that it can find; `None` where nothing bounds them.
    pub fn words(&self) -> Option<&[String]> {
        let trie = self.knowledge.trie.as_ref().filter(|trie| !trie.is_over_tokens())?;
        (!self.fusion.free_words).then(|| trie.words())
    }

    /// The tokens that it is made for.
    pub fn table(&self) -> &TokenTable {
        &self.knowledge.table
    }

    /// Notes on the files.
    pub fn notes(&self) -> &[String] {
        &self.knowledge.notes
    }

    /// A line about each hotword that is left out: its place, and why.
    pub fn left_out(&self) -> &[String] {
        &self.knowledge.left_out
    }
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &*self.decoder {
            AnyDecoder::Greedy => "greedy",
            AnyDecoder::Plain(_) => "beam",
            AnyDecoder::Ngram(_) => "beam with a language model",
            AnyDecoder::Grammar(_) => "beam with a grammar",
            AnyDecoder::Constrained(_) => "beam with a language model and a grammar",
        };
        f.debug_struct("Search").field("kind", &kind).field("tokens", &self.table().len()).finish()
    }
}

impl AnyDecoder {
    fn new(knowledge: &Knowledge, beam: &BeamOptions, fusion: &Fusion) -> Result<Self, BeamError> {
        let plain = Decoder::new(&knowledge.table, beam.clone())?;
        let Some(trie) = &knowledge.trie else { return Ok(Self::Plain(finish(plain, knowledge)?)) };
        let (trie, fusion) = (Arc::clone(trie), fusion.clone());
        Ok(match (&knowledge.lm, &knowledge.grammar) {
            (None, None) => Self::Plain(finish(plain.with_lexicon(trie, NoModel, fusion)?, knowledge)?),
            (Some(lm), None) => {
                Self::Ngram(finish(plain.with_lexicon(trie, Arc::clone(lm), fusion)?, knowledge)?)
            }
            (None, Some(grammar)) => {
                Self::Grammar(finish(plain.with_lexicon(trie, Arc::clone(grammar), fusion)?, knowledge)?)
            }
            (Some(lm), Some(grammar)) => {
                let model = Grammar::clone(grammar).with_model(Arc::clone(lm));
                Self::Constrained(finish(plain.with_lexicon(trie, model, fusion)?, knowledge)?)
            }
        })
    }
}

fn finish<M: WordModel>(decoder: Decoder<M>, knowledge: &Knowledge) -> Result<Decoder<M>, BeamError> {
    let decoder = decoder.with_calibration(knowledge.calibration);
    match &knowledge.hotwords {
        Some(hotwords) => decoder.with_hotwords(hotwords),
        None => Ok(decoder),
    }
}
