//! Pronunciation lexicons: words to phones.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use unicode_normalization::UnicodeNormalization;

use crate::error::{TextError, each_line, read_bytes, write_text};
use crate::normalise::shown;
use crate::phones::strip_stress;

/// The phones of one way to say a word.
pub type Pronunciation = Vec<String>;

/// Words with their pronunciations; neither case nor Unicode's forms of one letter count in look-ups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lexicon {
    words: HashMap<String, Vec<Pronunciation>>,
}

impl Lexicon {
    /// No words.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a lexicon: a word and its phones a line, further pronunciations as `WORD(2)`.
    ///
    /// This covers CMUdict 0.7 (`;;;` comments, stress digits), its lower-case successor (`#` comments after the
    /// phones), Sphinx's `.dic` files and Kaldi's `lexicon.txt`. Stress digits are dropped; pronunciations that then
    /// are the same count once. A word's reference is the one that stands first in the file.
    ///
    /// # Errors
    ///
    /// A file that can't be read, or those of [`Lexicon::parse`].
    pub fn read(path: &Path) -> Result<Self, TextError> {
        Self::parse(&read_bytes(path)?, path)
    }

    /// A lexicon from the bytes of a file, see [`Lexicon::read`]; errors name the path.
    ///
    /// # Errors
    ///
    /// The first line that isn't UTF-8 or has a word without a pronunciation.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self, TextError> {
        let mut lexicon = Self::new();
        // A table that grows is most of the time that a large lexicon takes.
        lexicon.words.reserve(bytes.iter().filter(|&&b| b == b'\n').count().min(MOST_RESERVED));
        each_line(bytes, path, |number, line| {
            let mut fields = line.split_whitespace();
            let Some(word) = fields.next().filter(|word| !is_comment(word)) else { return Ok(()) };
            let phones = fields.take_while(|field| !field.starts_with('#'));
            let pronunciation: Pronunciation = phones.map(|phone| strip_stress(phone).to_string()).collect();
            if let Some(first) = pronunciation.first().filter(|first| is_probability(first)) {
                let problem = format!(
                    "{} is a probability and no phone; write WORD PHONE PHONE …, as in Kaldi's lexicon.txt",
                    shown(first)
                );
                return Err(TextError::line(path, number, problem));
            }
            if pronunciation.is_empty() {
                let problem = format!("{} has no phones; write WORD PHONE PHONE …", shown(word));
                return Err(TextError::line(path, number, problem));
            }
            lexicon.add(without_variant(word), pronunciation);
            Ok(())
        })?;
        if lexicon.words.is_empty() {
            let problem = "there is no word in it; write WORD PHONE PHONE … on each line";
            return Err(TextError::line(path, 1, problem));
        }
        Ok(lexicon)
    }

    /// Writes the lexicon, words in order, further pronunciations as `WORD(2)`.
    ///
    /// # Errors
    ///
    /// A file that can't be written.
    pub fn write(&self, path: &Path) -> Result<(), TextError> {
        let mut words: Vec<_> = self.words.iter().collect();
        words.sort();
        let mut text = String::new();
        for (word, pronunciations) in words {
            for (i, phones) in pronunciations.iter().enumerate() {
                let variant = if i == 0 { String::new() } else { format!("({})", i + 1) };
                text += &format!("{word}{variant} {}\n", phones.join(" "));
            }
        }
        write_text(path, &text)
    }

    /// All phones of all pronunciations, each once, in order.
    pub fn phones(&self) -> BTreeSet<&str> {
        self.words.values().flatten().flatten().map(String::as_str).collect()
    }

    /// Adds a pronunciation, unless the word has it.
    pub fn add(&mut self, word: &str, pronunciation: Pronunciation) {
        let all = self.words.entry(key(word).into_owned()).or_default();
        if !all.contains(&pronunciation) {
            all.push(pronunciation);
        }
    }

    /// A word's pronunciations, the reference first; none for a word that isn't there.
    pub fn lookup(&self, word: &str) -> &[Pronunciation] {
        self.words.get(key(word).as_ref()).map_or(&[], Vec::as_slice)
    }

    /// The number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// The most words that room is made for before they are read.
const MOST_RESERVED: usize = 1 << 18;

/// Whether a line with this first field comments. `;` and `#` may also begin a sign's name, as in `#sharp-sign`.
pub(crate) fn is_comment(field: &str) -> bool {
    field.starts_with(";;;") || field.starts_with("##") || field == "#"
}

fn is_probability(field: &str) -> bool {
    field.contains('.') && field.parse::<f64>().is_ok()
}

/// What words that are the same have in common: the upper-case form, composed.
fn key(word: &str) -> Cow<'_, str> {
    if !word.is_ascii() {
        Cow::Owned(word.to_uppercase().nfc().collect())
    } else if word.bytes().any(|b| b.is_ascii_lowercase()) {
        Cow::Owned(word.to_ascii_uppercase())
    } else {
        Cow::Borrowed(word)
    }
}

/// A word without its variant's number: `A(2)` → `A`.
pub(crate) fn without_variant(mut word: &str) -> &str {
    let variant = |number: &str| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    // Every number goes, so that what is read and written reads alike again.
    while let Some((base, number)) = word.strip_suffix(')').and_then(|w| w.rsplit_once('(')) {
        if base.is_empty() || !variant(number) {
            break;
        }
        word = base;
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Lexicon, TextError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lexicon.txt");
        std::fs::write(&path, text).unwrap();
        Lexicon::read(&path)
    }

    fn phones(lexicon: &Lexicon, word: &str) -> Vec<String> {
        lexicon.lookup(word).iter().map(|p| p.join(" ")).collect()
    }

    #[test]
    fn every_dialect_reads_alike() {
        let cmudict = ";;; comment\nA  AH0\nA(1)  EY1\n(PAREN  P ER0 EH1 N\nMR.  M IH1 S T ER0\n";
        let successor = "# head\n## 2\na AH0\na(2) EY1 # letter\n(paren P ER0 EH1 N\nmr. M IH1 S T ER0\n";
        let sphinx = "A                    AH\r\nA(2)                 EY\r\n\r\n(PAREN\tP ER EH N\r\nMR. M IH S T ER\r\n";
        for text in [cmudict, successor, sphinx] {
            let lexicon = read(text).unwrap();
            assert_eq!(lexicon.len(), 3);
            assert_eq!(phones(&lexicon, "a"), ["AH", "EY"]);
            assert_eq!(phones(&lexicon, "(paren"), ["P ER EH N"]);
            assert_eq!(phones(&lexicon, "Mr."), ["M IH S T ER"]);
            assert!(lexicon.lookup("missing").is_empty());
        }
    }

    #[test]
    fn pronunciations_that_differ_in_stress_alone_count_once() {
        assert_eq!(phones(&read("B B IY1\nB(2) B IY2\n").unwrap(), "B"), ["B IY"]);
    }

    #[test]
    fn errors_name_the_line() {
        let message = read("A AH\nB\n").unwrap_err().to_string();
        assert!(message.contains("lexicon.txt:2:") && message.contains("no phones"), "{message}");
        let message = read("A AH\n\nB 1.0 B IY\n").unwrap_err().to_string();
        assert!(message.contains("lexicon.txt:3:") && message.contains("probability"), "{message}");
        assert!(read("\n\n").unwrap_err().to_string().contains("no word"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latin1.dic");
        std::fs::write(&path, b"A AH\nD\xc9J\xc0 D EY ZH AA\n").unwrap();
        let message = Lexicon::read(&path).unwrap_err().to_string();
        assert!(message.contains("latin1.dic:2:") && message.contains("iconv"), "{message}");
        let message = Lexicon::read(&folder.path().join("none.dic")).unwrap_err().to_string();
        assert!(message.contains("none.dic"), "{message}");
    }

    #[test]
    fn signs_that_also_comment_are_words() {
        let lexicon = read("#sharp-sign SH AA1 R P\n;semi-colon S EH1\n'em AH0 M # them\n").unwrap();
        assert_eq!(phones(&lexicon, "#SHARP-SIGN"), ["SH AA R P"]);
        assert_eq!(phones(&lexicon, ";SEMI-COLON"), ["S EH"]);
        assert_eq!(phones(&lexicon, "'EM"), ["AH M"]);
    }

    #[test]
    fn look_ups_know_no_case_and_no_form() {
        let lexicon = read("\u{feff}caf\u{e9} K A F E\nStraße S\n").unwrap();
        for word in ["cafe\u{301}", "CAFÉ", "Cafe\u{301}"] {
            assert_eq!(phones(&lexicon, word), ["K A F E"], "{word}");
        }
        assert_eq!(phones(&lexicon, "STRASSE"), ["S"]);
    }

    #[test]
    fn a_lexicon_survives_its_file() {
        let lexicon = read("É E\nA(2) EY\nA AH\n").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        lexicon.write(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "A EY\nA(2) AH\nÉ E\n");
        assert_eq!(Lexicon::read(&path).unwrap(), lexicon);
    }
}
