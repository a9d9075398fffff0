//! Transcripts brought to one spelling.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

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
///
/// Typographic apostrophes and hyphens become ASCII's, and invisible characters (soft hyphens, zero-width spaces, marks
/// of writing direction) go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Normaliser {
    /// What becomes of case.
    pub case: Case,
    /// Whether punctuation and signs are dropped. Apostrophes and hyphens within a word stay; full stops and commas
    /// within one close up (`U.S.` → `US`); all else parts words (`and/or` → `and or`).
    pub drop_punctuation: bool,
}

impl Normaliser {
    /// The normal spelling of a transcript. Applied to its own result it changes nothing.
    pub fn apply(&self, text: &str) -> String {
        let composed: String = text.nfc().filter(|&c| !is_invisible(c)).collect();
        let cased = match self.case {
            Case::Upper => composed.to_uppercase(),
            Case::Lower => composed.to_lowercase(),
            Case::Keep => composed,
        };
        // Again, as some letters have no composed form in the other case.
        let plain: String = cased.nfc().map(plain).collect();
        if !self.drop_punctuation {
            return joined(plain.split_whitespace());
        }
        let parted = plain.replace(parts_words, " ").replace("..", " ");
        let words = parted.split_whitespace().map(without_punctuation).filter(|word| !word.is_empty());
        joined(words).nfc().collect()
    }
}

fn joined(words: impl Iterator<Item = impl AsRef<str>>) -> String {
    words.fold(String::new(), |mut line, word| {
        if !line.is_empty() {
            line.push(' ');
        }
        line + word.as_ref()
    })
}

/// Typographic apostrophes and hyphens as ASCII has them.
fn plain(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{02bc}' => '\'',
        '\u{2010}' | '\u{2011}' => '-',
        _ => c,
    }
}

/// Soft hyphen, zero-width space, word joiner, byte-order mark, marks of direction. (The zero-width joiners spell
/// words.)
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Letters, digits, the marks on them, and the joiners that some scripts spell words with.
fn spells(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c) || matches!(c, '\u{200c}' | '\u{200d}')
}

/// The most characters of one word that a message shows.
const SHOWN: usize = 40;

/// A word or character as a message shows it: what can't be seen by itself becomes its code, and long ones are cut.
pub(crate) fn shown(word: &str) -> String {
    let alone = word.chars().nth(1).is_none();
    let unseen = |c: char| c.is_control() || is_invisible(c) || alone && spells(c) && !c.is_alphanumeric();
    let mut text = String::new();
    for c in word.chars().take(SHOWN) {
        if unseen(c) { text += &format!("U+{:04X}", c as u32) } else { text.push(c) }
    }
    if word.chars().nth(SHOWN).is_some() { text + "…" } else { text }
}

fn parts_words(c: char) -> bool {
    !spells(c) && !matches!(c, '\'' | '-' | '.' | ',')
}

fn without_punctuation(word: &str) -> String {
    word.trim_matches(|c| !spells(c)).replace(['.', ','], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Normaliser = Normaliser { case: Case::Keep, drop_punctuation: true };

    #[test]
    fn case_spaces_and_composed_letters() {
        let n = Normaliser::default();
        assert_eq!(n.apply("  the\tcafe\u{301}  ist  groß \n"), "THE CAFÉ IST GROSS");
        let n = Normaliser { case: Case::Lower, drop_punctuation: true };
        assert_eq!(n.apply("“It’s well-known,” he said – twice... ΣΑΣ"), "it's well-known he said twice σας");
        assert_eq!(n.apply("\u{200b} ... !"), "");
    }

    #[test]
    fn punctuation_within_words_parts_or_joins_them() {
        assert_eq!(
            BARE.apply("and/or, the U.S.A.—1,000 'times'…yes...no -"),
            "and or the USA 1000 times yes no"
        );
    }

    #[test]
    fn every_script_keeps_what_spells_its_words() {
        // A virama, a tone mark, a non-joiner and a vowel sign are no letters, but words need them.
        for word in ["हिन्दी", "ที่นี่", "می\u{200c}خواهم", "שָׁלוֹם", "日本語"]
        {
            assert_eq!(BARE.apply(&format!("«{word}»!")), word.nfc().collect::<String>());
        }
        assert_eq!(BARE.apply("\u{feff}co\u{ad}op"), "coop");
    }

    #[test]
    fn messages_show_what_is_unseen() {
        for (word, text) in [
            ("don't", "don't"),
            ("\u{301}", "U+0301"),
            ("e\u{301}", "e\u{301}"),
            ("\u{200d}", "U+200D"),
            ("a\u{1b}[2Jb\u{202e}", "aU+001B[2JbU+202E"),
        ] {
            assert_eq!(shown(word), text);
        }
        assert_eq!(shown(&"ä".repeat(41)), "ä".repeat(40) + "…");
        assert_eq!(shown(&"ä".repeat(40)), "ä".repeat(40));
    }

    #[test]
    fn a_normal_text_stays() {
        for case in [Case::Upper, Case::Lower, Case::Keep] {
            for drop_punctuation in [false, true] {
                let n = Normaliser { case, drop_punctuation };
                for c in '\0'..='\u{ffff}' {
                    let once = n.apply(&format!("a{c}b.{c}\u{301}{c}"));
                    assert_eq!(n.apply(&once), once, "{case:?} {drop_punctuation} {c:?}");
                }
            }
        }
    }
}
