//! What can go wrong in an encoder.

use std::path::PathBuf;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// A configuration value is out of its range.
    #[error("[model] {key} = {value}: {problem}")]
    Config {
        /// The key in the `[model]` table.
        key: &'static str,
        /// The value that was given.
        value: String,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
    /// The features don't have the shape that the model wants.
    #[error("features have shape {found:?}, the model wants ({frames}, {bands})")]
    Features {
        /// The shape that was given.
        found: Vec<usize>,
        /// The sum of the lengths.
        frames: usize,
        /// The number of mel bands.
        bands: usize,
    },
    /// A block can't work on a stream.
    #[error(
        "{block} waits for what comes later: a stream wants a causal mixer, as causal_linear, in every layer"
    )]
    Stream {
        /// The block's name.
        block: String,
    },
    /// A token can't be made likely.
    #[error(
        "token {token} of {tokens} can't start with a probability of {probability}: it must be above 0 and below 1"
    )]
    Favour {
        /// The token.
        token: usize,
        /// The size of the token table.
        tokens: usize,
        /// The probability that was asked for.
        probability: f64,
    },
    /// A gradient is asked for that no backward pass gave.
    #[error("the loss doesn't depend on the encoder: it has no gradient")]
    NoGradient,
    /// A file of weights can't be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: candle_core::Error,
    },
    /// A file of weights doesn't belong to the configuration.
    #[error("{path}: {problem}; was it made with another [model] configuration?")]
    Weights {
        /// The file.
        path: PathBuf,
        /// What doesn't fit.
        problem: String,
    },
    /// Candle reports an error.
    #[error(transparent)]
    Candle(#[from] candle_core::Error),
}
