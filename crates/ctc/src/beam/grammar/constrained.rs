//! A language model within a grammar.

use super::super::model::WordModel;
use super::Grammar;

/// A grammar whose sentences a language model weighs; see [`Grammar::with_model`].
#[derive(Clone, Debug)]
pub struct Constrained<M> {
    grammar: Grammar,
    model: M,
    /// The model's numbers of the grammar's words.
    indices: Vec<Option<u32>>,
}

impl<M: WordModel> Constrained<M> {
    pub(super) fn new(grammar: Grammar, model: M) -> Self {
        let indices = grammar.words.iter().map(|word| model.index(word)).collect();
        Self { grammar, model, indices }
    }

    fn known(&self, word: Option<u32>) -> Option<u32> {
        self.indices.get(word? as usize).copied().flatten()
    }
}

impl<M: WordModel> WordModel for Constrained<M> {
    type State = (u32, M::State);

    fn index(&self, word: &str) -> Option<u32> {
        self.grammar.index(word)
    }

    fn start(&self) -> Self::State {
        (self.grammar.start(), self.model.start())
    }

    fn score(&self, state: &Self::State, word: Option<u32>) -> (f32, Self::State) {
        let (allowed, place) = self.grammar.score(&state.0, word);
        if allowed == f32::NEG_INFINITY {
            return (allowed, state.clone());
        }
        let (score, next) = self.model.score(&state.1, self.known(word));
        (score, (place, next))
    }

    fn end(&self, state: &Self::State) -> f32 {
        self.grammar.end(&state.0) + self.model.end(&state.1)
    }

    fn unigram(&self, word: Option<u32>) -> f32 {
        self.model.unigram(self.known(word))
    }

    fn following(&self, state: &Self::State) -> Option<Vec<u32>> {
        self.grammar.following(&state.0)
    }
}
