//! Errors of a search.

use std::path::{Path, PathBuf};

use linnet_ctc::{BeamError, GrammarError, TrieError};

/// Why a search can't be made, or finds nothing.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
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
    /// A file is not what it should be.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and the mend.
        problem: String,
    },
    /// The words don't fit the token table.
    #[error("{path}: {source}")]
    Lexicon {
        /// The file that they come from.
        path: PathBuf,
        /// Why not.
        source: TrieError,
    },
    /// A grammar doesn't parse.
    #[error("{path}: {source}; correct the grammar there")]
    Grammar {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        source: GrammarError,
    },
    /// Words are wanted of tokens that spell none.
    #[error("{path}: its words need a lexicon, because the tokens don't spell words; give one")]
    NoLexicon {
        /// The language model or grammar.
        path: PathBuf,
    },
    /// A hotword's weight makes no sense.
    #[error("hotword {phrase:?}: {weight} is no weight above 0; give another, or none")]
    Weight {
        /// The hotword.
        phrase: String,
        /// Its weight.
        weight: f32,
    },
    /// An option is out of range, or a matrix holds no log-probabilities.
    #[error(transparent)]
    Beam(#[from] BeamError),
    /// A text file can't be read.
    #[error(transparent)]
    Text(#[from] linnet_text::TextError),
}

impl SearchError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }
}
