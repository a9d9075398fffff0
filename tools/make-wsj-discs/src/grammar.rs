//! Sentences out of a context-free grammar.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;

use crate::error::Error;

const START: &str = "sentence";
/// Deeper nesting than this is a grammar that calls itself.
const MAX_DEPTH: usize = 16;
/// Draws in a row without a new sentence after which a set counts as exhausted.
const MAX_MISSES: usize = 20_000;

/// Names to alternatives, each a list of tokens; `<name>` stands for any alternative of `name`.
#[derive(Debug)]
pub(crate) struct Grammar<'a>(BTreeMap<&'a str, Vec<Vec<&'a str>>>);

/// A sentence's words as written, and `,` for a pause.
pub(crate) type Sentence = Vec<String>;

impl<'a> Grammar<'a> {
    /// Splits the alternatives into tokens and checks that every name is defined.
    pub(crate) fn new(rules: &'a BTreeMap<String, Vec<String>>) -> Result<Self, Error> {
        let fail = |reason: String| Error::Preset { preset: "grammar".to_owned(), reason };
        let mut split = BTreeMap::new();
        for (name, alternatives) in rules {
            if alternatives.is_empty() {
                return Err(fail(format!("{name:?} has no alternatives")));
            }
            let alternatives = alternatives.iter().map(|a| a.split_whitespace().collect()).collect();
            split.insert(name.as_str(), alternatives);
        }
        let grammar = Self(split);
        let missing =
            grammar.tokens().filter_map(nonterminal).chain([START]).find(|n| !grammar.0.contains_key(n));
        if let Some(missing) = missing {
            return Err(fail(format!("{missing:?} is not defined")));
        }
        Ok(grammar)
    }

    fn tokens(&self) -> impl Iterator<Item = &'a str> {
        self.0.values().flatten().flatten().copied()
    }

    /// Every word that a sentence can have.
    pub(crate) fn words(&self) -> BTreeSet<&'a str> {
        self.tokens().filter(|t| nonterminal(t).is_none() && *t != ",").collect()
    }

    /// One sentence; `None` when the grammar nests without end.
    pub(crate) fn draw(&self, rng: &mut impl RngExt) -> Option<Sentence> {
        let mut sentence = Vec::new();
        self.expand(START, MAX_DEPTH, rng, &mut sentence)?;
        Some(sentence)
    }

    fn expand(&self, name: &str, depth: usize, rng: &mut impl RngExt, out: &mut Sentence) -> Option<()> {
        let alternatives = self.0.get(name).filter(|_| depth > 0)?;
        for token in &alternatives[rng.random_range(0..alternatives.len())] {
            match nonterminal(token) {
                Some(name) => self.expand(name, depth - 1, rng, out)?,
                None => out.push((*token).to_owned()),
            }
        }
        Some(())
    }
}

fn nonterminal(token: &str) -> Option<&str> {
    token.strip_prefix('<')?.strip_suffix('>')
}

/// Draws sentences that are in no earlier set, and keeps rare words coming.
#[derive(Debug, Default)]
pub(crate) struct Chooser {
    taken: BTreeSet<Sentence>,
    counts: BTreeMap<String, usize>,
}

impl Chooser {
    /// `wanted` distinct sentences of `words` (fewest, most) words. Each is the best of `candidates` draws: the
    /// one whose words were rarest so far.
    pub(crate) fn choose(
        &mut self,
        grammar: &Grammar<'_>,
        wanted: usize,
        words: [usize; 2],
        candidates: usize,
        rng: &mut impl RngExt,
    ) -> Vec<Sentence> {
        let mut chosen = Vec::new();
        while chosen.len() < wanted {
            let mut best: Option<(f64, Sentence)> = None;
            let (mut found, mut misses) = (0, 0);
            while found < candidates && misses < MAX_MISSES {
                let drawn = grammar.draw(rng);
                let fits =
                    |s: &Sentence| (words[0]..=words[1]).contains(&length(s)) && !self.taken.contains(s);
                let Some(sentence) = drawn.filter(fits) else {
                    misses += 1;
                    continue;
                };
                found += 1;
                let rarity = self.rarity(&sentence);
                if best.as_ref().is_none_or(|(other, _)| rarity > *other) {
                    best = Some((rarity, sentence));
                }
            }
            let Some((_, sentence)) = best else { break };
            for word in &sentence {
                *self.counts.entry(word.clone()).or_default() += 1;
            }
            self.taken.insert(sentence.clone());
            chosen.push(sentence);
        }
        chosen
    }

    /// Mean over the words of a weight that falls steeply with the word's count.
    fn rarity(&self, sentence: &Sentence) -> f64 {
        let weight = |word: &String| {
            let count = self.counts.get(word).copied().unwrap_or(0) as f64;
            (1.0 + count).powi(-3)
        };
        sentence.iter().map(weight).sum::<f64>() / sentence.len() as f64
    }
}

/// Words of a sentence; pauses don't count.
fn length(sentence: &Sentence) -> usize {
    sentence.iter().filter(|w| *w != ",").count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn rules(list: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        let own = |a: &[&str]| a.iter().map(|s| (*s).to_owned()).collect();
        list.iter().map(|(name, alternatives)| ((*name).to_owned(), own(alternatives))).collect()
    }

    #[test]
    fn later_sets_avoid_the_sentences_of_earlier_ones() {
        let rules = rules(&[("sentence", &["<a> <a>", "<a> , <a>"]), ("a", &["x", "y"])]);
        let grammar = Grammar::new(&rules).unwrap();
        let (mut chooser, mut rng) = (Chooser::default(), ChaCha8Rng::seed_from_u64(1));
        let first = chooser.choose(&grammar, 5, [2, 2], 3, &mut rng);
        let second = chooser.choose(&grammar, 5, [2, 2], 1, &mut rng);
        assert_eq!((first.len(), second.len()), (5, 3), "eight sentences exist");
        assert!(second.iter().all(|s| !first.contains(s)));
    }

    #[test]
    fn rare_words_are_preferred() {
        let rules = rules(&[
            ("sentence", &["x x <n>", "x x <n>", "x x <n>", "z z <n>"]),
            ("n", &["a", "b", "c", "d"]),
        ]);
        let grammar = Grammar::new(&rules).unwrap();
        let mut chooser = Chooser::default();
        let chosen = chooser.choose(&grammar, 4, [3, 3], 40, &mut ChaCha8Rng::seed_from_u64(1));
        let with_z = chosen.iter().filter(|s| s[0] == "z").count();
        assert_eq!(with_z, 2);
    }

    #[test]
    fn undefined_and_endless_grammars_are_found() {
        let undefined = rules(&[("sentence", &["<b>"])]);
        assert!(Grammar::new(&undefined).unwrap_err().to_string().contains("\"b\" is not defined"));
        let endless = rules(&[("sentence", &["<sentence>"])]);
        assert!(Grammar::new(&endless).unwrap().draw(&mut ChaCha8Rng::seed_from_u64(1)).is_none());
    }
}
