//! Pronunciation lexicons: words to phones.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use crate::columns::Columns;
use crate::error::{TextError, each_line, read_bytes, write_text};
use crate::normalise::{Normaliser, Punctuation, composed};
use crate::phones::strip_stress;
use crate::signs::shown;
use crate::word::{Pronunciation, Word, entry_word, key};

/// Words with their pronunciations, and the probabilities of these where a file has them.
///
/// Case, forms of Unicode and typographic apostrophes don't count in look-ups; see [`Normaliser`]. Where words of two
/// spellings differ in case alone (`Polish`, `polish`), a look-up of either spelling finds its own pronunciations, and
/// of any other those of both.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lexicon {
    /// By the upper-case spelling.
    words: HashMap<String, Word>,
    /// Whether pronunciations have probabilities.
    weighted: bool,
}

impl Lexicon {
    /// No words.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a lexicon: a word and its phones a line, further pronunciations as `WORD(2)`.
    ///
    /// This covers CMUdict 0.7 (`;;;` comments, stress digits), its lower-case successor (`#` comments after the
    /// phones), Sphinx's `.dic` files, Kaldi's `lexicon.txt`, `lexiconp.txt` and `lexiconp_silprob.txt`, and the
    /// dictionaries of the Montreal Forced Aligner. Stress digits are dropped; pronunciations that then are the same
    /// count once, with the highest probability. A word's reference is the one that stands first in the file.
    ///
    /// Numbers behind the word are probabilities if all lines have them: one number, or four of which the last three
    /// (about silence) are left out. Digits that are phones stay.
    ///
    /// # Errors
    ///
    /// A file that can't be read, or those of [`Lexicon::parse`].
    pub fn read(path: &Path) -> Result<Self, TextError> {
        Self::parse(&read_bytes(path)?, path)
    }

    /// As [`Lexicon::read`], but stress digits stay.
    ///
    /// # Errors
    ///
    /// As [`Lexicon::read`].
    pub fn read_stressed(path: &Path) -> Result<Self, TextError> {
        Self::parse_with(&read_bytes(path)?, path, |phone| phone)
    }

    /// A lexicon from the bytes of a file, see [`Lexicon::read`]; errors name the path.
    ///
    /// # Errors
    ///
    /// The first line that isn't UTF-8, has a word without a pronunciation, or a number that other lines don't have.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self, TextError> {
        Self::parse_with(bytes, path, strip_stress)
    }

    fn parse_with(bytes: &[u8], path: &Path, phone: fn(&str) -> &str) -> Result<Self, TextError> {
        let mut lexicon = Self::new();
        // A table that grows is most of the time that a large lexicon takes.
        lexicon.words.reserve(bytes.iter().filter(|&&b| b == b'\n').count().min(MOST_RESERVED));
        let columns = Columns::of(bytes);
        let mut known = Phones::default();
        each_line(bytes, path, |number, line| {
            let mut fields = line.split_whitespace();
            let first = fields.next().unwrap_or_default();
            let Some(word) = entry_word(first) else {
                return match !first.is_empty() && composed(first).is_empty() && fields.next().is_some() {
                    true => Err(TextError::line(
                        path,
                        number,
                        format!(
                            "the word {} can't be seen; write WORD PHONE PHONE …, or take the line out",
                            shown(first)
                        ),
                    )),
                    false => Ok(()),
                };
            };
            let fields = fields.take_while(|field| !field.starts_with('#'));
            let (probability, phones) = columns.split(fields, path, number)?;
            let pronunciation: Pronunciation = phones.map(|own| known.kept(phone(own))).collect();
            if pronunciation.is_empty() {
                let problem = format!("{} has no phones; write WORD PHONE PHONE …", shown(first));
                return Err(TextError::line(path, number, problem));
            }
            lexicon.put(&word, pronunciation, probability);
            Ok(())
        })?;
        if lexicon.words.is_empty() {
            let problem = "there is no word in it; write WORD PHONE PHONE … on each line";
            return Err(TextError::line(path, 1, problem));
        }
        Ok(lexicon)
    }

    /// Writes the lexicon, words in order, further pronunciations as `WORD(2)`, probabilities behind the words as in
    /// Kaldi's `lexiconp.txt`.
    ///
    /// # Errors
    ///
    /// A file that can't be written.
    pub fn write(&self, path: &Path) -> Result<(), TextError> {
        let mut words: Vec<_> = self.words.iter().collect();
        words.sort_by_key(|&(key, _)| key);
        let spelt = words.into_iter().flat_map(|(key, word)| {
            let own = if word.spellings.is_empty() { std::slice::from_ref(word) } else { &word.spellings };
            own.iter().map(move |word| (word.spelt(key), word))
        });
        let mut text = String::new();
        for (spelling, word) in spelt {
            for (i, phones) in word.pronunciations.iter().enumerate() {
                let variant = if i == 0 { String::new() } else { format!("({})", i + 1) };
                let probability = word.probabilities.get(i).map_or_else(String::new, |p| format!(" {p:?}"));
                text += &format!("{spelling}{variant}{probability} {}\n", phones.join(" "));
            }
        }
        write_text(path, &text)
    }

    /// All phones of all pronunciations, each once, in order.
    pub fn phones(&self) -> BTreeSet<&str> {
        self.words.values().flat_map(|word| &word.pronunciations).flatten().map(|phone| &**phone).collect()
    }

    /// Adds a pronunciation, unless the word has it.
    pub fn add(&mut self, word: &str, pronunciation: Pronunciation) {
        self.put(word, pronunciation, None);
    }

    /// Adds a pronunciation with its probability, from 0 to 1; those of the others become 1 where they have none.
    pub fn add_weighted(&mut self, word: &str, pronunciation: Pronunciation, probability: f32) {
        self.put(word, pronunciation, Some(probability));
    }

    /// Adds a word with all that another lexicon tells of it.
    pub fn add_from(&mut self, other: &Self, word: &str) {
        let Some(found) = other.found(word) else { return };
        for (i, pronunciation) in found.pronunciations.iter().enumerate() {
            self.put(word, pronunciation.clone(), found.probabilities.get(i).copied());
        }
    }

    /// The lexicon for texts of a rule: where that drops punctuation, a word is found without its own too (`US` finds the
    /// pronunciations of `U.S.`, behind those of `US`).
    pub fn spelt_by(mut self, rule: &Normaliser) -> Self {
        if rule.punctuation == Punctuation::Keep {
            return self; // Case doesn't count in look-ups.
        }
        let respelt = self.words.iter().filter_map(|(own, word)| {
            let normal = rule.word(word.spelt(own));
            (key(&normal) != *own).then(|| (own.clone(), normal, word.clone()))
        });
        let mut respelt: Vec<_> = respelt.collect();
        respelt.sort_by(|a, b| a.0.cmp(&b.0));
        for (_, normal, Word { pronunciations, probabilities, .. }) in respelt {
            for (i, pronunciation) in pronunciations.into_iter().enumerate() {
                self.put(&normal, pronunciation, probabilities.get(i).copied());
            }
        }
        self
    }

    /// Adds all words of another lexicon that this one lacks.
    pub fn complete(&mut self, other: &Self) {
        if other.weighted && !self.weighted {
            self.weighted = true;
            self.words.values_mut().for_each(Word::weigh);
        }
        for (key, word) in &other.words {
            if !self.words.contains_key(key) {
                let mut word = word.clone();
                if self.weighted && !other.weighted {
                    word.weigh();
                }
                self.words.insert(key.clone(), word);
            }
        }
    }

    /// A word's pronunciations, the reference first; none for a word that isn't there.
    pub fn lookup(&self, word: &str) -> &[Pronunciation] {
        self.found(word).map_or(&[], |word| &word.pronunciations)
    }

    /// The probabilities of a word's pronunciations, as many and in the order of [`Lexicon::lookup`], each from 0 to 1;
    /// `None` in a lexicon without, and for a word that isn't there.
    pub fn probabilities(&self, word: &str) -> Option<&[f32]> {
        self.found(word).map(|word| &word.probabilities[..]).filter(|_| self.weighted)
    }

    /// The spellings of a word whose pronunciations [`Lexicon::lookup`] leaves out, as it finds those of the word's own.
    pub fn other_spellings(&self, word: &str) -> impl Iterator<Item = &str> {
        let found = self.words.get_key_value(key(word).as_ref()).filter(|(_, all)| !all.spellings.is_empty());
        let others = found.map(|(key, all)| {
            let own = composed(word);
            let spellings = all.spellings.iter().map(|each| each.spelt(key));
            let (same, others): (Vec<&str>, Vec<&str>) = spellings.partition(|&spelling| spelling == own);
            if same.is_empty() { same } else { others }
        });
        others.into_iter().flatten()
    }

    /// All words in upper case with their pronunciations, in order.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &[Pronunciation])> {
        let mut words: Vec<_> =
            self.words.iter().map(|(key, word)| (key.as_str(), &word.pronunciations[..])).collect();
        words.sort_unstable_by_key(|&(key, _)| key);
        words.into_iter()
    }

    /// The number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn found(&self, word: &str) -> Option<&Word> {
        let key = key(word);
        let all = self.words.get(key.as_ref())?;
        if all.spellings.is_empty() {
            return Some(all);
        }
        let spelling = composed(word);
        Some(all.spellings.iter().find(|own| own.spelt(&key) == spelling).unwrap_or(all))
    }

    fn put(&mut self, word: &str, pronunciation: Pronunciation, probability: Option<f32>) {
        if probability.is_some() && !self.weighted {
            self.weighted = true;
            self.words.values_mut().for_each(Word::weigh);
        }
        let probability = self.weighted.then(|| probability.unwrap_or(1.0));
        let (key, spelling) = (key(word), composed(word));
        match self.words.get_mut(key.as_ref()) {
            Some(all) => all.put_spelt(&spelling, &key, pronunciation, probability),
            None => {
                let mut new = Word::spelt_as(&spelling, &key);
                new.put(pronunciation, probability);
                self.words.insert(key.into_owned(), new);
            }
        }
    }
}

/// Phones that have been met.
#[derive(Default)]
struct Phones(HashSet<Arc<str>>);

impl Phones {
    /// The one copy of a phone.
    fn kept(&mut self, phone: &str) -> Arc<str> {
        if let Some(known) = self.0.get(phone) {
            return Arc::clone(known);
        }
        let new: Arc<str> = phone.into();
        self.0.insert(Arc::clone(&new));
        new
    }
}

/// The most words that room is made for before they are read.
const MOST_RESERVED: usize = 1 << 18;

#[cfg(test)]
#[path = "lexicon_tests.rs"]
mod tests;
