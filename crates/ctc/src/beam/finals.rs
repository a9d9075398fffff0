//! The end of an utterance: which prefixes win.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashSet};

use super::alternatives::Alternative;
use super::guide::{Ending, Guide};
use super::search::Search;
use super::tree::{NONE, ROOT};

/// An entry with one way to end, as tokens with their labels.
pub(crate) struct Final {
    pub(crate) entry: usize,
    /// Natural log-probability, weight and ending included.
    pub(crate) score: f64,
    /// The part of it that isn't the tokens' probability.
    pub(crate) model: f64,
    pub(crate) complete: bool,
    pub(crate) spelling: Spelling,
    /// Where the path leaves the entry's own for an alternative's: before so many tokens, at this record.
    pub(crate) turns: Vec<(u32, u32)>,
}

/// A prefix's tokens with their labels.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Spelling {
    pub(crate) tokens: Vec<u32>,
    pub(crate) labels: Vec<u32>,
    /// The word that ends with the utterance, or `NONE`.
    pub(crate) ending: u32,
}

/// How many times as many ways are looked at as are wanted.
const MOST_POPS: usize = 4;

/// A way to end, back to the utterance's beginning.
struct Way {
    entry: usize,
    score: f64,
    model: f64,
    ending: Ending,
    turns: Vec<Turn>,
}

/// Where a way leaves a prefix for one that recombination left.
#[derive(Clone, Copy)]
struct Turn {
    from: u32,
    to: u32,
    /// The number of tokens behind them.
    behind: u32,
    record: u32,
    /// The frame in which the second was left.
    frame: u32,
}

/// The rank of a way: complete ones first, then by score.
#[derive(Clone, Copy, PartialEq)]
struct Rank(bool, f64);

impl Eq for Rank {}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0).then(self.1.total_cmp(&other.1))
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Way {
    fn rank(&self) -> Rank {
        Rank(self.ending.complete, self.score)
    }
}

/// Ways that wait, of which so many are wanted.
struct Waiting {
    ways: Vec<Way>,
    /// By rank, then the earlier one.
    heap: BinaryHeap<(Rank, Reverse<usize>)>,
    /// The best ranks so far, as many as are wanted.
    best: BinaryHeap<Reverse<Rank>>,
    wanted: usize,
}

impl Waiting {
    /// Whether so low a rank can't be wanted any more. Of alternatives, which may be countless, those are wanted that
    /// come first.
    fn is_beaten(&self, rank: Rank, alternative: bool) -> bool {
        let beaten = |lowest: &Reverse<Rank>| rank < lowest.0 || alternative && rank == lowest.0;
        self.best.len() >= self.wanted && self.best.peek().is_some_and(beaten)
    }

    fn add(&mut self, way: Way) {
        let rank = way.rank();
        if self.is_beaten(rank, !way.turns.is_empty()) {
            return;
        }
        self.best.push(Reverse(rank));
        if self.best.len() > self.wanted {
            self.best.pop();
        }
        self.heap.push((rank, Reverse(self.ways.len())));
        self.ways.push(way);
    }
}

impl<G: Guide> Search<G> {
    /// The best `count` ways to end here: complete ones first, then by score, tokens and labels. Of ways with the same
    /// tokens and labels the best counts.
    pub(crate) fn finals(&mut self, count: usize) -> Vec<Final> {
        let wanted = count.saturating_mul(2);
        let mut waiting =
            Waiting { ways: Vec::new(), heap: BinaryHeap::new(), best: BinaryHeap::new(), wanted };
        for (index, entry) in self.beam.iter().enumerate() {
            let context = self.tree.node(entry.node).context;
            let (score, weight) = (self.score(entry), self.guide.weight(&context));
            self.guide.endings(&context, |ending| {
                if ending.score > f64::NEG_INFINITY {
                    let (score, model) = (score + ending.score, weight + ending.score);
                    waiting.add(Way { entry: index, score, model, ending, turns: Vec::new() });
                }
            });
        }
        let (mut finals, mut spellings) = (Vec::new(), HashSet::new());
        let (mut last, mut popped) = (None, 0);
        while let Some((rank, Reverse(index))) = waiting.heap.pop() {
            // Of equal ones the spelling decides; alternatives may be too many for that.
            let equal = last == Some(rank) && waiting.ways[index].turns.is_empty();
            if finals.len() >= count && !equal || popped >= MOST_POPS.saturating_mul(count) {
                break;
            }
            (last, popped) = (Some(rank), popped + 1);
            let way = self.spelt(&waiting.ways[index]);
            if self.tree.left.len() > 0 {
                self.turn(&mut waiting, index, &way);
            }
            // The same alternative may be reached at several places.
            if spellings.insert(way.spelling.clone()) {
                finals.push(way);
            }
        }
        finals.sort_by(|a, b| {
            let ranks = Rank(b.complete, b.score).cmp(&Rank(a.complete, a.score));
            ranks.then_with(|| a.spelling.cmp(&b.spelling))
        });
        finals.truncate(count);
        finals
    }

    /// Adds the ways that have one turn more than this one, before its last; `last` is its spelling.
    fn turn(&self, waiting: &mut Waiting, index: usize, last: &Final) {
        let tokens = &last.spelling.tokens;
        let spans = match &self.times {
            Some(times) => times.spans(last.entry, tokens, &last.turns, self.frames as u32),
            None => Vec::new(),
        };

        let way = &waiting.ways[index];
        let (entry, score, model, ending) = (way.entry, way.score, way.model, way.ending);
        let turns = way.turns.clone();
        let own = self.beam[entry].node;
        let turned = turns.last().map_or(u32::MAX, |last| last.frame);
        let (mut node, mut alternatives, mut behind) = match turns.last() {
            None => (own, self.tree.alternatives(own), 0),
            Some(last) => {
                (self.tree.node(last.to).parent, self.tree.alternatives_before(last.to), last.behind + 1)
            }
        };
        while node != ROOT {
            // The list is the child's: what it has got since the path left the child has nothing to do with the path.
            let gone =
                spans.get(tokens.len() + 1 - behind as usize).map_or(u32::MAX, |span| span.start as u32);
            let before = gone.min(turned);
            let weight = self.guide.weight(&self.tree.node(node).context);
            for alternative in alternatives.iter().filter(|alternative| alternative.frame < before) {
                let score = score + alternative.share.ln();
                if waiting.is_beaten(Rank(ending.complete, score), true) {
                    continue;
                }
                let model = model + self.guide.weight(&self.tree.node(alternative.node).context) - weight;
                let Alternative { node: to, record, frame, .. } = *alternative;
                let turn = Turn { from: node, to, behind, record, frame };
                let turns = turns.iter().copied().chain([turn]).collect();
                waiting.add(Way { entry, score, model, ending, turns });
            }
            alternatives = self.tree.alternatives_before(node);
            (node, behind) = (self.tree.node(node).parent, behind + 1);
        }
    }

    fn spelt(&self, way: &Way) -> Final {
        let mut nodes = Vec::new();
        let mut node = self.beam[way.entry].node;
        let mut turns = way.turns.iter().peekable();
        while node != ROOT {
            if let Some(turn) = turns.next_if(|turn| turn.from == node && turn.behind as usize == nodes.len())
            {
                node = turn.to;
            }
            nodes.push(node);
            node = self.tree.node(node).parent;
        }
        nodes.reverse();
        let spelling = Spelling { ending: way.ending.label, ..self.spelling(&nodes) };
        let Way { entry, score, model, ending, .. } = *way;
        let turns = way.turns.iter().map(|turn| (turn.behind, turn.record)).collect();
        Final { entry, score, model, complete: ending.complete, spelling, turns }
    }
}

impl<G: Guide> Search<G> {
    /// What all entries begin with, and the best entry's prefix; of equal ones the first.
    pub(crate) fn partial(&self) -> [Spelling; 2] {
        let best =
            self.beam.iter().reduce(|best, entry| if entry.total() > best.total() { entry } else { best });
        let common = self.tree.common(self.beam.iter().map(|entry| entry.node));
        let best = best.map_or(common, |entry| entry.node);
        [common, best].map(|node| self.spelling(&self.tree.path(node)))
    }

    fn spelling(&self, nodes: &[u32]) -> Spelling {
        let spell = |&node: &u32| (self.tree.node(node).token, self.tree.node(node).label);
        let (tokens, labels) = nodes.iter().map(spell).unzip();
        Spelling { tokens, labels, ending: NONE }
    }
}
