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

/// How deep rules may use each other.
const MOST_DEPTH: usize = 32;

/// An automaton with free moves (Thompson 1968).
struct Choices<'a> {
    parsed: &'a Parsed,
    /// For each state the moves by a word, and the free ones.
    words: Vec<Option<(u32, u32)>>,
    free: Vec<Vec<u32>>,
    /// The rules that are being expanded.
    open: Vec<usize>,
    /// The sentence that is being added.
    place: Place,
}

/// The deterministic automaton of all sentences.
pub(super) fn compile(parsed: &Parsed) -> Result<Vec<State>, GrammarError> {
    let start = Place { line: 1, column: 1 };
    let mut choices = Choices { parsed, words: Vec::new(), free: Vec::new(), open: Vec::new(), place: start };
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
            Item::Rule(rule, place) => self.rule(*rule, *place, from),
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

    fn rule(&mut self, rule: usize, place: Place, from: u32) -> Result<u32, GrammarError> {
        let name = &self.parsed.names[rule];
        let Some(item) = &self.parsed.rules[rule] else {
            let problem = format!("there is no rule <{name}>; define it in a line `<{name}> = …`");
            return Err(GrammarError::new(place, problem));
        };
        if self.open.contains(&rule) {
            return Err(GrammarError::new(
                place,
                format!("the rule <{name}> contains itself; use `*` or `+`"),
            ));
        }
        if self.open.len() == MOST_DEPTH {
            return Err(GrammarError::new(
                place,
                format!("rules use each other more than {MOST_DEPTH} deep"),
            ));
        }
        self.open.push(rule);
        let end = self.add(item, from);
        self.open.pop();
        end
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

    /// The set of states that free moves reach, in order.
    fn reach(&self, mut states: Vec<u32>, seen: &mut [bool]) -> Vec<u32> {
        let mut reached = Vec::new();
        while let Some(state) = states.pop() {
            if !std::mem::replace(&mut seen[state as usize], true) {
                reached.push(state);
                states.extend(&self.free[state as usize]);
            }
        }
        reached.iter().for_each(|&state| seen[state as usize] = false);
        reached.sort_unstable();
        reached
    }

    /// Sets of states become states (Rabin and Scott 1959), numbered as they are found.
    fn determine(&self, first: u32, last: u32) -> Result<Vec<State>, GrammarError> {
        let mut seen = vec![false; self.words.len()];
        let mut numbers: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut sets = vec![self.reach(vec![first], &mut seen)];
        numbers.insert(sets[0].clone(), 0);
        let mut states = Vec::new();
        let mut members = sets[0].len();
        while let Some(set) = sets.get(states.len()) {
            let accepts = set.binary_search(&last).is_ok();
            let mut moves: Vec<(u32, u32)> =
                set.iter().filter_map(|&state| self.words[state as usize]).collect();
            moves.sort_unstable();
            let mut next = Vec::new();
            for run in moves.chunk_by(|a, b| a.0 == b.0) {
                let target = self.reach(run.iter().map(|&(_, state)| state).collect(), &mut seen);
                let new = numbers.len() as u32;
                let number = *numbers.entry(target).or_insert_with_key(|target| {
                    members += target.len();
                    sets.push(target.clone());
                    new
                });
                if sets.len() > MOST_STATES || members > MOST_MEMBERS {
                    return Err(self.too_large());
                }
                next.push((run[0].0, number));
            }
            states.push(State { next, accepts });
        }
        Ok(states)
    }
}
