//! A second pass: the best hypotheses of a search, weighed anew by another language model.

use std::cmp::Ordering;
use std::f64::consts::LN_10;
use std::path::PathBuf;
use std::sync::Arc;

use linnet_ctc::{BeamError, Fusion, Hypothesis, Word};
use linnet_text::Normaliser;
use linnet_text::ngram::{NgramModel, WordId};

use super::error::SearchError;
use super::options::SearchOptions;

/// A second language model, for the list of hypotheses that the search with the first one finds.
///
/// The first model guides the search and can be small. The weight of the language model in the score is shared out between
/// the two: a hypothesis of the words w has w's log-probability by the first model times (1 − `share`) and by the second
/// times `share`, both times the weight. Words' confidences remain those of the first pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Rescoring {
    /// The second language model: an ARPA file or its compact form.
    pub lm: PathBuf,
    /// The second model's share of the weight, from 0, where there is no second pass, to 1.
    pub share: f32,
    /// The hypotheses of each utterance that are weighed anew, at least 1; no more than these are returned. Lists of many
    /// hundreds take longer than the search.
    pub nbest: usize,
}

impl Rescoring {
    /// By this model alone, of the 100 best hypotheses.
    pub fn by(lm: PathBuf) -> Self {
        Self { lm, share: 1.0, nbest: 100 }
    }
}

/// The language models of a second pass, read.
#[derive(Debug, Clone)]
pub(super) struct SecondPass {
    first: Arc<NgramModel>,
    second: Arc<NgramModel>,
    pub(super) share: f32,
    pub(super) nbest: usize,
}

impl SecondPass {
    /// Reads the second model of the options, for words that are spelt by `rule`; `None` where there is none, or it has no
    /// share. `first` is the first model, unless its words are tokens.
    pub(super) fn read(
        options: &SearchOptions,
        first: Option<&Arc<NgramModel>>,
        rule: &Normaliser,
    ) -> Result<Option<Self>, SearchError> {
        let Some(Rescoring { lm, share, nbest }) = &options.rescoring else { return Ok(None) };
        let problem = match (first, &options.grammar) {
            (Some(_), None) => None,
            (Some(_), Some(_)) => Some("a grammar has one language model; leave this one or the grammar out"),
            (None, _) if options.lm.is_some() => {
                Some("the first language model is over tokens, and a second one weighs words; leave it out")
            }
            (None, _) => Some("a second language model goes with a first one; give both or neither"),
        };
        if let Some(problem) = problem {
            return Err(SearchError::File { path: lm.clone(), problem: problem.into() });
        }
        checked(*share)?;
        if *nbest == 0 {
            return Err(BeamError::Option { name: "rescore_nbest", problem: "it must be at least 1" }.into());
        }
        if *share == 0.0 {
            return Ok(None);
        }
        let mut second = NgramModel::read(lm)?;
        second.spell_by(rule);
        let second = Arc::new(second);
        Ok(first.map(|first| Self { first: Arc::clone(first), second, share: *share, nbest: *nbest }))
    }

    /// The second model.
    pub(super) fn model(&self) -> &NgramModel {
        &self.second
    }

    /// The hypotheses by their scores with the second model's `share`, the best first.
    pub(super) fn rescored(
        &self,
        mut hypotheses: Vec<Hypothesis>,
        fusion: &Fusion,
        share: f32,
    ) -> Vec<Hypothesis> {
        for hypothesis in &mut hypotheses {
            let change = self.change(hypothesis, fusion);
            add(hypothesis, share, change);
        }
        hypotheses.sort_by(better_first);
        hypotheses
    }

    /// The best of some hypotheses with each share of the second model; none of none.
    pub(super) fn best(&self, hypotheses: &[Hypothesis], fusion: &Fusion, shares: &[f32]) -> Vec<Hypothesis> {
        // The models are asked once for all shares.
        let changes: Vec<f64> = hypotheses.iter().map(|own| self.change(own, fusion)).collect();
        let with = |&share: &f32| {
            let changed = hypotheses.iter().zip(&changes).map(|(own, &change)| {
                let mut own = own.clone();
                add(&mut own, share, change);
                own
            });
            changed.min_by(better_first)
        };
        shares.iter().filter_map(with).collect()
    }

    /// How much more the second model would add to a hypothesis' score than the first.
    fn change(&self, hypothesis: &Hypothesis, fusion: &Fusion) -> f64 {
        // A free word is unknown to the search, however it is spelt.
        let in_search = |word: &Word| word.id.and_then(|_| self.first.index(&word.text));
        let second = says(&self.second, hypothesis, fusion, |word| self.second.index(&word.text));
        second - says(&self.first, hypothesis, fusion, in_search)
    }
}

/// Adds a share of a change to a hypothesis' score.
fn add(hypothesis: &mut Hypothesis, share: f32, change: f64) {
    hypothesis.model += f64::from(share) * change;
    hypothesis.score = hypothesis.acoustic + hypothesis.model;
}

fn better_first(a: &Hypothesis, b: &Hypothesis) -> Ordering {
    b.complete.cmp(&a.complete).then(b.score.total_cmp(&a.score))
}

/// Fails where a share isn't from 0 to 1.
pub(super) fn checked(share: f32) -> Result<(), BeamError> {
    match (0.0..=1.0).contains(&share) {
        true => Ok(()),
        false => Err(BeamError::Option { name: "rescore_share", problem: "it must lie between 0 and 1" }),
    }
}

/// A model's part of a hypothesis' score: the weighted log-probability of its words and, if they are finished, of the
/// sentence's end, with the penalty for each word that the model doesn't know.
fn says(
    model: &NgramModel,
    hypothesis: &Hypothesis,
    fusion: &Fusion,
    index: impl Fn(&Word) -> Option<WordId>,
) -> f64 {
    let (mut state, mut log10, mut unknown) = (model.start(), 0.0, 0u32);
    for word in &hypothesis.words {
        let index = index(word);
        unknown += u32::from(index.is_none());
        let (score, next) = model.score(&state, index.unwrap_or(model.unknown()));
        (log10, state) = (log10 + f64::from(score), next);
    }
    if hypothesis.complete {
        log10 += f64::from(model.end(&state));
    }
    f64::from(fusion.weight) * LN_10 * log10 + f64::from(unknown) * f64::from(fusion.unknown_penalty)
}
