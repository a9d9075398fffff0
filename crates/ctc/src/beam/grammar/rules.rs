//! Whether the rules of a grammar can be written out.

use super::GrammarError;
use super::lexer::Place;
use super::parser::{Item, Parsed};

/// How deep rules may use each other.
const MOST_DEPTH: usize = 32;

/// Checks all rules, also those that no sentence uses: each that is named is defined, and none contains itself or uses
/// others too deep.
pub(super) fn check(parsed: &Parsed) -> Result<(), GrammarError> {
    let mut rules = Rules { parsed, open: Vec::new(), depths: vec![None; parsed.rules.len()] };
    for (sentence, _) in &parsed.sentences {
        rules.item(sentence)?;
    }
    parsed.rules.iter().flatten().try_for_each(|item| rules.item(item).map(drop))
}

struct Rules<'a> {
    parsed: &'a Parsed,
    /// The rules that are being looked at, each used by the one before it.
    open: Vec<usize>,
    /// How many rules lie in each other, from each that was looked at.
    depths: Vec<Option<usize>>,
}

impl Rules<'_> {
    /// The depth of the rules in an expression.
    fn item(&mut self, item: &Item) -> Result<usize, GrammarError> {
        match item {
            Item::Word(_) => Ok(0),
            Item::Rule(rule, place) => self.rule(*rule, *place),
            Item::Repeat(item, ..) => self.item(item),
            Item::Sequence(items) | Item::Choice(items) => {
                items.iter().try_fold(0, |depth, item| Ok(self.item(item)?.max(depth)))
            }
        }
    }

    fn rule(&mut self, rule: usize, place: Place) -> Result<usize, GrammarError> {
        let parsed = self.parsed;
        let (name, fail) = (&parsed.names[rule], |problem| Err(GrammarError::new(place, problem)));
        let Some(item) = &parsed.rules[rule] else {
            return fail(format!("there is no rule <{name}>; define it in a line `<{name}> = …`"));
        };
        if self.open.contains(&rule) {
            return fail(format!("the rule <{name}> contains itself; use `*` or `+`"));
        }
        let depth = match self.depths[rule] {
            Some(depth) => depth,
            None if self.open.len() == MOST_DEPTH => MOST_DEPTH,
            None => {
                self.open.push(rule);
                let depth = 1 + self.item(item)?;
                self.open.pop();
                *self.depths[rule].insert(depth)
            }
        };
        if self.open.len() + depth > MOST_DEPTH {
            return fail(format!("rules use each other more than {MOST_DEPTH} deep"));
        }
        Ok(depth)
    }
}
