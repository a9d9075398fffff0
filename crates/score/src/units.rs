//! What error rates count.

use serde::{Deserialize, Serialize};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScoreUnit {
    /// Phones, parted by spaces: PER.
    Phone,
    /// Words, parted by spaces: WER.
    Word,
    /// Characters, the space between two words being one: CER.
    Char,
}

impl ScoreUnit {
    /// The rate's name.
    pub fn rate_name(self) -> &'static str {
        match self {
            Self::Phone => "PER",
            Self::Word => "WER",
            Self::Char => "CER",
        }
    }

    /// The name of many of it.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Phone => "phones",
            Self::Word => "words",
            Self::Char => "characters",
        }
    }
}

/// A text's tokens of a unit.
pub fn tokens(text: &str, unit: ScoreUnit) -> Vec<String> {
    let words = text.split_whitespace();
    match unit {
        ScoreUnit::Phone | ScoreUnit::Word => words.map(String::from).collect(),
        ScoreUnit::Char => words.collect::<Vec<_>>().join(" ").chars().map(String::from).collect(),
    }
}
