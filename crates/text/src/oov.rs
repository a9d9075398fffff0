//! What texts have and a tokenizer lacks.

use std::collections::HashMap;
use std::fmt;

use crate::signs::shown;
use crate::table::SPACE;
use crate::tokenizer::{NAMED, Tokenizer, Unit};

/// A word without pronunciation, or a character without token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oov {
    /// The word or character.
    pub word: String,
    /// How often it occurs.
    pub count: usize,
}

/// What a tokenizer lacks for some texts; shown, it says how to mend that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OovReport {
    /// The unit of a token.
    pub unit: Unit,
    /// What is lacking, the most frequent first, then in alphabetical order.
    pub oov: Vec<Oov>,
}

impl Tokenizer {
    /// The words without pronunciation (for phones) or characters without token in texts, with their counts.
    pub fn out_of_vocabulary<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> OovReport {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut miss = |word| *counts.entry(word).or_default() += 1;
        for text in texts {
            for (i, word) in text.split_whitespace().enumerate() {
                match self.unit {
                    Unit::Phone if self.reference(word).is_some() => {}
                    Unit::Phone => miss(word),
                    Unit::Char => {
                        let space = (i > 0).then_some(SPACE);
                        let symbols = space.into_iter().chain(word.split_inclusive(|_| true));
                        symbols.filter(|symbol| self.table.id(symbol).is_none()).for_each(&mut miss);
                    }
                }
            }
        }
        let mut oov: Vec<Oov> =
            counts.into_iter().map(|(word, count)| Oov { word: word.to_string(), count }).collect();
        oov.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.word.cmp(&b.word)));
        OovReport { unit: self.unit, oov }
    }
}

impl fmt::Display for OovReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.unit {
            Unit::Phone => "without pronunciation",
            Unit::Char => "without token",
        };
        let named: Vec<String> = self
            .oov
            .iter()
            .take(NAMED)
            .map(|Oov { word, count }| format!("{} ×{count}", shown(word)))
            .collect();
        write!(f, "{what}: {}", named.join(", "))?;
        if self.oov.len() > NAMED {
            let rest = &self.oov[NAMED..];
            write!(f, " and {} more ×{}", rest.len(), rest.iter().map(|oov| oov.count).sum::<usize>())?;
        }
        write!(f, "; {}", self.unit.mend())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lexicon, TokenTable};

    fn tokenizer(unit: Unit) -> Tokenizer {
        let mut lexicon = Lexicon::new();
        lexicon.add("A", vec!["AH".into()]);
        Tokenizer { unit, table: TokenTable::new(vec!["A".into(), "AH".into()]), lexicon: Some(lexicon) }
    }

    #[test]
    fn words_are_counted_and_the_frequent_come_first() {
        let report = tokenizer(Unit::Phone).out_of_vocabulary(["A DOG A CAT", "a BEE CAT"]);
        let text = "without pronunciation: CAT ×2, BEE ×1, DOG ×1; add them to the lexicon, a line WORD PHONE PHONE … each";
        assert_eq!(report.to_string(), text);
    }

    #[test]
    fn characters_and_the_space_between_words_are_counted() {
        let report = tokenizer(Unit::Char).out_of_vocabulary(["A ÄB A", "Ä"]);
        let counts: Vec<_> = report.oov.iter().map(|oov| (oov.word.as_str(), oov.count)).collect();
        assert_eq!(counts, [("<space>", 2), ("Ä", 2), ("B", 1)]);
        assert!(report.to_string().contains("normalise"));
    }

    #[test]
    fn long_lists_are_cut() {
        let words: Vec<String> = (0..30).map(|i| format!("W{i:02}")).collect();
        let report = tokenizer(Unit::Phone).out_of_vocabulary([words.join(" ").as_str(), "W00"]);
        assert_eq!((report.oov.len(), report.oov[0].count), (30, 2));
        let text = report.to_string();
        assert!(text.contains("W19 ×1 and 10 more ×10;") && !text.contains("W20"), "{text}");
    }
}
