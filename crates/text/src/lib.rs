//! Transcripts to tokens.
//!
//! A [`Lexicon`] turns words into phones, a [`TokenTable`] tokens into ids, and a [`Tokenizer`] whole transcripts into
//! ids by either phones or characters. [`Normaliser`] brings transcripts to one spelling; [`PhoneMap`] folds one set
//! of phones into a smaller one. [`ngram`] holds language models.

mod error;
mod lexicon;
mod normalise;
mod oov;
mod phones;
mod table;
mod tokenizer;
mod trn;

pub mod ngram;

pub use error::TextError;
pub use lexicon::{Lexicon, Pronunciation};
pub use normalise::{Case, Normaliser};
pub use oov::{Oov, OovReport};
pub use phones::{PhoneMap, arpabet39, strip_stress};
pub use table::{BLANK, SPACE, TokenTable};
pub use tokenizer::{EncodeError, Tokenizer, Unit};
pub use trn::split_trn;
