//! From rules and sentences to a deterministic automaton over words.

use std::collections::HashMap;

use super::GrammarError;
use super::lexer::Place;
use super::parser::{Item, Parsed};

/// A state of the deterministic automaton.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// The state behind each word that may follow, by the word's number.
    pub(super) next: Vec<(u32, u32)>,
    /// Whether a sentence may end here.
    pub(super) accepts: bool,
}

/// States of the automaton that still has a choice.
const MOST_CHOICES: usize = 1 << 18;

const MOST_STATES: usize = 1 << 16;

/// All members of all sets of states that are made deterministic.
const MOST_MEMBERS: usize = 1 << 23;

/// States that are looked at in following free moves.
const MOST_VISITS: usize = 1 << 26;

/// An automaton with free moves (Thompson 1968).
struct Choices<'a> {
    parsed: &'a Parsed,
    /// For each state the moves by a word, and the free ones.
    words: Vec<Option<(u32, u32)>>,
    free: Vec<Vec<u32>>,
    /// The sentence that is being added.
    place: Place,
}

/// The deterministic automaton of all sentences; the rules have been checked.
pub(super) fn compile(parsed: &Parsed) -> Result<Vec<State>, GrammarError> {
    let start = Place { line: 1, column: 1 };
    let mut choices = Choices { parsed, words: Vec::new(), free: Vec::new(), place: start };
    let (first, last) = (choices.state()?, choices.state()?);
    for (sentence, place) in &parsed.sentences {
        choices.place = *place;
        let end = choices.add(sentence, first)?;
        choices.free[end as usize].push(last);
    }
    choices.determine(first, last)
}

impl Choices<'_> {
    fn too_large(&self) -> GrammarError {
        let problem = "the automaton becomes too large here: use fewer or smaller repetitions";
        GrammarError::new(self.place, problem)
    }

    fn state(&mut self) -> Result<u32, GrammarError> {
        if self.words.len() == MOST_CHOICES {
            return Err(self.too_large());
        }
        self.words.push(None);
        self.free.push(Vec::new());
        Ok(self.words.len() as u32 - 1)
    }

    /// Adds an expression that begins at `from`; returns where it ends, a state with no moves yet.
    fn add(&mut self, item: &Item, from: u32) -> Result<u32, GrammarError> {
        match item {
            Item::Word(word) => {
                // A state has at most one move by a word, so that the word gets a state of its own.
                let (before, after) = (self.state()?, self.state()?);
                self.free[from as usize].push(before);
                self.words[before as usize] = Some((*word, after));
                Ok(after)
            }
            Item::Rule(rule, _) => match &self.parsed.rules[*rule] {
                Some(item) => self.add(item, from),
                None => Ok(from),
            },
            Item::Sequence(items) => items.iter().try_fold(from, |from, item| self.add(item, from)),
            Item::Choice(items) => {
                let end = self.state()?;
                for item in items {
                    let last = self.add(item, from)?;
                    self.free[last as usize].push(end);
                }
                Ok(end)
            }
            Item::Repeat(item, low, high) => self.repeat(item, *low, *high, from),
        }
    }

    fn repeat(&mut self, item: &Item, low: u32, high: Option<u32>, from: u32) -> Result<u32, GrammarError> {
        let mut last = from;
        for _ in 0..low {
            last = self.add(item, last)?;
        }
        let end = self.state()?;
        match high {
            // A loop gets a state of its own, so that no other move can enter it from within.
            None => {
                let turn = self.state()?;
                self.free[last as usize].push(turn);
                let back = self.add(item, turn)?;
                self.free[back as usize].push(turn);
                self.free[turn as usize].push(end);
            }
            Some(high) => {
                for _ in low..high {
                    self.free[last as usize].push(end);
                    last = self.add(item, last)?;
                }
                self.free[last as usize].push(end);
            }
        }
        Ok(end)
    }

    /// The first state from here that has a word, a choice, or ends sentences: those before it only lead to it.
    fn skip(&self, mut state: u32, last: u32) -> u32 {
        while let [next] = self.free[state as usize][..]
            && self.words[state as usize].is_none()
            && state != last
        {
            state = next;
        }
        state
    }

    /// Sets of states become states (Rabin and Scott 1959), numbered as they are found. A set has only states with
    /// words, and `last`, so that sets from which the same may follow are one.
    fn determine(&self, first: u32, last: u32) -> Result<Vec<State>, GrammarError> {
        let mut closures = Closures { seen: vec![false; self.words.len()], known: HashMap::new(), visits: 0 };
        let mut numbers: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut sets: Vec<Vec<u32>> = Vec::new();
        let (mut states, mut members) = (Vec::new(), 0);
        let mut number = |sources: Vec<u32>, sets: &mut Vec<Vec<u32>>| {
            closures
                .number(self, sources, last, |target| {
                    let new = sets.len() as u32;
                    *numbers.entry(target).or_insert_with_key(|target| {
                        members += target.len();
                        sets.push(target.clone());
                        new
                    })
                })
                .filter(|_| sets.len() <= MOST_STATES && members <= MOST_MEMBERS)
                .ok_or_else(|| self.too_large())
        };
        number(vec![first], &mut sets)?;
        while let Some(set) = sets.get(states.len()) {
            let accepts = set.binary_search(&last).is_ok();
            let mut moves: Vec<(u32, u32)> =
                set.iter().filter_map(|&state| self.words[state as usize]).collect();
            moves.sort_unstable();
            let mut next = Vec::new();
            for run in moves.chunk_by(|a, b| a.0 == b.0) {
                let sources = run.iter().map(|&(_, state)| state).collect();
                next.push((run[0].0, number(sources, &mut sets)?));
            }
            states.push(State { next, accepts });
        }
        Ok(states)
    }
}

/// The sets of states that free moves reach.
struct Closures {
    seen: Vec<bool>,
    /// The number of the set that is reached from each set of sources.
    known: HashMap<Vec<u32>, u32>,
    visits: usize,
}

impl Closures {
    /// The number that `number` gives to what the sources reach; none where that takes too much work.
    fn number(
        &mut self,
        choices: &Choices<'_>,
        mut sources: Vec<u32>,
        last: u32,
        number: impl FnOnce(Vec<u32>) -> u32,
    ) -> Option<u32> {
        sources.iter_mut().for_each(|source| *source = choices.skip(*source, last));
        sources.sort_unstable();
        sources.dedup();
        if let Some(&known) = self.known.get(&sources) {
            return Some(known);
        }
        let (mut open, mut reached) = (sources.clone(), Vec::new());
        while let Some(state) = open.pop() {
            self.visits += 1;
            if !std::mem::replace(&mut self.seen[state as usize], true) {
                reached.push(state);
                open.extend(&choices.free[state as usize]);
            }
        }
        reached.iter().for_each(|&state| self.seen[state as usize] = false);
        reached.retain(|&state| state == last || choices.words[state as usize].is_some());
        reached.sort_unstable();
        let number = number(reached);
        self.known.insert(sources, number);
        (self.visits <= MOST_VISITS).then_some(number)
    }
}
