//! What can go wrong across runs and manifests.

use std::path::PathBuf;

use linnet_ctc::BeamError;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
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
    /// A file or an experiment folder is not what it should be.
    #[error("{path}: {problem}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it, and the mend.
        problem: String,
    },
    /// A matrix holds no log-probabilities.
    #[error("{path}: {source}")]
    Matrix {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BeamError,
    },
    /// A search can't be made, or finds nothing.
    #[error(transparent)]
    Search(#[from] linnet::SearchError),
    /// Words are wanted of a search that finds none.
    #[error("{path}: there are no words to count the errors of; give a lexicon")]
    NoWords {
        /// The manifest.
        path: PathBuf,
    },
    /// A text file can't be read.
    #[error(transparent)]
    Text(#[from] linnet_text::TextError),
    /// Training's part reports an error.
    #[error(transparent)]
    Train(#[from] linnet_train::TrainError),
    /// The model folder reports an error.
    #[error(transparent)]
    Model(#[from] linnet::ModelError),
    /// The corpus reports an error.
    #[error(transparent)]
    Corpus(#[from] linnet_corpus::CorpusError),
    /// Scoring reports an error.
    #[error(transparent)]
    Score(#[from] linnet_score::ScoreError),
}
