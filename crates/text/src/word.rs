//! A lexicon's entry: a word in its spellings, with the pronunciations of each.

use std::borrow::Cow;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use crate::letters::upper;
use crate::normalise::composed;
use crate::signs::is_plain_ascii;

/// The phones of one way to say a word. A lexicon has many of few phones, and keeps each once.
pub type Pronunciation = Vec<Arc<str>>;

/// The pronunciations of a word.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Word {
    /// Its first spelling, where it isn't in upper case.
    spelling: Option<Box<str>>,
    pub(crate) pronunciations: Vec<Pronunciation>,
    /// As many, or none in a lexicon without.
    pub(crate) probabilities: Vec<f32>,
    /// Each spelling by itself, where there are several; then all of theirs stand above, one spelling after another.
    pub(crate) spellings: Vec<Word>,
}

impl Word {
    pub(crate) fn spelt_as(spelling: &str, key: &str) -> Self {
        Self { spelling: (spelling != key).then(|| spelling.into()), ..Self::default() }
    }

    pub(crate) fn spelt<'w>(&'w self, key: &'w str) -> &'w str {
        self.spelling.as_deref().unwrap_or(key)
    }

    /// Gives each pronunciation the probability 1.
    pub(crate) fn weigh(&mut self) {
        self.probabilities = vec![1.0; self.pronunciations.len()];
        self.spellings.iter_mut().for_each(Self::weigh);
    }

    pub(crate) fn put(&mut self, pronunciation: Pronunciation, probability: Option<f32>) {
        match self.pronunciations.iter().position(|known| *known == pronunciation) {
            None => {
                self.pronunciations.push(pronunciation);
                self.probabilities.extend(probability);
            }
            Some(at) => {
                if let (Some(known), Some(probability)) = (self.probabilities.get_mut(at), probability) {
                    *known = known.max(probability);
                }
            }
        }
    }

    /// Adds a pronunciation of one spelling.
    pub(crate) fn put_spelt(
        &mut self,
        spelling: &str,
        key: &str,
        pronunciation: Pronunciation,
        probability: Option<f32>,
    ) {
        if self.spellings.is_empty() {
            if self.spelt(key) == spelling {
                return self.put(pronunciation, probability);
            }
            self.spellings.push(self.clone());
        }
        let at = self.spellings.iter().position(|own| own.spelt(key) == spelling).unwrap_or_else(|| {
            self.spellings.push(Self::spelt_as(spelling, key));
            self.spellings.len() - 1
        });
        self.spellings[at].put(pronunciation, probability);
        (self.pronunciations, self.probabilities) = Default::default();
        for own in std::mem::take(&mut self.spellings) {
            for (i, pronunciation) in own.pronunciations.iter().enumerate() {
                self.put(pronunciation.clone(), own.probabilities.get(i).copied());
            }
            self.spellings.push(own);
        }
    }
}

/// The key that spellings of one word have in common: the composed form in upper case.
pub(crate) fn key(word: &str) -> Cow<'_, str> {
    if !is_plain_ascii(word) {
        Cow::Owned(composed(word).chars().map(upper).nfc().collect())
    } else if word.bytes().any(|b| b.is_ascii_lowercase()) {
        Cow::Owned(word.to_ascii_uppercase())
    } else {
        Cow::Borrowed(word)
    }
}

/// The word of an entry whose line begins with this field, composed and without its variant's number; `None` where the
/// line is a comment. `;` and `#` may also begin a sign's name, as in `#sharp-sign`.
pub(crate) fn entry_word(field: &str) -> Option<String> {
    // Composed first: a sign that can't be seen may stand behind the number.
    let spelt = composed(field);
    let word = without_variant(&spelt);
    let is_comment = word.is_empty() || word == "#" || word.starts_with(";;;") || word.starts_with("##");
    (!is_comment).then(|| word.to_owned())
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
