//! Arguments of `linnet transcribe`.

use std::path::PathBuf;

use clap::Args;
use linnet::{Channels, Format};

use super::Raw;
use super::preparing::seconds_range;
use super::search::{Depth, Search, Weights};

/// Transcribe recordings of any length: files, folders, or - for standard input.
#[derive(Debug, Args)]
#[command(after_help = "\
Formats: text, json, jsonl, srt, vtt, ctm, stm, TextGrid, trn, tsv. On standard output, text is a line for each recording, its path before a tab, and json is an object a line; with --out, each recording has a file of each format in DIR, below the same folders. There DIR/done.jsonl notes what is done: the same command again passes over it, and does what is new, changed or failed. Within a long recording it goes on where it was ended, with a model that isn't causal.

The search is the model folder's own: the one that linnet pack has put there, else for phones the words of its lexicon.txt, else each frame's best token counts. Any option of the search changes that option alone.

Long recordings are cut at pauses into pieces of at most 30 s; memory doesn't grow with WAV, FLAC, MP3, OGG and SPHERE files. A note tells of recordings much of whose sound got no words.

Examples:
  linnet transcribe exp/model recordings --format json > transcripts.jsonl
  linnet transcribe exp/model recordings --format text,srt --out transcripts --summary
  linnet transcribe exp/model call.wav --channels each --lm lm.arpa --lm-weight 0.8 --hotwords names.txt")]
pub(crate) struct Transcribe {
    /// The model folder.
    pub(crate) model: PathBuf,
    /// Recordings, or folders of them, or - for standard input.
    #[arg(required_unless_present = "list")]
    pub(crate) audio: Vec<PathBuf>,
    /// A list of recordings: a path a line, or a manifest of JSON lines, whose other fields json and jsonl repeat. Its
    /// field hotwords (a list of phrases, or of phrases with their weights) holds hotwords of the recording's own.
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Option<PathBuf>,
    /// Formats to write for each recording, parted by commas.
    #[arg(long, value_name = "FORMAT,…", value_delimiter = ',', default_value = "text", value_parser = format)]
    pub(crate) format: Vec<Format>,
    /// The folder to write to, a file for each recording and format.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Do again what DIR/done.jsonl notes as done.
    #[arg(long, requires = "out")]
    pub(crate) again: bool,
    /// Recordings transcribed at once, up to 1024; 0: one a thread (`--threads`).
    #[arg(long, default_value_t = 0, allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) jobs: u16,
    /// The channels to transcribe: all mixed, each by itself, or the one of this number, from 1.
    #[arg(long, value_name = "mix|each|N", default_value = "mix", value_parser = channels)]
    pub(crate) channels: Channels,
    /// Where in each recording to start, in seconds.
    #[arg(long, value_name = "S", default_value_t = 0.0, allow_negative_numbers = true, value_parser = seconds)]
    pub(crate) offset: f64,
    /// How much of each recording to transcribe, in seconds; by default up to its end.
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = seconds)]
    pub(crate) duration: Option<f64>,
    /// Tell at the end how many recordings and hours were transcribed, how fast, and what failed.
    #[arg(long)]
    pub(crate) summary: bool,
    #[command(flatten)]
    pub(crate) raw: Raw,
    #[command(flatten)]
    pub(crate) search: Search,
    #[command(flatten)]
    pub(crate) weights: Weights,
    #[command(flatten)]
    pub(crate) depth: Depth,
    #[command(flatten)]
    pub(crate) subtitles: Subtitles,
}

/// How srt and vtt are parted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Subtitles")]
pub(crate) struct Subtitles {
    /// The most characters of a line.
    #[arg(long, value_name = "N", default_value_t = 42, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) subtitle_line: u16,
    /// The most lines shown at once.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) subtitle_lines: u16,
    /// The shortest and the longest time that one is shown, in seconds.
    #[arg(long, value_name = "FROM-TO", default_value = "1-7", value_parser = seconds_range)]
    pub(crate) subtitle_seconds: (f64, f64),
}

fn seconds(text: &str) -> Result<f64, &'static str> {
    let number = text.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
    number.ok_or("give seconds, not below 0, as 12.5")
}

/// The channels to transcribe.
fn channels(text: &str) -> Result<Channels, &'static str> {
    match text {
        "mix" => Ok(Channels::Mix),
        "each" => Ok(Channels::Each),
        _ => match text.parse::<usize>() {
            Ok(number @ 1..) => Ok(Channels::One(number - 1)),
            _ => Err("give mix, each, or a channel's number from 1"),
        },
    }
}

/// A format by its name, in any case.
fn format(text: &str) -> Result<Format, String> {
    let found = Format::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let names: Vec<&str> = Format::ALL.into_iter().map(Format::name).collect();
        format!("give one or several of {}", names.join(", "))
    })
}
