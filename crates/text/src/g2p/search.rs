//! The search for the rows of tokens that spell a word.

use std::collections::HashMap;
use std::f64::consts::LN_10;

use foldhash::fast::FixedState;

use super::align::MOST_LETTERS;
use super::joint::Direction;
use super::model::Tokens;
use crate::ngram::{NgramModel, NgramState};

/// The most beginnings of rows that go on behind a letter, and how much less probable than the best one they may be, as
/// a natural logarithm.
const BEAM: usize = 40;
const MARGIN: f64 = 8.0;

/// What beginnings of rows that go on alike share: their phones and the model's state.
type Beginning = (Vec<u32>, NgramState);

/// Beginnings of rows that spell the same letters, each with the natural logarithm of the sum of its rows'
/// probabilities.
type Beginnings = HashMap<Beginning, f64, FixedState>;

/// The pronunciations of a word's letters with their probabilities, which sum to 1; in no order. Empty where a letter
/// has no token.
///
/// Rows of tokens grow letter by letter, those of the same phones and state together.
pub(super) fn search(model: &NgramModel, tokens: &Tokens, letters: &[char]) -> Vec<(Vec<u32>, f64)> {
    let backward = tokens.direction == Direction::Backward;
    let mut open: Vec<Beginnings> = vec![Beginnings::default(); letters.len() + 1];
    open[0].insert((Vec::new(), model.start()), 0.0);
    for at in 0..letters.len() {
        let (best, beginnings) = kept(std::mem::take(&mut open[at]));
        for count in 1..=MOST_LETTERS.min(letters.len() - at) {
            let here = if backward { letters.len() - at - count } else { at };
            let spelling: String = letters[here..here + count].iter().collect();
            for (token, phones) in tokens.by_letters.get(&spelling).into_iter().flatten() {
                for ((before, state), score) in &beginnings {
                    let (log10, next) = model.score(state, *token);
                    let score = score + f64::from(log10) * LN_10;
                    // One token rarely makes good for more.
                    if score < best - 2.0 * MARGIN || score == f64::NEG_INFINITY {
                        continue;
                    }
                    let longer = match backward {
                        true => [&phones[..], before].concat(),
                        false => [before, &phones[..]].concat(),
                    };
                    add(&mut open[at + count], (longer, next), score);
                }
            }
        }
    }
    let end =
        |((phones, state), score): (Beginning, f64)| (phones, score + f64::from(model.end(&state)) * LN_10);
    let ended = open.pop().into_iter().flatten().map(end);
    let ended: Vec<_> = ended.filter(|(_, score)| *score > f64::NEG_INFINITY).collect();
    let highest = ended.iter().fold(f64::NEG_INFINITY, |highest, (_, score)| highest.max(*score));
    let mut sums: HashMap<Vec<u32>, Vec<f64>, FixedState> = HashMap::default();
    for (phones, score) in ended {
        sums.entry(phones).or_default().push((score - highest).exp());
    }
    let mut all: Vec<f64> = sums.values().flatten().copied().collect();
    let all = sum(&mut all);
    sums.into_iter().map(|(phones, mut parts)| (phones, sum(&mut parts) / all)).collect()
}

/// A sum that doesn't depend on the order.
fn sum(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.iter().sum()
}

/// The best score, and the beginnings that go on, the best first.
fn kept(beginnings: Beginnings) -> (f64, Vec<(Beginning, f64)>) {
    let mut beginnings: Vec<_> = beginnings.into_iter().collect();
    beginnings.sort_by(|((a, _), x), ((b, _), y)| y.total_cmp(x).then_with(|| a.cmp(b)));
    let best = beginnings.first().map_or(f64::NEG_INFINITY, |(_, score)| *score);
    beginnings.truncate(BEAM);
    beginnings.retain(|(_, score)| *score >= best - MARGIN);
    (best, beginnings)
}

/// Adds a probability to a sum, both as natural logarithms.
fn add(to: &mut Beginnings, beginning: Beginning, score: f64) {
    let sum = to.entry(beginning).or_insert(f64::NEG_INFINITY);
    let (high, low) = if *sum > score { (*sum, score) } else { (score, *sum) };
    *sum = high + (low - high).exp().ln_1p();
}
