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
    match unit {
        ScoreUnit::Phone | ScoreUnit::Word => text.split_whitespace().map(String::from).collect(),
        ScoreUnit::Char => {
            let mut chars = Vec::new();
            each_char(text, |c| chars.push(c.to_string()));
            chars
        }
    }
}

/// Hands over a text's characters, words parted by single spaces.
pub(crate) fn each_char(text: &str, mut each: impl FnMut(char)) {
    let (mut any, mut space) = (false, false);
    let mut next = |c: char| {
        if c.is_whitespace() {
            space = any;
            return;
        }
        if std::mem::take(&mut space) {
            each(' ');
        }
        each(c);
        any = true;
    };
    if text.is_ascii() {
        text.bytes().for_each(|byte| next(char::from(byte))); // the same, at half the time
    } else {
        text.chars().for_each(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_those_of_words_parted_by_single_spaces() {
        for text in ["", " ", "a", " ab \t\u{a0} c\n", "東 京", "\u{b}x\u{2003}y"] {
            let want = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(tokens(text, ScoreUnit::Char).concat(), want);
        }
    }
}
