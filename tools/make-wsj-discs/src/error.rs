//! What can go wrong while a disc set is made.

use std::path::PathBuf;

/// Why a disc set could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The preset is no TOML, or says what cannot be done.
    #[error("preset {preset}: {reason}")]
    Preset {
        /// The preset's name or file.
        preset: String,
        /// What is wrong and how to mend it.
        reason: String,
    },
    /// A line of the lexicon is no `WORD  PHONE PHONE …`.
    #[error("lexicon line {line}: {reason}")]
    Lexicon {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A word of the grammar has no pronunciation.
    #[error("word {0:?} is not in the lexicon; add a line for it")]
    UnknownWord(String),
    /// The grammar has too few sentences that are new and of the wanted length.
    #[error("set {set}: only {found} distinct sentences found; enlarge the grammar or widen `words`")]
    FewSentences {
        /// The set's name.
        set: String,
        /// Sentences found before giving up.
        found: usize,
    },
    /// A synthesizer or sox is missing or failed.
    #[error("{command}: {reason}")]
    Synthesis {
        /// The command line's first words.
        command: String,
        /// What it said.
        reason: String,
    },
    /// The synthesizer spoke other phones than the lexicon lists.
    #[error("voice {voice} says {text:?} as [{spoken}], which the lexicon does not list")]
    Pronunciation {
        /// The voice.
        voice: String,
        /// The sentence.
        text: String,
        /// Phones as spoken.
        spoken: String,
    },
}

impl Error {
    /// Names the file in a system error.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
