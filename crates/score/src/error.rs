//! What can go wrong in scoring.

use std::path::{Path, PathBuf};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// A file can't be read or written.
    #[error("{}: {}", path.display(), linnet_files::io_problem(source))]
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
    /// A file's format can't hold what is to be written.
    #[error("{path}: {what} doesn't fit into the format: {problem}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The utterance, word or segment.
        what: String,
        /// Why not, and what would be right.
        problem: &'static str,
    },
    /// Two files don't go together.
    #[error("{path}: {problem}")]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Why not, and the mend.
        problem: String,
    },
}

impl ScoreError {
    /// A line is not what the format wants.
    pub(crate) fn line(path: &Path, line: usize, problem: impl Into<String>) -> Self {
        Self::Line { path: path.to_path_buf(), line, problem: problem.into() }
    }
}

fn and_more(more: usize) -> String {
    if more == 0 { String::new() } else { format!(" (and {more} more)") }
}
