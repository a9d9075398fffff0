//! A grammar's text in pieces.

use std::iter::Peekable;
use std::str::Chars;

use super::GrammarError;

/// Where something stands, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Word(String),
    /// `<name>`
    Name(String),
    /// One of `( ) [ ] | =`.
    Sign(char),
    /// `?`, `*`, `+` or `{…}`: at least, and at most unless there is no end.
    Times(u32, Option<u32>),
}

/// The most that a `{…}` may count.
const MOST_TIMES: u32 = 1000;

const SPECIAL: &str = "()[]|=?*+{}<>#\\";

/// The pieces of one line.
pub(super) fn pieces(line: &str, number: usize) -> Result<Vec<(Piece, Place)>, GrammarError> {
    let mut reader = Reader { rest: line.chars().peekable(), place: Place { line: number, column: 1 } };
    let mut pieces = Vec::new();
    while let Some(&next) = reader.rest.peek() {
        let place = reader.place;
        let piece = match next {
            '#' => break,
            space if space.is_whitespace() => {
                reader.take();
                continue;
            }
            '(' | ')' | '[' | ']' | '|' | '=' => {
                reader.take();
                Piece::Sign(next)
            }
            '?' | '*' | '+' => {
                reader.take();
                Piece::Times(u32::from(next == '+'), (next == '?').then_some(1))
            }
            '{' => reader.times(place)?,
            '<' => reader.name(place)?,
            '}' | '>' => {
                let problem = format!("`{next}` closes nothing; write `\\{next}` if a word has it");
                return Err(GrammarError::new(place, problem));
            }
            _ => reader.word()?,
        };
        pieces.push((piece, place));
    }
    Ok(pieces)
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    place: Place,
}

impl Reader<'_> {
    fn take(&mut self) -> Option<char> {
        self.place.column += 1;
        self.rest.next()
    }

    /// What stands before `last`, which is taken too.
    fn until(&mut self, last: char, place: Place) -> Result<String, GrammarError> {
        let first = self.take().unwrap_or(last);
        let mut inside = String::new();
        while let Some(next) = self.take() {
            if next == last {
                return Ok(inside);
            }
            inside.push(next);
        }
        Err(GrammarError::new(
            place,
            format!("`{first}` has no `{last}`; write `\\{first}` if a word has it"),
        ))
    }

    fn name(&mut self, place: Place) -> Result<Piece, GrammarError> {
        let name = self.until('>', place)?;
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || SPECIAL.contains(c)) {
            let problem = "a rule's name is one word without special characters, as `<digit>`";
            return Err(GrammarError::new(place, problem));
        }
        Ok(Piece::Name(name))
    }

    fn times(&mut self, place: Place) -> Result<Piece, GrammarError> {
        let inside = self.until('}', place)?;
        let number = |text: &str| text.trim().parse::<u32>().ok().filter(|&n| n <= MOST_TIMES);
        let range = match inside.split_once(',') {
            None => number(&inside).map(|n| (n, Some(n))),
            Some((low, high)) if high.trim().is_empty() => number(low).map(|n| (n, None)),
            Some((low, high)) => number(low).zip(number(high)).map(|(low, high)| (low, Some(high))),
        };
        match range {
            Some((low, high)) if high.is_none_or(|high| low <= high && high > 0) => {
                Ok(Piece::Times(low, high))
            }
            _ => {
                let problem =
                    format!("write `{{2}}`, `{{2,}}` or `{{2,4}}`, with numbers up to {MOST_TIMES}");
                Err(GrammarError::new(place, problem))
            }
        }
    }

    fn word(&mut self) -> Result<Piece, GrammarError> {
        let mut word = String::new();
        while let Some(&next) = self.rest.peek() {
            let place = self.place;
            if next == '\\' {
                self.take();
                match self.take() {
                    Some(escaped) => word.push(escaped),
                    None => return Err(GrammarError::new(place, "a character must follow `\\`")),
                }
            } else if next.is_whitespace() || SPECIAL.contains(next) {
                break;
            } else {
                word.push(next);
                self.take();
            }
        }
        Ok(Piece::Word(word))
    }
}
