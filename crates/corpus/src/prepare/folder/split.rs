//! Splitting utterances into training, development and test sets.

use std::collections::BTreeSet;

use rand::seq::SliceRandom;

use super::groups::{Groups, Sentence};
use crate::prepare::draft::SetDraft;
use crate::random::stream;
use crate::{CorpusError, Utterance};

/// How much goes to which set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Split {
    /// Share of the utterances for the development set, in [0, 1); `None`: a tenth, unless the source has such a set.
    pub dev: Option<f64>,
    /// Share of the utterances for the test set, in [0, 1); `None`: a tenth, unless the source has sets.
    pub test: Option<f64>,
    /// Seed of the choice.
    pub seed: u64,
}

/// The share of a set that nothing is said about.
pub(super) const SHARE: f64 = 0.1;
/// A set is told that is off its share by more than this share of it.
const OFF: f64 = 0.5;
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
        let (dev, test) = (self.dev.unwrap_or(SHARE), self.test.unwrap_or(SHARE));
        share("dev", dev)?;
        share("test", test)?;
        share("dev + test", dev + test)
    }

    /// `train`, `dev` and `test`, those with a share of 0 left out, each in the order given. Drawn are whole groups:
    /// the utterances of one recording, those of one speaker where all speakers are known and enough, and those of one
    /// sentence, as far as that leaves sets of about the shares.
    pub(super) fn apply(&self, utterances: Vec<Utterance>, notes: &mut Vec<String>) -> Vec<SetDraft> {
        let speakers: BTreeSet<&str> = utterances.iter().filter_map(|u| u.speaker.as_deref()).collect();
        let by_speaker = speakers.len() >= FEWEST_SPEAKERS && utterances.iter().all(|u| u.speaker.is_some());
        let divides = [self.dev, self.test].iter().any(|share| share.unwrap_or(SHARE) > 0.0);
        if divides && !by_speaker {
            let why = match speakers.len() {
                0 => "no recording's speaker is known; name speakers by folders or in the table".to_owned(),
                many if many < FEWEST_SPEAKERS => {
                    format!("keeping each in one set takes {FEWEST_SPEAKERS} speakers; known: {many}")
                }
                _ => {
                    let unnamed = || utterances.iter().filter(|utterance| utterance.speaker.is_none());
                    format!(
                        "{} of {} utterances have no speaker, the first is {}; name theirs too",
                        unnamed().count(),
                        utterances.len(),
                        unnamed().next().map_or("", |utterance| &utterance.id)
                    )
                }
            };
            notes.push(format!("split by recording, so a speaker may be in several sets: {why}"));
        }
        let wanted = |share: Option<f64>| (share.unwrap_or(SHARE) * utterances.len() as f64).round() as usize;
        let plan = Plan { test: wanted(self.test), dev: wanted(self.dev), seed: self.seed };
        let mut groups = Groups::of(&utterances, by_speaker);
        let sentences = groups.shared_sentences(&utterances);
        let (drawn, kept) = plan.draw_with_sentences(&groups, &sentences);
        if kept < sentences.len() {
            notes.push(format!(
                "{} of {} sentences that several {} share may be in several sets: to keep each in one would leave too \
                 little for dev or test",
                sentences.len() - kept,
                sentences.len(),
                if by_speaker { "speakers" } else { "recordings" }
            ));
        }
        let mut place = vec!["train"; utterances.len()];
        for (name, taken) in [("dev", drawn.dev), ("test", drawn.test)] {
            taken.into_iter().for_each(|index| place[index] = name);
        }
        let mut sets = ["train", "dev", "test"].map(|name| SetDraft::new(name, None));
        for (utterance, name) in utterances.into_iter().zip(place) {
            if let Some(set) = sets.iter_mut().find(|set| set.name == name) {
                set.utterances.push(utterance);
            }
        }
        let all = sets.iter().map(|set| set.utterances.len()).sum::<usize>() as f64;
        for (name, share) in [("dev", self.dev), ("test", self.test)] {
            let share = share.unwrap_or(SHARE);
            let taken = sets.iter().find(|set| set.name == name).map_or(0, |set| set.utterances.len()) as f64;
            let wanted = (share * all).round().max(1.0);
            if share <= 0.0 {
                continue;
            }
            if taken == 0.0 {
                notes
                    .push(format!("{name}: too few recordings for such a set; give more, or a larger share"));
            } else if (taken - wanted).abs() > OFF * wanted {
                notes.push(format!(
                    "{name} has {:.0} % of the utterances, where {:.0} % were wanted: {} stay whole",
                    1e2 * taken / all,
                    1e2 * share,
                    if by_speaker { "speakers and sentences" } else { "recordings and sentences" }
                ));
            }
        }
        sets.into_iter().filter(|set| set.name == "train" || !set.utterances.is_empty()).collect()
    }
}

/// How many utterances are wanted in which set.
struct Plan {
    test: usize,
    dev: usize,
    seed: u64,
}

/// The utterances of the sets other than training.
struct Drawn {
    test: Vec<usize>,
    dev: Vec<usize>,
}

impl Plan {
    /// Draws with as many sentences kept in one set each as leave the sets about as large as without any; the ones that
    /// the fewest groups share come first. Returns how many are kept, too.
    fn draw_with_sentences(&self, groups: &Groups, sentences: &[Sentence]) -> (Drawn, usize) {
        let with = |count: usize| {
            let mut groups = groups.clone();
            sentences[..count].iter().for_each(|sentence| groups.join_sentence(sentence));
            self.draw(groups.members())
        };
        let none = with(0);
        let all = with(sentences.len());
        if self.is_as_good(&all, &none) {
            return (all, sentences.len());
        }
        // The more sentences, the larger the groups: from some number on they are too large.
        let (mut kept, mut too_many) = (0, sentences.len());
        let mut best = none;
        let without = (best.test.len(), best.dev.len());
        while kept + 1 < too_many {
            let middle = kept + (too_many - kept) / 2;
            let drawn = with(middle);
            if self.is_as_good_as(&drawn, without) {
                (kept, best) = (middle, drawn);
            } else {
                too_many = middle;
            }
        }
        (best, kept)
    }

    fn is_as_good(&self, drawn: &Drawn, other: &Drawn) -> bool {
        self.is_as_good_as(drawn, (other.test.len(), other.dev.len()))
    }

    /// Whether sets have at least half and at most one and a half of what is wanted, or are as near to it as those of
    /// these sizes.
    fn is_as_good_as(&self, drawn: &Drawn, (test, dev): (usize, usize)) -> bool {
        let good = |taken: usize, other: usize, wanted: usize| {
            let off = taken.abs_diff(wanted);
            (taken > 0 || other == 0) && (2 * off <= wanted || off <= other.abs_diff(wanted))
        };
        good(drawn.test.len(), test, self.test) && good(drawn.dev.len(), dev, self.dev)
    }

    fn draw(&self, mut groups: Vec<Vec<usize>>) -> Drawn {
        groups.shuffle(&mut stream(self.seed, "split", 0, ""));
        let test = take(&mut groups, self.test);
        Drawn { test, dev: take(&mut groups, self.dev) }
    }
}

/// Takes groups out, in their order, of about as many utterances as are wanted: all that fit, then the one with which
/// they come nearest, if any; the smallest one rather than none. One group always stays, for training.
fn take(groups: &mut Vec<Vec<usize>>, wanted: usize) -> Vec<usize> {
    let mut taken = Vec::new();
    let mut left = groups.len();
    groups.retain(|group| {
        let fits = left > 1 && taken.len() + group.len() <= wanted;
        if fits {
            taken.extend(group);
            left -= 1;
        }
        !fits
    });
    let smallest = (0..groups.len()).min_by_key(|&place| groups[place].len());
    if let Some(place) = smallest.filter(|_| groups.len() > 1 && taken.len() < wanted) {
        let with = taken.len() + groups[place].len();
        if taken.is_empty() || with - wanted < wanted - taken.len() {
            taken.append(&mut groups.remove(place));
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(sizes: &[usize], wanted: usize) -> (usize, usize) {
        let mut groups: Vec<Vec<usize>> = sizes.iter().map(|&size| vec![0; size]).collect();
        (take(&mut groups, wanted).len(), groups.len())
    }

    #[test]
    fn groups_are_taken_as_they_fit_and_one_stays() {
        assert_eq!(sizes(&[50, 3, 4, 2, 5], 10), (9, 2));
        assert_eq!(sizes(&[50, 3, 4, 7], 8), (7, 2));
        assert_eq!(sizes(&[50, 9, 30], 5), (9, 2), "the smallest rather than none");
        assert_eq!(sizes(&[7, 4, 9], 6), (4, 2), "13 were farther off");
        assert_eq!(sizes(&[4, 4, 9], 7), (8, 1));
        assert_eq!(sizes(&[1], 1), (0, 1));
        assert_eq!(sizes(&[1, 1], 0), (0, 2));
    }
}
