//! The model folder and the recogniser over it.
//!
//! A [`Model`] is what training makes and recognition needs: configuration, weights, token table, and where they
//! exist lexicon and normalisation. A [`Recognizer`] runs the stages over it: audio, features, encoder, CTC, text.

mod config;
mod error;
mod model;
mod pronunciations;
mod recognizer;

pub use config::{ModelConfig, Normalisation, toml_problem, toml_words};
pub use error::ModelError;
pub use model::Model;
pub use pronunciations::{keep_pronunciations, read_pronunciations};
pub use recognizer::{Recognizer, TokenTime, Transcript};
