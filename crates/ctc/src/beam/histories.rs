//! The language model's states behind the living prefixes, each once, and their scores.

use std::collections::HashMap;

use super::model::WordModel;
use super::setup::Setup;
use super::tree::NONE;

/// Scores that are remembered; a power of two.
const REMEMBERED: usize = 1 << 15;

/// A remembered score.
#[derive(Clone, Copy)]
struct Scored {
    history: u32,
    label: u32,
    score: f32,
}

const NOTHING: Scored = Scored { history: NONE, label: NONE, score: 0.0 };

/// Model states by number; equal ones have the same number.
pub(crate) struct Histories<S> {
    states: Vec<S>,
    numbers: HashMap<S, u32>,
    /// For each state the nodes of the trie that may be entered behind it, one bit each, if the model restricts them.
    open: Vec<Option<Vec<u64>>>,
    scored: Vec<Scored>,
}

impl<S: Clone + Eq + std::hash::Hash> Histories<S> {
    pub(crate) fn new() -> Self {
        let scored = vec![NOTHING; REMEMBERED];
        Self { states: Vec::new(), numbers: HashMap::new(), open: Vec::new(), scored }
    }

    /// The number of a state.
    pub(crate) fn number<M: WordModel<State = S>>(&mut self, state: S, setup: &Setup<M>) -> u32 {
        if let Some(&number) = self.numbers.get(&state) {
            return number;
        }
        let number = self.states.len() as u32;
        self.open.push(setup.open(&state));
        self.numbers.insert(state.clone(), number);
        self.states.push(state);
        number
    }

    pub(crate) fn state(&self, history: u32) -> &S {
        &self.states[history as usize]
    }

    /// Whether words through a node of the trie may follow.
    #[inline(always)]
    pub(crate) fn is_open(&self, history: u32, node: u32) -> bool {
        let open = self.open[history as usize].as_ref();
        open.is_none_or(|bits| bits[node as usize / 64] & (1 << (node % 64)) != 0)
    }

    /// The model's own score of a word.
    #[inline(always)]
    pub(crate) fn score<M: WordModel<State = S>>(
        &mut self,
        history: u32,
        label: u32,
        setup: &Setup<M>,
    ) -> f32 {
        // Fibonacci hashing of both numbers.
        let key = (u64::from(history) << 32 | u64::from(label)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let place = (key >> 40) as usize % REMEMBERED;
        let scored = &mut self.scored[place];
        if (scored.history, scored.label) != (history, label) {
            let score = setup.model.score(&self.states[history as usize], setup.index(label)).0;
            *scored = Scored { history, label, score };
        }
        scored.score
    }

    /// Drops the states that no context has; `histories` become their new numbers.
    pub(crate) fn sweep<'a>(&mut self, histories: impl Iterator<Item = &'a mut u32>) {
        let mut moved = vec![NONE; self.states.len()];
        let (mut states, mut open) = (Vec::new(), Vec::new());
        for history in histories {
            let old = *history as usize;
            if moved[old] == NONE {
                moved[old] = states.len() as u32;
                states.push(self.states[old].clone());
                open.push(self.open[old].take());
            }
            *history = moved[old];
        }
        self.numbers = states.iter().cloned().zip(0..).collect();
        (self.states, self.open) = (states, open);
        self.scored.fill(NOTHING);
    }
}
