//! Raw arguments, as clap reads them.

mod comparing;
mod decoding;
mod estimating;
mod packing;
mod preparing;
mod pronouncing;
mod search;
mod transcribing;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use comparing::{Compare, StudyOptions};
pub(crate) use decoding::{Align, AlignFormat, Decode, Tune};
pub(crate) use estimating::{Language, Ngram};
pub(crate) use packing::Pack;
pub(crate) use preparing::{Corpus, Prepare};
pub(crate) use pronouncing::{Pronounce, PronounceCommand, PronounceTrain};
pub(crate) use search::{CalibrationSource, Depth, Search, Weights};
pub(crate) use transcribing::{PageSound, Sharding, Transcribe};

/// The version, and the commit where it is known.
pub(crate) const VERSION: &str = env!("LINNET_VERSION");

/// The same with what it was built as.
const LONG_VERSION: &str = concat!(
    env!("LINNET_VERSION"),
    "\nfeatures: ",
    env!("LINNET_FEATURES"),
    "\ntarget: ",
    env!("LINNET_TARGET")
);

/// Train speech recognisers with attention in linear time, and transcribe with them.
///
/// The way from recordings to an error rate:
///
///   linnet prepare an4 CORPUS --out data        recordings, texts → manifests, tokens, lexicon
///   linnet train conf.toml --out exp            manifests → an experiment folder with its model
///   linnet decode exp/model data/test.jsonl --out exp/decode/test      a manifest → error rates
///   linnet transcribe exp/model RECORDINGS      audio → text
///
/// With a language model fewer words are wrong: ngram makes it, tune weighs it, pack keeps it.
///
/// Exit codes: 0 done; 1 failed; 2 wrong usage; 3 done, but for items left out; 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "linnet", version = VERSION, long_version = LONG_VERSION, verbatim_doc_comment, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Say nothing but errors and warnings.
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    /// Threads to compute with; by default as many as the machine has.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Prepare(Prepare),
    Features(Features),
    Train(Train),
    Decode(Box<Decode>),
    Tune(Box<Tune>),
    Align(Align),
    Score(Score),
    Compare(Compare),
    Ngram(Ngram),
    Pronounce(Pronounce),
    Pack(Box<Pack>),
    Transcribe(Box<Transcribe>),
    Inspect(Inspect),
    Convert(Convert),
}

/// How headerless audio is to be read.
#[derive(Debug, Clone, Args)]
pub(crate) struct Raw {
    /// Sampling rate of headerless .raw files, in Hz.
    #[arg(long, value_name = "HZ")]
    pub(crate) raw_rate: Option<u32>,
    /// Byte order of headerless .raw files; without it the likelier one is taken.
    #[arg(long, value_enum)]
    pub(crate) byte_order: Option<ByteOrder>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

/// How texts are spelt.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Spelling")]
pub(crate) struct Spelling {
    /// Upper and lower case of texts. Letters that would merge with others stay, as ß, ı and İ.
    #[arg(long, value_enum)]
    pub(crate) case: Option<Case>,
    /// Punctuation of texts.
    #[arg(long, value_enum)]
    pub(crate) punctuation: Option<Punctuation>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Case {
    Upper,
    Lower,
    Keep,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Punctuation {
    Keep,
    /// It goes, but for apostrophes and hyphens within words.
    Drop,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Unit {
    Phone,
    Char,
}

/// Write the log-mel features of a recording.
///
/// The file is NumPy's, (time, mel) of float32.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: linnet features speech.wav --out speech.npy --config exp/linear/config.toml"
)]
pub(crate) struct Features {
    /// The recording.
    pub(crate) audio: PathBuf,
    /// The file to write.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// A run's configuration, whose [features] count.
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) raw: Raw,
}

/// Train a model.
#[derive(Debug, Args)]
#[command(after_help = "\
Ctrl-C, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 save the run before it ends. A linnet that was built with --features mpi trains one model on all processes that mpirun or srun starts.

Examples:
  linnet train recipes/mini/conf/linear.toml --out exp/linear --set train.epochs=20
  linnet train recipes/mini/conf/linear.toml --out exp/linear --resume
  linnet train recipes/mini/conf/linear.toml --time      how long that takes here; nothing is written
  mpirun -n 4 linnet --threads 8 train conf.toml --out exp --set train.pieces=4")]
pub(crate) struct Train {
    /// The configuration.
    pub(crate) config: PathBuf,
    /// The experiment folder to make or to continue.
    #[arg(long, required_unless_present = "time")]
    pub(crate) out: Option<PathBuf>,
    /// Measure steps for so many seconds, 60 unless given, and tell how long an epoch and the whole training take here;
    /// write nothing.
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "60",
        value_parser = clap::value_parser!(u64).range(1..=86_400),
        conflicts_with_all = ["out", "init", "resume"]
    )]
    pub(crate) time: Option<u64>,
    /// Change one key of the configuration; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Start from the weights of a model folder, and from its statistics, to which they are used. Its features and tokens
    /// must be those of the configuration.
    #[arg(long, value_name = "MODEL")]
    pub(crate) init: Option<PathBuf>,
    /// Continue from the last checkpoint; with another train.epochs, to that epoch.
    #[arg(long, conflicts_with = "init")]
    pub(crate) resume: bool,
}

/// Score hypotheses against references.
#[derive(Debug, Args)]
#[command(after_help = "\
Both sides are trn, ctm, stm or text files or manifests, told by their names or lines. A text file has a sentence a line, or as Kaldi's `text` an id and its words. The words of a ctm file go into the segments of an stm file by their middles, and into other references by their file's name. References may have alternations, { um / uh / @ }, and optional words, (uh).

Intervals resample speakers, then utterances. Only manifests and stm files name speakers: with other references, intervals resample utterances alone and are often narrower.

With several --hyp each is compared with the first: by the matched-pairs sentence-segment word error test (Gillick and Cox, 1989) and by resampling speakers, then utterances.

Examples:
  linnet score --ref ref.trn --hyp hyp.trn                     WER and its interval
  linnet score --ref test.jsonl --hyp hyp.trn                  and the WER of each speaker
  linnet score --ref ref.stm --hyp hyp.ctm --weights sclite    as sclite counts
  linnet score --ref test.jsonl --hyp hyp.trn --html page.html alignments to look at and hear
  linnet score --ref ref.trn --hyp old.trn --hyp new.trn       is the new one better?
  linnet score --ref ref.trn --hyp hyp.trn --unit char --json  everything, for a program")]
pub(crate) struct Score {
    /// The references.
    #[arg(long = "ref", value_name = "FILE")]
    pub(crate) reference: PathBuf,
    /// The hypotheses; of several systems each is compared with the first.
    #[arg(long = "hyp", value_name = "FILE", required = true)]
    pub(crate) hypotheses: Vec<PathBuf>,
    /// What is counted.
    #[arg(long, value_enum, default_value = "word")]
    pub(crate) unit: ScoreUnit,
    /// What errors cost where an alignment is chosen.
    #[arg(long, value_enum, default_value = "equal")]
    pub(crate) weights: ScoreWeights,
    /// Take upper and lower case for the same, as sclite does.
    #[arg(long)]
    pub(crate) ignore_case: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print a row for each utterance, the confusions, and the most frequent errors.
    #[arg(long)]
    pub(crate) details: bool,
    /// Rows of each table of frequent errors.
    #[arg(long, value_name = "ROWS", default_value_t = 20, requires = "details")]
    pub(crate) most: usize,
    /// Print every utterance's alignment.
    #[arg(long)]
    pub(crate) alignments: bool,
    /// Write the alignments as a page with search, filters, and the audio where the references are a manifest.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

/// What errors cost where an alignment is chosen.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ScoreWeights {
    /// Each 1: the fewest errors, as jiwer counts.
    Equal,
    /// A substitution 4, a deletion or insertion 3, as NIST's sclite counts.
    Sclite,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ScoreUnit {
    Phone,
    Word,
    Char,
}

/// Describe a model, corpus, recordings, a language model or another file, by its content.
///
/// A folder is a model, an experiment, a prepared corpus or one of recordings; a file a recording, manifest,
/// configuration, study, language model, lexicon, token table, transcript (trn, ctm, stm or text), matrix (npy) or
/// weights (safetensors).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  linnet inspect exp/linear/model
  linnet inspect recordings          how many, how long, of which kinds
  linnet inspect lm.arpa.gz          its orders and words")]
pub(crate) struct Inspect {
    /// What to describe.
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) raw: Raw,
}

/// Convert any readable audio to a 16-bit WAV file.
///
/// Its channels are kept.
#[derive(Debug, Args)]
#[command(after_help = "Example: linnet convert 01ic0201.wv1 --out 01ic0201.wav")]
pub(crate) struct Convert {
    /// The recording.
    pub(crate) audio: PathBuf,
    /// The file to write.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Resample to this rate, in Hz.
    #[arg(long, value_name = "HZ", allow_negative_numbers = true)]
    pub(crate) rate: Option<u32>,
    #[command(flatten)]
    pub(crate) raw: Raw,
}
