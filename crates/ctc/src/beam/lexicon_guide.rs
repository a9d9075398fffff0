//! The guide of a search for the words of a lexicon, weighed by a language model.

use super::biasing::OUTSIDE;
use super::candidates::Candidates;
use super::frame::Frame;
use super::guide::{Ending, Growing, Guide, factor, hash};
use super::histories::Histories;
use super::model::WordModel;
use super::setup::{FREE_WORD, Setup};
use super::tree::NONE;
use super::trie::START;

/// A place within a word that is in no lexicon.
const OFF_TRIE: u32 = NONE;

/// Where a prefix stands, and the natural logarithm of its weight.
///
/// Within a word the weight holds the look-ahead, which the end of the word replaces by the word's score.
#[derive(Clone, Copy)]
pub(crate) struct Context {
    /// A node of the trie; or `OFF_TRIE`.
    place: u32,
    history: u32,
    /// The place in the hotwords.
    phrase: u32,
    weight: f64,
    /// A hash of the words so far, and of the tokens since.
    words: u64,
    spelt: u64,
}

/// A hash of two, in this order.
fn both(first: u64, second: u64) -> u64 {
    hash(first.rotate_left(32) ^ second, 0)
}

/// Words of a lexicon, one after another.
pub(crate) struct Words<'a, M: WordModel> {
    setup: &'a Setup<M>,
    histories: Histories<M::State>,
}

impl<'a, M: WordModel> Words<'a, M> {
    pub(crate) fn new(setup: &'a Setup<M>) -> Self {
        Self { setup, histories: Histories::new() }
    }

    /// The hash of a spelling with one token more.
    fn spelt(&self, before: u64, token: u32) -> u64 {
        self.setup.units.of(token).iter().fold(before, |before, &unit| hash(before, unit))
    }

    /// A word's addition to the weight.
    #[inline(always)]
    fn word(&mut self, history: u32, label: u32) -> f64 {
        self.setup.weighted(self.histories.score(history, label, self.setup), label)
    }

    /// What leaving a place adds to the weight: its look-ahead, taken back.
    #[inline(always)]
    fn leave(&self, place: u32) -> f64 {
        if place == OFF_TRIE { 0.0 } else { -self.setup.ahead(place) }
    }

    /// What a word that ends by a token from a place adds for its pronunciation.
    fn said(&self, place: u32, token: u32, label: u32) -> f64 {
        let trie = &self.setup.trie;
        let end = match self.setup.parted {
            true => Some(place),
            false => trie.edge(place, token).map(|edge| trie.target(edge)),
        };
        end.map_or(0.0, |end| trie.weight(end, label))
    }

    /// What a free word adds on leaving the trie at `place`, or nothing if it left before.
    fn leave_trie(&self, place: u32) -> f64 {
        if place == OFF_TRIE { 0.0 } else { self.leave(place) + self.setup.penalty() }
    }

    /// What an edge adds by hotwords, and the place in them behind it.
    #[inline(always)]
    fn bias(&self, context: &Context, token: u32, label: u32) -> (u32, f64) {
        match &self.setup.phrases {
            None => (OUTSIDE, 0.0),
            Some(phrases) => phrases.step(context.phrase, token, label),
        }
    }

    /// Offers the edge along which `change` is added to the weight, hotwords not yet counted.
    #[inline(always)]
    fn offer(&self, to: &mut Candidates, from: (&Context, f64), token: u32, label: u32, change: f64) {
        let change = change + self.bias(from.0, token, label).1;
        let factor = factor(change);
        to.offer(from.1 * factor, factor, token, label);
    }

    /// Offers what a token makes of an entry along an edge of the trie, if there is one; `before` is the entry's
    /// probability times the token's.
    #[inline(always)]
    fn spell(&mut self, to: &mut Candidates, context: &Context, token: u32, edge: Option<u32>, before: f64) {
        let setup = self.setup;
        let (place, history) = (context.place, context.history);
        let from = (context, before);
        let open = |&edge: &u32| self.histories.is_open(history, setup.trie.target(edge));
        if let Some(edge) = edge.filter(open) {
            let child = setup.trie.target(edge);
            if setup.goes_on_from(child) {
                if setup.phrases.is_none() {
                    let factor = setup.factor(edge);
                    to.offer(before * factor, factor, token, NONE);
                } else {
                    self.offer(to, from, token, NONE, setup.ahead(child) + self.leave(place));
                }
            }
            if setup.parted {
                return;
            }
            for &word in setup.trie.endings(child) {
                // The model must be asked only if the best that it is likely to say would do.
                if before * setup.highest_end(place) * setup.highest_word(word) > to.floor {
                    let said = setup.trie.weight(child, word);
                    let change = self.word(history, word) + said + self.leave(place);
                    self.offer(to, from, token, word, change);
                }
            }
            let ends_free = setup.fusion.free_words && setup.may_end(token, place == START);
            if ends_free && setup.trie.endings(child).is_empty() {
                let change = self.leave_trie(place) + self.word(history, FREE_WORD);
                self.offer(to, from, token, FREE_WORD, change);
            }
        } else if setup.fusion.free_words && setup.may_spell(token, place == START) {
            self.offer(to, from, token, NONE, self.leave_trie(place));
            if !setup.parted && setup.may_end(token, place == START) {
                let change = self.leave_trie(place) + self.word(history, FREE_WORD);
                self.offer(to, from, token, FREE_WORD, change);
            }
        }
    }

    /// Calls `word` for each word that may end at a place where no token is missing, with the change of weight.
    fn ends(&mut self, context: &Context, mut word: impl FnMut(&mut Self, u32, f64)) {
        let setup = self.setup;
        let Context { place, history, .. } = *context;
        let endings = if place == OFF_TRIE { &[] } else { setup.trie.endings(place) };
        for &label in endings {
            let change = self.word(history, label) + setup.trie.weight(place, label) + self.leave(place);
            word(self, label, change);
        }
        if endings.is_empty() && setup.fusion.free_words {
            let change = self.leave_trie(place) + self.word(history, FREE_WORD);
            word(self, FREE_WORD, change);
        }
    }
}

impl<M: WordModel> Guide for Words<'_, M> {
    type Context = Context;

    fn start(&mut self) -> Context {
        let history = self.histories.number(self.setup.model.start(), self.setup);
        Context { place: START, history, phrase: OUTSIDE, weight: 0.0, words: 0, spelt: 0 }
    }

    fn grow(&mut self, context: &Context, from: &Growing, frame: &Frame, candidates: &mut Candidates) {
        let setup = self.setup;
        let boundary = setup.trie.boundary().token();
        if let Some(token) = boundary.filter(|_| setup.parted) {
            let before = from.before(token) * frame.probability(token);
            if before > 0.0 && context.place == START {
                candidates.offer(before, 1.0, token, NONE);
            } else if before > 0.0 {
                self.ends(context, |words, label, change| {
                    words.offer(candidates, (context, before), token, label, change);
                });
            }
        }
        if context.place == OFF_TRIE || setup.fusion.free_words {
            for kept in frame.kept.iter().filter(|kept| Some(kept.token) != boundary) {
                let place = Some(context.place).filter(|&place| place != OFF_TRIE);
                let edge = place.and_then(|place| setup.trie.edge(place, kept.token));
                let before = from.before(kept.token) * kept.probability;
                self.spell(candidates, context, kept.token, edge, before);
            }
            return;
        }
        let edges = setup.trie.edges(context.place);
        if edges.len() > 8 * frame.kept.len() {
            for kept in &frame.kept {
                if let Some(edge) = setup.trie.edge(context.place, kept.token) {
                    let before = from.before(kept.token) * kept.probability;
                    self.spell(candidates, context, kept.token, Some(edge), before);
                }
            }
        } else {
            for edge in edges {
                let token = setup.trie.token(edge);
                let before = from.before(token) * frame.probability(token);
                if before > 0.0 {
                    self.spell(candidates, context, token, Some(edge), before);
                }
            }
        }
    }

    fn follow(&mut self, context: &Context, token: u32, label: u32) -> Context {
        let setup = self.setup;
        let Context { place, history, weight, .. } = *context;
        if label != NONE {
            let (phrase, gain) = self.bias(context, token, label);
            let leave = match label {
                FREE_WORD => self.leave_trie(place),
                _ => self.leave(place) + self.said(place, token, label),
            };
            let weight = weight + leave + self.word(history, label) + gain;
            let next = setup.model.score(self.histories.state(history), setup.index(label)).1;
            let history = self.histories.number(next, setup);
            let words = match label {
                // Free words are told apart by their spelling, and tokens that are words.
                FREE_WORD => both(hash(context.words, label), self.spelt(context.spelt, token)),
                _ if setup.trie.is_over_tokens() => self.spelt(context.words, token),
                _ => hash(context.words, label),
            };
            return Context { place: START, history, phrase, weight, words, spelt: 0 };
        }
        if setup.parted && setup.trie.boundary().token() == Some(token) {
            return *context;
        }
        let (phrase, gain) = self.bias(context, token, label);
        let (words, spelt) = (context.words, self.spelt(context.spelt, token));
        let edge = if place == OFF_TRIE { None } else { setup.trie.edge(place, token) };
        let child = edge.map(|edge| setup.trie.target(edge));
        match child.filter(|&child| self.histories.is_open(history, child)) {
            Some(child) => {
                let weight = weight + setup.ahead(child) + self.leave(place) + gain;
                Context { place: child, history, phrase, weight, words, spelt }
            }
            None => {
                let weight = weight + self.leave_trie(place) + gain;
                Context { place: OFF_TRIE, history, phrase, weight, words, spelt }
            }
        }
    }

    fn weight(&self, context: &Context) -> f64 {
        context.weight
    }

    fn future(&self, context: &Context) -> Option<[u32; 3]> {
        Some([context.place, context.history, context.phrase])
    }

    fn words(&self, context: &Context) -> u64 {
        if context.place == OFF_TRIE { both(context.words, context.spelt) } else { context.words }
    }

    fn endings(&mut self, context: &Context, mut ending: impl FnMut(Ending)) {
        let setup = self.setup;
        let phrase_end = |phrase| setup.phrases.as_ref().map_or(0.0, |phrases| phrases.end(phrase));
        // What the model says of an end here; else the sentence is broken off.
        let mut end = |state: &M::State, label, change: f64| {
            let model = setup.model.end(state);
            let complete = model > f32::NEG_INFINITY;
            let score = change + if complete { setup.scaled(model) } else { 0.0 };
            ending(Ending { label, score, complete });
        };
        if context.place == START {
            end(self.histories.state(context.history), NONE, phrase_end(context.phrase));
            return;
        }
        let mut words = 0;
        if let Some(token) = setup.trie.boundary().token().filter(|_| setup.parted) {
            // The end of the utterance ends the last word.
            self.ends(context, |this, label, change| {
                if change > f64::NEG_INFINITY {
                    words += 1;
                    let (phrase, gain) = this.bias(context, token, label);
                    let state = this.histories.state(context.history);
                    let next = setup.model.score(state, setup.index(label)).1;
                    end(&next, label, change + gain + phrase_end(phrase));
                }
            });
        }
        if words == 0 {
            let score = self.leave(context.place) + phrase_end(context.phrase);
            ending(Ending { label: NONE, score, complete: false });
        }
    }

    fn sweep<'a>(&mut self, contexts: impl Iterator<Item = &'a mut Context>) {
        self.histories.sweep(contexts.map(|context| &mut context.history));
    }
}
