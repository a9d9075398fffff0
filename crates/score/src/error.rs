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
    #[error("utterance {id} has no {missing}; score the same utterances that were decoded")]
    Unpaired {
        /// The utterance.
        id: String,
        /// "hypothesis" or "reference".
        missing: &'static str,
    },
}
