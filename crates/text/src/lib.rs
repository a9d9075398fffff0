//! Transcripts to tokens.
//!
//! A [`Lexicon`] turns words into phones, a [`TokenTable`] tokens into ids, and a [`Tokenizer`] whole transcripts into
//! ids by either phones or characters. [`Normaliser`] brings transcripts to one spelling; [`PhoneMap`] folds one set
//! of phones into a smaller one; [`read_symbols`] reads other toolkits' token tables; [`records`] are those of a
//! manifest, with their [`transcript`]s. [`ngram`] holds language models, [`g2p`] models that say words which no lexicon
//! has.

mod columns;
mod english;
mod error;
mod letters;
mod lexicon;
mod normalise;
mod oov;
mod phones;
mod record;
mod signs;
mod symbols;
mod table;
mod tokenizer;
mod trn;
mod word;

pub mod g2p;
pub mod ngram;

pub use error::{TextError, read_text};
pub use letters::fold as fold_case;
pub use lexicon::Lexicon;
pub use normalise::{Case, Normaliser, Punctuation};
pub use oov::{Oov, OovReport};
pub use phones::{PhoneMap, arpabet39, strip_stress};
pub use record::{Numbered, Record, TRANSCRIPT_FIELDS, parse_record, records, transcript, wrong_type};
pub use symbols::{parse_symbols, read_symbols};
pub use table::{BLANK, SPACE, TokenTable};
pub use tokenizer::{EncodeError, Tokenizer, Unit};
pub use trn::split_trn;
pub use word::Pronunciation;
