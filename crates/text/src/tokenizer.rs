//! Whole transcripts to token ids.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::lexicon::Lexicon;
use crate::signs::shown;
use crate::table::{SPACE, TokenTable};
use crate::word::Pronunciation;

/// The unit of a token.
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
#[derive(Debug, Clone, PartialEq)]
pub struct Tokenizer {
    /// The unit of a token.
    pub unit: Unit,
    /// The tokens.
    pub table: TokenTable,
    /// The words' pronunciations, for phones.
    pub lexicon: Option<Lexicon>,
}

impl Unit {
    /// What to do about words or characters that have no tokens.
    pub(crate) fn mend(self) -> &'static str {
        match self {
            Self::Phone => "add them to the lexicon, a line WORD PHONE PHONE … each",
            Self::Char => "normalise the text (numbers as words, no rare signs), or train on such texts too",
        }
    }
}

/// A transcript has words or characters without tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    /// The unit of a token.
    pub unit: Unit,
    /// The words that the lexicon lacks, each once.
    pub words: Vec<String>,
    /// The phones or characters that the token table lacks, each once.
    pub symbols: Vec<String>,
}

impl std::error::Error for EncodeError {}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, symbols) = (listed(&self.words), listed(&self.symbols));
        match self.unit {
            Unit::Char => write!(f, "without token: {symbols}; {}", self.unit.mend()),
            Unit::Phone if !self.words.is_empty() => {
                write!(f, "without pronunciation: {words}; {}", self.unit.mend())
            }
            Unit::Phone => {
                write!(
                    f,
                    "phones without token: {symbols}; use the lexicon that the token table was made from"
                )
            }
        }
    }
}

/// How many words or characters are named before the rest is only counted.
pub(crate) const NAMED: usize = 20;

fn listed(all: &[String]) -> String {
    let named: Vec<String> = all.iter().take(NAMED).map(|word| shown(word)).collect();
    let rest = all.len() - named.len();
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    named.join(", ") + &more
}

impl Tokenizer {
    /// The ids of a transcript, blanks not among them.
    ///
    /// # Errors
    ///
    /// The words that have no pronunciation, or the symbols that are no token.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, EncodeError> {
        let (mut ids, mut words, mut symbols) = (Vec::new(), Vec::new(), Vec::new());
        let mut push = |symbol: &str| match self.table.id(symbol) {
            Some(id) if id != 0 => ids.push(id),
            _ => miss(&mut symbols, symbol),
        };
        for (i, word) in text.split_whitespace().enumerate() {
            match self.unit {
                Unit::Phone => match self.reference(word) {
                    Some(phones) => phones.iter().for_each(|phone| push(phone)),
                    None => miss(&mut words, word),
                },
                Unit::Char => {
                    if i > 0 {
                        push(SPACE);
                    }
                    word.split_inclusive(|_| true).for_each(&mut push);
                }
            }
        }
        if words.is_empty() && symbols.is_empty() {
            Ok(ids)
        } else {
            Err(EncodeError { unit: self.unit, words, symbols })
        }
    }

    /// What stands between two words: for characters the space's id, where the table has one; for phones nothing.
    pub fn between_words(&self) -> Option<u32> {
        match self.unit {
            Unit::Phone => None,
            Unit::Char => self.table.id(SPACE).filter(|&id| id != 0),
        }
    }

    /// A word's reference pronunciation.
    pub(crate) fn reference(&self, word: &str) -> Option<&Pronunciation> {
        self.lexicon.as_ref()?.lookup(word).first()
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
        assert_eq!(error.words, ["CAT", "DOG"]);
        assert!(error.to_string().contains("CAT, DOG; add them to the lexicon"));
        let smaller = Tokenizer { table: table(&["AH", "B"]), ..tokenizer.clone() };
        let error = smaller.encode("BE A BE").unwrap_err();
        assert_eq!((error.words.len(), error.symbols.as_slice()), (0, &["IY".to_string()][..]));
        assert!(error.to_string().contains("phones without token: IY"));
        assert_eq!(tokenizer.encode("").unwrap(), [0; 0]);
        let many: Vec<String> = (0..22).map(|i| format!("W{i:02}")).collect();
        let error = tokenizer.encode(&many.join(" ")).unwrap_err();
        assert!(error.to_string().contains("W18, W19 and 2 more; add"), "{error}");
    }

    #[test]
    fn characters_have_a_space_between_words() {
        let tokenizer = Tokenizer { unit: Unit::Char, table: table(&[SPACE, "A", "É"]), lexicon: None };
        let ids = tokenizer.encode("AÉ  A").unwrap();
        assert_eq!((ids.as_slice(), tokenizer.decode(&ids).as_str()), (&[2, 3, 1, 2][..], "AÉ A"));
        assert_eq!(tokenizer.encode("A??").unwrap_err().symbols, ["?"]);
    }
}
