//! Of a reference's choices those that lead to the lowest cost.
//!
//! Costs of the reference's words so far against each beginning of the hypothesis are a row; a word makes the next row
//! of one, alternatives each make theirs of the same, and the lowest of these go on. Each cell remembers which
//! alternatives it came by, so that the words of the best way are read off in the end, and are aligned like any text.

use std::borrow::Cow;

use crate::choices::{Item, items};
use crate::report::ScoreOptions;
use crate::units::{ScoreUnit, fold_case, tokens};
use crate::weighted::Weights;

/// The reference's text by the choices that suit the hypothesis best, or the text itself where it leaves none. Among
/// choices of the same cost those with more words are taken, then those that stand first.
pub fn chosen<'a>(reference: &'a str, hypothesis: &str, options: ScoreOptions) -> Cow<'a, str> {
    let Some(items) = items(reference) else { return Cow::Borrowed(reference) };
    let fold = |text: &str| if options.ignore_case { fold_case(text) } else { text.to_string() };
    let mut aligner = Aligner {
        hypothesis: tokens(&fold(hypothesis), options.unit),
        options,
        ways: vec![Way { before: 0, alternative: 0 }],
    };
    let gap = aligner.gap();
    let start: Row = (0..=aligner.hypothesis.len() as u64).map(|j| Cell { cost: j * gap, way: 0 }).collect();
    // Characters have a space before each word but the first.
    let start = match options.unit {
        ScoreUnit::Char => Rows { first: Some(start), later: None },
        ScoreUnit::Phone | ScoreUnit::Word => Rows { first: None, later: Some(start) },
    };
    let end = aligner.run(&items, start, &fold);
    let last = lowest([end.first, end.later].into_iter().flatten()).and_then(|row| row.last().copied());
    let mut words = Vec::new();
    aligner.read_back(&items, &mut last.map_or(0, |cell| cell.way), &mut words);
    words.reverse();
    Cow::Owned(words.join(" "))
}

/// A cost: in the upper half what errors cost, in the lower half what decides between the same.
const UNIT: u64 = 1 << 32;

#[derive(Debug, Clone, Copy)]
struct Cell {
    cost: u64,
    /// The last of the choices that led here, in `Aligner::ways`.
    way: u32,
}

type Row = Vec<Cell>;

/// The costs where no word has come yet, and where some have.
#[derive(Debug, Clone, Default)]
struct Rows {
    first: Option<Row>,
    later: Option<Row>,
}

/// A choice, and the one before it; 0 is none.
#[derive(Debug, Clone, Copy)]
struct Way {
    before: u32,
    alternative: u32,
}

struct Aligner {
    hypothesis: Vec<String>,
    options: ScoreOptions,
    ways: Vec<Way>,
}

impl Aligner {
    fn run(&mut self, items: &[Item<'_>], mut rows: Rows, fold: &impl Fn(&str) -> String) -> Rows {
        for item in items {
            rows = match item {
                Item::Word(word) => self.word(&fold(word), rows),
                Item::Nothing { instead_of } => {
                    let cost = self.nothing(*instead_of);
                    let add = |row: Row| {
                        row.into_iter().map(|cell| Cell { cost: cell.cost + cost, ..cell }).collect()
                    };
                    Rows { first: rows.first.map(add), later: rows.later.map(add) }
                }
                Item::Choice(alternatives) => {
                    let ends: Vec<Rows> =
                        alternatives.iter().map(|items| self.run(items, rows.clone(), fold)).collect();
                    let (first, later): (Vec<_>, Vec<_>) =
                        ends.into_iter().map(|rows| (rows.first, rows.later)).unzip();
                    Rows { first: self.choose(first), later: self.choose(later) }
                }
            };
        }
        rows
    }

    fn word(&self, word: &str, rows: Rows) -> Rows {
        let tokens = tokens(word, self.options.unit);
        let take = |row: Row| tokens.iter().fold(row, |row, token| self.token(token, &row));
        let later = rows.later.map(|row| match self.options.unit {
            ScoreUnit::Char => take(self.token(" ", &row)),
            ScoreUnit::Phone | ScoreUnit::Word => take(row),
        });
        Rows { first: None, later: lowest([rows.first.map(take), later].into_iter().flatten()) }
    }

    /// The row after one more token of the reference.
    fn token(&self, token: &str, row: &Row) -> Row {
        let gap = self.gap();
        let substitution = match self.options.weights {
            Weights::Equal => UNIT,
            Weights::Sclite => 4 * UNIT,
        };
        let mut next: Row = Vec::with_capacity(row.len());
        next.push(Cell { cost: row[0].cost + gap, ..row[0] });
        for (j, h) in self.hypothesis.iter().enumerate() {
            let with = |cell: Cell, cost: u64| Cell { cost: cell.cost + cost, ..cell };
            let both = with(row[j], if h == token { 0 } else { substitution });
            let others = [with(row[j + 1], gap), with(next[j], gap)];
            next.push(
                others.into_iter().fold(both, |best, cell| if cell.cost < best.cost { cell } else { best }),
            );
        }
        next
    }

    /// The cost of a deletion or an insertion.
    fn gap(&self) -> u64 {
        match self.options.weights {
            Weights::Equal => UNIT,
            Weights::Sclite => 3 * UNIT,
        }
    }

    /// The cost of saying nothing: sclite's numbers, by which an optional word is rather replaced than left out
    /// beside an insertion.
    fn nothing(&self, instead_of: Option<&str>) -> u64 {
        match (instead_of, self.options.weights) {
            (Some(word), Weights::Sclite) => 2 * UNIT * tokens(word, self.options.unit).len() as u64,
            _ => 1,
        }
    }

    /// The lowest of what alternatives end with; each cell remembers which it is of.
    fn choose(&mut self, ends: Vec<Option<Row>>) -> Option<Row> {
        let rows = (0..).zip(ends).filter_map(|(alternative, row)| Some((alternative, row?)));
        let mut best: Option<(Row, Vec<u32>)> = None;
        for (alternative, row) in rows {
            let Some((best, from)) = &mut best else {
                let from = vec![alternative; row.len()];
                best = Some((row, from));
                continue;
            };
            for ((best, from), cell) in best.iter_mut().zip(from).zip(row) {
                if cell.cost < best.cost {
                    (*best, *from) = (cell, alternative);
                }
            }
        }
        let (mut row, from) = best?;
        for (cell, alternative) in row.iter_mut().zip(from) {
            self.ways.push(Way { before: cell.way, alternative });
            cell.way = self.ways.len() as u32 - 1;
        }
        Some(row)
    }

    /// The words of a way that ends here, from the last to the first.
    fn read_back<'a>(&self, items: &[Item<'a>], way: &mut u32, words: &mut Vec<&'a str>) {
        for item in items.iter().rev() {
            match item {
                Item::Word(word) => words.push(*word),
                Item::Nothing { .. } => {}
                Item::Choice(alternatives) => {
                    let Way { before, alternative } = self.ways[*way as usize];
                    *way = before;
                    if let Some(items) = alternatives.get(alternative as usize) {
                        self.read_back(items, way, words);
                    }
                }
            }
        }
    }
}

/// The lowest cell of each place.
fn lowest(rows: impl Iterator<Item = Row>) -> Option<Row> {
    rows.reduce(|a, b| a.into_iter().zip(b).map(|(a, b)| if b.cost < a.cost { b } else { a }).collect())
}

#[cfg(test)]
mod tests {
    use rand::seq::IndexedRandom;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::alignment::align_with;

    fn options(unit: ScoreUnit, weights: Weights) -> ScoreOptions {
        ScoreOptions { unit, weights, ignore_case: false }
    }

    /// Every text that items allow.
    fn all(items: &[Item<'_>]) -> Vec<String> {
        items.iter().fold(vec![String::new()], |texts, item| {
            let ends = match item {
                Item::Word(word) => vec![word.to_string()],
                Item::Nothing { .. } => vec![String::new()],
                Item::Choice(alternatives) => alternatives.iter().flat_map(|items| all(items)).collect(),
            };
            texts.iter().flat_map(|text| ends.iter().map(move |end| format!("{text} {end}"))).collect()
        })
    }

    #[test]
    fn the_choice_is_the_best_of_all_texts() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let parts = [
            "a",
            "b",
            "ab",
            "{ a / b }",
            "{ a b / @ }",
            "{b/ab a}",
            "{ { a / @ } b / ab { b a / a / @ } }",
            "(b)",
        ];
        for round in 0..600 {
            let draw = |rng: &mut ChaCha8Rng, parts: &[&str], most| {
                let parts: Vec<&str> =
                    (0..rng.random_range(0..most)).filter_map(|_| parts.choose(rng).copied()).collect();
                parts.join(" ")
            };
            let (reference, hypothesis) = (draw(&mut rng, &parts, 5), draw(&mut rng, &parts[..3], 7));
            for unit in [ScoreUnit::Word, ScoreUnit::Char] {
                let cost = |text: &str, weights| {
                    let counts =
                        align_with(&tokens(text, unit), &tokens(&hypothesis, unit), weights).counts();
                    match weights {
                        Weights::Equal => counts.errors(),
                        Weights::Sclite => 3 * counts.errors() + counts.substitutions,
                    }
                };
                let texts = items(&reference).map_or_else(|| vec![reference.clone()], |items| all(&items));
                let found = chosen(&reference, &hypothesis, options(unit, Weights::Equal));
                let least = texts.iter().map(|text| cost(text, Weights::Equal)).min();
                assert_eq!(Some(cost(&found, Weights::Equal)), least, "{round}: {reference} | {hypothesis}");
                assert!(
                    texts.iter().any(|text| text.split_whitespace().eq(found.split_whitespace())),
                    "{found}"
                );
                if !reference.contains('(') {
                    let found = chosen(&reference, &hypothesis, options(unit, Weights::Sclite));
                    let least = texts.iter().map(|text| cost(text, Weights::Sclite)).min();
                    assert_eq!(Some(cost(&found, Weights::Sclite)), least, "{reference} | {hypothesis}");
                }
            }
        }
    }

    #[test]
    fn any_signs_make_some_text() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let signs = ["{", "}", "/", "(", ")", "@", " ", " ", "a", "é", "\u{2003}", "b c"];
        for _ in 0..20_000 {
            let text: String =
                (0..rng.random_range(0..24)).filter_map(|_| signs.choose(&mut rng).copied()).collect();
            for unit in [ScoreUnit::Word, ScoreUnit::Char] {
                let found = chosen(&text, "a b c", options(unit, Weights::Equal));
                assert!(
                    found.len() <= text.len()
                        && chosen(&found, "a", options(unit, Weights::Equal)).len() <= found.len()
                );
            }
            let _ = crate::choices::problem(&text);
        }
        // Deep and long ones are words, and said to be too much.
        for text in ["{ a / ".repeat(40) + &"}".repeat(40), format!("{{ a / {}}}", "b ".repeat(2000))] {
            assert_eq!(chosen(&text, "a", options(ScoreUnit::Word, Weights::Equal)), text);
            assert!(crate::choices::problem(&text).is_some_and(|problem| problem.contains("more than")));
        }
    }

    #[test]
    fn choices_are_read_as_in_nists_files() {
        let by = |reference: &str, hypothesis: &str| {
            chosen(reference, hypothesis, options(ScoreUnit::Word, Weights::Sclite)).into_owned()
        };
        assert_eq!(by("to {him/her} now", "to her now"), "to her now");
        assert_eq!(by("{ him / her }", "HER"), "him");
        assert_eq!(by("I've { um / uh / @ } as", "I've as"), "I've as");
        assert_eq!(by("a (farmer)", "a"), "a");
        assert_eq!(by("a (farmer)", "a farmer"), "a farmer");
        assert_eq!(by("a (farmer)", "a (farmer)"), "a (farmer)");
        assert_eq!(by("a (farmer)", "a former"), "a farmer");
        assert_eq!(by("{ a / b { c / d e } } f", "b d e f"), "b d e f");
        // Buckwalter's letters, and what only looks like it.
        for text in ["{lktAb {lqAr} $y}", "{ and / or", "} / {", "w{a/b}", "and/or", "()", "{ a }"] {
            let texts = by(text, "x");
            assert_eq!(texts, text);
        }
        assert_eq!(by("(a) b)", "x"), "b)");
        assert_eq!(by("{lktAb {a/b} $y}", "{lktAb b $y}"), "{lktAb b $y}");
    }
}
