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
        ScoreUnit::Phone | ScoreUnit::Word => {
            let mut words = Vec::new();
            each_word(text, |word| words.push(word.to_string()));
            words
        }
        ScoreUnit::Char => {
            let mut chars = Vec::new();
            each_char(text, |c| chars.push(c.to_string()));
            chars
        }
    }
}

/// A text without upper and lower case, as long as before in characters: the three small and capital sigmas are one
/// whatever stands beside them, and `ı` and `i` are two.
pub(crate) fn fold_case(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().map(linnet_text::fold_case).collect()
}

/// Hands over a text's words.
pub(crate) fn each_word<'a>(text: &'a str, mut each: impl FnMut(&'a str)) {
    if !text.is_ascii() {
        return text.split_whitespace().for_each(each);
    }
    // The same for ASCII, at half the time.
    let mut start = 0;
    for (at, byte) in text.bytes().chain([b' ']).enumerate() {
        // ASCII's white space is the blank and 9 to 13.
        if byte == b' ' || (byte < b' ' && char::from(byte).is_whitespace()) {
            if at > start {
                each(&text[start..at]);
            }
            start = at + 1;
        }
    }
}

/// Hands over a text's characters, words parted by single spaces.
pub(crate) fn each_char(text: &str, each: impl FnMut(char)) {
    let text = text.trim();
    if text.is_ascii() {
        single_spaced(text.bytes().map(char::from), each); // the same, at half the time
    } else {
        single_spaced(text.chars(), each);
    }
}

/// Hands over characters, of several spaces in a row one.
#[inline(always)]
fn single_spaced(chars: impl Iterator<Item = char>, mut each: impl FnMut(char)) {
    let mut after_space = false;
    for c in chars {
        let space = c.is_whitespace();
        if !(space && after_space) {
            each(if space { ' ' } else { c });
        }
        after_space = space;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_those_of_words_parted_by_single_spaces() {
        for text in ["", " ", "a", "\u{b}ab\u{c} \u{1f}c\r", " ab \t\u{a0} c\n", "東 京", "\u{b}x\u{2003}y"]
        {
            let want = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(tokens(text, ScoreUnit::Char).concat(), want);
            assert_eq!(tokens(text, ScoreUnit::Word).join(" "), want);
        }
    }
}
