//! Whole transcripts to token ids.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::lexicon::Lexicon;
use crate::table::{SPACE, TokenTable};

/// What a token is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A phone: each word's first pronunciation, without silence, noise or boundaries.
    #[default]
    Phone,
    /// A character; a space stands between words.
    Char,
}

/// Turns transcripts into token ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokenizer {
    /// What a token is.
    pub unit: Unit,
    /// The tokens.
    pub table: TokenTable,
    /// The words' pronunciations, for phones.
    pub lexicon: Option<Lexicon>,
}

/// A transcript has words or characters without tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    /// What a token is.
    pub unit: Unit,
    /// The words that the lexicon lacks, or the phones or characters that the token table lacks, each once.
    pub unknown: Vec<String>,
}

impl std::error::Error for EncodeError {}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = self.unknown.join(", ");
        match self.unit {
            Unit::Phone => write!(f, "without pronunciation or token: {unknown}; add them to the lexicon"),
            Unit::Char => {
                write!(f, "without token: {unknown}; normalise the text, or make the token table from it too")
            }
        }
    }
}

impl Tokenizer {
    /// The ids of a transcript, blanks not among them.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, EncodeError> {
        let (mut ids, mut unknown) = (Vec::new(), Vec::new());
        let mut push = |symbol: &str, unknown: &mut Vec<String>| match self.table.id(symbol) {
            Some(id) if id != 0 => ids.push(id),
            _ => miss(unknown, symbol),
        };
        for (i, word) in text.split_whitespace().enumerate() {
            match self.unit {
                Unit::Phone => match self.lexicon.as_ref().and_then(|l| l.lookup(word).first()) {
                    Some(phones) => phones.iter().for_each(|phone| push(phone, &mut unknown)),
                    None => miss(&mut unknown, word),
                },
                Unit::Char => {
                    if i > 0 {
                        push(SPACE, &mut unknown);
                    }
                    let mut buffer = [0; 4];
                    word.chars().for_each(|c| push(c.encode_utf8(&mut buffer), &mut unknown));
                }
            }
        }
        if unknown.is_empty() { Ok(ids) } else { Err(EncodeError { unit: self.unit, unknown }) }
    }

    /// What a sequence of ids says, see [`TokenTable::text`].
    pub fn decode(&self, ids: &[u32]) -> String {
        self.table.text(ids, self.unit)
    }
}

fn miss(unknown: &mut Vec<String>, symbol: &str) {
    if !unknown.iter().any(|known| known == symbol) {
        unknown.push(symbol.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(symbols: &[&str]) -> TokenTable {
        TokenTable::new(symbols.iter().map(|s| s.to_string()).collect())
    }

    #[test]
    fn phones_are_each_words_first_pronunciation() {
        let mut lexicon = Lexicon::new();
        lexicon.add("A", vec!["AH".into()]);
        lexicon.add("A", vec!["EY".into()]);
        lexicon.add("BE", vec!["B".into(), "IY".into()]);
        let tokenizer =
            Tokenizer { unit: Unit::Phone, table: table(&["AH", "B", "IY"]), lexicon: Some(lexicon) };
        let ids = tokenizer.encode(" be a  Be ").unwrap();
        assert_eq!(ids, [2, 3, 1, 2, 3]);
        assert_eq!(tokenizer.decode(&ids), "B IY AH B IY");
        let error = tokenizer.encode("a CAT be CAT DOG").unwrap_err();
        assert_eq!(error.unknown, ["CAT", "DOG"]);
        assert!(error.to_string().contains("lexicon"));
        assert_eq!(tokenizer.encode("").unwrap(), []);
    }

    #[test]
    fn characters_have_a_space_between_words() {
        let tokenizer = Tokenizer { unit: Unit::Char, table: table(&[SPACE, "A", "É"]), lexicon: None };
        let ids = tokenizer.encode("AÉ  A").unwrap();
        assert_eq!((ids.as_slice(), tokenizer.decode(&ids).as_str()), (&[2, 3, 1, 2][..], "AÉ A"));
        assert_eq!(tokenizer.encode("A?").unwrap_err().unknown, ["?"]);
    }
}
