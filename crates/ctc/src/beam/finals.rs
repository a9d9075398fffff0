//! The end of an utterance: which prefixes win.

use super::guide::{Ending, Guide};
use super::search::Search;
use super::tree::NONE;

/// An entry with one way to end, as tokens with their labels.
pub(crate) struct Final {
    pub(crate) entry: usize,
    /// Natural log-probability, weight and ending included.
    pub(crate) score: f64,
    /// The part of it that isn't the tokens' probability.
    pub(crate) model: f64,
    pub(crate) complete: bool,
    pub(crate) spelling: Spelling,
}

/// A prefix's tokens with their labels.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spelling {
    pub(crate) tokens: Vec<u32>,
    pub(crate) labels: Vec<u32>,
    /// The word that ends with the utterance, or `NONE`.
    pub(crate) ending: u32,
}

impl<G: Guide> Search<G> {
    /// The best `count` ways to end here: complete ones first, then by score, tokens and labels.
    pub(crate) fn finals(&mut self, count: usize) -> Vec<Final> {
        let mut ways = Vec::new();
        for (index, entry) in self.beam.iter().enumerate() {
            let context = self.tree.node(entry.node).context;
            let (score, weight) = (self.score(entry), self.guide.weight(&context));
            self.guide.endings(&context, |ending| {
                if ending.score > f64::NEG_INFINITY {
                    ways.push((index, score + ending.score, weight + ending.score, ending));
                }
            });
        }
        let order = |a: (bool, f64), b: (bool, f64)| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1));
        ways.sort_by(|a, b| order((a.3.complete, a.1), (b.3.complete, b.1)));
        // Only those that may be among the best are spelt out.
        if let Some(last) = ways.get(count.saturating_sub(1)) {
            let last = (last.3.complete, last.1);
            ways.retain(|way| order((way.3.complete, way.1), last).is_le());
        }
        let spell = |(entry, score, model, ending): (usize, f64, f64, Ending)| {
            let spelling = Spelling { ending: ending.label, ..self.spelling(self.beam[entry].node) };
            Final { entry, score, model, complete: ending.complete, spelling }
        };
        let mut finals: Vec<Final> = ways.into_iter().map(spell).collect();
        finals.sort_by(|a, b| {
            let scores = order((a.complete, a.score), (b.complete, b.score));
            scores.then_with(|| a.spelling.cmp(&b.spelling))
        });
        finals.truncate(count);
        finals
    }
}

impl<G: Guide> Search<G> {
    /// What all entries begin with, and the best entry's prefix; of equal ones the first.
    pub(crate) fn partial(&self) -> [Spelling; 2] {
        let best =
            self.beam.iter().reduce(|best, entry| if entry.total() > best.total() { entry } else { best });
        let common = self.tree.common(self.beam.iter().map(|entry| entry.node));
        [self.spelling(common), self.spelling(best.map_or(common, |entry| entry.node))]
    }

    fn spelling(&self, node: u32) -> Spelling {
        let path = self.tree.path(node);
        let (tokens, labels) =
            path.iter().map(|&n| (self.tree.node(n).token, self.tree.node(n).label)).unzip();
        Spelling { tokens, labels, ending: NONE }
    }
}
