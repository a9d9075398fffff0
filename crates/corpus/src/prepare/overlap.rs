//! How much of a test set the training set has too.

use std::collections::HashSet;
use std::path::PathBuf;

use linnet_text::{Case, Normaliser, Punctuation};

use super::draft::SetDraft;
use super::kind::Kind;
use crate::Utterance;
use crate::files::RealPaths;

/// A text without case and punctuation: texts with the same key are one sentence.
pub(super) fn sentence_key(text: &str) -> String {
    let key = Normaliser { case: Case::Lower, punctuation: Punctuation::Drop }.apply(text);
    if key.is_empty() { text.trim().to_owned() } else { key }
}

/// Whether a set is for training, by its name in any case: WSJ's are `train_si84` and the like.
pub(super) fn is_training(name: &str) -> bool {
    name.to_lowercase().contains("train") && Kind::other_than_training(name).is_none()
}

/// For each set that isn't for training, the recordings and the sentences that occur in training too.
pub(super) fn notes(sets: &[SetDraft]) -> Vec<String> {
    let training = || sets.iter().filter(|set| is_training(&set.name)).flat_map(|set| &set.utterances);
    let key = |utterance: &Utterance| sentence_key(utterance.text.as_deref().unwrap_or_default());
    let sentences: HashSet<String> = training().map(key).filter(|key| !key.is_empty()).collect();
    let mut paths = RealPaths::default();
    let mut recording = |utterance: &Utterance| (paths.of(&utterance.audio), utterance.channel);
    let recordings: HashSet<(PathBuf, Option<usize>)> = training().map(&mut recording).collect();
    let mut notes = Vec::new();
    for SetDraft { name, utterances, .. } in sets.iter().filter(|set| !is_training(&set.name)) {
        let keys: Vec<String> = utterances.iter().map(key).collect();
        let again: Vec<&String> = keys.iter().filter(|key| sentences.contains(*key)).collect();
        if !again.is_empty() {
            let different = |keys: &[&String]| keys.iter().collect::<HashSet<_>>().len();
            notes.push(format!(
                "{name}: {} of {} sentences ({} of {} utterances) occur in training too; expect more errors on sentences \
                 that don't",
                different(&again),
                different(&keys.iter().collect::<Vec<_>>()),
                again.len(),
                utterances.len()
            ));
        }
        let heard = utterances.iter().filter(|utterance| recordings.contains(&recording(utterance))).count();
        if heard > 0 {
            notes.push(format!(
                "{name}: {heard} of {} utterances lie in recordings that training has too; its error rates are too low",
                utterances.len()
            ));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, utterances: &[(&str, &str)]) -> SetDraft {
        let mut set = SetDraft::new(name, None);
        set.utterances = utterances
            .iter()
            .map(|(audio, text)| Utterance {
                audio: audio.into(),
                text: Some(text.to_string()),
                ..Default::default()
            })
            .collect();
        set
    }

    #[test]
    fn sentences_and_recordings_of_training_are_counted_in_other_sets() {
        let sets = [
            set("train_a", &[("a", "One, two."), ("b", "three"), ("c", "")]),
            set("Train_b", &[("d", "four")]),
            set("dev", &[("e", "ONE TWO"), ("f", "one two"), ("g", "Four!"), ("h", "five"), ("i", "")]),
            set("test", &[("d", "six"), ("k", "seven")]),
            set("clean", &[("l", "eight")]),
        ];
        assert_eq!(
            notes(&sets),
            [
                "dev: 2 of 4 sentences (3 of 5 utterances) occur in training too; expect more errors on sentences that \
                 don't",
                "test: 1 of 2 utterances lie in recordings that training has too; its error rates are too low",
            ]
        );
        assert_eq!(notes(&sets[2..]), [""; 0]);
    }
}
