//! What can go wrong with a model folder or in recognition.

use std::path::{Path, PathBuf};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// There is no folder, or a file in its place.
    #[error("{folder}: {}", no_folder(folder))]
    NoFolder {
        /// The path.
        folder: PathBuf,
    },
    /// The model folder lacks a file.
    #[error("{folder}: {file} is missing; give {}", whole(folder))]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The file.
        file: &'static str,
    },
    /// A file can't be read or written.
    #[error("{}: {}", path.display(), linnet_files::io_problem(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The configuration doesn't parse.
    #[error("{path}: {problem}")]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its line.
        problem: String,
    },
    /// The weights don't read.
    #[error("{path}: no weights can be read from it; copy the whole model folder again")]
    Weights {
        /// The file.
        path: PathBuf,
    },
    /// A model of phones lacks the lexicon that transcripts need.
    #[error(
        "the model folder has no lexicon.txt, which the phones of transcripts come from; copy it there from the prepared corpus"
    )]
    NoLexicon,
    /// Two parts of the model don't fit each other.
    #[error("{folder}: {problem}; take all files of the folder from one training run")]
    Mismatch {
        /// The folder.
        folder: PathBuf,
        /// What doesn't fit.
        problem: String,
    },
    /// A folder that a model is to be written to holds other files.
    #[error("{folder}: it holds files that are no model's; give a new folder, an empty one or a model's")]
    Occupied {
        /// The folder.
        folder: PathBuf,
    },
    /// The audio can't be used.
    #[error(transparent)]
    Audio(#[from] linnet_audio::AudioError),
    /// The features can't be computed.
    #[error(transparent)]
    Frontend(#[from] linnet_frontend::FrontendError),
    /// The token table or the lexicon can't be read or written.
    #[error(transparent)]
    Text(#[from] linnet_text::TextError),
    /// A search can't be made, or finds nothing.
    #[error(transparent)]
    Search(#[from] crate::search::SearchError),
    /// The encoder reports an error.
    #[error(transparent)]
    Encoder(#[from] linnet_encoder::EncoderError),
}

/// The fault of a path that is no folder, and the mend.
fn no_folder(path: &Path) -> String {
    let run = path.parent().unwrap_or(Path::new(""));
    if !path.exists() && run.join("checkpoints").is_dir() {
        return format!(
            "the run in {} hasn't come to its end, where it writes the model; continue its training first",
            run.display()
        );
    }
    let fault = if path.is_file() { "this is a file" } else { "there is no such folder" };
    format!("{fault}; give a model folder, as training writes it to EXPERIMENT/model")
}

/// The model folder that was meant instead of this one.
fn whole(folder: &Path) -> String {
    let within = folder.join("model");
    match within.is_dir() {
        true => format!("the model folder in it, {}", within.display()),
        false => "a whole model folder, as training writes it to EXPERIMENT/model".into(),
    }
}

impl ModelError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }
}

impl From<candle_core::Error> for ModelError {
    fn from(error: candle_core::Error) -> Self {
        Self::Encoder(error.into())
    }
}
