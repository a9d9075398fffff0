//! N-gram language models.
//!
//! A [`NgramModel`] is read from an ARPA file; it scores a word by the words before it, which an [`NgramState`] holds.
//! An [`Estimate`] makes a model from a [`TrainingText`], and [`Perplexity`] tells how well a model predicts a text.
//! [`HeldOut`] finds the texts that must not be counted, since a test set was read from them.

mod arpa;
mod builder;
mod counts;
mod discounts;
mod estimate;
mod held_out;
mod image;
mod lines;
mod model;
mod packed;
mod perplexity;
mod read;
mod respelt;
mod sentences;
mod state;
mod training;
mod write;

pub use discounts::Discounts;
pub use estimate::Estimate;
pub use held_out::{HeldOut, Occurrences};
pub use model::{NgramModel, WordScore};
pub use perplexity::Perplexity;
pub use sentences::{Running, each_entry, each_plain_sentence, each_sentence, read_vocabulary};
pub use state::{MAX_ORDER, NgramState, WordId};
pub use training::{EstimateError, Mark, TrainingText};
