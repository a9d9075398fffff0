//! Grammars for closed tasks.

mod automaton;
mod constrained;
mod error;
mod lexer;
mod parser;
mod rules;
mod sentences;

pub use constrained::Constrained;
pub use error::GrammarError;
pub use sentences::Grammar;
