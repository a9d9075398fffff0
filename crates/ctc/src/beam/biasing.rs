//! Phrases as an automaton that pays out their weights.

use std::collections::VecDeque;

use super::hotwords::HotwordError;

/// A step along a phrase: a unit (see [`super::trie::Pieces`]) and a label.
pub(crate) type Symbol = (u32, u32);

/// Nothing matched, at the beginning of a word.
pub(crate) const OUTSIDE: u32 = 0;

/// Nothing matched, within a word: no phrase can begin here.
const WITHIN: u32 = u32::MAX;

const MOST_STATES: usize = 1 << 20;

/// The phrases as an automaton with failure links (Aho and Corasick 1975).
#[derive(Clone, Debug)]
pub(crate) struct Biasing {
    states: Vec<State>,
    /// The most that one step can add.
    pub(crate) most: f64,
    /// Whether phrases begin at words' beginnings only.
    whole_words: bool,
}

#[derive(Clone, Debug, Default)]
struct State {
    /// By symbol, in order.
    next: Vec<(Symbol, u32)>,
    failure: u32,
    /// The share of the weight that is paid out here, and the part that remains if the phrase breaks off.
    paid: f64,
    kept: f64,
    /// The sum that phrases within this one have earned which the failure knows nothing of any more: both include it.
    earned: f64,
    /// Whether the last symbol ends a word.
    ends_word: bool,
}

/// How a phrase's words are spelt: for each word its alternatives, each a row of symbols with whether a word ends
/// there.
pub(crate) type Spelling = Vec<Vec<Vec<(Symbol, bool)>>>;

impl Biasing {
    /// The automaton of phrases, spelt, with their weights.
    pub(crate) fn new(
        phrases: impl IntoIterator<Item = (Spelling, f32)>,
        whole_words: bool,
    ) -> Result<Self, HotwordError> {
        let mut biasing = Self { states: vec![State::default()], most: 0.0, whole_words };
        for (words, weight) in phrases {
            biasing.add(&words, f64::from(weight))?;
        }
        biasing.link();
        Ok(biasing)
    }

    fn add(&mut self, words: &Spelling, weight: f64) -> Result<(), HotwordError> {
        let mut ends = vec![OUTSIDE];
        for (index, alternatives) in words.iter().enumerate() {
            let mut next_ends = Vec::new();
            for (&end, row) in itertools::iproduct!(&ends, alternatives) {
                let mut state = end;
                for (place, &(symbol, ends_word)) in row.iter().enumerate() {
                    state = self.child(state, symbol, ends_word)?;
                    let share = (index as f64 + (place + 1) as f64 / row.len() as f64) / words.len() as f64;
                    let paid = &mut self.states[state as usize].paid;
                    *paid = paid.max(weight * share);
                }
                next_ends.push(state);
            }
            next_ends.sort_unstable();
            next_ends.dedup();
            ends = next_ends;
        }
        for end in ends {
            let state = &mut self.states[end as usize];
            state.kept = state.kept.max(weight);
        }
        Ok(())
    }

    fn child(&mut self, state: u32, symbol: Symbol, ends_word: bool) -> Result<u32, HotwordError> {
        let count = self.states.len();
        let next = &mut self.states[state as usize].next;
        match next.binary_search_by_key(&symbol, |&(symbol, _)| symbol) {
            Ok(place) => Ok(next[place].1),
            Err(_) if count == MOST_STATES => Err(HotwordError::TooMany { most: MOST_STATES }),
            Err(place) => {
                next.insert(place, (symbol, count as u32));
                self.states.push(State { ends_word, ..State::default() });
                Ok(count as u32)
            }
        }
    }

    /// Failure links, and what a state keeps of the phrases that end before it, breadth first.
    fn link(&mut self) {
        let mut open = VecDeque::from([OUTSIDE]);
        while let Some(parent) = open.pop_front() {
            for (symbol, child) in self.states[parent as usize].next.clone() {
                let ends_word = self.states[child as usize].ends_word;
                let &State { failure: before, kept, earned, .. } = &self.states[parent as usize];
                let (failure, earned) = match parent {
                    OUTSIDE => (self.nothing(ends_word), 0.0),
                    _ => {
                        let (failure, gain) = self.step(before, symbol, ends_word);
                        (failure, earned + self.paid(before) + gain - self.paid(failure))
                    }
                };
                let state = &mut self.states[child as usize];
                (state.failure, state.earned) = (failure, earned);
                state.kept = state.kept.max(kept);
                state.paid = state.paid.max(state.kept);
                open.push_back(child);
            }
        }
        self.most = (0..self.states.len() as u32).map(|state| self.most_from(state)).fold(0.0, f64::max);
    }

    /// The most that one symbol can add behind a state.
    fn most_from(&self, mut state: u32) -> f64 {
        let (mut sum, mut most) = (-self.paid(state), 0.0f64);
        while let Some(here) = self.states.get(state as usize) {
            let next = here.next.iter().map(|&(_, next)| self.paid(next)).fold(0.0, f64::max);
            most = most.max(sum + next);
            sum += here.kept + here.earned;
            if state == OUTSIDE {
                break;
            }
            state = here.failure;
        }
        most.max(sum)
    }

    /// Whether a state lies between two words.
    pub(crate) fn is_between_words(&self, state: u32) -> bool {
        state == OUTSIDE || self.states.get(state as usize).is_some_and(|state| state.ends_word)
    }

    fn nothing(&self, ends_word: bool) -> u32 {
        if ends_word || !self.whole_words { OUTSIDE } else { WITHIN }
    }

    /// The state behind a symbol, and what it adds.
    pub(crate) fn step(&self, mut state: u32, symbol: Symbol, ends_word: bool) -> (u32, f64) {
        let mut sum = 0.0;
        loop {
            if state == WITHIN {
                return (self.nothing(ends_word), sum);
            }
            let here = &self.states[state as usize];
            if let Ok(place) = here.next.binary_search_by_key(&symbol, |&(symbol, _)| symbol) {
                let next = here.next[place].1;
                return (next, sum + self.paid(next) - self.paid(state));
            }
            sum += here.kept - here.paid;
            if state == OUTSIDE {
                return (self.nothing(ends_word), sum);
            }
            state = here.failure;
            sum += self.paid(state);
        }
    }

    fn paid(&self, state: u32) -> f64 {
        self.states.get(state as usize).map_or(0.0, |state| state.paid + state.earned)
    }

    /// The score of an end here: all that was paid for unfinished phrases is taken back.
    pub(crate) fn end(&self, mut state: u32) -> f64 {
        let mut sum = -self.paid(state);
        while let Some(here) = self.states.get(state as usize).filter(|_| state != OUTSIDE) {
            sum += here.kept + here.earned;
            state = here.failure;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A phrase whose words are one symbol each.
    fn phrase(words: &[u32], weight: f32) -> (Spelling, f32) {
        (words.iter().map(|&word| vec![vec![((word, word), true)]]).collect(), weight)
    }

    /// The score of words, and after it what is told to be the most of one step.
    fn score(biasing: &Biasing, words: &[u32]) -> f64 {
        let (mut state, mut sum) = (OUTSIDE, 0.0);
        for &word in words {
            let (next, gain) = biasing.step(state, (word, word), true);
            assert!(gain <= biasing.most + 1e-9, "{words:?}: {gain}");
            (state, sum) = (next, sum + gain);
        }
        sum + biasing.end(state)
    }

    #[test]
    fn each_phrase_counts_wherever_it_lies_in_another() {
        let phrases: [(&[u32], f32); 4] =
            [(&[1, 2, 3], 4.0), (&[2], 2.0), (&[3, 4, 5, 1], 1.0), (&[4, 5, 2], 3.0)];
        let biasing = Biasing::new(phrases.map(|(words, weight)| phrase(words, weight)), true).unwrap();
        // All rows of up to six of the words 1 to 5, against a count of the phrases in each.
        let mut rows: Vec<Vec<u32>> = vec![Vec::new()];
        for _ in 0..6 {
            let longer = rows.iter().flat_map(|row| (1..=5).map(|word| [&row[..], &[word]].concat()));
            rows = rows.iter().cloned().chain(longer).collect();
            rows.sort_unstable();
            rows.dedup();
        }
        for row in rows {
            let count = |words: &[u32]| row.windows(words.len()).filter(|window| *window == words).count();
            let wanted: f64 =
                phrases.iter().map(|(words, weight)| f64::from(*weight) * count(words) as f64).sum();
            let found = score(&biasing, &row);
            assert!((found - wanted).abs() < 1e-9, "{row:?}: {found}, not {wanted}");
        }
    }
}
