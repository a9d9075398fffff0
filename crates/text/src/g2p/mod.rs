//! Pronunciations of words that no lexicon has: grapheme to phoneme by joint n-grams.
//!
//! A [`G2pEstimate`] learns from a lexicon. It cuts every word and its pronunciation into joint tokens, one or two
//! letters with none to two phones each, by expectation maximisation (`align`), and estimates an n-gram model over the
//! rows of tokens. A [`G2p`] reads that model and searches for the rows of tokens that spell a word (`search`). The
//! probability of a pronunciation is the sum over all rows that have its phones.
//!
//! `docs/g2p.md` in this crate has examples and figures.
//!
//! Sources: M. Bisani and H. Ney, "Joint-sequence models for grapheme-to-phoneme conversion", Speech Communication,
//! 2008; S. Jiampojamarn, G. Kondrak and T. Sherif, "Applying many-to-many alignments and hidden Markov models to
//! letter-to-phoneme conversion", NAACL, 2007.

mod align;
mod error;
mod estimate;
mod joint;
mod model;
mod search;

pub use error::{G2pError, Unpronounceable};
pub use estimate::{G2pEstimate, G2pOptions};
pub use model::{G2p, Variant};
