//! From audio to text.
//!
//! [`Recognizer`] is the face, [`Stream`] one channel in progress at the model's sampling rate, [`Recording`] a
//! recording's channels at their own. A model that isn't causal sees pieces of a recording, which [`cutter`] makes by
//! its [`loudness`]; [`rows`] puts their log-probabilities together and parts them into segments for the search;
//! [`coverage`] tells how much of the sound got no words.

mod coverage;
mod cutter;
mod hearing;
mod loudness;
mod recognition;
mod rows;
mod stream;
#[cfg(test)]
mod tests;

pub use cutter::Cutting;
pub use hearing::{Channels, Recording};
pub use recognition::Recognizer;
pub use stream::{Saved, Stream};
