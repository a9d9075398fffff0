//! The prefixes that a frame could leave, of which the beam keeps the best.

use super::tree::NONE;

/// Stands in `Candidate::token` for a prefix that stays as it is.
pub(crate) const STAY: u32 = NONE;

/// A prefix of the next beam: one that stays, or one that grows by a token.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    /// Weighted probability, as in [`super::search::Entry`].
    pub(crate) score: f64,
    /// The weight of the new edge.
    pub(crate) factor: f64,
    /// The entry of the old beam that stays or grows.
    pub(crate) entry: u32,
    pub(crate) token: u32,
    pub(crate) label: u32,
}

/// Candidates in the order of their making, cut down to the best `beam` whenever there are twice as many.
///
/// Of equal scores the earlier candidate wins: prefixes that stay before ones that grow, each in the beam's order.
pub(crate) struct Candidates {
    pub(crate) list: Vec<Candidate>,
    /// Grown prefixes at or below this can't enter the beam any more.
    pub(crate) floor: f64,
    beam: usize,
    keys: Vec<u64>,
    /// The growing entry, and those of its children that are in the beam already.
    entry: u32,
    taken: Taken,
}

/// Which children of an entry are entries themselves: they stay, and must not be made again.
pub(crate) struct Taken {
    /// For each entry, one bit for each token modulo 64 along which a child is an entry.
    masks: Vec<u64>,
    /// For each entry its first child, and its parent's next child.
    first: Vec<u32>,
    next: Vec<u32>,
    edges: Vec<(u32, u32)>,
}

impl Taken {
    fn clear(&mut self, entries: usize) {
        self.masks.clear();
        self.masks.resize(entries, 0);
        self.first.clear();
        self.first.resize(entries, NONE);
        self.next.clear();
        self.edges.clear();
    }

    /// The next entry in order, whose parent is entry `parent` or `NONE`.
    pub(crate) fn add(&mut self, parent: u32, token: u32, label: u32) {
        let index = self.edges.len() as u32;
        self.edges.push((token, label));
        if parent == NONE {
            self.next.push(NONE);
        } else {
            self.next.push(self.first[parent as usize]);
            self.first[parent as usize] = index;
            self.masks[parent as usize] |= 1 << (token % 64);
        }
    }

    #[inline(always)]
    fn has(&self, parent: u32, token: u32, label: u32) -> bool {
        if self.masks[parent as usize] & (1 << (token % 64)) == 0 {
            return false;
        }
        let mut child = self.first[parent as usize];
        while child != NONE {
            if self.edges[child as usize] == (token, label) {
                return true;
            }
            child = self.next[child as usize];
        }
        false
    }
}

impl Candidates {
    pub(crate) fn new(beam: usize) -> Self {
        let taken = Taken { masks: Vec::new(), first: Vec::new(), next: Vec::new(), edges: Vec::new() };
        Self { list: Vec::new(), floor: 0.0, beam, keys: Vec::new(), entry: 0, taken }
    }

    /// Forgets the last frame's; `entries` is the size of the beam.
    pub(crate) fn clear(&mut self, entries: usize) -> &mut Taken {
        self.list.clear();
        self.floor = 0.0;
        self.taken.clear(entries);
        &mut self.taken
    }

    /// The prefix of an entry stays.
    #[inline(always)]
    pub(crate) fn stay(&mut self, entry: u32, score: f64) {
        if score > 0.0 {
            self.list.push(Candidate { score, factor: 1.0, entry, token: STAY, label: NONE });
        }
    }

    /// From now on this entry grows.
    #[inline(always)]
    pub(crate) fn grow(&mut self, entry: u32) {
        self.entry = entry;
    }

    /// The growing entry's child along `(token, label)`, unless it is too bad or in the beam already.
    #[inline(always)]
    pub(crate) fn offer(&mut self, score: f64, factor: f64, token: u32, label: u32) {
        if score > self.floor && !self.taken.has(self.entry, token, label) {
            self.list.push(Candidate { score, factor, entry: self.entry, token, label });
            if self.list.len() >= 2 * self.beam + 16 {
                self.cut();
            }
        }
    }

    /// Keeps the best `beam`.
    pub(crate) fn cut(&mut self) {
        if self.list.len() <= self.beam {
            return;
        }
        // Scores are positive, so that their bits are ordered as they are.
        self.keys.clear();
        self.keys.extend(self.list.iter().map(|candidate| candidate.score.to_bits()));
        let last = self.keys.len() - self.beam;
        let (_, &mut lowest, above) = self.keys.select_nth_unstable(last);
        let mut ties = self.beam - above.iter().filter(|&&key| key > lowest).count();
        self.list.retain(|candidate| {
            let key = candidate.score.to_bits();
            let tie = key == lowest && ties > 0;
            ties -= usize::from(tie);
            key > lowest || tie
        });
        self.floor = self.floor.max(f64::from_bits(lowest));
    }
}
