//! Fusion with n-gram models.

use std::f32::consts::LN_10;

use linnet_text::ngram::{NgramModel, NgramState, WordId};

use super::model::WordModel;

impl WordModel for NgramModel {
    type State = NgramState;

    fn index(&self, word: &str) -> Option<u32> {
        NgramModel::index(self, word).map(|id| id.0)
    }

    fn start(&self) -> NgramState {
        NgramModel::start(self)
    }

    fn score(&self, state: &NgramState, word: Option<u32>) -> (f32, NgramState) {
        let (log10, next) = NgramModel::score(self, state, word.map_or(self.unknown(), WordId));
        (log10 * LN_10, next)
    }

    fn end(&self, state: &NgramState) -> f32 {
        NgramModel::end(self, state) * LN_10
    }

    fn unigram(&self, word: Option<u32>) -> f32 {
        NgramModel::unigram(self, word.map_or(self.unknown(), WordId)) * LN_10
    }
}
