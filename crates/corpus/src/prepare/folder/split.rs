//! Splitting utterances into training, development and test sets.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::SliceRandom;

use crate::prepare::draft::SetDraft;
use crate::random::stream;
use crate::{CorpusError, Utterance};

/// How much goes to which set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// Share of the utterances for the development set, in [0, 1).
    pub dev: f64,
    /// Share of the utterances for the test set, in [0, 1).
    pub test: f64,
    /// Seed of the choice.
    pub seed: u64,
}

impl Default for Split {
    /// A tenth each for development and test.
    fn default() -> Self {
        Self { dev: 0.1, test: 0.1, seed: 0 }
    }
}

/// Fewer speakers than this cannot be told apart into three sets.
const FEWEST_SPEAKERS: usize = 3;

impl Split {
    pub(super) fn validate(&self) -> Result<(), CorpusError> {
        let share = |key, value: f64| match (0.0..1.0).contains(&value) {
            true => Ok(()),
            false => {
                Err(CorpusError::Option { key, problem: format!("{value} is no share from 0 to below 1") })
            }
        };
        share("dev", self.dev)?;
        share("test", self.test)?;
        share("dev + test", self.dev + self.test)
    }

    /// `train`, `dev` and `test`, those with a share of 0 left out, each in the order given. Whole groups (a speaker's
    /// utterances; single utterances where speakers are not all known or too few) are drawn until a set has its share.
    pub(super) fn apply(&self, utterances: Vec<Utterance>, notes: &mut Vec<String>) -> Vec<SetDraft> {
        let speakers: BTreeSet<&str> = utterances.iter().filter_map(|u| u.speaker.as_deref()).collect();
        let by_speaker = speakers.len() >= FEWEST_SPEAKERS && utterances.iter().all(|u| u.speaker.is_some());
        if !by_speaker {
            let many = speakers.len();
            notes.push(format!(
                "split by utterance, so speakers may be in several sets: {many} speakers are known"
            ));
        }
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, utterance) in utterances.iter().enumerate() {
            let group = utterance.speaker.as_deref().filter(|_| by_speaker).unwrap_or(&utterance.id);
            groups.entry(group).or_default().push(index);
        }
        let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
        groups.shuffle(&mut stream(self.seed, "split", 0, ""));
        let total = utterances.len() as f64;
        let mut place = vec!["train"; utterances.len()];
        for (name, share) in [("test", self.test), ("dev", self.dev)] {
            let mut taken = 0;
            // The last group stays for training, whatever the shares.
            while groups.len() > 1 && (taken as f64) < (share * total).round() {
                for index in groups.pop().unwrap_or_default() {
                    place[index] = name;
                    taken += 1;
                }
            }
        }
        let mut sets = ["train", "dev", "test"].map(|name| SetDraft::new(name, None));
        for (utterance, name) in utterances.into_iter().zip(place) {
            if let Some(set) = sets.iter_mut().find(|set| set.name == name) {
                set.utterances.push(utterance);
            }
        }
        sets.into_iter().filter(|set| set.name == "train" || !set.utterances.is_empty()).collect()
    }
}
