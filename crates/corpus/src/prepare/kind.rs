//! The purposes of sets, by their usual names.

/// Characters between the words of a set's name.
const PARTING: [char; 4] = ['-', '_', '.', ' '];

/// The purpose of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Train,
    Dev,
    Test,
}

impl Kind {
    /// By a set's name, in any case.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name.trim().to_lowercase().as_str() {
            "train" | "training" => Self::Train,
            "dev" | "devel" | "development" | "valid" | "validation" | "val" => Self::Dev,
            "test" | "testing" | "eval" | "evaluation" => Self::Test,
            _ => return None,
        })
    }

    /// By the first word of a name such as `train-clean-5`, with the rest. A part of training data that is kept for
    /// development or tests, as Kaldi's `train_dev`, is for them.
    pub(super) fn of_first_word(name: &str) -> Option<(Self, &str)> {
        let end = name.find(PARTING).unwrap_or(name.len());
        let (word, rest) = name.split_at(end);
        let kind = match Self::of(word)? {
            Self::Train => Self::other_than_training(rest).unwrap_or(Self::Train),
            kind => kind,
        };
        Some((kind, rest))
    }

    /// The kind of the first word that names one other than training.
    pub(super) fn other_than_training(name: &str) -> Option<Self> {
        name.split(PARTING).filter_map(Self::of).find(|kind| *kind != Self::Train)
    }

    /// The name of a set that is the only one of its kind.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Dev => "dev",
            Self::Test => "test",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_training_data_that_are_kept_for_development_are_for_it() {
        let kind = |name: &str| Kind::of_first_word(name).map(|(kind, _)| kind);
        let names =
            ["train-clean-5", "train_dev", "training.valid", "dev-clean", "test_train", "trainer", "si84"];
        let (train, dev, test) = (Some(Kind::Train), Some(Kind::Dev), Some(Kind::Test));
        assert_eq!(names.map(kind), [train, dev, dev, dev, test, None, None]);
    }
}
