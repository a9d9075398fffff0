//! The guide of a search with hotwords and without a lexicon.

use super::biasing::OUTSIDE;
use super::candidates::Candidates;
use super::frame::Frame;
use super::guide::{Ending, Growing, Guide, factor};
use super::phrases::Phrases;
use super::tree::NONE;

/// Any token may follow any other, and phrases add to the score.
pub(crate) struct Hot<'a> {
    pub(crate) phrases: &'a Phrases,
}

/// A prefix's place in the phrases, and all that they have added to it.
#[derive(Clone, Copy)]
pub(crate) struct Context {
    state: u32,
    weight: f64,
}

impl Hot<'_> {
    fn step(&self, context: &Context, token: u32) -> Context {
        let (state, gain) = self.phrases.step(context.state, token, NONE);
        Context { state, weight: context.weight + gain }
    }
}

impl Guide for Hot<'_> {
    type Context = Context;

    fn start(&mut self) -> Context {
        Context { state: OUTSIDE, weight: 0.0 }
    }

    fn grow(&mut self, context: &Context, from: &Growing, frame: &Frame, candidates: &mut Candidates) {
        let most = from.total * factor(self.phrases.most);
        for kept in &frame.kept {
            // The rest is less probable still.
            if most * kept.probability <= candidates.floor {
                break;
            }
            let factor = factor(self.phrases.step(context.state, kept.token, NONE).1);
            let score = from.before(kept.token) * kept.probability * factor;
            candidates.offer(score, factor, kept.token, NONE);
        }
    }

    fn follow(&mut self, context: &Context, token: u32, _: u32) -> Context {
        self.step(context, token)
    }

    fn weight(&self, context: &Context) -> f64 {
        context.weight
    }

    fn future(&self, _: &Context) -> Option<[u32; 3]> {
        None
    }

    fn words(&self, _: &Context) -> u64 {
        0
    }

    fn endings(&mut self, context: &Context, mut ending: impl FnMut(Ending)) {
        let score = self.phrases.end(context.state);
        ending(Ending { label: NONE, score, complete: true });
    }

    fn sweep<'a>(&mut self, _: impl Iterator<Item = &'a mut Context>) {}
}
