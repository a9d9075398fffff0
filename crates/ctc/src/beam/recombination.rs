//! Recombination: of prefixes that no later frame can tell apart, one lives on and remembers the others.

use super::alternatives::Alternative;
use super::guide::{Guide, hash};
use super::search::Search;
use super::tree::NONE;

/// A prefix's future, that is all that decides what follows: the guide's state and the last token.
type Key = ([u32; 3], u32);

/// A hash table of the beam's entries by their keys.
#[derive(Default)]
pub(crate) struct Seen {
    /// Places in the beam, a power of two of slots.
    slots: Vec<u32>,
    keys: Vec<Key>,
    /// Whether an entry leaves the beam.
    left: Vec<bool>,
}

impl Seen {
    fn clear(&mut self, entries: usize) {
        self.slots.clear();
        self.slots.resize((2 * entries).next_power_of_two(), NONE);
        self.keys.clear();
        self.left.clear();
        self.left.resize(entries, false);
    }

    /// The slot of the next entry's key: that of an entry before it with the same key, or an empty one.
    fn slot(&mut self, key: Key) -> usize {
        self.keys.push(key);
        let ([a, b, c], d) = key;
        let mixed = [a, b, c, d].into_iter().fold(0, hash);
        let mut slot = (mixed >> 32) as usize & (self.slots.len() - 1);
        while self.slots[slot] != NONE && self.keys[self.slots[slot] as usize] != key {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        slot
    }
}

impl<G: Guide> Search<G> {
    /// Leaves of the entries with one future only the most probable.
    ///
    /// Entries that say the same words become one, with the sum of their probabilities. Another stays behind as an
    /// alternative of the one that is kept, for the list of hypotheses: it has its share of that one's probability
    /// from now on.
    pub(crate) fn recombine(&mut self) {
        let mut seen = std::mem::take(&mut self.seen);
        seen.clear(self.beam.len());
        let mut any = false;
        for index in 0..self.beam.len() {
            let entry = &self.beam[index];
            let Some(future) = self.guide.future(&self.tree.node(entry.node).context) else { break };
            let slot = seen.slot((future, entry.token));
            if seen.slots[slot] == NONE {
                seen.slots[slot] = index as u32;
                continue;
            }
            let other = seen.slots[slot] as usize;
            let (kept, left) = self.join(other, index);
            seen.slots[slot] = kept as u32;
            seen.left[left] = true;
            any = true;
        }
        if any {
            self.leave(&seen.left);
        }
        self.seen = seen;
    }

    /// Joins two entries of one future; the result is the place of the one that is kept, and of the other.
    fn join(&mut self, older: usize, newer: usize) -> (usize, usize) {
        let words = |node: u32| self.guide.words(&self.tree.node(node).context);
        let [resident, newcomer] = [self.beam[older], self.beam[newer]];
        let said = [words(resident.node), words(newcomer.node)];
        // Words that were left before have come back.
        let share = self.tree.share(resident.node, said[1]);
        let newcomer = &mut self.beam[newer];
        newcomer.ends_blank += share * resident.ends_blank;
        newcomer.ends_token += share * resident.ends_token;
        let better = newcomer.total() > resident.total();
        let (kept, left) = if better { (newer, older) } else { (older, newer) };
        let [own, other] = if better { [said[1], said[0]] } else { said };
        let leaving = self.beam[left];
        let entry = &mut self.beam[kept];
        let before = entry.total();
        if own == other {
            entry.ends_blank += leaving.ends_blank;
            entry.ends_token += leaving.ends_token;
        }
        if let Some(times) = &mut self.times {
            let ends = (entry.ends_blank > 0.0, entry.ends_token > 0.0);
            times.complete(kept, ends, self.frames as u32 + 1);
        }
        let record = self.times.as_ref().map_or(NONE, |times| times.record(left));
        let share = leaving.total() / entry.total();
        let frame = self.frames as u32;
        let other = Alternative { node: leaving.node, words: other, share, record, frame };
        self.tree.keep((entry.node, own), other, before / entry.total());
        (kept, left)
    }

    /// Takes entries out of the beam.
    fn leave(&mut self, left: &[bool]) {
        let mut place = 0;
        for (index, &left) in left.iter().enumerate() {
            let entry = self.beam[index];
            if left {
                self.tree.set_slot(entry.node, NONE);
                continue;
            }
            self.tree.set_slot(entry.node, place as u32);
            self.beam[place] = entry;
            if let Some(times) = &mut self.times {
                times.move_entry(index, place);
            }
            place += 1;
        }
        self.beam.truncate(place);
        if let Some(times) = &mut self.times {
            times.truncate(place);
        }
    }
}
