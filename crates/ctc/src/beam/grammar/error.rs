//! What is wrong with a grammar.

use thiserror::Error;

use super::lexer::Place;

/// What is wrong with a grammar, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct GrammarError {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl GrammarError {
    pub(super) fn new(place: Place, problem: impl Into<String>) -> Self {
        Self { line: place.line, column: place.column, problem: problem.into() }
    }
}
