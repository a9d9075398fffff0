//! The prefix beam search: frame by frame, all prefixes at once.

use std::f64::consts::LN_2;

use super::candidates::{Candidates, STAY};
use super::error::BeamError;
use super::frame::Frame;
use super::guide::{Growing, Guide};
use super::options::BeamOptions;
use super::recombination::Seen;
use super::times::Times;
use super::tree::{NONE, Tree};

/// A prefix in the beam, and its probability in all paths that collapse to it, times its weight.
///
/// The probabilities of all entries carry one common power of two; see [`Search::exponent`].
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) node: u32,
    parent: u32,
    /// The last token, or the number of tokens if there is none.
    pub(crate) token: u32,
    label: u32,
    /// The weight of the edge that leads here.
    factor: f64,
    /// Of the paths that end in a blank.
    pub(crate) ends_blank: f64,
    /// Of the paths that end in the last token.
    pub(crate) ends_token: f64,
}

impl Entry {
    #[inline(always)]
    pub(crate) fn total(&self) -> f64 {
        self.ends_blank + self.ends_token
    }
}

/// The search's state between two frames.
///
/// Prefixes that grow to the same one are merged without a hash table: an entry can meet no other entry than its
/// parent, grown by the entry's last token.
pub(crate) struct Search<G: Guide> {
    pub(crate) guide: G,
    pub(crate) options: BeamOptions,
    pub(crate) tokens: usize,
    pub(crate) tree: Tree<G::Context>,
    pub(crate) beam: Vec<Entry>,
    pub(crate) times: Option<Times>,
    /// Frames read.
    pub(crate) frames: usize,
    /// Entries' probabilities are times 2 to this.
    exponent: i64,
    frame: Frame,
    candidates: Candidates,
    next: Vec<Entry>,
    /// For each entry its parent's place in the beam, and its probabilities if it stays.
    parents: Vec<u32>,
    stays: Vec<(f64, f64)>,
    pub(super) seen: Seen,
    /// Whether prefixes are recombined: some guides have none that are alike.
    recombines: bool,
}

/// Frames of one utterance: 31 bits, so that none is `NONE`.
const MOST_FRAMES: usize = 1 << 31;

/// Between these lies the beam's best probability, or is brought back near one: what one edge may multiply it by
/// ([`super::guide::factor`]) keeps it a number until then.
const HIGH: f64 = (1u128 << 100) as f64;
const LOW: f64 = 1.0 / HIGH;

impl<G: Guide> Search<G> {
    /// `options` were checked against `tokens`.
    pub(crate) fn new(mut guide: G, options: BeamOptions, tokens: usize) -> Self {
        let none = tokens as u32;
        let root = Entry {
            node: 0,
            parent: NONE,
            token: none,
            label: NONE,
            factor: 1.0,
            ends_blank: 1.0,
            ends_token: 0.0,
        };
        let start = guide.start();
        let recombines = options.recombine && guide.future(&start).is_some();
        let tree = Tree::new(none, start);
        Self {
            tree,
            beam: vec![root],
            times: options.times.then(Times::new),
            frames: 0,
            exponent: 0,
            frame: Frame::new(tokens),
            candidates: Candidates::new(options.beam),
            next: Vec::new(),
            parents: Vec::new(),
            stays: Vec::new(),
            seen: Seen::default(),
            recombines,
            guide,
            options,
            tokens,
        }
    }

    /// Reads frames, `(frames, tokens)`, that [`super::frame::check`] has passed.
    pub(crate) fn advance(&mut self, log_probs: &[f32]) -> Result<(), BeamError> {
        for row in log_probs.chunks_exact(self.tokens) {
            if self.frames >= MOST_FRAMES {
                return Err(BeamError::TooManyFrames { most: MOST_FRAMES });
            }
            self.frame.read(row, &self.options, self.frames)?;
            self.stay();
            self.grow();
            self.choose(row)?;
            self.frames += 1;
        }
        Ok(())
    }

    /// Natural log-probability of an entry, weight included.
    pub(crate) fn score(&self, entry: &Entry) -> f64 {
        entry.total().ln() + self.exponent as f64 * LN_2
    }

    /// Each prefix stays by a blank, by its token again, or by its parent's growing into it.
    fn stay(&mut self) {
        let taken = self.candidates.clear(self.beam.len());
        self.parents.clear();
        for entry in &self.beam {
            let parent = self.tree.slot(entry.parent);
            self.parents.push(parent);
            taken.add(parent, entry.token, entry.label);
        }
        self.stays.clear();
        let mut lowest = f64::INFINITY;
        for (index, (entry, &parent)) in self.beam.iter().zip(&self.parents).enumerate() {
            let (mut ends_token, mut gain) = (entry.ends_token, 0.0);
            let parent = self.beam.get(parent as usize);
            if let Some(parent) = parent {
                let before = if parent.token == entry.token { parent.ends_blank } else { parent.total() };
                gain = before * entry.factor;
            }
            let probability = self.frame.probability(entry.token);
            ends_token = (ends_token + gain) * probability;
            let ends_blank = entry.total() * self.frame.blank;
            let (gain, total) = (gain * probability, ends_blank + ends_token);
            if let Some(parent) = parent.filter(|_| gain > 0.0 && self.recombines) {
                self.tree.come(entry.node, parent.node, gain / total);
            }
            self.stays.push((ends_blank, ends_token));
            lowest = lowest.min(ends_blank + ends_token);
            self.candidates.stay(index as u32, ends_blank + ends_token);
        }
        if self.candidates.list.len() >= self.options.beam {
            self.candidates.floor = lowest;
        }
    }

    /// Each prefix grows by the frame's tokens.
    fn grow(&mut self) {
        for (index, entry) in self.beam.iter().enumerate() {
            let context = &self.tree.node(entry.node).context;
            let from = Growing { token: entry.token, total: entry.total(), blank: entry.ends_blank };
            self.candidates.grow(index as u32);
            self.guide.grow(context, &from, &self.frame, &mut self.candidates);
        }
    }

    /// The best candidates become the beam.
    fn choose(&mut self, row: &[f32]) -> Result<(), BeamError> {
        self.candidates.cut();
        let highest = self.candidates.list.iter().fold(0.0, |highest: f64, c| highest.max(c.score));
        if highest == 0.0 {
            return Err(BeamError::NothingLeft { frame: self.frames });
        }
        let lowest = highest * f64::from(-self.options.score_threshold).exp();
        self.candidates.list.retain(|candidate| candidate.score >= lowest);
        let near = (LOW..=HIGH).contains(&highest);
        let (scale, shift) = if near { (1.0, 0) } else { rescale(highest) };
        self.exponent += shift;

        for entry in &self.beam {
            self.tree.set_slot(entry.node, NONE);
        }
        self.next.clear();
        for candidate in &self.candidates.list {
            let mut entry = self.beam[candidate.entry as usize];
            if candidate.token == STAY {
                let (ends_blank, ends_token) = self.stays[candidate.entry as usize];
                (entry.ends_blank, entry.ends_token) = (ends_blank * scale, ends_token * scale);
            } else {
                let (parent, token, label) = (entry.node, candidate.token, candidate.label);
                let node = self.tree.begin_again(parent, token, label).unwrap_or_else(|| {
                    let context = self.guide.follow(&self.tree.node(parent).context, token, label);
                    self.tree.add(parent, token, label, context)
                });
                let (factor, ends_token) = (candidate.factor, candidate.score * scale);
                entry = Entry { node, parent, token, label, factor, ends_blank: 0.0, ends_token };
            }
            self.tree.set_slot(entry.node, self.next.len() as u32);
            self.next.push(entry);
        }
        if let Some(times) = &mut self.times {
            let chosen = &self.candidates.list;
            times.advance(chosen, &self.beam, &self.parents, &self.frame, row, self.frames as u32);
        }
        std::mem::swap(&mut self.beam, &mut self.next);
        if self.recombines {
            self.recombine();
        }
        if self.tree.is_full() {
            self.sweep();
        }
        if let Some(times) = self.times.as_mut().filter(|times| times.is_full()) {
            times.sweep(self.tree.left.records());
        }
        Ok(())
    }

    /// Drops the prefixes that lead nowhere any more.
    fn sweep(&mut self) {
        self.tree.sweep(self.beam.iter_mut().map(|entry| &mut entry.node));
        for entry in &mut self.beam {
            entry.parent = self.tree.node(entry.node).parent;
        }
        self.guide.sweep(self.tree.contexts());
    }
}

/// The power of two that brings `highest` near one, and the exponent that makes up for it.
fn rescale(highest: f64) -> (f64, i64) {
    // Exponents beyond this would take two steps; the next frame makes the second.
    let up = (-highest.log2()).floor().clamp(-1000.0, 1000.0) as i32;
    (2f64.powi(up), -i64::from(up))
}
