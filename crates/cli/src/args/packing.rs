//! Arguments of `linnet pack`.

use std::path::PathBuf;

use clap::Args;

use super::search::{Search, Weights};

/// Copy a model folder with the search that it is to be used with.
///
/// The language model, lexicon, grammar and hotwords are copied into the folder, and its search.toml has the weights, so
/// that linnet transcribe and decode search so without options.
#[derive(Debug, Args)]
#[command(after_help = "\
The options are those that linnet tune prints. Options that aren't given are those of the folder's own search, if it has one, but its --rescore-lm goes where --lm, --grammar or --no-lexicon is given.

Examples:
  linnet pack exp --out best --lm lm.arpa --lm-weight 0.8 --word-bonus 0.5 --calibration calibration.json
  linnet transcribe best recordings")]
pub(crate) struct Pack {
    /// The model folder, or the experiment folder that has it.
    #[arg(value_name = "MODEL|EXP")]
    pub(crate) model: PathBuf,
    /// The model folder to write; it may be the same.
    #[arg(long, value_name = "MODEL")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) search: Search,
    #[command(flatten)]
    pub(crate) weights: Weights,
}
