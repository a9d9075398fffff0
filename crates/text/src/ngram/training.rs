//! The text that a model is estimated from.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::FixedState;

/// The numbers of `<unk>`, `<s>` and `</s>`.
pub(super) const UNKNOWN: u32 = 0;
pub(super) const START: u32 = 1;
pub(super) const END: u32 = 2;
/// Symbols that are no words.
pub(super) const SPECIAL: [&str; 3] = ["<unk>", "<s>", "</s>"];

/// Why a model can't be estimated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EstimateError {
    /// A sentence has `<s>` or `</s>` in it.
    #[error("the text has the word {0}, which marks a sentence's bounds by itself; take it out")]
    Special(String),
    /// There are more words than positions can be numbered.
    #[error("the text has more than {} words; take a part of it", u32::MAX)]
    TooLong,
    /// There is nothing to count.
    #[error("the text has no words; give files with a sentence a line")]
    Empty,
    /// The order is not a model's.
    #[error("the order is {0}; take one from 1 to {max}", max = super::MAX_ORDER)]
    Order(usize),
    /// The pruning thresholds don't fit.
    #[error(
        "the pruning thresholds {0:?} are wrong; take 0 for order 1, none that falls, and no more than orders"
    )]
    Prune(Vec<u32>),
}

/// Sentences to count n-grams in.
#[derive(Debug, Clone)]
pub struct TrainingText {
    ids: HashMap<Box<str>, u32, FixedState>,
    /// Whether words that have no number yet are unknown.
    closed: bool,
    /// Every sentence between `<s>` and `</s>`.
    tokens: Vec<u32>,
    sentences: u64,
    unknown: u64,
}

/// How far a text had come.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    words: usize,
    tokens: usize,
    sentences: u64,
    unknown: u64,
}

impl Default for TrainingText {
    fn default() -> Self {
        Self::new()
    }
}

impl TrainingText {
    /// No sentence yet; the vocabulary will be the words that occur.
    pub fn new() -> Self {
        let ids = SPECIAL.iter().zip(0..).map(|(&word, id)| (word.into(), id)).collect();
        Self { ids, closed: false, tokens: Vec::new(), sentences: 0, unknown: 0 }
    }

    /// No sentence yet; all words that are not among these will count as `<unk>`, and those that don't occur are in the
    /// model all the same.
    pub fn with_vocabulary<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut text = Self::new();
        for word in words {
            let next = text.ids.len() as u32;
            text.ids.entry(folded(word).into()).or_insert(next);
        }
        text.closed = true;
        text
    }

    /// Adds a sentence, whose words stand between blanks; one without any word is left out.
    ///
    /// `<unk>` stands for any word that is not in the vocabulary.
    ///
    /// # Errors
    ///
    /// A sentence with `<s>` or `</s>` in it, of which nothing is added then; more text than can be numbered.
    pub fn push(&mut self, sentence: &str) -> Result<(), EstimateError> {
        check_sentence(sentence)?;
        let before = self.tokens.len();
        self.tokens.push(START);
        for word in sentence.split_whitespace() {
            let word = folded(word);
            let next = self.ids.len() as u32;
            let id = match self.ids.get(word) {
                Some(&id) => id,
                None if self.closed => UNKNOWN,
                None => match self.ids.entry(word.into()) {
                    Entry::Occupied(id) => *id.get(),
                    Entry::Vacant(vacant) => *vacant.insert(next),
                },
            };
            self.unknown += u64::from(id == UNKNOWN);
            self.tokens.push(id);
        }
        if self.tokens.len() == before + 1 {
            self.tokens.truncate(before);
            return Ok(());
        }
        self.tokens.push(END);
        if self.tokens.len() >= u32::MAX as usize {
            return Err(EstimateError::TooLong);
        }
        self.sentences += 1;
        Ok(())
    }

    /// How far the text has come, to go back to.
    pub fn mark(&self) -> Mark {
        let Self { ids, tokens, sentences, unknown, .. } = self;
        Mark { words: ids.len(), tokens: tokens.len(), sentences: *sentences, unknown: *unknown }
    }

    /// Takes away the sentences since a mark, and the words that were new in them.
    pub fn back_to(&mut self, mark: Mark) {
        if self.ids.len() > mark.words {
            self.ids.retain(|_, &mut id| (id as usize) < mark.words);
        }
        self.tokens.truncate(mark.tokens);
        (self.sentences, self.unknown) = (mark.sentences, mark.unknown);
    }

    /// The number of sentences.
    pub fn sentences(&self) -> u64 {
        self.sentences
    }

    /// The number of words, each as often as it occurs.
    pub fn words(&self) -> u64 {
        self.tokens.len() as u64 - 2 * self.sentences
    }

    /// The number of those that are not in the vocabulary.
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    /// The words that occur and how often each does, the commonest first, equally common ones by their bytes.
    pub fn counts(&self) -> Vec<(&str, u64)> {
        let mut counts = vec![0; self.ids.len()];
        self.tokens.iter().for_each(|&token| counts[token as usize] += 1);
        let words = self.ids.iter().filter(|&(_, &id)| id > END);
        let counted = words.map(|(word, &id)| (&**word, counts[id as usize]));
        let mut occurring: Vec<(&str, u64)> = counted.filter(|&(_, count)| count > 0).collect();
        occurring.sort_unstable_by_key(|&(word, count)| (Reverse(count), word));
        occurring
    }

    /// The vocabulary and the tokens, numbered so that the vocabulary's order is that of its bytes, behind `<unk>`,
    /// `<s>` and `</s>`; and each word's rank by first occurrence.
    pub(super) fn sorted(mut self) -> (Vec<Box<str>>, Vec<u32>, Vec<u32>) {
        let mut words: Vec<(Box<str>, u32)> = self.ids.into_iter().filter(|&(_, id)| id > END).collect();
        words.sort_unstable();
        let ranks: Vec<u32> =
            [UNKNOWN, START, END].into_iter().chain(words.iter().map(|&(_, rank)| rank)).collect();
        let mut renumbered = vec![0; ranks.len()];
        for (new, &old) in (0..).zip(&ranks) {
            renumbered[old as usize] = new;
        }
        self.tokens.iter_mut().for_each(|token| *token = renumbered[*token as usize]);
        let special = SPECIAL.iter().map(|&word| word.into());
        (special.chain(words.into_iter().map(|(word, _)| word)).collect(), self.tokens, ranks)
    }
}

/// Fails where a sentence has a symbol in it that marks its bounds.
pub(super) fn check_sentence(sentence: &str) -> Result<(), EstimateError> {
    match sentence.split_whitespace().find(|word| SPECIAL[1..].contains(&folded(word))) {
        Some(word) => Err(EstimateError::Special(word.to_string())),
        None => Ok(()),
    }
}

/// A word, or the symbol that it is in any case: KenLM and SRILM take either spelling for unknown words, and models in
/// upper case have them so.
pub(super) fn folded(word: &str) -> &str {
    SPECIAL.into_iter().find(|special| special.eq_ignore_ascii_case(word)).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commonest_words_come_first() {
        let mut text = TrainingText::new();
        text.push("c b a b").unwrap();
        text.push("b <unk> c").unwrap();
        assert_eq!(text.counts(), [("b", 3), ("c", 2), ("a", 1)]);
        let mut text = TrainingText::with_vocabulary(["b", "d"]);
        text.push("c b a b").unwrap();
        assert_eq!(text.counts(), [("b", 2)]);
    }

    #[test]
    fn sentences_since_a_mark_go() {
        let mut text = TrainingText::new();
        text.push("a b").unwrap();
        let mark = text.mark();
        text.push("b c <unk>").unwrap();
        text.push("d").unwrap();
        text.back_to(mark);
        text.push("b d").unwrap();
        assert_eq!(text.counts(), [("b", 2), ("a", 1), ("d", 1)]);
        assert_eq!((text.sentences(), text.words(), text.unknown()), (2, 4, 0));
        assert_eq!(text.sorted().0.len(), 6, "a, b, d and the three symbols");
    }

    #[test]
    fn symbols_are_no_words_in_any_case() {
        let mut text = TrainingText::new();
        text.push("a <UNK> <unk> <Unk> b").unwrap();
        assert_eq!((text.words(), text.unknown()), (5, 3));
        for sentence in ["<s> a", "a </S>", "<S>"] {
            let message = text.push(sentence).unwrap_err().to_string();
            assert!(message.contains("marks a sentence's bounds by itself; take it out"), "{message}");
        }
        assert_eq!(text.sentences(), 1);
    }
}
