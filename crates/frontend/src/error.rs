//! Errors of this crate, by cause.

use std::path::PathBuf;

/// An error of the frontend.
#[derive(Debug, thiserror::Error)]
pub enum FrontendError {
    /// A setting has no meaning, alone or beside another.
    #[error("{key} = {value}: {problem}")]
    Config {
        /// The key as it is written in the configuration.
        key: &'static str,
        /// The value it has.
        value: String,
        /// Why it cannot be, and what can.
        problem: String,
    },
    /// Features of one dimension met something made for another.
    #[error(
        "features have {found} dimensions where {expected} are expected; use the configuration of the run that made them"
    )]
    Dimension {
        /// Dimensions that were expected.
        expected: usize,
        /// Dimensions that came.
        found: usize,
    },
    /// Statistics were asked of no frames at all.
    #[error("no frames to take the mean of; add at least one utterance that is not empty")]
    NoFrames,
    /// A model of global normalisation has no statistics.
    #[error(
        "features are normalised by the training set's statistics, and there are none; give them, or choose another normalisation"
    )]
    NoStatistics,
    /// An utterance has no frame.
    #[error(
        "{samples} samples at {sample_rate} Hz are too short for one frame of features; leave the recording out"
    )]
    TooShort {
        /// Samples of the utterance.
        samples: usize,
        /// Their rate, Hz.
        sample_rate: u32,
    },
    /// A feature value, or a sum of them, is infinite or not a number.
    #[error(
        "features are not finite in frame {frame}, dimension {dimension}; look for NaN samples in the audio"
    )]
    NotFinite {
        /// Frame, from 0.
        frame: usize,
        /// Dimension, from 0.
        dimension: usize,
    },
    /// A file could not be read or written.
    #[error("{}: {}", path.display(), linnet_files::io_problem(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A CMVN file is not what it should be.
    #[error("{}: {problem}; write it again from the training features", path.display())]
    CmvnFile {
        /// The file.
        path: PathBuf,
        /// The fault, with line and column where they are known.
        problem: String,
    },
}

impl FrontendError {
    pub(crate) fn config(key: &'static str, value: impl ToString, problem: impl Into<String>) -> Self {
        Self::Config { key, value: value.to_string(), problem: problem.into() }
    }
}
