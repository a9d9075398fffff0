//! Attention encoders under a CTC head: ragged batches of features in, log-probabilities of tokens out.
//!
//! An [`Encoder`] is a chain of blocks (`blocks/`): subsampling, then for each layer a mixer block, an optional
//! convolution block and a feed-forward block, then the CTC head. A block works on slices, with its gradient derived by
//! hand; what it computes with lives in `ops/`. All blocks together are one candle op. Each family of ways of mixing
//! time ([`MixerKind`]) is a file in `mixers/`.
//!
//! A causal encoder also works as an RNN, on frames as they come ([`EncoderStream`]), but for `causal_lsh`.
//!
//! Batches are ragged: the frames of all utterances lie in one (frames, dim) tensor beside their [`Lengths`],
//! so nothing is padded and no utterance can see another.

mod blocks;
mod config;
mod encoder;
mod error;
mod gradient;
mod lengths;
mod mixers;
mod ops;
mod parameters;
mod random;
mod stream;
mod weights;

pub use config::{Activation, EncoderConfig, Positions};
pub use encoder::{BlockTime, Encoder, Group, Mode};
pub use error::EncoderError;
pub use gradient::Gradient;
pub use lengths::Lengths;
pub use mixers::{KindFamily, MixerKind};
pub use ops::aligned::poison_memory;
pub use parameters::{Parameter, ParameterGroup};
pub use stream::EncoderStream;
