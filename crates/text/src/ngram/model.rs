//! Scores of words by the words before them.

use crate::normalise::Normaliser;

use super::image::{
    BLANK, Bytes, EMPTY, Header, NO_EXTENSION, Parts, SIGN, entry_size, home, home_of, key, read_u32,
    read_u64,
};
use super::respelt::Respelt;
use super::state::{NgramState, WordId};

/// A back-off n-gram model: the probability of a word after others.
///
/// The probability of the longest n-gram that the model has, times the back-off weights of the longer contexts that it
/// has: `log10 p(w | c₁ … cₙ₋₁) = log10 p(cₖ … cₙ₋₁ w) + Σ_{i<k} backoff(cᵢ … cₙ₋₁)` (Katz, 1987). All logarithms have
/// base 10.
#[derive(Debug)]
pub struct NgramModel {
    bytes: Bytes,
    header: Header,
    parts: Parts,
    /// Words that are looked up by other spellings than their own.
    respelt: Respelt,
}

/// The score of one word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WordScore {
    /// The log10 of its probability after the words before it.
    pub log10: f32,
    /// The order of the n-gram that was found, from 1.
    pub length: usize,
    /// Whether the model doesn't know the word.
    pub oov: bool,
}

impl NgramModel {
    pub(super) fn new(bytes: Bytes, header: Header, parts: Parts) -> Self {
        Self { bytes, header, parts, respelt: Respelt::default() }
    }

    /// The most words that an n-gram has.
    pub fn order(&self) -> usize {
        self.header.order
    }

    /// The number of words, `<s>`, `</s>` and `<unk>` included; word ids are below it.
    pub fn len(&self) -> usize {
        self.header.words as usize
    }

    /// Whether there is no word, which can't be.
    pub fn is_empty(&self) -> bool {
        self.header.words == 0
    }

    /// The number of n-grams of an order, from 1; an added `<unk>` doesn't count.
    pub fn ngrams(&self, order: usize) -> u64 {
        match order {
            1 => u64::from(self.header.words) - u64::from(!self.header.has_unknown),
            2.. if order <= self.header.order => self.header.tables[order - 2].ngrams,
            _ => 0,
        }
    }

    /// Looks words up by their normal spelling from now on ([`NgramModel::index`]), so that a model whose text was spelt
    /// by another rule knows them all the same. [`NgramModel::word`] goes on to give the model's own spelling.
    ///
    /// Of words that become one, as `The` and `the` in one case, the most probable counts. The result is the number of
    /// the others.
    pub fn spell_by(&mut self, rule: &Normaliser) -> usize {
        let (respelt, others) = Respelt::new(self, rule);
        self.respelt = respelt;
        others
    }

    /// The words that can be looked up, each once, by the spelling that is looked up; without `<s>`, `</s>` and `<unk>`.
    pub fn words(&self) -> impl Iterator<Item = String> {
        let ids = (0..self.header.words)
            .filter(|id| ![self.header.start, self.header.end, self.header.unknown].contains(id));
        ids.filter_map(|id| {
            let spelling = self.respelt.spelling(self.word(WordId(id)));
            (self.index(&spelling) == Some(WordId(id))).then_some(spelling)
        })
    }

    /// A word's number; `None` for words that the model doesn't know and for `<unk>` itself.
    pub fn index(&self, word: &str) -> Option<WordId> {
        self.respelt.index(word).or_else(|| self.index_of_own(word))
    }

    /// The number of a word in the model's own spelling.
    pub(super) fn index_of_own(&self, word: &str) -> Option<WordId> {
        let slots = self.header.index_slots;
        let mut slot = home_of(word, slots);
        for _ in 0..slots {
            let id = read_u32(&self.bytes, self.parts.index + 4 * slot as usize).checked_sub(1)?;
            if self.spelling(id) == word.as_bytes() {
                return Some(WordId(id)).filter(|_| id != self.header.unknown);
            }
            slot = if slot + 1 == slots { 0 } else { slot + 1 };
        }
        None
    }

    /// A word's spelling; `<unk>` for a number that no word has.
    pub fn word(&self, word: WordId) -> &str {
        match word.0 < self.header.words {
            true => std::str::from_utf8(self.spelling(word.0)).unwrap_or("<unk>"),
            false => "<unk>",
        }
    }

    /// What unknown words count as, `<unk>`.
    pub fn unknown(&self) -> WordId {
        WordId(self.header.unknown)
    }

    /// Whether the model itself knows `<unk>`. Where it doesn't, unknown words have a log10 probability of −100.
    pub fn has_unknown(&self) -> bool {
        self.header.has_unknown
    }

    /// The state at a sentence's beginning, after `<s>`.
    pub fn start(&self) -> NgramState {
        self.full_score(&NgramState::empty(), WordId(self.header.start)).1
    }

    /// The log10 probability of a word after a state's words, and the state behind it.
    ///
    /// A number that no word has counts as `<unk>`.
    #[inline]
    pub fn score(&self, state: &NgramState, word: WordId) -> (f32, NgramState) {
        let (score, next) = self.full_score(state, word);
        (score.log10, next)
    }

    /// The log10 probability that the sentence ends after a state's words, that of `</s>`.
    pub fn end(&self, state: &NgramState) -> f32 {
        self.score(state, WordId(self.header.end)).0
    }

    /// The log10 probability of a word without any context; that of `<unk>` for a number that no word has.
    pub fn unigram(&self, word: WordId) -> f32 {
        self.full_score(&NgramState::empty(), word).0.log10
    }

    /// A word's score after a state's words, and the state behind it.
    #[inline]
    pub fn full_score(&self, state: &NgramState, word: WordId) -> (WordScore, NgramState) {
        let (order, bytes): (usize, &[u8]) = (self.header.order, &self.bytes);
        let word = if word.0 < self.header.words { word.0 } else { self.header.unknown };
        let at = self.parts.unigrams + 8 * word as usize;
        let (mut bits, mut backoff) = (read_u32(bytes, at), read_u32(bytes, at + 4));
        let (mut log10, mut length) = (f32::from_bits(bits | SIGN), 1);
        let mut next = NgramState::empty();
        let (mut node, context) = (word, state.known());
        if order > 1 {
            next.words[0] = word;
            next.backoffs[0] = f32::from_bits(backoff);
            next.len = u32::from(backoff != NO_EXTENSION);
        }
        for (i, &before) in context.iter().enumerate() {
            // A set sign says that no longer n-gram ends in this one.
            if bits & SIGN != 0 || i + 2 > order {
                break;
            }
            let Some((slot, at)) = self.find(bytes, i, key(node, before)) else { break };
            (node, bits) = (slot, read_u32(bytes, at + 8));
            if bits != BLANK {
                (log10, length) = (f32::from_bits(bits | SIGN), i + 2);
            }
            if i + 2 == order {
                break;
            }
            backoff = read_u32(bytes, at + 12);
            next.words[i + 1] = before;
            next.backoffs[i + 1] = f32::from_bits(backoff);
            if backoff != NO_EXTENSION {
                next.len = i as u32 + 2;
            }
        }
        log10 += state.backoffs[length - 1..context.len()].iter().sum::<f32>();
        (WordScore { log10, length, oov: word == self.header.unknown }, next)
    }

    /// The scores of a sentence's words and, last, of `</s>`.
    pub fn sentence(&self, words: &[&str]) -> Vec<WordScore> {
        let mut state = self.start();
        let ids = words.iter().map(|word| self.index(word).unwrap_or(self.unknown()));
        ids.chain([WordId(self.header.end)])
            .map(|word| {
                let (score, next) = self.full_score(&state, word);
                state = next;
                score
            })
            .collect()
    }

    /// The slot of an n-gram of order `table` + 2, and where it lies.
    #[inline]
    fn find(&self, bytes: &[u8], table: usize, key: u64) -> Option<(u32, usize)> {
        let size = entry_size(table + 2, self.header.order);
        let table = &self.header.tables[table];
        let mut slot = home(key, table.slots);
        for _ in 0..table.slots {
            let at = table.offset + slot as usize * size;
            match read_u64(bytes, at) {
                found if found == key => return Some((slot as u32, at)),
                EMPTY => return None,
                _ => slot = if slot + 1 == table.slots { 0 } else { slot + 1 },
            }
        }
        None
    }

    fn spelling(&self, word: u32) -> &[u8] {
        let end = |word: u32| read_u32(&self.bytes, self.parts.ends + 4 * word as usize) as usize;
        let begin = word.checked_sub(1).map_or(0, end);
        self.bytes.get(self.parts.spellings + begin..self.parts.spellings + end(word)).unwrap_or_default()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const SMALL: &str = "\\data\\\nngram 1=5\nngram 2=4\nngram 3=1\n\n\\1-grams:\n-2\t<unk>\n-99\t<s>\t-0.25\n-1\t</s>\n\
        -0.5\ta\t-0.125\n-0.75\tb\t0\n\n\\2-grams:\n-0.25\t<s> a\t-0.5\n-0.125\ta b\n-0.375\tb </s>\n-0.4\ta a\t0.5\n\n\
        \\3-grams:\n-0.0625\t<s> a b\n\n\\end\\\n";

    #[test]
    fn the_longest_ngram_counts_and_longer_contexts_weigh() {
        let model = NgramModel::parse(SMALL.as_bytes(), Path::new("small.arpa")).unwrap();
        assert_eq!((model.order(), model.len(), model.has_unknown()), (3, 5, true));
        assert_eq!([1, 2, 3, 4].map(|order| model.ngrams(order)), [5, 4, 1, 0]);
        let scores = model.sentence(&["a", "b", "x", "a", "a", "b"]);
        let wanted = [
            (-0.25, 2, false),       // <s> a
            (-0.0625, 3, false),     // <s> a b
            (-2.0, 1, true),         // a b has no back-off weight, b one of 0
            (-0.5, 1, false),        // nothing follows <unk>
            (-0.4, 2, false),        // a a
            (0.5 - 0.125, 2, false), // a a weighs 0.5, a b is there
            (-0.375, 2, false),      // b </s>
        ];
        let got: Vec<_> = scores.iter().map(|s| (s.log10, s.length, s.oov)).collect();
        assert_eq!(got, wanted);
    }

    #[test]
    fn words_have_numbers() {
        let model = NgramModel::parse(SMALL.as_bytes(), Path::new("small.arpa")).unwrap();
        for word in ["a", "b", "<s>", "</s>"] {
            assert_eq!(model.word(model.index(word).unwrap()), word);
        }
        assert_eq!(model.index("<unk>"), None);
        assert_eq!(model.index("c"), None);
        assert_eq!(model.word(model.unknown()), "<unk>");
        assert_eq!(model.word(WordId(5)), "<unk>");
        assert_eq!(model.unigram(WordId(u32::MAX)), -2.0);
        assert_eq!(model.unigram(model.index("b").unwrap()), -0.75);
    }

    #[test]
    fn states_keep_what_matters() {
        let model = NgramModel::parse(SMALL.as_bytes(), Path::new("small.arpa")).unwrap();
        let after = |words: &[&str]| {
            words.iter().fold(model.start(), |state, word| {
                model.score(&state, model.index(word).unwrap_or(model.unknown())).1
            })
        };
        let words = |words: &[&str]| -> Vec<String> {
            after(words).words().map(|word| model.word(word).to_string()).collect()
        };
        assert_eq!(words(&[]), ["<s>"]);
        assert_eq!(words(&["a"]), ["a", "<s>"]);
        assert_eq!(words(&["a", "a"]), ["a", "a"], "its back-off weight is not 0");
        assert_eq!(words(&["a", "b"]), ["b"], "nothing follows a b");
        assert_eq!(words(&["x"]), [""; 0]);
        assert_eq!(after(&["b"]), after(&["a", "b"]));
        assert_ne!(after(&["a"]), after(&["a", "a"]));
    }
}
