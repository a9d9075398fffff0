//! Which tokens are mistaken, and for what.

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use crate::alignment::{Edit, walk_by};
use crate::bits::Aligner;
use crate::code::{Coded, Token, Vocabulary};
use crate::counts::ErrorCounts;
use crate::weighted::Weights;

/// Which tokens are mistaken, and for what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetails {
    /// The pairs that stand for each other, the most frequent first, then in alphabetical order.
    pub confusions: Vec<Confusion>,
    /// The tokens that have errors, those with the most first, then in alphabetical order.
    pub tokens: Vec<TokenErrors>,
}

/// A token that was taken for another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// The reference's token.
    pub reference: String,
    /// The hypothesis's.
    pub hypothesis: String,
    /// How often.
    pub count: usize,
}

/// One token's errors.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenErrors {
    /// The token.
    pub token: String,
    /// How often it stands in the references.
    pub reference: usize,
    /// How often another stands for it.
    pub substitutions: usize,
    /// How often nothing stands for it.
    pub deletions: usize,
    /// How often it stands for another.
    pub false_substitutions: usize,
    /// How often it stands for nothing.
    pub insertions: usize,
}

impl TokenErrors {
    /// A token without a name or errors yet.
    fn of(reference: usize) -> Self {
        Self { reference, ..Self::default() }
    }

    /// How often it is involved in an error.
    pub fn errors(&self) -> usize {
        self.substitutions + self.deletions + self.false_substitutions + self.insertions
    }
}

/// Counts pairs of texts, one after another.
#[derive(Debug)]
pub(crate) struct Counter<T> {
    vocabulary: Vocabulary<T>,
    aligner: Aligner,
    /// A pair by the vocabulary's numbers, and by numbers of its own.
    pair: Coded,
    coded: Coded,
    /// What is met, where it is noted.
    noted: Option<Noted>,
}

/// Errors, and the occurrences of each token in the references, by the vocabulary's numbers.
#[derive(Debug, Default)]
struct Noted {
    errors: HashMap<(u32, u32), usize, FixedState>,
    occurrences: Vec<usize>,
}

/// A vocabulary of so many tokens is small: alignment may use its numbers as they are.
const SMALL: usize = 256;

/// Stands for no token among the vocabulary's numbers.
const NONE: u32 = u32::MAX;

impl<'a, T: Token<'a>> Counter<T> {
    /// `note`: whether details are wanted.
    pub(crate) fn new(note: bool) -> Self {
        Self {
            vocabulary: Vocabulary::new(),
            aligner: Aligner::default(),
            pair: Coded::default(),
            coded: Coded::default(),
            noted: note.then(Noted::default),
        }
    }

    /// Reads a pair of texts. Returns whether it was coded by numbers of its own.
    fn read(&mut self, reference: &'a str, hypothesis: &'a str) -> bool {
        let Self { vocabulary, pair, coded, noted, .. } = self;
        if noted.is_none() && vocabulary.tokens.len() > SMALL / 4 {
            vocabulary.clear();
        }
        for (numbers, text) in [(&mut pair.reference, reference), (&mut pair.hypothesis, hypothesis)] {
            numbers.clear();
            T::each(text, |token| numbers.push(vocabulary.number(token)));
        }
        pair.symbols = vocabulary.tokens.len() as u32;
        let many = vocabulary.tokens.len() > SMALL;
        if many {
            vocabulary.code(pair, coded);
        }
        many
    }

    /// Aligns a pair of texts and adds the steps to `edits`.
    pub(crate) fn align(
        &mut self,
        reference: &'a str,
        hypothesis: &'a str,
        weights: Weights,
        edits: &mut Vec<Edit>,
    ) {
        let (reference, hypothesis, same) = Self::differing(reference, hypothesis, weights);
        let own = if self.read(reference, hypothesis) { &self.coded } else { &self.pair };
        let (r, h) = (own.reference.len(), own.hypothesis.len());
        let start = edits.len();
        walk_by(&mut self.aligner, own, weights, |edit| edits.push(edit));
        edits[start..].reverse();
        edits.extend((0..same).map(|k| Edit::Correct(r + k, h + k)));
    }

    /// Two texts without the end that they share, and the number of tokens in it: alignment by equal weights begins at
    /// the end and takes what is the same there.
    fn differing(reference: &'a str, hypothesis: &'a str, weights: Weights) -> (&'a str, &'a str, usize) {
        if weights != Weights::Equal {
            return (reference, hypothesis, 0);
        }
        let end = T::common_end(reference, hypothesis);
        let (reference, shared) = reference.split_at(reference.len() - end);
        let mut same = 0;
        T::each(shared, |_| same += 1);
        (reference, &hypothesis[..hypothesis.len() - end], same)
    }

    /// Aligns a pair of texts and counts its errors.
    pub(crate) fn add(&mut self, reference: &'a str, hypothesis: &'a str, weights: Weights) -> ErrorCounts {
        // What is noted needs every token.
        let (reference, hypothesis, same) = match self.noted {
            None => Self::differing(reference, hypothesis, weights),
            Some(_) => (reference, hypothesis, 0),
        };
        let many = self.read(reference, hypothesis);
        let Self { vocabulary, aligner, pair, coded, noted } = self;
        let pair = &*pair;
        let own = if many { &*coded } else { pair };
        let mut counts = ErrorCounts::default();
        let Some(Noted { errors, occurrences }) = noted else {
            // What is right is most, and follows from the rest.
            walk_by(aligner, own, weights, |edit| match edit {
                Edit::Correct(..) => {}
                Edit::Substitution(..) => counts.substitutions += 1,
                Edit::Deletion(_) => counts.deletions += 1,
                Edit::Insertion(_) => counts.insertions += 1,
            });
            counts.reference = own.reference.len() + same;
            counts.correct = counts.reference - counts.substitutions - counts.deletions;
            return counts;
        };
        let Coded { reference: r, hypothesis: h, .. } = pair;
        occurrences.resize(vocabulary.tokens.len(), 0);
        r.iter().for_each(|&number| occurrences[number as usize] += 1);
        walk_by(aligner, own, weights, |edit| {
            counts.add(edit);
            let pair = match edit {
                Edit::Correct(..) => return,
                Edit::Substitution(i, j) => (r[i], h[j]),
                Edit::Deletion(i) => (r[i], NONE),
                Edit::Insertion(j) => (NONE, h[j]),
            };
            *errors.entry(pair).or_default() += 1;
        });
        counts
    }

    /// Adds what another has met.
    pub(crate) fn merge(&mut self, other: Self) {
        let (Some(noted), Some(met)) = (&mut self.noted, other.noted) else { return };
        let numbers: Vec<u32> =
            other.vocabulary.tokens.iter().map(|&token| self.vocabulary.number(token)).collect();
        noted.occurrences.resize(self.vocabulary.tokens.len(), 0);
        for (&number, count) in numbers.iter().zip(met.occurrences) {
            noted.occurrences[number as usize] += count;
        }
        let number = |number: u32| numbers.get(number as usize).copied().unwrap_or(NONE);
        for ((r, h), count) in met.errors {
            *noted.errors.entry((number(r), number(h))).or_default() += count;
        }
    }

    /// The tables, in their order.
    pub(crate) fn details(self) -> ErrorDetails {
        let names = self.vocabulary.tokens;
        let Noted { errors, mut occurrences } = self.noted.unwrap_or_default();
        occurrences.resize(names.len(), 0); // the last pair's hypothesis may have had new ones
        let mut tokens: Vec<TokenErrors> = occurrences.iter().map(|&n| TokenErrors::of(n)).collect();
        let mut pairs = Vec::new();
        for ((r, h), count) in errors {
            match (r, h) {
                (_, NONE) => tokens[r as usize].deletions += count,
                (NONE, _) => tokens[h as usize].insertions += count,
                _ => {
                    tokens[r as usize].substitutions += count;
                    tokens[h as usize].false_substitutions += count;
                    pairs.push((count, r, h));
                }
            }
        }
        // Numbers depend on how tasks were cut; places in alphabetical order don't, and are compared fast.
        let mut order: Vec<u32> = (0..names.len() as u32).collect();
        order.sort_unstable_by_key(|&number| names[number as usize]);
        let mut places = vec![0; names.len()];
        (0u32..).zip(&order).for_each(|(place, &number)| places[number as usize] = place);
        pairs.sort_unstable_by_key(|&(count, r, h)| (Reverse(count), places[r as usize], places[h as usize]));
        let name = |number: u32| names[number as usize].to_string();
        let confusion = |(count, r, h)| Confusion { reference: name(r), hypothesis: name(h), count };
        let mut wrong: Vec<TokenErrors> = order
            .into_iter()
            .filter(|&number| tokens[number as usize].errors() > 0)
            .map(|number| TokenErrors { token: name(number), ..tokens[number as usize].clone() })
            .collect();
        wrong.sort_by_key(|token| Reverse(token.errors()));
        ErrorDetails { confusions: pairs.into_iter().map(confusion).collect(), tokens: wrong }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_tallied_by_token_and_by_pair() {
        let tally = |r: &'static str, h: &'static str| {
            let mut counter = Counter::new(true);
            counter.add(r, h, Weights::Equal);
            counter
        };
        let mut counter: Counter<&str> = tally("the cat sat", "a cat sat sat");
        counter.merge(tally("the the dog", "the a"));
        let details = counter.details();
        let confusion =
            |r: &str, h: &str, count| Confusion { reference: r.into(), hypothesis: h.into(), count };
        assert_eq!(details.confusions, [confusion("dog", "a", 1), confusion("the", "a", 1)]);
        let token =
            |token: &str,
             [reference, substitutions, deletions, false_substitutions, insertions]: [usize; 5]| {
                let token = token.to_string();
                TokenErrors { token, reference, substitutions, deletions, false_substitutions, insertions }
            };
        let want = [
            token("a", [0, 0, 0, 2, 0]),
            token("the", [3, 1, 1, 0, 0]),
            token("dog", [1, 1, 0, 0, 0]),
            token("sat", [1, 0, 0, 0, 1]),
        ];
        assert_eq!(details.tokens, want);
    }
}
