//! The preset's pronunciations: what flite is told to speak, and what its phones are checked against.

use std::collections::BTreeMap;

use crate::error::Error;

/// Words, in upper case, to their pronunciations in ARPAbet with stress digits; the first is the reference.
#[derive(Debug)]
pub(crate) struct Lexicon(BTreeMap<String, Vec<Vec<String>>>);

impl Lexicon {
    /// Parses CMUdict's format: `WORD  PH PH1 …`, further pronunciations as `WORD(2)`, comments after `;;;`.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let mut entries: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
        for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with(";;;")) {
            let fail = |reason: &str| Error::Lexicon { line: i + 1, reason: reason.to_owned() };
            let mut fields = line.split_whitespace();
            let word = fields.next().ok_or_else(|| fail("empty line"))?;
            let phones: Vec<String> = fields.map(str::to_owned).collect();
            if phones.is_empty() {
                return Err(fail("no phones"));
            }
            let base = word.split('(').next().unwrap_or(word);
            entries.entry(base.to_owned()).or_default().push(phones);
        }
        Ok(Self(entries))
    }

    /// Pronunciations of a word in any case.
    pub(crate) fn pronunciations(&self, word: &str) -> Result<&[Vec<String>], Error> {
        let found = self.0.get(&word.to_uppercase());
        found.map(Vec::as_slice).ok_or_else(|| Error::UnknownWord(word.to_owned()))
    }

    /// Each word with its reference pronunciation, sorted.
    pub(crate) fn references(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().filter_map(|(word, all)| Some((word.as_str(), all.first()?.as_slice())))
    }

    /// Whether stressless `phones` are some pronunciation of each of `words` in a row.
    pub(crate) fn explains(&self, words: &[&str], phones: &[&str]) -> Result<bool, Error> {
        let Some((word, rest)) = words.split_first() else { return Ok(phones.is_empty()) };
        for pronunciation in self.pronunciations(word)? {
            let matches = pronunciation.len() <= phones.len()
                && pronunciation.iter().zip(phones).all(|(a, b)| stressless(a) == *b);
            if matches && self.explains(rest, &phones[pronunciation.len()..])? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A phone without its stress digit.
pub(crate) fn stressless(phone: &str) -> &str {
    phone.trim_end_matches(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_listed_pronunciation_explains_what_was_spoken() {
        let lexicon = Lexicon::parse(";;; x\nTHE  DH AH0\nTHE(2)  DH IY0\nOIL  OY1 L\n").unwrap();
        let explains =
            |phones: &str| lexicon.explains(&["the", "Oil"], &phones.split(' ').collect::<Vec<_>>()).unwrap();
        assert!(explains("DH IY OY L") && explains("DH AH OY L"));
        assert!(!explains("DH AH OY") && !explains("DH AH OY L Z") && !explains("DH EY OY L"));
    }

    #[test]
    fn a_word_without_phones_is_an_error_with_its_line() {
        let error = Lexicon::parse("A  AH0\nB\n").unwrap_err().to_string();
        assert_eq!(error, "lexicon line 2: no phones");
    }
}
