//! Texts brought to one spelling.

use std::path::Path;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::error::{TextError, read_bytes, write_text};
use crate::letters::{fold, upper, with_final_sigmas};
use crate::signs::{is_plain_ascii, plain, spells};

/// The fate of upper and lower case.
///
/// Letters change by Unicode's simple mapping, one letter to one letter, and only where the way back leads to the same
/// letter: `ß`, `ı` and `İ` stay in either case, so that no two words become one.
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

/// The fate of punctuation and signs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Punctuation {
    /// It stays.
    #[default]
    Keep,
    /// It goes. Apostrophes and hyphens within a word stay; full stops and commas within one close up (`U.S.` → `US`);
    /// all else parts words (`and/or` → `and or`).
    Drop,
}

/// The one rule by which texts, lexicons, language models, hotwords and grammars are spelt.
///
/// Unicode's composed form (NFC), one case, one apostrophe and one hyphen, nothing that can't be seen, words parted by
/// single spaces. A word in angle brackets (`<unk>`) is a symbol: it stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Normaliser {
    /// Case of texts.
    pub case: Case,
    /// Punctuation of texts.
    pub punctuation: Punctuation,
}

impl Normaliser {
    /// Everything stays but for what is spelt in several ways: forms of Unicode, apostrophes, unseen characters.
    pub const KEEP: Self = Self { case: Case::Keep, punctuation: Punctuation::Keep };

    /// The name of the file that tells the rule beside prepared data.
    pub const FILE: &str = "text.json";

    /// Reads the rule of a folder of prepared data; `None` where there is no file of it.
    ///
    /// # Errors
    ///
    /// A file that can't be read, or tells no rule.
    pub fn read(folder: &Path) -> Result<Option<Self>, TextError> {
        let path = folder.join(Self::FILE);
        if !path.exists() {
            return Ok(None);
        }
        let rule = serde_json::from_slice(&read_bytes(&path)?);
        rule.map(Some).map_err(|error| {
            let problem = "it tells no rule of spelling; write {\"case\": \"upper\", \"punctuation\": \"keep\"}, \
                           with `lower`, `keep` or `drop` where it is so";
            TextError::line(&path, error.line().max(1), problem)
        })
    }

    /// Writes the rule into a folder of prepared data.
    ///
    /// # Errors
    ///
    /// A file that can't be written.
    pub fn write(&self, folder: &Path) -> Result<(), TextError> {
        let json = serde_json::json!({ "case": self.case, "punctuation": self.punctuation });
        write_text(&folder.join(Self::FILE), &format!("{json}\n"))
    }

    /// The normal spelling of a text. Applied to its own result it changes nothing.
    pub fn apply(&self, text: &str) -> String {
        joined(text.split_whitespace().map(|word| self.words(word)))
    }

    /// The normal spelling of one word, which stays one: where dropped punctuation would part it or leave nothing, its
    /// punctuation stays.
    pub fn word(&self, word: &str) -> String {
        let spelt = self.apply(word);
        match spelt.is_empty() || spelt.contains(' ') {
            true => Self { punctuation: Punctuation::Keep, ..*self }.apply(word),
            false => spelt,
        }
    }

    /// The normal spelling of a word: one word, several or none.
    fn words(&self, word: &str) -> String {
        if is_symbol(word) {
            return word.to_owned();
        }
        let spelt = self.cased(&composed(word));
        let spelt = match self.punctuation {
            Punctuation::Keep => spelt,
            Punctuation::Drop => {
                let parted = spelt.replace(parts_words, " ").replace("..", " ");
                joined(parted.split_whitespace().map(without_punctuation)).nfc().collect()
            }
        };
        if self.case == Case::Lower { with_final_sigmas(&spelt) } else { spelt }
    }

    fn cased(&self, word: &str) -> String {
        let map = match self.case {
            Case::Upper => upper,
            Case::Lower => fold,
            Case::Keep => return word.to_owned(),
        };
        // Composed again, as some letters have no composed form in the other case.
        if word.is_ascii() { word.chars().map(map).collect() } else { word.chars().map(map).nfc().collect() }
    }
}

/// A word composed and with plain signs, in its own case.
pub(crate) fn composed(word: &str) -> String {
    if is_plain_ascii(word) {
        return word.to_owned();
    }
    // Composed first, as some signs are one only then, and again, as what went may have parted a letter and its mark.
    plain(&word.nfc().collect::<String>()).nfc().collect()
}

/// Whether a word is a symbol and not spelt: `<unk>`.
fn is_symbol(word: &str) -> bool {
    let inner = word.strip_prefix('<').and_then(|word| word.strip_suffix('>'));
    inner.is_some_and(|inner| !inner.is_empty() && !inner.contains(['<', '>']))
}

fn joined(words: impl Iterator<Item = impl AsRef<str>>) -> String {
    words.fold(String::new(), |mut line, word| {
        if !line.is_empty() && !word.as_ref().is_empty() {
            line.push(' ');
        }
        line + word.as_ref()
    })
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

    const BARE: Normaliser = Normaliser { case: Case::Keep, punctuation: Punctuation::Drop };
    const LOWER: Normaliser = Normaliser { case: Case::Lower, punctuation: Punctuation::Keep };

    #[test]
    fn case_spaces_and_composed_letters() {
        let n = Normaliser::default();
        assert_eq!(n.apply("  the\tcafe\u{301}  ist \n"), "THE CAFÉ IST");
        let n = Normaliser { case: Case::Lower, punctuation: Punctuation::Drop };
        assert_eq!(n.apply("“It’s well-known,” he said – twice... ΣΑΣ"), "it's well-known he said twice σας");
        assert_eq!(n.apply("\u{200b} ... !"), "");
    }

    #[test]
    fn words_that_only_full_case_mapping_merges_stay_apart() {
        for (text, up, low) in [
            ("Straße STRASSE STRAẞE", "STRAßE STRASSE STRAßE", "straße strasse straße"),
            ("ısı İSTANBUL Isparta", "ıSı İSTANBUL ISPARTA", "ısı İstanbul isparta"),
            ("ǅep ǆep ǄEP", "ǄEP ǄEP ǄEP", "ǆep ǆep ǆep"),
            ("σοφός ΣΟΦΌΣ", "ΣΟΦΌΣ ΣΟΦΌΣ", "σοφός σοφός"),
            ("ŉ 'n ﬁn", "ŉ 'N ﬁN", "ŉ 'n ﬁn"),
        ] {
            assert_eq!(Normaliser::default().apply(text), up);
            assert_eq!(LOWER.apply(text), low);
        }
    }

    #[test]
    fn symbols_stay_as_they_are() {
        for n in [Normaliser::default(), LOWER, BARE] {
            assert_eq!(n.apply("<unk> <s> </S> <Noise>"), "<unk> <s> </S> <Noise>");
        }
        assert_eq!(BARE.apply("a<b> <> <c"), "a b c");
    }

    #[test]
    fn a_rule_survives_its_file() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Normaliser::read(folder.path()).unwrap(), None);
        for rule in [Normaliser::default(), BARE, LOWER] {
            rule.write(folder.path()).unwrap();
            assert_eq!(Normaliser::read(folder.path()).unwrap(), Some(rule));
        }
        for text in ["", "{\"case\": \"title\"}", "{\"cases\": \"upper\"}", "\u{0}"] {
            std::fs::write(folder.path().join(Normaliser::FILE), text).unwrap();
            let message = Normaliser::read(folder.path()).unwrap_err().to_string();
            assert!(message.contains("text.json:1: it tells no rule of spelling; write"), "{message}");
        }
    }

    #[test]
    fn a_word_stays_one() {
        for (word, wanted) in [("U.S.", "US"), ("and/or", "and/or"), ("%", "%"), ("(it’s)", "it's")] {
            assert_eq!(BARE.word(word), wanted);
        }
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
    fn a_normal_text_stays() {
        for case in [Case::Upper, Case::Lower, Case::Keep] {
            for punctuation in [Punctuation::Keep, Punctuation::Drop] {
                let n = Normaliser { case, punctuation };
                for c in '\0'..='\u{ffff}' {
                    let once = n.apply(&format!("a{c}b.{c}\u{301}{c} {c}\u{200c}{c}"));
                    assert_eq!(n.apply(&once), once, "{case:?} {punctuation:?} {c:?}");
                }
            }
        }
    }
}
