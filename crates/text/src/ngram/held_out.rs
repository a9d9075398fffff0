//! Finds texts from which held-out sentences were read.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

/// Words of a sequence that is looked for: shorter ones are in many texts, as set phrases are.
const WORDS: usize = 8;

/// Held-out sentences, by their sequences of eight words, without regard to case and punctuation.
///
/// A language model whose text has the test set's own sentences gives them too high a probability, so that error rates
/// with it are too low. Eight words in a row hardly come twice: of 1,300 books, those from which LibriSpeech's test-clean
/// was read, in any edition, have sequences of 5 to 86 of its utterances, and no other book those of more than 3.
#[derive(Debug, Clone, Default)]
pub struct HeldOut {
    sequences: HashMap<u64, Vec<u32>, FixedState>,
    /// Hashes of the sentences that have a sequence.
    sentences: HashSet<u64, FixedState>,
}

impl HeldOut {
    /// A text that has sequences of so many held-out sentences is one that they were read from.
    pub const READ_FROM: usize = 4;

    /// Adds a sentence. One that is there already, as a prompt that many speakers read, counts once.
    pub fn push(&mut self, sentence: &str) {
        let mut window = Window::default();
        let sequences: Vec<u64> = sentence.split_whitespace().filter_map(|word| window.push(word)).collect();
        let number = self.sentences.len() as u32;
        if sequences.is_empty() || !self.sentences.insert(FixedState::default().hash_one(&sequences)) {
            return;
        }
        for sequence in sequences {
            let sentences = self.sequences.entry(sequence).or_default();
            if sentences.last() != Some(&number) {
                sentences.push(number);
            }
        }
    }

    /// The number of different sentences that have eight words or more, by which texts can be known.
    pub fn sentences(&self) -> usize {
        self.sentences.len()
    }

    /// Begins to look for the sentences in a text.
    pub fn search(&self) -> Occurrences<'_> {
        Occurrences { held_out: self, window: Window::default(), found: HashSet::new() }
    }
}

/// The held-out sentences that occur in a text.
#[derive(Debug)]
pub struct Occurrences<'a> {
    held_out: &'a HeldOut,
    window: Window,
    found: HashSet<u32>,
}

impl Occurrences<'_> {
    /// Reads on in the text. A sequence may cross the text's sentences, as those who read aloud do.
    pub fn push(&mut self, sentence: &str) {
        for word in sentence.split_whitespace() {
            let sequence = self.window.push(word);
            if let Some(sentences) = sequence.and_then(|sequence| self.held_out.sequences.get(&sequence)) {
                self.found.extend(sentences);
            }
        }
    }

    /// The number of sentences of which the text has a sequence.
    pub fn sentences(&self) -> usize {
        self.found.len()
    }
}

/// The last words of a text.
#[derive(Debug, Default)]
struct Window {
    words: [u64; WORDS],
    number: usize,
}

impl Window {
    /// Goes on by a word; the hash of the sequence that ends with it. Punctuation by itself is no word.
    fn push(&mut self, word: &str) -> Option<u64> {
        let mut hasher = FixedState::default().build_hasher();
        let mut letters = 0;
        for letter in word.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase) {
            hasher.write_u32(letter.into());
            letters += 1;
        }
        if letters == 0 {
            return None;
        }
        self.words[self.number % WORDS] = hasher.finish();
        self.number += 1;
        let in_order = (0..WORDS).map(|back| self.words[(self.number + back) % WORDS]);
        let mix = |hash: u64, word| hash.rotate_left(7).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ word;
        (self.number >= WORDS).then(|| in_order.fold(0, mix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(held_out: &HeldOut, text: &[&str]) -> usize {
        let mut occurrences = held_out.search();
        text.iter().for_each(|sentence| occurrences.push(sentence));
        occurrences.sentences()
    }

    #[test]
    fn sequences_of_eight_words_are_found_across_sentences() {
        let mut held_out = HeldOut::default();
        held_out.push("one two three four five six seven eight nine");
        held_out.push("too short to be found");
        held_out.push("a b c d e f g h");
        assert_eq!(held_out.sentences(), 2);
        let found = |text| found(&held_out, text);
        assert_eq!(found(&["zero one two three", "four five six seven eight ten"]), 1);
        assert_eq!(found(&["two three four five six seven eight nine", "x a b c d e f g h y"]), 2);
        assert_eq!(found(&["one two three four five six seven", "nine", "too short to be found"]), 0);
        let other_order =
            ["two one three four five six seven eight", "eight seven six five four three two one"];
        assert_eq!(found(&other_order), 0);
        // A sentence counts once, however often it occurs.
        assert_eq!(found(&["a b c d e f g h a b c d e f g h"]), 1);
    }

    #[test]
    fn case_and_punctuation_make_no_difference() {
        let mut held_out = HeldOut::default();
        held_out.push("I DON'T KNOW WHAT WE SHALL DO NOW");
        assert_eq!(found(&held_out, &["“I don’t know —", "what we", "shall do: now!”"]), 1);
    }

    #[test]
    fn a_sequence_counts_for_each_sentence_and_a_sentence_that_is_repeated_once() {
        let mut held_out = HeldOut::default();
        for last in ["i", "i", "j", "k", "l"] {
            held_out.push(&format!("a b c d e f g h {last}"));
        }
        assert_eq!((held_out.sentences(), found(&held_out, &["a b c d e f g h"])), (4, HeldOut::READ_FROM));
    }
}
