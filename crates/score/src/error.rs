//! What can go wrong in scoring.

use std::path::PathBuf;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// A file can't be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A line is not what the format wants.
    #[error("{path}:{line}: {problem}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
    /// References and hypotheses are not of the same utterances.
    #[error("utterance {id}{} has no {missing}; score the same utterances that were decoded", and_more(*.more))]
    Unpaired {
        /// The first such utterance.
        id: String,
        /// How many others there are.
        more: usize,
        /// "hypothesis" or "reference".
        missing: &'static str,
    },
    /// References or hypotheses name an utterance twice.
    #[error("utterance {id} occurs twice in the {of}; ids must differ")]
    Repeated {
        /// The utterance.
        id: String,
        /// "references" or "hypotheses".
        of: &'static str,
    },
    /// A trn file can't hold an utterance.
    #[error(
        "{path}: utterance {id:?} doesn't fit into a trn file; an id needs its parentheses in pairs and no line break, \
         and a text must not begin with ;;"
    )]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The utterance.
        id: String,
    },
}

fn and_more(more: usize) -> String {
    if more == 0 { String::new() } else { format!(" (and {more} more)") }
}
