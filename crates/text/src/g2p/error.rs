//! Why a model can't be learnt or read, and a word not be said.

use std::path::PathBuf;

use crate::error::TextError;
use crate::ngram::EstimateError;

/// An error of models from letters to phones.
#[derive(Debug, thiserror::Error)]
pub enum G2pError {
    /// The lexicon has no pronunciation that can be cut into tokens.
    #[error(
        "none of the {pronunciations} pronunciations can be cut into one or two letters with up to two phones each; \
         give a lexicon whose words are written with the letters that are said"
    )]
    Unalignable {
        /// Those that the lexicon has.
        pronunciations: usize,
    },
    /// The n-gram model can't be estimated.
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    /// The model can't be made of the estimate.
    #[error("{0}")]
    Model(String),
    /// A file can't be read.
    #[error(transparent)]
    Text(#[from] TextError),
    /// An n-gram model over other words.
    #[error(
        "{}: its word {word} is no letters with their phones, as TH=TH; give a model that was learnt from a lexicon",
        path.display()
    )]
    NoG2p {
        /// The file.
        path: PathBuf,
        /// The first of its words that is no joint token.
        word: String,
    },
    /// An n-gram model without a word.
    #[error("{}: it has no words; give a model that was learnt from a lexicon", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// Why a word has no pronunciation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpronounceable {
    /// A letter is in no word that the model was learnt from.
    #[error(
        "no word of the model's lexicon has the character {0:?}; spell the word otherwise, or add it to the lexicon"
    )]
    Letter(char),
    /// There is no letter to say.
    #[error("no letters; write a word")]
    Empty,
    /// It is far longer than any word.
    #[error("it has more than {0} characters; write a word")]
    TooLong(usize),
    /// All that the model knows of the letters says nothing.
    #[error("all its letters are silent by the model; add the word to the lexicon")]
    Silent,
}
