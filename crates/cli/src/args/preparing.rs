//! Arguments of `linnet prepare`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Raw, Spelling, Unit};

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Corpus {
    /// The Wall Street Journal discs, LDC93S6 and LDC94S13: the folders that hold them.
    Wsj,
    /// CMU's AN4: the folder with etc/ and wav/.
    An4,
    /// LibriSpeech: the folders that hold its sets, as train-clean-100, or LibriSpeech/train-clean-100.
    #[value(name = "librispeech")]
    LibriSpeech,
    /// A Kaldi data folder, or one a set.
    Kaldi,
    /// NeMo's manifests, JSON lines or arrays: each a set by its name (or SET=FILE), or a folder of them.
    Manifest,
    /// Audio files beside their texts (.txt, .lab, .trans.txt), or a table of files and texts, or the folder that has it.
    Folder,
}

/// Turn a corpus into manifests, a token table and a lexicon.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  linnet prepare an4 corpora/an4 --out data --unit phone
  linnet prepare librispeech corpora/LibriSpeech --sets train-clean-100,dev-clean --out data --lexicon cmudict.dict
  linnet prepare librispeech corpora --sets train-clean-5 --dev-speakers 32,669,7312,2136 --out data --unit char
                          these speakers of the training set become the set dev
  linnet prepare librispeech corpora --out data --lexicon cmudict.dict --pronounce g2p.arpa.gz
                          OUT/pronounced.txt lists the words that the lexicon lacks, with made-up pronunciations
  linnet prepare folder recordings --out data --unit char
  linnet prepare folder recordings --out data --unit char --case lower --punctuation drop
                          without these two: upper case, with punctuation. OUT/text.json keeps the rule for
                          all that is done with the data
  linnet prepare manifest nemo/train_manifest.json dev=nemo/clean.json --out data --unit char
  linnet prepare folder metadata.csv --out data --unit char --dev 0.05 --test 0.05
  linnet prepare an4 corpora/an4 --out data-joined --join 8-16      long utterances out of short ones
  linnet prepare an4 corpora/an4 --out data-joined --join 8-16 --join-sets dev,test
                          training joins them itself, in another order each epoch (augment.join)")]
pub(crate) struct Prepare {
    /// The kind of corpus.
    #[arg(value_enum)]
    pub(crate) corpus: Corpus,
    /// Where it lies.
    #[arg(required = true)]
    pub(crate) sources: Vec<PathBuf>,
    /// The folder to write.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// The unit of a token.
    #[arg(long, value_enum, default_value = "phone")]
    pub(crate) unit: Unit,
    /// A pronunciation lexicon, for phones: CMUdict, Sphinx's .dic, Kaldi's lexicon.txt and lexiconp.txt, or MFA's; AN4
    /// brings its own.
    #[arg(long)]
    pub(crate) lexicon: Option<PathBuf>,
    /// A model of `linnet pronounce train`: it says the words that the lexicons lack. OUT/pronounced.txt lists them.
    #[arg(long, value_name = "MODEL")]
    pub(crate) pronounce: Option<PathBuf>,
    /// The most pronunciations of each such word; with more than one the lexicon has probabilities.
    #[arg(long, value_name = "N", requires = "pronounce", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) variants: u16,
    /// Join the utterances of each speaker to lengths in this range, in seconds: 8-16. Their audio is written to
    /// OUT/audio.
    #[arg(long, value_name = "FROM-TO", value_parser = seconds_range)]
    pub(crate) join: Option<(f64, f64)>,
    /// The sets to join; by default all.
    #[arg(long, value_name = "SET,…", value_delimiter = ',', requires = "join")]
    pub(crate) join_sets: Vec<String>,
    /// The sets to prepare of LibriSpeech, by their folders, or of WSJ, by Kaldi's names; by default all that are there.
    #[arg(long, value_name = "SET,…", value_delimiter = ',')]
    pub(crate) sets: Vec<String>,
    /// Speakers of LibriSpeech's training sets whose utterances become the set dev instead.
    #[arg(long, value_name = "SPEAKER,…", value_delimiter = ',')]
    pub(crate) dev_speakers: Vec<String>,
    #[command(flatten)]
    pub(crate) raw: Raw,
    /// Share of a folder's utterances that becomes the development set; 0.1 unless given or the folder has such a set.
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub(crate) dev: Option<f64>,
    /// Share of a folder's utterances that becomes the test set; 0.1 unless given or the folder has sets.
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub(crate) test: Option<f64>,
    /// Seed of the split of a folder into training, development and test set; 0 unless given.
    #[arg(long, value_name = "SEED", allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
    #[command(flatten)]
    pub(crate) spelling: Spelling,
}

/// Two numbers of seconds with a hyphen between them, the smaller first.
pub(super) fn seconds_range(text: &str) -> Result<(f64, f64), String> {
    let parse = || {
        let (from, to) = text.split_once('-')?;
        let (from, to): (f64, f64) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
        (0.0 <= from && from <= to && to.is_finite()).then_some((from, to))
    };
    parse()
        .ok_or_else(|| format!("{text} is no range of seconds; give two numbers, the smaller first, as 8-16"))
}
