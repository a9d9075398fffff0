//! The purposes of sets, by their usual names.

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

    /// By the first word of a name such as `train-clean-5`, with the rest.
    pub(super) fn of_first_word(name: &str) -> Option<(Self, &str)> {
        let end = name.find(['-', '_', '.', ' ']).unwrap_or(name.len());
        let (word, rest) = name.split_at(end);
        Some((Self::of(word)?, rest))
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
