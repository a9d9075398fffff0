//! Arguments of the commands that decode.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::search::{Depth, Search, Weights};

/// Decode a manifest and score it, or a matrix of log-probabilities.
#[derive(Debug, Args)]
#[command(
    override_usage = "linnet decode [OPTIONS] MODEL MANIFEST --out DIR\n       linnet decode [OPTIONS] --logits FILE.npy --tokens TOKENS",
    after_help = "\
A beam search runs if any of its options is given, or the model folder has one (linnet pack), else each frame's best token counts (of a model trained by LF-MMI, the most probable labels under its n-gram). Phones become words through the model folder's lexicon, or --lexicon; characters and subwords are kept to the words of --grammar, --lexicon or --lm, the first of them that is given.

A matrix is (time, token) or a batch of one, of float16, float32 or float64, as numpy.save(FILE, log_probs) writes it: natural logarithms of probabilities, or logits, which are normalised. A token table has a symbol and its id a line, or one symbol a line, or is Hugging Face's vocab.json. The blank is known by its name (<blank>, <blk>, <ctc>, <eps>, [PAD], <pad>, _), or given by --blank; a matrix with one column more than the table has it last; else it is id 0. Between words stand <space>, a line that is one space, or |; subwords begin words by ▁, or go on with words by ##, and any row of them that spells a word is that word. The result is JSON on standard output.

A lexicon for characters or subwords is a list of words; tokens behind a word spell it otherwise: 2 ▁two. A language model may be over the tokens themselves.

Examples:
  linnet decode exp/model data/test.jsonl --out exp/decode/test
  linnet decode exp/model data/test.jsonl --out out --lm lm.arpa --lm-weight 0.8 --word-bonus 0.5 --nbest 10 \
      --calibration exp/calibration.json
  linnet decode --logits utterance.npy --tokens tokens.txt --beam 50 --lm lm.arpa --frame-ms 40"
)]
pub(crate) struct Decode {
    /// The model folder.
    #[arg(required_unless_present = "logits")]
    pub(crate) model: Option<PathBuf>,
    /// The manifest.
    #[arg(required_unless_present = "logits")]
    pub(crate) manifest: Option<PathBuf>,
    /// The folder to write: hyp.trn, ref.trn, hyp.ctm, score.txt, score.json, and with --nbest nbest.jsonl.
    #[arg(long, value_name = "DIR", required_unless_present = "logits")]
    pub(crate) out: Option<PathBuf>,
    /// Keep the encoder's results in this folder, and take them from there if model and recordings are the same.
    #[arg(long, value_name = "DIR", conflicts_with = "logits")]
    pub(crate) cache_logits: Option<PathBuf>,
    /// A matrix of log-probabilities to decode, in NumPy's format.
    #[arg(long, value_name = "FILE.npy", requires = "tokens", conflicts_with_all = ["model", "manifest", "out"])]
    pub(crate) logits: Option<PathBuf>,
    /// The token table of the matrix.
    #[arg(long, value_name = "TOKENS", requires = "logits")]
    pub(crate) tokens: Option<PathBuf>,
    /// The blank of the matrix, by its symbol or its column from 0.
    #[arg(long, value_name = "NAME|ID", requires = "logits")]
    pub(crate) blank: Option<String>,
    /// How long a frame of the matrix lasts, in milliseconds; times are then in seconds too.
    #[arg(long, value_name = "MS", requires = "logits", value_parser = milliseconds)]
    pub(crate) frame_ms: Option<f64>,
    #[command(flatten)]
    pub(crate) search: Search,
    #[command(flatten)]
    pub(crate) weights: Weights,
    #[command(flatten)]
    pub(crate) depth: Depth,
}

fn milliseconds(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|ms: &f64| ms.is_finite() && *ms > 0.0);
    number.ok_or_else(|| "give milliseconds above 0, as 40".to_string())
}

/// Choose the language model's weight and the word bonus on a development set.
#[derive(Debug, Args)]
#[command(after_help = "\
Every point of the grid decodes the whole manifest; the table is sorted by WER, and the last line has the best point's flags for linnet decode, transcribe and pack. Between them stands the expected calibration error (ECE) of the best point's word confidences: raw, calibrated on speakers that the calibration has not seen (up to ten-fold cross-validation), and on the very words that it was fitted to.

Examples:
  linnet tune exp/model data/dev.jsonl --lm lm.arpa --cache-logits exp/cache --calibration exp/calibration.json
  linnet tune exp/model data/dev.jsonl --lm small.arpa --rescore-lm large.arpa
  linnet tune exp/model data/dev.jsonl --lm lm.arpa --lm-weights 0,3 --word-bonuses -2,4 --trials 50 --seed 1")]
pub(crate) struct Tune {
    /// The model folder.
    pub(crate) model: PathBuf,
    /// The manifest of the development set.
    pub(crate) manifest: PathBuf,
    #[command(flatten)]
    pub(crate) search: Search,
    /// Weights of the language model to try; 0.2,0.4,0.6,0.8,1,1.25,1.5,2 unless given.
    #[arg(long, value_name = "W,W,…", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) lm_weights: Vec<f32>,
    /// Word bonuses to try.
    #[arg(
        long,
        value_name = "B,B,…",
        value_delimiter = ',',
        default_value = "-1,-0.5,0,0.5,1,1.5,2",
        allow_hyphen_values = true
    )]
    pub(crate) word_bonuses: Vec<f32>,
    /// Shares of --rescore-lm to try at each point, 0,0.25,0.5,0.75,1 unless given; 0 is no second pass.
    #[arg(long, value_name = "S,S,…", value_delimiter = ',')]
    pub(crate) rescore_shares: Vec<f32>,
    /// Try so many points at random, between the lowest and the highest of the values, instead of the grid.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) trials: Option<u32>,
    /// Seed of the random points.
    #[arg(long, default_value_t = 0, requires = "trials")]
    pub(crate) seed: u64,
    /// Keep the encoder's results in this folder, and take them from there if model and recordings are the same.
    #[arg(long, value_name = "DIR")]
    pub(crate) cache_logits: Option<PathBuf>,
    /// Write the calibration of the best point's word confidences, for linnet decode --calibration.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) calibration: Option<PathBuf>,
    /// Write all points as JSON.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) out: Option<PathBuf>,
}

/// Tell when each word of a manifest's transcripts was spoken.
#[derive(Debug, Args)]
#[command(after_help = "\
Times are those of the most probable path of CTC, in seconds from each utterance's beginning; a ctm file's first column is the utterance's id. A token lasts as long as the model is sure of it, which is mostly shorter than its sound. A note names utterances whose tokens have less than 30 % of the confidence of those that the model hears: their text may be another recording's, or the model is not good enough.

Examples:
  linnet align exp/model data/test.jsonl --out test.ctm --tokens test-phones.ctm
  linnet align exp/model data/test.jsonl --out grids/         a TextGrid for Praat of each utterance")]
pub(crate) struct Align {
    /// The model folder.
    pub(crate) model: PathBuf,
    /// The manifest.
    pub(crate) manifest: PathBuf,
    /// The ctm file to write; or the folder of TextGrids, if the name has no ending; or one utterance's TextGrid.
    #[arg(long, value_name = "FILE.ctm|DIR/|FILE.TextGrid")]
    pub(crate) out: PathBuf,
    /// What to write; by default told by --out.
    #[arg(long, value_enum)]
    pub(crate) format: Option<AlignFormat>,
    /// Replace TextGrids that are there; without this they stay, as they may have been corrected by hand.
    #[arg(long)]
    pub(crate) again: bool,
    /// Pronunciations of the transcripts' words, for phones; words that it lacks have those of the lexicon beside the
    /// manifest, or of the model folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) lexicon: Option<PathBuf>,
    /// A ctm file for the tokens too; a TextGrid has them anyway.
    #[arg(long, value_name = "FILE.ctm")]
    pub(crate) tokens: Option<PathBuf>,
    /// Keep the encoder's results in this folder, and take them from there if model and recordings are the same.
    #[arg(long, value_name = "DIR")]
    pub(crate) cache_logits: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AlignFormat {
    /// NIST's ctm: a word a line.
    Ctm,
    /// Praat's TextGrid, a file for each utterance.
    Textgrid,
}
