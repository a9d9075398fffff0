//! Cutting words and their pronunciations into joint tokens, by expectation maximisation.
//!
//! A cutting's probability is the product of its tokens' probabilities. These are estimated from all cuttings of all
//! words, each counted by its posterior probability (forward and backward sums over the cuttings), until the tokens that
//! many words share have nearly all the mass; then each word takes its best cutting.
//!
//! The best is not the most probable one: that has the longest tokens, as fewer factors make a product larger. A token of
//! two letters or two phones counts [`LONG`] times, so that it stands only where short ones don't do. Models of short
//! tokens err less on words that they don't know.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use rayon::prelude::*;

/// The most letters and phones of a token.
pub(super) const MOST_LETTERS: usize = 2;
pub(super) const MOST_PHONES: usize = 2;
/// The most letters or phones of an entry: the work grows with their product.
const LONGEST: usize = 100;
/// How often the probabilities are estimated; further rounds change few cuttings.
const ROUNDS: usize = 15;
/// How often the logarithm of a token's probability counts for one of two letters or phones.
const LONG: f64 = 4.0;
/// Entries whose counts are summed together, in their order: sums don't depend on threads.
const RANGE: usize = 8192;

/// A word and one of its pronunciations, as numbers of letters and of phones.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) letters: Vec<u32>,
    pub(super) phones: Vec<u32>,
}

/// How many letters and phones a token has.
type Step = (usize, usize);

/// The letters and phones of a token, [`NONE`] standing for none.
type Token = [u32; MOST_LETTERS + MOST_PHONES];

const NONE: u32 = u32::MAX;

/// The cuttings of entries.
pub(super) struct Cuttings {
    /// The steps of each entry's best cutting; `None` for an entry that can't be cut, or is too long.
    pub(super) steps: Vec<Option<Vec<Step>>>,
    /// For each letter that no cutting has by itself, the phones that it most probably has.
    pub(super) alone: Vec<(u32, Vec<u32>)>,
}

/// Cuts all entries.
pub(super) fn cut(entries: &[Entry]) -> Cuttings {
    let mut lattice = Lattice::of(entries);
    for _ in 0..ROUNDS {
        lattice.estimate(entries);
    }
    let steps: Vec<_> = entries.par_iter().zip(&lattice.edges).map(|(e, own)| lattice.best(e, own)).collect();
    let alone = lattice.alone(entries, &steps);
    Cuttings { steps, alone }
}

/// Every token that an entry may be cut into: where it begins in letters and phones, and how many it has of each, in
/// the order of beginnings. Two letters aren't said as two phones: each has one of them.
fn edges(entry: &Entry) -> impl Iterator<Item = (usize, usize, usize, usize)> {
    let (letters, phones) = (entry.letters.len(), entry.phones.len());
    let fits = letters <= LONGEST && phones <= LONGEST;
    // The letters before and behind a place must have room for the phones there.
    let open = move |i: usize, j: usize| {
        i <= letters && j <= phones && j <= MOST_PHONES * i && phones - j <= MOST_PHONES * (letters - i)
    };
    let begins = (0..if fits { letters } else { 0 }).flat_map(move |i| (0..=phones).map(move |j| (i, j)));
    begins.filter(move |&(i, j)| open(i, j)).flat_map(move |(i, j)| {
        const STEPS: [Step; 5] = [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1)];
        let fit = STEPS.into_iter().filter(move |&(l, p)| open(i + l, j + p));
        fit.map(move |(l, p)| (i, j, l, p))
    })
}

/// All cuttings of all entries, and the probabilities of the tokens.
struct Lattice {
    tokens: Vec<Token>,
    probabilities: Vec<f64>,
    /// For each entry the numbers of its tokens, in the order of [`edges`].
    edges: Vec<Vec<u32>>,
}

impl Lattice {
    /// At first a token of one letter and one phone is the most probable, and each letter or phone more or fewer makes
    /// it ten times less so: small lexicons alone don't tell that letters have phones of their own.
    fn of(entries: &[Entry]) -> Self {
        let mut numbers: HashMap<Token, u32, FixedState> = HashMap::default();
        let mut tokens = Vec::new();
        let number = |(entry, (i, j, l, p)): (&Entry, (usize, usize, usize, usize))| {
            let mut token = [NONE; MOST_LETTERS + MOST_PHONES];
            token[..l].copy_from_slice(&entry.letters[i..i + l]);
            token[MOST_LETTERS..MOST_LETTERS + p].copy_from_slice(&entry.phones[j..j + p]);
            *numbers.entry(token).or_insert_with(|| {
                tokens.push(token);
                tokens.len() as u32 - 1
            })
        };
        let mut number = number;
        let edges = entries.iter().map(|entry| edges(entry).map(|edge| number((entry, edge))).collect());
        let edges: Vec<Vec<u32>> = edges.collect();
        let count = |part: &[u32]| part.iter().filter(|&&symbol| symbol != NONE).count();
        let weight = |token: &Token| {
            let (letters, phones) = token.split_at(MOST_LETTERS);
            0.1f64.powi((count(letters).abs_diff(1) + count(phones).abs_diff(1)) as i32)
        };
        let sum: f64 = tokens.iter().map(weight).sum();
        let probabilities = tokens.iter().map(|token| weight(token) / sum).collect();
        Self { tokens, probabilities, edges }
    }

    /// One round of expectation and maximisation.
    fn estimate(&mut self, entries: &[Entry]) {
        let ranges = entries.par_chunks(RANGE).zip(self.edges.par_chunks(RANGE));
        let parts: Vec<Vec<f64>> = ranges
            .map(|(entries, edges)| {
                let mut counts = vec![0.0; self.tokens.len()];
                entries.iter().zip(edges).for_each(|(entry, own)| self.expect(entry, own, &mut counts));
                counts
            })
            .collect();
        let mut counts = vec![0.0; self.tokens.len()];
        for part in parts {
            counts.iter_mut().zip(part).for_each(|(count, more)| *count += more);
        }
        let sum: f64 = counts.iter().sum();
        if sum > 0.0 {
            self.probabilities = counts.into_iter().map(|count| count / sum).collect();
        }
    }

    /// Adds the expected counts of an entry's tokens.
    fn expect(&self, entry: &Entry, own: &[u32], counts: &mut [f64]) {
        // An entry without edges may be long.
        if own.is_empty() {
            return;
        }
        let (width, end) = (entry.phones.len() + 1, (entry.letters.len() + 1) * (entry.phones.len() + 1) - 1);
        let mut forward = vec![0.0; end + 1];
        forward[0] = 1.0;
        let places: Vec<(usize, usize)> =
            edges(entry).map(|(i, j, l, p)| (i * width + j, (i + l) * width + j + p)).collect();
        for (&(from, to), &token) in places.iter().zip(own) {
            forward[to] += forward[from] * self.probabilities[token as usize];
        }
        let all = forward[end];
        if all <= 0.0 {
            return;
        }
        let mut backward = vec![0.0; end + 1];
        backward[end] = 1.0;
        for (&(from, to), &token) in places.iter().zip(own).rev() {
            let rest = self.probabilities[token as usize] * backward[to];
            backward[from] += rest;
            counts[token as usize] += forward[from] * rest / all;
        }
    }

    /// The best cutting; of equal ones the one whose last tokens come first in [`edges`].
    fn best(&self, entry: &Entry, own: &[u32]) -> Option<Vec<Step>> {
        if own.is_empty() {
            return None;
        }
        let width = entry.phones.len() + 1;
        let mut best = vec![(f64::NEG_INFINITY, (0, 0)); (entry.letters.len() + 1) * width];
        best[0].0 = 0.0;
        for ((i, j, l, p), &token) in edges(entry).zip(own) {
            let times = if l.max(p) > 1 { LONG } else { 1.0 };
            let score = best[i * width + j].0 + times * self.probabilities[token as usize].ln();
            let to = &mut best[(i + l) * width + j + p];
            if score > to.0 {
                *to = (score, (l, p));
            }
        }
        let (mut i, mut j) = (entry.letters.len(), entry.phones.len());
        if best[i * width + j].0 == f64::NEG_INFINITY {
            return None;
        }
        let mut steps = Vec::new();
        while i > 0 {
            let step = best[i * width + j].1;
            (i, j) = (i - step.0, j - step.1);
            steps.push(step);
        }
        steps.reverse();
        Some(steps)
    }

    /// The most probable tokens of letters that no cutting has by themselves.
    fn alone(&self, entries: &[Entry], cuttings: &[Option<Vec<Step>>]) -> Vec<(u32, Vec<u32>)> {
        let mut has: HashMap<u32, bool, FixedState> = HashMap::default();
        for (entry, steps) in entries.iter().zip(cuttings) {
            let mut at = 0;
            for &(l, _) in steps.iter().flatten() {
                entry.letters[at..at + l]
                    .iter()
                    .for_each(|&letter| *has.entry(letter).or_default() |= l == 1);
                at += l;
            }
        }
        let mut lacking: Vec<u32> =
            has.into_iter().filter(|&(_, has)| !has).map(|(letter, _)| letter).collect();
        lacking.sort_unstable();
        let best = |letter: u32| {
            let own = self.tokens.iter().zip(&self.probabilities);
            let own = own.filter(|(token, _)| token[0] == letter && token[1] == NONE);
            let (token, _) = own.max_by(|a, b| a.1.total_cmp(b.1))?;
            let phones = token[MOST_LETTERS..].iter().copied().filter(|&phone| phone != NONE);
            Some((letter, phones.collect()))
        };
        lacking.into_iter().filter_map(best).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries of `word:phones`, a sign each.
    fn entries(words: &str) -> Vec<Entry> {
        let numbers = |text: &str| text.chars().map(u32::from).collect();
        let entry = |word: &str| {
            let (letters, phones) = word.split_once(':').unwrap();
            Entry { letters: numbers(letters), phones: numbers(phones) }
        };
        words.split_whitespace().map(entry).collect()
    }

    fn cuttings(words: &str) -> Vec<String> {
        let entries = entries(words);
        let cuttings = cut(&entries);
        let text = |numbers: &[u32]| numbers.iter().filter_map(|&n| char::from_u32(n)).collect::<String>();
        let shown = |(entry, steps): (&Entry, &Option<Vec<Step>>)| {
            let (mut i, mut j) = (0, 0);
            let tokens = steps.iter().flatten().map(|&(l, p)| {
                let token = format!("{}={}", text(&entry.letters[i..i + l]), text(&entry.phones[j..j + p]));
                (i, j) = (i + l, j + p);
                token
            });
            tokens.collect::<Vec<_>>().join(" ")
        };
        entries.iter().zip(&cuttings.steps).map(shown).collect()
    }

    #[test]
    fn letters_that_are_said_together_are_found() {
        let found = cuttings(
            "thin:θin bath:baθ tin:tin hat:hat box:boks ox:oks tea:ti at:at ten:ten tax:taks six:siks",
        );
        assert_eq!(found[0], "th=θ i=i n=n");
        assert_eq!(found[1], "b=b a=a th=θ");
        assert_eq!(found[4], "b=b o=o x=ks");
    }

    #[test]
    fn what_has_no_cutting_is_left_out() {
        assert_eq!(cuttings("ab:ab a:abc a:"), ["a=a b=b", "", "a="]);
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(cuttings(&format!("{long}:a a:a")), ["", "a=a"]);
        assert!(cut(&[]).steps.is_empty());
    }

    /// All cuttings by trying all, each with its probability.
    fn all(entry: &Entry, probability: &dyn Fn(&[u32], &[u32]) -> f64) -> Vec<(Vec<Step>, f64)> {
        if entry.letters.is_empty() {
            let whole = entry.phones.is_empty();
            return whole.then(|| (Vec::new(), 1.0)).into_iter().collect();
        }
        let mut found = Vec::new();
        for (l, p) in [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1)] {
            let (Some((a, letters)), Some((b, phones))) =
                (entry.letters.split_at_checked(l), entry.phones.split_at_checked(p))
            else {
                continue;
            };
            let rest = Entry { letters: letters.to_vec(), phones: phones.to_vec() };
            for (steps, more) in all(&rest, probability) {
                found.push(([vec![(l, p)], steps].concat(), probability(a, b) * more));
            }
        }
        found
    }

    #[test]
    fn expected_counts_are_those_of_all_cuttings() {
        let entries = entries("abca:xyz aab:xyx ba:yx c:");
        let mut lattice = Lattice::of(&entries);
        for round in 0..3 {
            let of = |letters: &[u32], phones: &[u32]| {
                let mut token = [NONE; 4];
                token[..letters.len()].copy_from_slice(letters);
                token[2..2 + phones.len()].copy_from_slice(phones);
                lattice.tokens.iter().position(|known| *known == token).unwrap()
            };
            let mut counts = vec![0.0; lattice.tokens.len()];
            for entry in &entries {
                let all = all(entry, &|letters, phones| lattice.probabilities[of(letters, phones)]);
                let sum: f64 = all.iter().map(|(_, probability)| probability).sum();
                for (steps, probability) in all {
                    let (mut i, mut j) = (0, 0);
                    for (l, p) in steps {
                        counts[of(&entry.letters[i..i + l], &entry.phones[j..j + p])] += probability / sum;
                        (i, j) = (i + l, j + p);
                    }
                }
            }
            let sum: f64 = counts.iter().sum();
            lattice.estimate(&entries);
            for (ours, count) in lattice.probabilities.iter().zip(&counts) {
                assert!((ours - count / sum).abs() < 1e-12, "round {round}: {ours} against {}", count / sum);
            }
        }
    }
}
