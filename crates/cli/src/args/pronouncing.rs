//! Arguments of `linnet pronounce`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Say words that no lexicon has.
///
/// `linnet pronounce train LEXICON --out MODEL` learns a model from a lexicon: joint n-grams of letters and phones. `linnet
/// pronounce MODEL WORDS` then prints a line `WORD PROBABILITY PHONE PHONE …` for each pronunciation, which --lexicon
/// reads, as Kaldi's lexiconp.txt.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    override_usage = "linnet pronounce [OPTIONS] MODEL [WORD]...\n       linnet pronounce train LEXICON --out MODEL",
    after_help = "\
Words that can't be said, as no word of the model's lexicon has one of their letters, are named and left out (exit code 3).

Examples:
  linnet pronounce train cmudict.dict --out g2p.arpa.gz
  linnet pronounce g2p.arpa.gz linnet --variants 3
  linnet pronounce g2p.arpa.gz --list data/oov.txt > made-up.txt
  linnet pronounce g2p.arpa.gz --list words.txt --lexicon cmudict.dict > lexicon.txt
  cut -f 1 words.tsv | linnet pronounce g2p.arpa.gz"
)]
pub(crate) struct Pronounce {
    #[command(subcommand)]
    pub(crate) command: Option<PronounceCommand>,
    /// The model.
    #[arg(required = true)]
    pub(crate) model: Option<PathBuf>,
    /// The words; without any, and without --list, those of standard input.
    #[arg(value_name = "WORD", conflicts_with = "list")]
    pub(crate) words: Vec<String>,
    /// A list of words, or a lexicon: the first field of each line.
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Option<PathBuf>,
    /// A lexicon: words that it has get its pronunciations, whatever their case, and the model says the others. So the
    /// result is one lexicon of all the words, spelt as they are given.
    #[arg(long, value_name = "FILE")]
    pub(crate) lexicon: Option<PathBuf>,
    /// The most pronunciations that the model says of each word, the most probable first.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) variants: u16,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PronounceCommand {
    Train(PronounceTrain),
}

/// Learn a model from a lexicon.
///
/// Stress digits stay, so that the model says stress where the lexicon has it.
#[derive(Debug, Args)]
#[command(after_help = "Example: linnet pronounce train cmudict.dict --out g2p.arpa.gz")]
pub(crate) struct PronounceTrain {
    /// The lexicon, in any of the formats that `linnet prepare --lexicon` reads.
    pub(crate) lexicon: PathBuf,
    /// The model to write: an ARPA file over tokens of letters and phones, compressed if its name ends in .gz.
    #[arg(long, value_name = "MODEL")]
    pub(crate) out: PathBuf,
    /// The most tokens that an n-gram has, from 1 to 10.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) order: usize,
}
