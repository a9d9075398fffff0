//! What can go wrong in a training run.

use std::path::{Path, PathBuf};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A configuration file doesn't parse or holds a wrong value.
    #[error("{file}: {problem}")]
    Config {
        /// The file.
        file: PathBuf,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// A configuration file has a key that doesn't exist.
    #[error("{file}: there is no key {key}; {mend}")]
    UnknownKey {
        /// The file.
        file: PathBuf,
        /// The key.
        key: String,
        /// The key that was meant, or those that there are.
        mend: String,
    },
    /// A `--set` can't be applied.
    #[error("--set {assignment}: {problem}")]
    Set {
        /// What was given.
        assignment: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file can't be read or written.
    #[error("{}: {}", path.display(), linnet_files::io_problem(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A checkpoint can't continue this run.
    #[error("{path}: {problem}")]
    Checkpoint {
        /// The checkpoint.
        path: PathBuf,
        /// What doesn't fit, and what to do.
        problem: String,
    },
    /// The experiment folder holds a run already.
    #[error("{path} holds a run already; continue it with --resume, or choose another folder")]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// Another process trains in the experiment folder.
    #[error("{path}: another process is training here; wait for it, or choose another folder")]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// The loss or a gradient is no number.
    #[error(
        "step {step}: the {what} is not finite; utterances of the batch: {utterances}; look at their audio, or start anew in another folder with a lower train.learning_rate"
    )]
    NotFinite {
        /// The step.
        step: u64,
        /// The loss, or the gradient.
        what: &'static str,
        /// The utterances that made it, or all of the batch.
        utterances: String,
    },
    /// An utterance can't be trained on.
    #[error("utterance {utterance}: {problem}")]
    Utterance {
        /// Its id.
        utterance: String,
        /// Why not, and what to do.
        problem: String,
    },
    /// The run failed on another rank.
    #[error("rank {rank}: {problem}")]
    Rank {
        /// The rank, from 0.
        rank: usize,
        /// Its own error.
        problem: String,
    },
    /// A batch has fewer pieces than there are ranks.
    #[error(
        "{ranks} ranks can't share the {pieces} pieces of a batch; set train.pieces to {ranks} or a multiple of it"
    )]
    Pieces {
        /// The ranks.
        ranks: usize,
        /// `train.pieces`.
        pieces: usize,
    },
    /// The data side reports an error.
    #[error(transparent)]
    Corpus(#[from] linnet_corpus::CorpusError),
    /// The token table or the lexicon reports an error.
    #[error(transparent)]
    Text(#[from] linnet_text::TextError),
    /// The encoder reports an error.
    #[error(transparent)]
    Encoder(#[from] linnet_encoder::EncoderError),
    /// The model folder reports an error.
    #[error(transparent)]
    Model(#[from] linnet::ModelError),
    /// An operation on tensors failed, whatever was asked for.
    #[error("an operation on tensors failed, which is a fault of Linnet's; report it, with its words: {0}")]
    Candle(#[from] candle_core::Error),
}

impl TrainError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }
}
