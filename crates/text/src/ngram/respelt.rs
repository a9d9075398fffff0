//! Words of a model by the spelling of those who ask.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::model::NgramModel;
use super::state::WordId;
use crate::normalise::Normaliser;

/// The words whose normal spelling isn't their own, or is another word's too.
#[derive(Debug, Default)]
pub(super) struct Respelt {
    rule: Option<Normaliser>,
    words: HashMap<Box<str>, WordId, FixedState>,
}

impl Respelt {
    /// The words of a model by a rule's spellings, and how many of them give way to more probable ones.
    pub(super) fn new(model: &NgramModel, rule: &Normaliser) -> (Self, usize) {
        let (mut words, mut others) = (HashMap::<Box<str>, WordId, FixedState>::default(), 0);
        for id in (0..model.len() as u32).map(WordId) {
            let own = model.word(id);
            let normal = rule.word(own);
            if normal == own || id == model.unknown() {
                continue;
            }
            let rival = words.get(normal.as_str()).copied().or_else(|| model.index_of_own(&normal));
            others += usize::from(rival.is_some());
            let best = rival.filter(|&rival| model.unigram(rival) >= model.unigram(id)).unwrap_or(id);
            words.insert(normal.into(), best);
        }
        (Self { rule: Some(*rule), words }, others)
    }

    /// The spelling that a word is looked up by.
    pub(super) fn spelling(&self, own: &str) -> String {
        self.rule.map_or_else(|| own.to_owned(), |rule| rule.word(own))
    }

    /// The number of a word that is spelt so.
    pub(super) fn index(&self, word: &str) -> Option<WordId> {
        self.words.get(word).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{Case, Punctuation};

    const MIXED: &str = "\\data\\\nngram 1=9\n\n\\1-grams:\n-9 <unk>\n-99 <s>\n-1 </s>\n-2 The\n-1 the\n-3 THE\n\
        -2 don’t\n-2 Maße\n-2 MASSE\n\n\\end\\\n";

    #[test]
    fn words_are_found_by_the_normal_spelling_and_the_most_probable_counts() {
        let mut model = NgramModel::parse(MIXED.as_bytes(), Path::new("mixed.arpa")).unwrap();
        assert_eq!(model.index("don't"), None);
        let rule = |case| Normaliser { case, punctuation: Punctuation::Keep };
        for (case, merged, found, missing) in [
            (Case::Keep, 0, &[("don't", "don’t"), ("The", "The"), ("THE", "THE")][..], "DON'T"),
            (
                Case::Upper,
                2,
                &[("DON'T", "don’t"), ("THE", "the"), ("MAßE", "Maße"), ("MASSE", "MASSE")],
                "don't",
            ),
            (
                Case::Lower,
                2,
                &[("don't", "don’t"), ("the", "the"), ("maße", "Maße"), ("masse", "MASSE")],
                "MAßE",
            ),
        ] {
            assert_eq!(model.spell_by(&rule(case)), merged, "{case:?}");
            for (word, own) in found {
                let id = model.index(word).unwrap_or_else(|| panic!("{case:?}: {word}"));
                assert_eq!(model.word(id), *own, "{case:?}");
            }
            assert_eq!(model.index(missing), None);
            let words: Vec<String> = model.words().collect();
            assert_eq!(words.len(), 6 - merged, "{words:?}");
            assert!(words.iter().all(|word| model.index(word).is_some()), "{words:?}");
            assert_eq!(
                (model.index("<s>").map(|id| model.word(id)), model.index("<unk>")),
                (Some("<s>"), None)
            );
        }
    }
}
