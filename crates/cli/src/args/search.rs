//! Arguments of a search.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

/// The parts of a beam search that aren't tuned.
#[derive(Debug, Args)]
#[command(next_help_heading = "Search")]
pub(crate) struct Search {
    /// Prefixes that live on after each frame; 100 if only other options of the search are given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) beam: Option<u32>,
    /// An n-gram language model: an ARPA file, compressed or not.
    #[arg(long, value_name = "ARPA")]
    pub(crate) lm: Option<PathBuf>,
    /// A second n-gram language model, which weighs the best hypotheses of the search anew; it may be larger than --lm, or of
    /// other text.
    #[arg(long, value_name = "ARPA")]
    pub(crate) rescore_lm: Option<PathBuf>,
    /// Hypotheses of each utterance that --rescore-lm weighs, and the most that are returned; 100 unless given. Many hundreds
    /// take longer than the search.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) rescore_nbest: Option<u32>,
    /// The words that may be found: pronunciations for phones, a list for characters and subwords.
    #[arg(long, value_name = "FILE")]
    pub(crate) lexicon: Option<PathBuf>,
    /// Find phones, not words: without the model folder's lexicon; --lm is then over phones.
    #[arg(long, conflicts_with_all = ["lexicon", "grammar"])]
    pub(crate) no_lexicon: bool,
    /// The sentences that may be said, one a line: `call <digit>{3,4} [please]`, with rules `<digit> = one | two`.
    #[arg(long, value_name = "FILE")]
    pub(crate) grammar: Option<PathBuf>,
    /// Phrases worth more than the models say, one a line, perhaps with a weight of its own behind a tab or a colon.
    #[arg(long, value_name = "FILE")]
    pub(crate) hotwords: Option<PathBuf>,
    /// Addition to the score for such a phrase, a natural logarithm; 5 unless given.
    #[arg(long, value_name = "W")]
    pub(crate) hotword_weight: Option<f32>,
    /// Addition for a word that the language model doesn't know, at most 0; -10 unless given.
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pub(crate) unknown_penalty: Option<f32>,
    /// Let tokens that spell no word of the lexicon be a word too.
    #[arg(long, conflicts_with = "no_lexicon")]
    pub(crate) free_words: bool,
    /// Skip tokens below this log-probability in a frame; -7 unless given.
    #[arg(long, value_name = "LOG", allow_negative_numbers = true)]
    pub(crate) token_threshold: Option<f32>,
    /// Tokens that count in a frame besides the blank; by default all.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_tokens: Option<u32>,
    /// Drop prefixes this far below the frame's best, in natural logarithms; 30 unless given.
    #[arg(long, value_name = "D")]
    pub(crate) score_threshold: Option<f32>,
}

/// How the parts of a search weigh: what tuning finds.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Search")]
pub(crate) struct Weights {
    /// Weight of the language model; 0.5 unless given.
    #[arg(long, value_name = "W", allow_negative_numbers = true)]
    pub(crate) lm_weight: Option<f32>,
    /// Share of --rescore-lm in the language model's weight, from 0 (no second pass) to 1; 1 unless given.
    #[arg(long, value_name = "S")]
    pub(crate) rescore_share: Option<f32>,
    /// Addition to the score for each word, a natural logarithm; 0 unless given.
    #[arg(long, value_name = "B", allow_negative_numbers = true)]
    pub(crate) word_bonus: Option<f32>,
    /// Make probabilities of the words' confidences, by the file that linnet tune --calibration wrote, or by numbers.
    #[arg(long, value_name = "FILE|SCALE,OFFSET", allow_hyphen_values = true)]
    pub(crate) calibration: Option<CalibrationSource>,
}

/// How many hypotheses are found, or none but each frame's best tokens.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Search")]
pub(crate) struct Depth {
    /// Hypotheses of each utterance or stretch of speech.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) nbest: Option<u32>,
    /// Take each frame's best token, though the model folder has a search of its own; of a model that was trained by
    /// LF-MMI, the best tokens under its n-gram.
    #[arg(long, conflicts_with_all = ["Search", "Weights", "nbest"])]
    pub(crate) greedy: bool,
}

/// Where a calibration comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CalibrationSource {
    /// Its two numbers.
    Numbers { scale: f64, offset: f64 },
    /// A file.
    File(PathBuf),
}

impl FromStr for CalibrationSource {
    type Err = Infallible;

    /// Two numbers parted by a comma; anything else is a file.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let number = |text: &str| text.parse().ok().filter(|value: &f64| value.is_finite());
        let numbers = text.split_once(',').and_then(|(scale, offset)| number(scale).zip(number(offset)));
        Ok(match numbers {
            Some((scale, offset)) => Self::Numbers { scale, offset },
            None => Self::File(text.into()),
        })
    }
}
