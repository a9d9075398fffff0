//! Utterances that belong into one set together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use crate::Utterance;
use crate::files::RealPaths;
use crate::prepare::overlap::sentence_key;

/// Groups of utterances, which can be joined.
#[derive(Clone)]
pub(super) struct Groups {
    /// By utterance one of its group that comes before it, or itself.
    parents: Vec<usize>,
}

impl Groups {
    /// Utterances of one recording are a group, and so are those of one speaker where speakers are to be kept apart.
    pub(super) fn of(utterances: &[Utterance], by_speaker: bool) -> Self {
        let mut groups = Self { parents: (0..utterances.len()).collect() };
        // A recording may be named by several links.
        let mut paths = RealPaths::default();
        let recordings = utterances.iter().map(|utterance| paths.of(&utterance.audio));
        groups.join_equal(recordings.map(Some));
        if by_speaker {
            groups.join_equal(utterances.iter().map(|utterance| utterance.speaker.as_deref()));
        }
        groups
    }

    /// Joins utterances with equal values.
    fn join_equal<T: Eq + Hash>(&mut self, values: impl Iterator<Item = Option<T>>) {
        let mut first = HashMap::new();
        for (utterance, value) in values.enumerate() {
            if let Some(value) = value {
                let first = *first.entry(value).or_insert(utterance);
                self.join(first, utterance);
            }
        }
    }

    fn root(&mut self, mut utterance: usize) -> usize {
        while self.parents[utterance] != utterance {
            self.parents[utterance] = self.parents[self.parents[utterance]];
            utterance = self.parents[utterance];
        }
        utterance
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b)] = a.min(b);
    }

    /// Joins the groups that say a sentence.
    pub(super) fn join_sentence(&mut self, groups: &Sentence) {
        for pair in groups.windows(2) {
            self.join(pair[0], pair[1]);
        }
    }

    /// The sentences that several groups say, those of the fewest groups first.
    pub(super) fn shared_sentences(&mut self, utterances: &[Utterance]) -> Vec<Sentence> {
        let mut sayers: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (index, utterance) in utterances.iter().enumerate() {
            let key = sentence_key(utterance.text.as_deref().unwrap_or_default());
            sayers.entry(key).or_default().insert(self.root(index));
        }
        let sayers = sayers.into_values().map(Vec::from_iter);
        let mut shared: Vec<Sentence> = sayers.filter(|groups| groups.len() > 1).collect();
        shared.sort_by_key(Vec::len);
        shared
    }

    /// The utterances of each group, in order.
    pub(super) fn members(&mut self) -> Vec<Vec<usize>> {
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for utterance in 0..self.parents.len() {
            members.entry(self.root(utterance)).or_default().push(utterance);
        }
        members.into_values().collect()
    }
}

/// An utterance of each group that says a sentence.
pub(super) type Sentence = Vec<usize>;
