//! From rows of units to nodes, and to the edges that tokens make between them.

use std::collections::VecDeque;
use std::ops::Range;

use super::error::TrieError;
use super::lexicon::START;
use super::pieces::Pieces;

/// A beginning of words.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) unit: u32,
    pub(super) parent: u32,
    /// The edges from here, by token.
    pub(super) edges: Range<u32>,
    /// The words that end here.
    pub(super) endings: Range<u32>,
}

/// A token that leads from one node to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) token: u32,
    pub(super) target: u32,
}

/// All edges.
const MOST_EDGES: usize = 1 << 30;

/// Nodes in the order of breadth-first search, their edges node by node, and the words that end at them.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    pub(super) endings: Vec<u32>,
    /// The weight of each of these endings; empty where all are 0.
    pub(super) weights: Vec<f32>,
}

/// One way of units to a word.
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub(super) units: Vec<u32>,
    pub(super) word: u32,
    /// A natural logarithm, at most 0.
    pub(super) weight: f32,
}

impl Graph {
    /// The graph of paths that are sorted by their units; `pieces` spells every one.
    pub(super) fn new(rows: &[Path], pieces: &Pieces) -> Result<Self, TrieError> {
        let mut graph = Self::default();
        let children = graph.grow(rows);
        graph.connect(&children, pieces)?;
        graph.prune();
        if graph.weights.iter().all(|&weight| weight == 0.0) {
            graph.weights = Vec::new();
        }
        Ok(graph)
    }

    /// Makes the nodes; returns each one's children, which lie side by side.
    fn grow(&mut self, rows: &[Path]) -> Vec<Range<u32>> {
        let node = |unit, parent| Node { unit, parent, edges: 0..0, endings: 0..0 };
        let mut children = Vec::new();
        self.nodes.push(node(u32::MAX, u32::MAX));
        let mut open = VecDeque::from([(START, 0, rows)]);
        while let Some((index, depth, rows)) = open.pop_front() {
            // Rows that end here come first.
            let (here, deeper) = rows.split_at(rows.partition_point(|row| row.units.len() == depth));
            let endings = self.endings.len() as u32;
            self.endings.extend(here.iter().map(|row| row.word));
            self.weights.extend(here.iter().map(|row| row.weight));
            let first = self.nodes.len() as u32;
            for run in deeper.chunk_by(|a, b| a.units[depth] == b.units[depth]) {
                open.push_back((self.nodes.len() as u32, depth + 1, run));
                self.nodes.push(node(run[0].units[depth], index));
            }
            self.nodes[index as usize].endings = endings..self.endings.len() as u32;
            children.push(first..self.nodes.len() as u32);
        }
        children
    }

    /// Makes the edges of all nodes that tokens lead to.
    fn connect(&mut self, children: &[Range<u32>], pieces: &Pieces) -> Result<(), TrieError> {
        let mut reached = vec![false; self.nodes.len()];
        reached[START as usize] = true;
        let mut open = Vec::new();
        // A token leads to a later node.
        for index in 0..self.nodes.len() {
            let first = self.edges.len();
            if reached[index] {
                open.push((index, 0, pieces.all()));
            }
            while let Some((place, depth, tokens)) = open.pop() {
                for target in children[place].clone() {
                    let tokens = pieces.narrow(tokens, depth, self.nodes[target as usize].unit);
                    let whole = tokens.iter().take_while(|&&token| pieces.of(token).len() == depth + 1);
                    let before = self.edges.len();
                    self.edges.extend(whole.map(|&token| Edge { token, target }));
                    reached[target as usize] |= self.edges.len() > before;
                    let longer = &tokens[self.edges.len() - before..];
                    if !longer.is_empty() {
                        open.push((target as usize, depth + 1, longer));
                    }
                }
            }
            if self.edges.len() > MOST_EDGES {
                return Err(TrieError::TooLarge { what: "edges", most: MOST_EDGES });
            }
            self.edges[first..].sort_unstable_by_key(|edge| edge.token);
            self.nodes[index].edges = first as u32..self.edges.len() as u32;
        }
        Ok(())
    }

    /// Drops the edges behind which no word ends.
    fn prune(&mut self) {
        let mut alive = vec![false; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate().rev() {
            let edges = &self.edges[node.edges.start as usize..node.edges.end as usize];
            alive[index] = !node.endings.is_empty() || edges.iter().any(|edge| alive[edge.target as usize]);
        }
        let mut count = 0;
        for node in &mut self.nodes {
            let first = count;
            for place in node.edges.clone() {
                let edge = self.edges[place as usize];
                if alive[edge.target as usize] {
                    self.edges[count as usize] = edge;
                    count += 1;
                }
            }
            node.edges = first..count;
        }
        self.edges.truncate(count as usize);
        self.edges.shrink_to_fit();
    }
}
