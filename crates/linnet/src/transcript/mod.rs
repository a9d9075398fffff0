//! A transcript: segments of words of tokens, each with its time.

mod build;
mod clock;
mod parts;

pub use clock::Clock;
pub use parts::{Alternative, Segment, Token, Transcript, Word};

pub(crate) use build::segment;
