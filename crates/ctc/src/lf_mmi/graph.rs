//! An n-gram of labels composed with CTC's topology.
//!
//! A node is a history of the n-gram, which tells the last label. It has two states: in one the last frame had the last
//! label, in the other it had the blank. A frame's token leads from
//!
//! - either state by the blank to the node's blank state,
//! - the label's state by the same label to itself (a repeat collapses),
//! - either state by another label to the next node's label state, weighed by the n-gram,
//! - the blank's state by the last label again to the next node's label state, weighed by the n-gram.

use std::ops::Range;

use super::label_model::LabelModel;

/// A weighted move, and the node at its other end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Arc {
    pub(super) node: u32,
    pub(super) weight: f32,
}

/// The nodes and their moves. Node 0 is the start, which has no last label; the others are sorted by their last label.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    pub(super) tokens: usize,
    pub(super) blank: u32,
    /// For each label, ascending: its token and the nodes whose last label it is.
    labels: Vec<(u32, Range<usize>)>,
    /// The moves from each node by each label, `(nodes, labels)`.
    out: Vec<Arc>,
    /// The moves into each node, one node after the other, each with the row that it comes from: `node` for both states
    /// of a node, `nodes + node` for its blank state alone. `starts` has the place of each node's first.
    into: Vec<Arc>,
    starts: Vec<u32>,
    /// The weight of an end at each node.
    pub(super) ends: Vec<f32>,
}

impl Graph {
    /// Composes a model of the labels that all tokens but the blank are, in ascending order.
    pub(super) fn new(model: &LabelModel, blank: u32) -> Self {
        let nodes = model.histories.len();
        let width = model.next_row(0).len();
        // From new numbers to the model's, and back. The start stays first.
        let mut order: Vec<usize> = (0..nodes).collect();
        order.sort_by_key(|&history| model.last(history));
        let mut renumbered = vec![0; nodes];
        (0_u32..).zip(&order).for_each(|(new, &history)| renumbered[history] = new);
        let last: Vec<Option<u32>> = order.iter().map(|&history| model.last(history)).collect();
        let row = |&history: &usize| {
            let moves = model.next_row(history).iter().zip(model.row(history));
            moves.map(|(&to, &weight)| Arc { node: renumbered[to as usize], weight: weight as f32 })
        };
        let out: Vec<Arc> = order.iter().flat_map(row).collect();

        let mut starts = vec![0_u32; nodes + 1];
        out.iter().for_each(|arc| starts[arc.node as usize + 1] += 1);
        (0..nodes).for_each(|node| starts[node + 1] += starts[node]);
        let mut free = starts.clone();
        let mut into = vec![Arc::default(); out.len()];
        for (i, arc) in out.iter().enumerate() {
            let (from, label) = (i / width, i % width);
            let source = if last[from] == Some(label as u32) { nodes + from } else { from };
            let place = &mut free[arc.node as usize];
            into[*place as usize] = Arc { node: source as u32, weight: arc.weight };
            *place += 1;
        }
        let of = |(label, token): (u32, u32)| {
            let begin = last.partition_point(|&other| other < Some(label));
            (token, begin..last.partition_point(|&other| other <= Some(label)))
        };
        let tokens = (0..=width as u32).filter(|&token| token != blank);
        Self {
            tokens: width + 1,
            blank,
            labels: (0..).zip(tokens).map(of).collect(),
            ends: order.iter().map(|&history| model.row(history)[width] as f32).collect(),
            out,
            into,
            starts,
        }
    }

    #[inline(always)]
    pub(super) fn nodes(&self) -> usize {
        self.ends.len()
    }

    /// Each label's token, and the nodes whose last label it is.
    #[inline(always)]
    pub(super) fn labels(&self) -> &[(u32, Range<usize>)] {
        &self.labels
    }

    /// The moves into a node, by the rows that they come from.
    #[inline(always)]
    pub(super) fn into(&self, node: usize) -> &[Arc] {
        &self.into[self.starts[node] as usize..self.starts[node + 1] as usize]
    }

    /// The moves from a node by each label.
    #[inline(always)]
    pub(super) fn out(&self, node: usize) -> &[Arc] {
        let width = self.labels.len();
        &self.out[node * width..(node + 1) * width]
    }

    /// The natural logarithm of the n-gram's probability of a label sequence; −∞ with a token that is no label.
    pub(super) fn sequence(&self, labels: &[u32]) -> f64 {
        let (mut node, mut total) = (0, 0.0);
        for &label in labels {
            let Ok(place) = self.labels.binary_search_by_key(&label, |(token, _)| *token) else {
                return f64::NEG_INFINITY;
            };
            let arc = self.out(node)[place];
            total += f64::from(arc.weight).ln();
            node = arc.node as usize;
        }
        total + f64::from(self.ends[node]).ln()
    }
}
