//! Errors of this crate, by cause.

use std::io;
use std::path::{Path, PathBuf};

use linnet_audio::AudioError;
use linnet_frontend::FrontendError;
use linnet_text::TextError;
use linnet_text::g2p::G2pError;

/// An error of corpora, manifests and batches.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A file or folder could not be read or written.
    #[error("{}: {}", path.display(), linnet_files::io_problem(source))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A line of a text file is not what it should be.
    #[error("{}, line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// The fault, and the mend.
        problem: String,
    },
    /// A folder or file is not the corpus it is taken for.
    #[error("{}: {problem}", path.display())]
    Layout {
        /// The folder or file.
        path: PathBuf,
        /// The fault, and the mend.
        problem: String,
    },
    /// A setting has no meaning.
    #[error("{key}: {problem}")]
    Option {
        /// The setting.
        key: &'static str,
        /// Why it cannot be, and what can.
        problem: String,
    },
    /// The caller asked for an end before the work was done.
    #[error("interrupted")]
    Interrupted,
    /// Nothing is left to work with.
    #[error("{what} has no usable utterance: {reason}")]
    Empty {
        /// The manifest or corpus.
        what: String,
        /// Why, by the first utterance that was left out.
        reason: String,
    },
    /// Lexicon, token table or text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A model that says words.
    #[error(transparent)]
    G2p(#[from] G2pError),
    /// Audio of one utterance.
    #[error("utterance {id}: {source}")]
    Audio {
        /// The utterance.
        id: String,
        /// The fault of its audio.
        source: AudioError,
    },
    /// Features.
    #[error(transparent)]
    Frontend(#[from] FrontendError),
    /// Features of one utterance.
    #[error("utterance {id}: {source}")]
    Features {
        /// The utterance.
        id: String,
        /// The fault of its features.
        source: FrontendError,
    },
}

impl CorpusError {
    /// The same, where nothing is left to work with, of this manifest.
    pub fn of_manifest(self, path: &Path) -> Self {
        match self {
            Self::Empty { reason, .. } => Self::Empty { what: path.display().to_string(), reason },
            other => other,
        }
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    /// The cause alone, for lists that name the utterance already.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Audio { source, .. } => source.to_string(),
            Self::Features { source, .. } => source.to_string(),
            other => other.to_string(),
        }
    }

    pub(crate) fn layout(path: &Path, problem: impl Into<String>) -> Self {
        Self::Layout { path: path.into(), problem: problem.into() }
    }
}
