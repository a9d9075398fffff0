//! Why a lexicon can't be made.

use thiserror::Error;

/// Why a lexicon doesn't fit a token table.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TrieError {
    /// There is no word.
    #[error("the lexicon has no words")]
    Empty,
    /// A word has no pronunciation.
    #[error("the word {word} has no pronunciation in the lexicon: add one, or leave the word out")]
    NoPronunciation {
        /// The word.
        word: String,
    },
    /// A word needs a token that isn't there.
    #[error(
        "the word {word} needs the token {token}, which is not in the token table; give words that go with the table, as the lexicon that the model was trained with"
    )]
    NoToken {
        /// The word.
        word: String,
        /// The token's symbol, or the first character that no row of tokens reaches.
        token: String,
    },
    /// A row of tokens has the blank or the boundary in it, an id that is none, or nothing.
    #[error(
        "the word {word} can't have the token ids {tokens:?}: they must be in the table, and no blank or <space>"
    )]
    BadTokens {
        /// The word.
        word: String,
        /// Its tokens.
        tokens: Vec<u32>,
    },
    /// Tokens that are words need a name each.
    #[error("there are {names} names for {tokens} tokens: give each token but the blank one")]
    Names {
        /// The names.
        names: usize,
        /// The tokens but the blank.
        tokens: usize,
    },
    /// More than fits 32 bits.
    #[error("the lexicon has more than {most} {what}: use fewer words")]
    TooLarge {
        /// The things that are too many.
        what: &'static str,
        /// The most.
        most: usize,
    },
}
