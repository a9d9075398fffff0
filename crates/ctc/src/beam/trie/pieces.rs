//! The spelling of each token of a table.

use linnet_text::TokenTable;

use crate::beam::boundary::{Boundary, MARK};

/// The unit that begins a word (`▁`), or stands between two of them.
pub(crate) const BETWEEN: u32 = MARK as u32;

/// Each token as a row of units: itself where tokens are phones, its characters where they are pieces of text.
#[derive(Clone, Debug)]
pub(crate) struct Pieces {
    /// The units of all tokens, token by token, and where each token's end.
    units: Vec<u32>,
    ends: Vec<usize>,
    /// The tokens that spell words, in the order of their units.
    ordered: Vec<u32>,
}

impl Pieces {
    /// Every token is a unit of its own.
    pub(crate) fn tokens(table: &TokenTable, boundary: Boundary) -> Self {
        Self::new(table, boundary, |token, _| vec![token])
    }

    /// Every token is a row of characters; the boundary is [`BETWEEN`].
    pub(crate) fn characters(table: &TokenTable, boundary: Boundary) -> Self {
        Self::new(table, boundary, |token, symbol| {
            if Some(token) == boundary.token() { vec![BETWEEN] } else { characters(symbol) }
        })
    }

    fn new(table: &TokenTable, boundary: Boundary, units: impl Fn(u32, &str) -> Vec<u32>) -> Self {
        let mut pieces = Self { units: Vec::new(), ends: vec![0], ordered: Vec::new() };
        // The blank spells nothing.
        for token in 1..table.len() as u32 {
            pieces.ends.push(pieces.units.len());
            pieces.units.extend(units(token, table.symbol(token).unwrap_or_default()));
        }
        pieces.ends.push(pieces.units.len());
        let spells = |&token: &u32| Some(token) != boundary.token() && !pieces.of(token).is_empty();
        let mut ordered: Vec<u32> = (1..table.len() as u32).filter(spells).collect();
        ordered.sort_by(|&a, &b| pieces.of(a).cmp(pieces.of(b)));
        Self { ordered, ..pieces }
    }

    /// A token's units.
    #[inline(always)]
    pub(crate) fn of(&self, token: u32) -> &[u32] {
        let token = token as usize;
        &self.units[self.ends[token]..self.ends[token + 1]]
    }

    /// The most units of a token.
    pub(crate) fn longest(&self) -> usize {
        self.ends.windows(2).map(|ends| ends[1] - ends[0]).max().unwrap_or(0)
    }

    /// The tokens that spell words, in the order of their units.
    pub(crate) fn all(&self) -> &[u32] {
        &self.ordered
    }

    /// Of tokens in the order of their units that agree in the first `depth`, those that have `unit` next.
    pub(crate) fn narrow<'a>(&self, tokens: &'a [u32], depth: usize, unit: u32) -> &'a [u32] {
        let first = tokens.partition_point(|&token| self.of(token).get(depth).is_none_or(|&u| u < unit));
        let rest = &tokens[first..];
        &rest[..rest.partition_point(|&token| self.of(token)[depth] == unit)]
    }

    /// Whether some row of tokens spells these units; else the first unit that none reaches.
    pub(crate) fn spell(&self, units: &[u32]) -> Result<(), usize> {
        let (mut reached, mut furthest) = (vec![false; units.len() + 1], 0);
        reached[0] = true;
        for start in 0..units.len() {
            if !reached[start] {
                continue;
            }
            let mut tokens = self.all();
            for (depth, &unit) in units[start..].iter().enumerate() {
                tokens = self.narrow(tokens, depth, unit);
                let Some(&token) = tokens.first() else { break };
                furthest = furthest.max(start + depth + 1);
                reached[start + depth + 1] |= self.of(token).len() == depth + 1;
            }
        }
        match reached[units.len()] {
            true => Ok(()),
            false => Err(furthest.min(units.len().saturating_sub(1))),
        }
    }
}

/// The units of a text.
pub(crate) fn characters(text: &str) -> Vec<u32> {
    text.chars().map(u32::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_spelt_by_any_row_of_tokens() {
        let table = TokenTable::new(["▁a", "▁ab", "cd", "c", "<unk>"].map(String::from).into());
        let pieces = Pieces::characters(&table, Boundary::of(&table));
        let spell = |text: &str| pieces.spell(&characters(text));
        for text in ["▁a", "▁ab", "▁abc", "▁acdc"] {
            assert_eq!(spell(text), Ok(()), "{text}");
        }
        // No token begins with d, none has x, and "▁a" has no "b" behind it but in "▁ab".
        assert_eq!((spell("▁ad"), spell("▁abx"), spell("▁aab")), (Err(2), Err(3), Err(2)));
        assert_eq!((spell(""), pieces.longest(), pieces.of(0).len()), (Ok(()), 5, 0));
        let tokens: Vec<&str> = pieces.all().iter().filter_map(|&token| table.symbol(token)).collect();
        assert_eq!(tokens, ["<unk>", "c", "cd", "▁a", "▁ab"]);
    }
}
