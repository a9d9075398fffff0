//! From a grammar's pieces to its rules and sentences.

use std::collections::HashMap;

use super::GrammarError;
use super::lexer::{Piece, Place, pieces};

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A word by its number.
    Word(u32),
    /// A rule by its number, and where it is used.
    Rule(usize, Place),
    Sequence(Vec<Item>),
    Choice(Vec<Item>),
    /// At least and at most so often.
    Repeat(Box<Item>, u32, Option<u32>),
}

/// What a grammar says.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) words: Vec<String>,
    /// What each rule stands for; none for those that are only used.
    pub(super) rules: Vec<Option<Item>>,
    pub(super) names: Vec<String>,
    pub(super) sentences: Vec<(Item, Place)>,
}

/// The longest text.
const MOST_BYTES: usize = 1 << 22;

/// How deep groups may lie in each other.
const MOST_DEPTH: usize = 32;

pub(super) fn parse(text: &str, spell: &dyn Fn(&str) -> String) -> Result<Parsed, GrammarError> {
    let start = Place { line: 1, column: 1 };
    if text.len() > MOST_BYTES {
        return Err(GrammarError::new(start, format!("the grammar is longer than {MOST_BYTES} bytes")));
    }
    let (mut words, mut names) = (Numbers::default(), Numbers::default());
    let mut parsed = Parsed::default();
    let mut defined: HashMap<usize, Place> = HashMap::new();
    for (number, line) in text.lines().enumerate() {
        let pieces = pieces(line, number + 1)?;
        let Some((_, place)) = pieces.first() else { continue };
        let (place, end) = (*place, Place { line: number + 1, column: line.chars().count() + 1 });
        let mut line =
            Line { pieces: &pieces, next: 0, depth: 0, words: &mut words, names: &mut names, spell, end };
        if let [(Piece::Name(name), _), (Piece::Sign('='), _), ..] = &pieces[..] {
            let rule = line.names.number(name) as usize;
            if let Some(first) = defined.insert(rule, place) {
                let problem = format!("the rule <{name}> is defined in line {} already", first.line);
                return Err(GrammarError::new(place, problem));
            }
            line.next = 2;
            let item = line.whole()?;
            parsed.rules.resize(parsed.rules.len().max(rule + 1), None);
            parsed.rules[rule] = Some(item);
        } else {
            let item = line.whole()?;
            parsed.sentences.push((item, place));
        }
    }
    if parsed.sentences.is_empty() {
        let problem = "there is no sentence in it; a line that doesn't begin with `<name> =` is one";
        return Err(GrammarError::new(start, problem));
    }
    parsed.rules.resize(names.list.len(), None);
    (parsed.words, parsed.names) = (words.list, names.list);
    Ok(parsed)
}

/// Strings, numbered in the order in which they come.
#[derive(Default)]
struct Numbers {
    list: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Numbers {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.list.len() as u32;
        self.list.push(name.to_string());
        self.numbers.insert(name.to_string(), number);
        number
    }
}

struct Line<'a> {
    pieces: &'a [(Piece, Place)],
    next: usize,
    depth: usize,
    words: &'a mut Numbers,
    names: &'a mut Numbers,
    spell: &'a dyn Fn(&str) -> String,
    /// Behind the last character.
    end: Place,
}

impl Line<'_> {
    fn place(&self) -> Place {
        self.pieces.get(self.next).map_or(self.end, |(_, place)| *place)
    }

    fn is_sign(&self, sign: char) -> bool {
        self.pieces.get(self.next).is_some_and(|(piece, _)| *piece == Piece::Sign(sign))
    }

    /// All of the line.
    fn whole(&mut self) -> Result<Item, GrammarError> {
        let item = self.choice()?;
        match self.pieces.get(self.next) {
            None => Ok(item),
            Some((Piece::Sign('='), place)) => {
                Err(GrammarError::new(*place, "`=` stands behind a name at the beginning of a line only"))
            }
            Some((_, place)) => {
                Err(GrammarError::new(*place, "this closes nothing; write `\\` before it if a word has it"))
            }
        }
    }

    fn choice(&mut self) -> Result<Item, GrammarError> {
        let mut choices = vec![self.sequence()?];
        while self.is_sign('|') {
            self.next += 1;
            choices.push(self.sequence()?);
        }
        Ok(if choices.len() == 1 { choices.remove(0) } else { Item::Choice(choices) })
    }

    fn sequence(&mut self) -> Result<Item, GrammarError> {
        let mut items = Vec::new();
        while let Some(item) = self.item()? {
            items.push(self.repeated(item));
        }
        if items.is_empty() {
            let problem = "a word, a name or a group must stand here; `[ … ]` makes something optional";
            return Err(GrammarError::new(self.place(), problem));
        }
        Ok(if items.len() == 1 { items.remove(0) } else { Item::Sequence(items) })
    }

    /// The next item without its repetition, if one begins here.
    fn item(&mut self) -> Result<Option<Item>, GrammarError> {
        let Some((piece, place)) = self.pieces.get(self.next) else { return Ok(None) };
        let item = match piece {
            Piece::Word(word) => Item::Word(self.words.number(&(self.spell)(word))),
            Piece::Name(name) => Item::Rule(self.names.number(name) as usize, *place),
            Piece::Sign(open @ ('(' | '[')) => return self.group(*open, *place).map(Some),
            Piece::Sign(_) => return Ok(None),
            Piece::Times(..) => {
                let problem = "a repetition must follow a word, a name or a group";
                return Err(GrammarError::new(*place, problem));
            }
        };
        self.next += 1;
        Ok(Some(item))
    }

    fn group(&mut self, open: char, place: Place) -> Result<Item, GrammarError> {
        if self.depth == MOST_DEPTH {
            return Err(GrammarError::new(
                place,
                format!("groups lie more than {MOST_DEPTH} deep in each other"),
            ));
        }
        self.next += 1;
        self.depth += 1;
        let inside = self.choice()?;
        self.depth -= 1;
        let close = if open == '(' { ')' } else { ']' };
        if !self.is_sign(close) {
            let problem = format!("`{close}` must stand here, for the `{open}` in column {}", place.column);
            return Err(GrammarError::new(self.place(), problem));
        }
        self.next += 1;
        Ok(if open == '[' { Item::Repeat(Box::new(inside), 0, Some(1)) } else { inside })
    }

    /// The item with the repetition behind it: one, since others would go beyond the limits.
    fn repeated(&mut self, item: Item) -> Item {
        match self.pieces.get(self.next) {
            Some(&(Piece::Times(low, high), _)) => {
                self.next += 1;
                Item::Repeat(Box::new(item), low, high)
            }
            _ => item,
        }
    }
}
