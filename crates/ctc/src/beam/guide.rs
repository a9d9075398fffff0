//! What may follow a prefix and what it is worth: nothing but the tokens' probabilities, or a lexicon and a language
//! model.

use super::candidates::Candidates;
use super::frame::Frame;
use super::tree::NONE;

/// An entry that grows.
#[derive(Clone, Copy)]
pub(crate) struct Growing {
    /// Its last token, or the number of tokens if it has none.
    pub(crate) token: u32,
    /// Its weighted probability, and the part of it that ends in a blank: a token may follow itself only there.
    pub(crate) total: f64,
    pub(crate) blank: f64,
}

impl Growing {
    /// What a token can follow.
    #[inline(always)]
    pub(crate) fn before(&self, token: u32) -> f64 {
        if token == self.token { self.blank } else { self.total }
    }
}

/// The most that one edge adds to the natural logarithm of a weight, or takes from it: so far f64 reaches, with room
/// for the beam's own probabilities. A word that is forbidden is worth nothing all the same.
const MOST_CHANGE: f64 = 600.0;

/// What an edge multiplies the probability by, for what it adds to the natural logarithm of the weight.
#[inline(always)]
pub(crate) fn factor(change: f64) -> f64 {
    if change == f64::NEG_INFINITY { 0.0 } else { change.clamp(-MOST_CHANGE, MOST_CHANGE).exp() }
}

/// A hash of one number more.
#[inline(always)]
pub(crate) fn hash(before: u64, number: u32) -> u64 {
    (before.rotate_left(23) ^ u64::from(number).wrapping_add(1)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// How a prefix may end an utterance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ending {
    /// The word that ends with the utterance, or `NONE`.
    pub(crate) label: u32,
    /// What ending adds to the score, in natural logarithms.
    pub(crate) score: f64,
    /// Whether no word is left unfinished.
    pub(crate) complete: bool,
}

/// Chooses and weighs the edges of the prefix tree, each a token with a label.
///
/// An edge's weight multiplies the probability; a prefix's weight is the product along its edges.
pub(crate) trait Guide {
    /// What a prefix knows beyond its tokens.
    type Context: Copy;

    /// The empty prefix's.
    fn start(&mut self) -> Self::Context;

    /// Offers the edges of an entry.
    fn grow(&mut self, context: &Self::Context, from: &Growing, frame: &Frame, candidates: &mut Candidates);

    /// The context behind an edge.
    fn follow(&mut self, context: &Self::Context, token: u32, label: u32) -> Self::Context;

    /// The natural logarithm of a prefix's weight.
    fn weight(&self, context: &Self::Context) -> f64;

    /// The state that decides, beside the last token, all that may follow a prefix; `None` where no two prefixes share
    /// one.
    fn future(&self, context: &Self::Context) -> Option<[u32; 3]>;

    /// A hash of the words so far: two prefixes of one future that agree in it say the same.
    fn words(&self, context: &Self::Context) -> u64;

    /// Calls `ending` for each way in which a prefix may end.
    fn endings(&mut self, context: &Self::Context, ending: impl FnMut(Ending));

    /// Drops what none of the `contexts` needs.
    fn sweep<'a>(&mut self, contexts: impl Iterator<Item = &'a mut Self::Context>)
    where
        Self::Context: 'a;
}

/// Any token may follow any other.
pub(crate) struct Free;

impl Guide for Free {
    type Context = ();

    fn start(&mut self) {}

    #[inline(always)]
    fn grow(&mut self, (): &(), from: &Growing, frame: &Frame, candidates: &mut Candidates) {
        for kept in &frame.kept {
            // The rest is less probable still.
            if from.total * kept.probability <= candidates.floor {
                break;
            }
            candidates.offer(from.before(kept.token) * kept.probability, 1.0, kept.token, NONE);
        }
    }

    fn follow(&mut self, (): &(), _: u32, _: u32) {}

    fn weight(&self, (): &()) -> f64 {
        0.0
    }

    fn future(&self, (): &()) -> Option<[u32; 3]> {
        None
    }

    fn words(&self, (): &()) -> u64 {
        0
    }

    fn endings(&mut self, (): &(), mut ending: impl FnMut(Ending)) {
        ending(Ending { label: NONE, score: 0.0, complete: true });
    }

    fn sweep<'a>(&mut self, _: impl Iterator<Item = &'a mut ()>) {}
}
