//! Alternatives: the prefixes that recombination left.

use super::tree::{NONE, Tree};

/// A prefix that was left for another of the same future; it stands for all that say the same words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Alternative {
    pub(crate) node: u32,
    /// The hash of its words; see [`super::guide::Guide::words`].
    pub(crate) words: u64,
    /// The probability of these words over that of the prefix that was kept.
    pub(crate) share: f64,
    /// Its record of times.
    pub(crate) record: u32,
    /// The first frame in which these words were left.
    pub(crate) frame: u32,
}

/// A prefix's alternatives at some frame. A later frame's are another list.
///
/// A node has its latest one alone, and that of its parent mixed by the parts of its probability that came from there. A
/// path that has gone on from a node had other shares there, which are not kept: those of alternatives that lie far back
/// are rough.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct List {
    start: u32,
    len: u32,
}

/// The most alternatives of a prefix; the most probable ones stay.
const MOST: usize = 8;

/// The smallest share that counts.
const LEAST: f64 = 1e-9;

/// A smaller change of shares doesn't count.
const SLIGHT: f64 = 1e-3;

/// All lists, one behind another.
#[derive(Default)]
pub(crate) struct Alternatives {
    all: Vec<Alternative>,
    /// The list in work.
    own: Vec<Alternative>,
}

impl Alternatives {
    /// The number of alternatives, those that no prefix has any more included.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn of(&self, list: List) -> &[Alternative] {
        &self.all[list.start as usize..][..list.len as usize]
    }

    /// Every record, for a sweep of the times.
    pub(crate) fn records(&mut self) -> impl Iterator<Item = &mut u32> {
        self.all.iter_mut().map(|alternative| &mut alternative.record)
    }

    /// Another list, made from this one and what is in `others`.
    fn edit(
        &mut self,
        list: List,
        others: List,
        edit: impl FnOnce(&mut Vec<Alternative>, &[Alternative]),
    ) -> List {
        let mut own = std::mem::take(&mut self.own);
        own.clear();
        own.extend_from_slice(self.of(list));
        edit(&mut own, self.of(others));
        let list = List { start: self.all.len() as u32, len: own.len() as u32 };
        self.all.extend_from_slice(&own);
        self.own = own;
        list
    }

    /// Drops all lists but these, which become their new places; `moved` are the nodes' new numbers.
    pub(crate) fn sweep<'a>(&mut self, lists: impl Iterator<Item = &'a mut List>, moved: &[u32]) {
        let mut all = Vec::new();
        let mut starts = vec![NONE; self.all.len()];
        for list in lists {
            if list.len == 0 {
                *list = List::default();
                continue;
            }
            let start = &mut starts[list.start as usize];
            if *start == NONE {
                *start = all.len() as u32;
                let renumbered = |a: &Alternative| Alternative { node: moved[a.node as usize], ..*a };
                all.extend(self.of(*list).iter().map(renumbered));
            }
            list.start = *start;
        }
        self.all = all;
    }
}

/// Puts an alternative into a list.
fn add(list: &mut Vec<Alternative>, new: Alternative) {
    if new.share < LEAST {
        return;
    }
    if let Some(same) = list.iter_mut().find(|alternative| alternative.words == new.words) {
        let (share, frame) = (same.share + new.share, same.frame.min(new.frame));
        *same = Alternative { share, frame, ..if same.share < new.share { new } else { *same } };
        return;
    }
    if list.len() < MOST {
        list.push(new);
        return;
    }
    let smallest =
        list.iter_mut().reduce(|least, other| if other.share < least.share { other } else { least });
    if let Some(smallest) = smallest.filter(|smallest| smallest.share < new.share) {
        *smallest = new;
    }
}

impl<C: Copy> Tree<C> {
    /// The prefixes that are left for this one at present.
    pub(crate) fn alternatives(&self, node: u32) -> &[Alternative] {
        self.left.of(self.node(node).alternatives)
    }

    /// The alternatives of this one's parent when it came from there.
    pub(crate) fn alternatives_before(&self, node: u32) -> &[Alternative] {
        self.left.of(self.node(node).before)
    }

    /// The share of words among a prefix's alternatives.
    pub(crate) fn share(&self, node: u32, words: u64) -> f64 {
        let same = self.alternatives(node).iter().find(|alternative| alternative.words == words);
        same.map_or(0.0, |alternative| alternative.share)
    }

    /// Of two prefixes of one future one is kept, which says `words`: it gets the other as an alternative, unless that
    /// says the same, and the other's alternatives. Its own alternatives' shares are multiplied by `factor` first; those
    /// that say what the other says are in the other already.
    pub(crate) fn keep(&mut self, (kept, words): (u32, u64), other: Alternative, factor: f64) {
        let [list, others] = [self.node(kept).alternatives, self.node(other.node).alternatives];
        let list = self.left.edit(list, others, |list, others| {
            list.retain(|alternative| alternative.words != other.words);
            list.iter_mut().for_each(|alternative| alternative.share *= factor);
            list.retain(|alternative| alternative.share >= LEAST);
            if other.words != words {
                add(list, other);
            }
            for alternative in others {
                if alternative.words != words && alternative.words != other.words {
                    add(list, Alternative { share: other.share * alternative.share, ..*alternative });
                }
            }
        });
        self.node_mut(kept).alternatives = list;
    }

    /// A part of a prefix's probability has just come from its parent: the shares of its alternatives are so much less,
    /// and this part brings the parent's alternatives of this frame.
    pub(crate) fn come(&mut self, node: u32, parent: u32, part: f64) {
        if part <= SLIGHT {
            return;
        }
        let (own, before) = (self.node(node).alternatives, self.node(node).before);
        let new = self.node(parent).alternatives;
        let scale = |alternative: &mut Alternative| {
            alternative.share *= 1.0 - part;
            alternative.share >= LEAST
        };
        if own.len > 0 {
            self.node_mut(node).alternatives =
                self.left.edit(own, List::default(), |list, _| list.retain_mut(scale));
        }
        if before != new && before.len + new.len > 0 {
            self.node_mut(node).before = self.left.edit(before, new, |list, new| {
                list.retain_mut(scale);
                for alternative in new {
                    add(list, Alternative { share: part * alternative.share, ..*alternative });
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::ROOT;
    use super::*;

    fn alternative(node: u32, words: u64, share: f64) -> Alternative {
        Alternative { node, words, share, record: NONE, frame: 5 }
    }

    fn shares(alternatives: &[Alternative]) -> Vec<(u64, f64)> {
        alternatives.iter().map(|a| (a.words, a.share)).collect()
    }

    #[test]
    fn words_stand_once_and_the_least_probable_give_way() {
        let mut list = Vec::new();
        for words in 1..12 {
            add(&mut list, alternative(words as u32, words, 0.5 / words as f64));
        }
        assert!(list.len() == MOST && list.iter().all(|a| a.words <= 8), "{list:?}");
        // The same words again add up, and the more probable row of tokens stands for them.
        add(&mut list, alternative(99, 8, 0.25));
        assert_eq!(list[7], alternative(99, 8, 0.25 + 0.5 / 8.0));
        add(&mut list, alternative(98, 8, 0.01));
        assert_eq!((list[7].node, list.len()), (99, MOST));
        let mut few = Vec::new();
        add(&mut few, alternative(0, 0, LEAST / 2.0));
        assert_eq!(few, []);
    }

    #[test]
    fn the_kept_prefix_has_the_others_and_their_alternatives() {
        let mut tree = Tree::new(99, ());
        let nodes: Vec<u32> = (0..5).map(|token| tree.add(ROOT, token, NONE, ())).collect();
        tree.keep((nodes[0], 10), alternative(nodes[1], 11, 0.5), 1.0);
        tree.keep((nodes[2], 12), alternative(nodes[3], 13, 0.25), 1.0);
        // Node 0 gives way to node 2, that says what was node 1's.
        tree.keep((nodes[2], 11), alternative(nodes[0], 10, 0.5), 0.5);
        assert_eq!(shares(tree.alternatives(nodes[2])), [(13, 0.125), (10, 0.5)]);
        assert_eq!((tree.share(nodes[2], 13), tree.share(nodes[2], 11)), (0.125, 0.0));
        // A child has a part of each frame's.
        let child = tree.add(nodes[2], 7, NONE, ());
        tree.come(nodes[2], ROOT, 0.5);
        assert_eq!(shares(tree.alternatives(nodes[2])), [(13, 0.0625), (10, 0.25)]);
        assert_eq!(shares(tree.alternatives_before(child)), [(13, 0.125), (10, 0.5)]);
        tree.come(child, nodes[2], 0.25);
        let parts = [0.75 * 0.125 + 0.25 * 0.0625, 0.75 * 0.5 + 0.25 * 0.25];
        assert_eq!(shares(tree.alternatives_before(child)), [(13, parts[0]), (10, parts[1])]);
        assert_eq!(tree.share(child, 10), 0.0);
    }

    #[test]
    fn a_sweep_keeps_what_the_living_left() {
        let mut tree = Tree::new(99, ());
        let nodes: Vec<u32> = (0..5).map(|token| tree.add(ROOT, token, NONE, ())).collect();
        tree.keep((nodes[1], 0), alternative(nodes[3], 3, 0.125), 1.0);
        let deep = tree.add(nodes[1], 7, NONE, ());
        tree.keep((nodes[4], 0), alternative(deep, 1, 0.5), 1.0);
        tree.keep((nodes[4], 0), alternative(nodes[2], 2, 0.25), 1.0);
        let mut live = nodes[4];
        tree.sweep([&mut live].into_iter());
        // The root, the living one, its two alternatives, one's parent and what was left for that.
        assert_eq!((tree.len(), tree.left.len()), (6, 3));
        assert_eq!(shares(tree.alternatives(live)), [(1, 0.5), (2, 0.25)]);
        let tokens: Vec<u32> = tree.alternatives(live).iter().map(|a| tree.node(a.node).token).collect();
        assert_eq!(tokens, [7, 2]);
        let deep = tree.alternatives(live)[0].node;
        assert_eq!(shares(tree.alternatives_before(deep)), [(3, 0.125)]);
        tree.sweep([&mut ROOT.clone()].into_iter());
        assert_eq!((tree.len(), tree.left.len()), (1, 0));
    }
}
