//! The model folder.
//!
//! `config.toml`, `model.safetensors` and `tokens.txt` are always there; `cmvn.json` holds the training set's statistics,
//! `lexicon.txt` and `pronunciations.txt` the words of a model of phones, `labels.arpa` the n-gram of a model that was
//! trained by LF-MMI. `search.toml`, with its files in `search/`, is
//! how its recordings are searched unless somebody says otherwise; [`pack`] puts it there.

mod config;
mod default_search;
mod folder;
mod labels;
mod pack;
mod pronunciations;

pub use config::{ModelConfig, toml_problem, toml_words};
pub use folder::Model;
pub use labels::LabelNgram;
pub use pack::pack;
pub use pronunciations::{keep_pronunciations, read_pronunciations};
