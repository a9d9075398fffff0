//! What can be wrong with a decoder's settings or its input.

use thiserror::Error;

use super::hotwords::HotwordError;

/// Why a decoder can't be made or can't decode. The caller knows the utterance and adds its name.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum BeamError {
    /// An option is outside its range.
    #[error("the option {name}: {problem}")]
    Option {
        /// The option's name.
        name: &'static str,
        /// What it must be.
        problem: &'static str,
    },
    /// The matrix has another number of tokens than the decoder's token table.
    #[error(
        "the log-probabilities have {found} tokens a frame, the token table has {expected}; use the table that the model was trained with"
    )]
    Tokens {
        /// Tokens of the decoder's table.
        expected: usize,
        /// Tokens of the matrix.
        found: usize,
    },
    /// The lexicon was made for another token table.
    #[error(
        "the lexicon was made for a table of {found} tokens, the decoder's has {expected}; make it from the same table"
    )]
    Lexicon {
        /// Tokens of the decoder's table.
        expected: usize,
        /// Tokens of the lexicon's table.
        found: usize,
    },
    /// The hotwords don't fit.
    #[error(transparent)]
    Hotwords(#[from] HotwordError),
    /// The values don't fill whole frames.
    #[error("{values} log-probabilities are not whole frames of {tokens} tokens")]
    Shape {
        /// Number of values.
        values: usize,
        /// Number of tokens.
        tokens: usize,
    },
    /// A value is NaN or positive beyond rounding.
    #[error(
        "the value {value} at frame {frame}, token {token} is no log-probability: apply a log-softmax to logits"
    )]
    NotALogProbability {
        /// Frame of the utterance, from 0.
        frame: usize,
        /// Token id.
        token: usize,
        /// The value found.
        value: f32,
    },
    /// A frame's probabilities sum to more than one.
    #[error("the probabilities of frame {frame} sum to {sum}: apply a log-softmax to logits")]
    NotNormalised {
        /// Frame of the utterance, from 0.
        frame: usize,
        /// The sum of the probabilities of those tokens that count.
        sum: f64,
    },
    /// Nothing that is allowed has a probability above zero.
    #[error(
        "no hypothesis survives frame {frame}: everything that is allowed has probability zero; widen the beam or lower token_threshold"
    )]
    NothingLeft {
        /// Frame of the utterance, from 0.
        frame: usize,
    },
    /// More frames than frame numbers.
    #[error("more than {most} frames in one utterance: finish it and start another")]
    TooManyFrames {
        /// The most that an utterance may have.
        most: usize,
    },
}
