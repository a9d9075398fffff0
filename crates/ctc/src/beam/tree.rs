//! The tree of prefixes, in one arena.

use super::alternatives::{Alternatives, List};

/// No node, no entry, no record.
pub(crate) const NONE: u32 = u32::MAX;

/// The root's index.
pub(crate) const ROOT: u32 = 0;

/// A prefix: its parent with one more token.
#[derive(Clone, Copy)]
pub(crate) struct Node<C> {
    pub(crate) parent: u32,
    pub(crate) token: u32,
    /// What the token did besides, as ending a word; see [`super::guide::Guide`].
    pub(crate) label: u32,
    pub(crate) depth: u32,
    first_child: u32,
    next_sibling: u32,
    /// The prefixes that are left for this one, and those that were left for its parent when it came from there.
    pub(super) alternatives: List,
    pub(super) before: List,
    pub(crate) context: C,
}

/// Prefixes as nodes that name their parents; a parent always stands before its children.
pub(crate) struct Tree<C> {
    nodes: Vec<Node<C>>,
    /// Each node's place in the beam, or `NONE`.
    slots: Vec<u32>,
    /// The prefixes that recombination left.
    pub(super) left: Alternatives,
    /// The number of nodes, and of alternatives, at which the dead ones are swept out.
    limit: usize,
}

/// Nodes that don't count as many.
const FEW: usize = 1 << 12;

/// How many tokens before the end of what all prefixes begin with alternatives are forgotten, so that an endless
/// utterance doesn't fill the memory: more than a minute of speech.
const LONG_AGO: u32 = 1 << 10;

impl<C: Copy> Tree<C> {
    /// The empty prefix alone, as entry 0; `no_token` is what it has for a last token.
    pub(crate) fn new(no_token: u32, context: C) -> Self {
        let root = Node {
            parent: NONE,
            token: no_token,
            label: NONE,
            depth: 0,
            first_child: NONE,
            next_sibling: NONE,
            alternatives: List::default(),
            before: List::default(),
            context,
        };
        Self { nodes: vec![root], slots: vec![0], left: Alternatives::default(), limit: FEW }
    }

    #[inline(always)]
    pub(crate) fn node(&self, index: u32) -> &Node<C> {
        &self.nodes[index as usize]
    }

    /// The place of a node in the beam; `NONE` for one that isn't in it, and for no node.
    #[inline(always)]
    pub(crate) fn slot(&self, index: u32) -> u32 {
        self.slots.get(index as usize).copied().unwrap_or(NONE)
    }

    #[inline(always)]
    pub(crate) fn set_slot(&mut self, index: u32, slot: u32) {
        self.slots[index as usize] = slot;
    }

    /// The child of `parent` along `(token, label)`, if it has been there.
    #[inline(always)]
    fn child(&self, parent: u32, token: u32, label: u32) -> Option<u32> {
        let mut index = self.node(parent).first_child;
        while index != NONE {
            let node = self.node(index);
            if node.token == token && node.label == label {
                return Some(index);
            }
            index = node.next_sibling;
        }
        None
    }

    pub(crate) fn add(&mut self, parent: u32, token: u32, label: u32, context: C) -> u32 {
        let index = self.nodes.len() as u32;
        let above = &mut self.nodes[parent as usize];
        let (next_sibling, depth, before) = (above.first_child, above.depth + 1, above.alternatives);
        above.first_child = index;
        let node = Node {
            parent,
            token,
            label,
            depth,
            first_child: NONE,
            next_sibling,
            alternatives: List::default(),
            before,
            context,
        };
        self.nodes.push(node);
        self.slots.push(NONE);
        index
    }

    /// Whether dead nodes should be swept out before the tree grows on.
    pub(crate) fn is_full(&self) -> bool {
        self.nodes.len().max(self.left.len()) >= self.limit
    }

    pub(super) fn node_mut(&mut self, index: u32) -> &mut Node<C> {
        &mut self.nodes[index as usize]
    }

    /// The child of `parent` along `(token, label)` begins again, if it has been there.
    pub(crate) fn begin_again(&mut self, parent: u32, token: u32, label: u32) -> Option<u32> {
        let child = self.child(parent, token, label)?;
        let before = self.node(parent).alternatives;
        let node = self.node_mut(child);
        (node.alternatives, node.before) = (List::default(), before);
        Some(child)
    }

    /// Drops all nodes that lead to none of `live` and to no alternative of one that does; `live` become their nodes' new
    /// indices.
    pub(crate) fn sweep<'a>(&mut self, live: impl Iterator<Item = &'a mut u32>) {
        const DEAD: u32 = NONE;
        const LIVE: u32 = NONE - 1;
        let mut moved = vec![DEAD; self.nodes.len()];
        let live: Vec<&mut u32> = live.collect();
        let common = self.node(self.common(live.iter().map(|index| **index))).depth;
        for node in self.nodes.iter_mut().filter(|node| node.depth + LONG_AGO < common) {
            (node.alternatives, node.before) = (List::default(), List::default());
        }
        let mut open: Vec<u32> = live.iter().map(|&&mut index| index).collect();
        while let Some(mut index) = open.pop() {
            while index != NONE && moved[index as usize] == DEAD {
                moved[index as usize] = LIVE;
                let both = [self.alternatives(index), self.alternatives_before(index)];
                open.extend(both.into_iter().flatten().map(|alternative| alternative.node));
                index = self.nodes[index as usize].parent;
            }
        }
        let mut count = 0;
        for old in 0..self.nodes.len() {
            if moved[old] == DEAD {
                continue;
            }
            let mut node = self.nodes[old];
            (node.first_child, node.next_sibling) = (NONE, NONE);
            if node.parent != NONE {
                node.parent = moved[node.parent as usize];
                let above = &mut self.nodes[node.parent as usize];
                node.next_sibling = above.first_child;
                above.first_child = count as u32;
            }
            self.nodes[count] = node;
            self.slots[count] = self.slots[old];
            moved[old] = count as u32;
            count += 1;
        }
        self.nodes.truncate(count);
        self.slots.truncate(count);
        let lists = self.nodes.iter_mut().flat_map(|node| [&mut node.alternatives, &mut node.before]);
        self.left.sweep(lists, &moved);
        self.limit = (2 * count.max(self.left.len())).max(FEW);
        for index in live {
            *index = moved[*index as usize];
        }
    }

    /// Every node's context, for a guide that sweeps its own arena.
    pub(crate) fn contexts(&mut self) -> impl Iterator<Item = &mut C> {
        self.nodes.iter_mut().map(|node| &mut node.context)
    }

    /// The nodes from below the root to `index`, in order.
    pub(crate) fn path(&self, index: u32) -> Vec<u32> {
        let up = std::iter::successors(Some(index), |&index| Some(self.node(index).parent));
        let mut path: Vec<u32> = up.take_while(|&index| index != ROOT).collect();
        path.reverse();
        path
    }

    /// The deepest node that all of `nodes` descend from or are.
    pub(crate) fn common(&self, nodes: impl Iterator<Item = u32>) -> u32 {
        nodes
            .reduce(|mut a, mut b| {
                while a != b {
                    if self.node(a).depth >= self.node(b).depth {
                        a = self.node(a).parent;
                    } else {
                        b = self.node(b).parent;
                    }
                }
                a
            })
            .unwrap_or(ROOT)
    }

    /// The number of nodes.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }
}
