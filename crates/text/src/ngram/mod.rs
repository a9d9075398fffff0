//! N-gram language models.
//!
//! A [`NgramModel`] is read from an ARPA file; it scores a word by the words before it, which an [`NgramState`] holds.

mod arpa;
mod builder;
mod image;
mod lines;
mod model;
mod read;
mod state;

pub use model::{NgramModel, WordScore};
pub use state::{MAX_ORDER, NgramState, WordId};
