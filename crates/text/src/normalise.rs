//! Transcripts brought to one spelling.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// What becomes of upper and lower case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Case {
    /// All upper.
    #[default]
    Upper,
    /// All lower.
    Lower,
    /// As it is.
    Keep,
}

/// How transcripts are spelt: Unicode's composed form (NFC), one case, words parted by single spaces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Normaliser {
    /// What becomes of case.
    pub case: Case,
    /// Whether punctuation is dropped. Apostrophes and hyphens within a word stay; typographic ones become plain.
    pub drop_punctuation: bool,
}

impl Normaliser {
    /// The normal spelling of a transcript.
    pub fn apply(&self, text: &str) -> String {
        let composed: String = text.nfc().map(plain).collect();
        let cased = match self.case {
            Case::Upper => composed.to_uppercase(),
            Case::Lower => composed.to_lowercase(),
            Case::Keep => composed,
        };
        let words: Vec<String> = cased
            .split_whitespace()
            .map(|word| if self.drop_punctuation { without_punctuation(word) } else { word.to_string() })
            .filter(|word| !word.is_empty())
            .collect();
        words.join(" ")
    }
}

/// Typographic apostrophes and hyphens as ASCII has them.
fn plain(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{02bc}' => '\'',
        '\u{2010}' | '\u{2011}' => '-',
        _ => c,
    }
}

fn without_punctuation(word: &str) -> String {
    let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
    // Combining marks are not alphanumeric, and stay.
    let combining = |c: char| ('\u{0300}'..='\u{036f}').contains(&c);
    inner.chars().filter(|&c| c.is_alphanumeric() || c == '\'' || c == '-' || combining(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_spaces_and_composed_letters() {
        let n = Normaliser::default();
        assert_eq!(n.apply("  the\tcafe\u{301}  ist  groß \n"), "THE CAFÉ IST GROSS");
        let n = Normaliser { case: Case::Lower, drop_punctuation: true };
        assert_eq!(n.apply("“It’s well-known,” he said – twice... ΣΑΣ"), "it's well-known he said twice σας");
        assert_eq!(n.apply("\u{200b} ... !"), "");
    }
}
