//! A miniature WSJ disc set with synthesized speech: [`generate`] turns a [`preset`] into index files,
//! transcripts with WSJ's markup and `.wv1` audio ([`sphere`] files around a [`shorten`] stream), so that a test
//! or a demonstration goes through the code that the real discs go through.

mod bits;
mod discs;
mod error;
mod generate;
mod grammar;
mod level;
mod lexicon;
mod lpc;
pub mod preset;
pub mod shorten;
pub mod sphere;
mod synthesis;
mod transcript;

pub use error::Error;
pub use generate::{SetSummary, generate};
