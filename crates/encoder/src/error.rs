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
    /// A model can't have such sizes.
    #[error(
        "a model needs at least one mel band and one token; {bands} mel bands and {tokens} tokens were given"
    )]
    Empty {
        /// The number of mel bands.
        bands: usize,
        /// The size of the token table.
        tokens: usize,
    },
    /// A model has more parameters than any machine trains.
    #[error(
        "[model] makes {parameters} parameters, above {most}: take fewer layers, or a lower dim or feed_forward"
    )]
    TooLarge {
        /// How many it has.
        parameters: usize,
        /// How many it may have.
        most: usize,
    },
    /// A batch has no frames.
    #[error("the batch has no frames: leave out utterances without any")]
    NoFrames,
    /// The features don't have the shape that the model wants.
    #[error(
        "features have shape {found:?}; by their lengths and the model's bands it is ({frames}, {bands})"
    )]
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
        "token {token} can't start with a probability of {probability}: tokens are 0 to {}, probabilities above 0 and below 1", tokens - 1
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
    /// A file of weights can't be read.
    #[error("{path}: no weights can be read from it; give a safetensors file")]
    File {
        /// The file.
        path: PathBuf,
    },
    /// Weights that are no numbers.
    #[error(
        "{path}: parameter {parameter} has values that are not finite; copy the file again, or take an earlier epoch's"
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The parameter's name.
        parameter: String,
    },
    /// A file of weights doesn't belong to the configuration.
    #[error("{path}: {problem}; give weights that were made with the same [model] configuration")]
    Weights {
        /// The file.
        path: PathBuf,
        /// What doesn't fit.
        problem: String,
    },
    /// An operation on tensors failed, whatever was asked for.
    #[error("an operation on tensors failed, which is a fault of Linnet's; report it, with its words: {0}")]
    Candle(#[from] candle_core::Error),
}
