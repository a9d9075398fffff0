//! What can go wrong across runs and manifests.

use std::path::PathBuf;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// A file can't be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A run can't be compared.
    #[error("{path}: {problem}")]
    Run {
        /// Its experiment folder.
        path: PathBuf,
        /// Why not, and what to do.
        problem: String,
    },
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
