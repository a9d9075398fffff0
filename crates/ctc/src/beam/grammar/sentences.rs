//! The sentences of a grammar, as a word model.

use std::collections::HashMap;

use super::super::model::WordModel;
use super::automaton::{State, compile};
use super::constrained::Constrained;
use super::error::GrammarError;
use super::{parser, rules};

/// The sentences that may be said, as an automaton over words; a [`WordModel`] that forbids all others.
///
/// Each line of a grammar is a sentence that is allowed, unless it begins with `<name> =`: then it defines a rule,
/// which `<name>` stands for anywhere. Words stand as they are in the lexicon, parted by spaces; `|` parts
/// alternatives, `( … )` groups, `[ … ]` is optional, and behind a word, a name or a group `?` makes it optional, `*`
/// repeats it any number of times, `+` at least once, and `{2}`, `{2,}` or `{2,4}` as often as it says. `#` begins a
/// comment, and `\` takes any special meaning off the next character. Rules can't contain themselves.
///
/// ```
/// let grammar = linnet_ctc::Grammar::parse(
///     "<digit> = zero | one | two | three
///      call <digit>{3,4} [please]
///      (stop | cancel)",
/// )?;
/// assert!(grammar.allows(&["call", "two", "two", "one"]));
/// assert!(!grammar.allows(&["call", "two"]));
/// # Ok::<(), linnet_ctc::GrammarError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Grammar {
    pub(super) words: Vec<String>,
    ids: HashMap<String, u32>,
    /// Deterministic; the first is where sentences begin.
    states: Vec<State>,
}

impl Grammar {
    /// Reads a grammar.
    ///
    /// # Errors
    ///
    /// Names the place of what can't be read, of a rule that is missing, defined twice or contains itself, and of a
    /// sentence that would make the automaton too large (65,536 states).
    pub fn parse(text: &str) -> Result<Self, GrammarError> {
        Self::parse_spelt(text, str::to_owned)
    }

    /// As [`Grammar::parse`], with each word spelt by a function: words that become the same are one.
    ///
    /// # Errors
    ///
    /// Those of [`Grammar::parse`].
    pub fn parse_spelt(text: &str, spell: impl Fn(&str) -> String) -> Result<Self, GrammarError> {
        let parsed = parser::parse(text, &spell)?;
        rules::check(&parsed)?;
        let states = compile(&parsed)?;
        let ids = parsed.words.iter().cloned().zip(0..).collect();
        Ok(Self { words: parsed.words, ids, states })
    }

    /// The words that occur in it, each once; a lexicon of exactly these makes the fastest search.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The number of the automaton's states.
    pub fn states(&self) -> usize {
        self.states.len()
    }

    /// Whether a sentence may be said.
    pub fn allows(&self, sentence: &[&str]) -> bool {
        let step = |state: u32, word: &&str| self.next(state, *self.ids.get(*word)?);
        let last = sentence.iter().try_fold(0, step);
        last.is_some_and(|state| self.states[state as usize].accepts)
    }

    /// Lets a language model weigh the sentences that the grammar allows.
    pub fn with_model<M: WordModel>(self, model: M) -> Constrained<M> {
        Constrained::new(self, model)
    }

    fn next(&self, state: u32, word: u32) -> Option<u32> {
        let next = &self.states[state as usize].next;
        next.binary_search_by_key(&word, |&(word, _)| word).ok().map(|place| next[place].1)
    }
}

impl WordModel for Grammar {
    type State = u32;

    fn index(&self, word: &str) -> Option<u32> {
        self.ids.get(word).copied()
    }

    fn start(&self) -> u32 {
        0
    }

    fn score(&self, state: &u32, word: Option<u32>) -> (f32, u32) {
        match word.and_then(|word| self.next(*state, word)) {
            Some(next) => (0.0, next),
            None => (f32::NEG_INFINITY, *state),
        }
    }

    fn end(&self, state: &u32) -> f32 {
        if self.states[*state as usize].accepts { 0.0 } else { f32::NEG_INFINITY }
    }

    fn unigram(&self, _: Option<u32>) -> f32 {
        0.0
    }

    fn following(&self, state: &u32) -> Option<Vec<u32>> {
        Some(self.states[*state as usize].next.iter().map(|&(word, _)| word).collect())
    }
}
