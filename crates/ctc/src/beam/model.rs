//! What a language model must offer to be fused with the search.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

/// A language model over words, or anything else that scores a word by the words before it.
pub trait WordModel {
    /// What the model remembers of the words so far. Equal states must score alike.
    type State: Clone + Debug + Eq + Hash;

    /// The model's own number of a word; `None` for one that it doesn't know.
    fn index(&self, word: &str) -> Option<u32>;

    /// The state before the first word.
    fn start(&self) -> Self::State;

    /// The natural logarithm of a word's probability, and the state behind it; `None` stands for an unknown word.
    ///
    /// It is at most 0; −∞ forbids the word.
    fn score(&self, state: &Self::State, word: Option<u32>) -> (f32, Self::State);

    /// The natural logarithm of the probability that the sentence ends here; −∞ if it must not.
    fn end(&self, state: &Self::State) -> f32;

    /// The natural logarithm of the word's probability by itself, for the look-ahead within words. It need not be
    /// exact: it guides the search, and is taken back when the word is complete. Words that it makes too improbable may be
    /// lost, see [`BeamOptions::most_lift`](super::BeamOptions::most_lift).
    fn unigram(&self, word: Option<u32>) -> f32;

    /// The words that may follow, if they are so few that all others are to be cut off at their first token; `None`,
    /// the default, if any may.
    fn following(&self, _state: &Self::State) -> Option<Vec<u32>> {
        None
    }
}

/// No language model: every word has score 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoModel;

impl WordModel for NoModel {
    type State = ();

    fn index(&self, _: &str) -> Option<u32> {
        Some(0)
    }

    fn start(&self) {}

    fn score(&self, (): &(), _: Option<u32>) -> (f32, ()) {
        (0.0, ())
    }

    fn end(&self, (): &()) -> f32 {
        0.0
    }

    fn unigram(&self, _: Option<u32>) -> f32 {
        0.0
    }
}

/// A pointer to a model is one.
macro_rules! through {
    ($pointer:ty) => {
        impl<M: WordModel + ?Sized> WordModel for $pointer {
            type State = M::State;

            fn index(&self, word: &str) -> Option<u32> {
                (**self).index(word)
            }

            fn start(&self) -> Self::State {
                (**self).start()
            }

            fn score(&self, state: &Self::State, word: Option<u32>) -> (f32, Self::State) {
                (**self).score(state, word)
            }

            fn end(&self, state: &Self::State) -> f32 {
                (**self).end(state)
            }

            fn unigram(&self, word: Option<u32>) -> f32 {
                (**self).unigram(word)
            }

            fn following(&self, state: &Self::State) -> Option<Vec<u32>> {
                (**self).following(state)
            }
        }
    };
}

through!(&M);
through!(Arc<M>);

/// How a lexicon and a language model weigh beside the tokens' probabilities. All scores are natural logarithms.
#[derive(Clone, Debug, PartialEq)]
pub struct Fusion {
    /// What the language model's scores are multiplied by, at least 0. Default 0.5.
    pub weight: f32,
    /// Addition for each word, −100 to 100; positive values make more and shorter words. Default 0.
    pub word_bonus: f32,
    /// What a word adds that the language model doesn't know, beside the model's own score for unknown words, and each
    /// free word. Default −10.
    pub unknown_penalty: f32,
    /// Whether tokens that spell no word of the lexicon may make a word too. Default false.
    pub free_words: bool,
}

impl Default for Fusion {
    fn default() -> Self {
        Self { weight: 0.5, word_bonus: 0.0, unknown_penalty: -10.0, free_words: false }
    }
}
