//! Arguments of `linnet transcribe`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use linnet::{Channels, Format};

use super::Raw;
use super::preparing::seconds_range;
use super::search::{Depth, Search, Weights};

/// Transcribe recordings of any length.
#[derive(Debug, Args)]
#[command(after_help = "\
Formats: text, json, jsonl, srt, vtt, ctm, stm, TextGrid, trn, tsv, html. On standard output, text is a line for each recording, its path before a tab, and json is an object a line; with --out, each recording has a file of each format in DIR, below the same folders. There DIR/done.jsonl notes what is done: the same command again passes over it, and does what is new, changed or failed. A file that no run has written, or that was changed since, as by hand, is named and never replaced. Within a long recording it goes on where it was ended; a model that runs through a recording frame by frame, as a causal one without positions does, transcribes it anew.

html is a page for each recording, one file that loads nothing from a network: the waveform, words coloured by confidence that a click plays, alternatives (of as many hypotheses as --nbest asks for), edits to save. Sound of up to 15 minutes is part of the page, 1.3 MB a minute (mu-law at 16 kHz, channels mixed); a longer recording is linked if browsers play its format.

With --shard 3/8 a command transcribes the third of eight shares, and eight commands, on any machines that share the files, all of them. A hash of its path says to whose share a recording belongs: its path below the folder that was given, or its id or path in a list. All may write to one DIR, where each has a journal of its own, as done.3-of-8.jsonl; whatever any journal notes as done is passed over, so that a share that failed is simply done again. --shard auto takes share and number of shares from the variables of a job array (Slurm, AWS Batch, an indexed job of Kubernetes), --shard auto/8 the share alone. --check lists in the end what is still to be done.

The search is the model folder's own: the one that linnet pack has put there, else for phones the words of its lexicon.txt, else each frame's best token counts (of a model trained by LF-MMI, the most probable labels under its n-gram). Any option of the search changes that option alone, but a packed --rescore-lm goes where --lm, --grammar or --no-lexicon is given.

Long recordings are cut at pauses into pieces as long as the model's training utterances, at most 15 s; memory doesn't grow with WAV of whole numbers, FLAC, MP3, OGG, AAC, MP4, Matroska and uncompressed SPHERE files. A note tells of recordings much of whose sound got no words.

Examples:
  linnet transcribe exp/model recordings --format json > transcripts.jsonl
  linnet transcribe exp/model recordings --format text,srt --out transcripts --summary
  linnet transcribe exp/model interview.mp3 --format html --nbest 5 --out pages
  linnet transcribe exp/model call.wav --channels each --lm lm.arpa --lm-weight 0.8 --hotwords names.txt
  seq 8 | parallel linnet --threads 1 transcribe exp/model recordings --out texts --shard {}/8
  linnet transcribe exp/model recordings --out texts --check       exit code 0 if all is done, else 3, and a list")]
pub(crate) struct Transcribe {
    /// The model folder.
    pub(crate) model: PathBuf,
    /// Recordings, or folders of them, or - for standard input.
    #[arg(required_unless_present = "list")]
    pub(crate) audio: Vec<PathBuf>,
    /// A list of recordings: a path a line, or a manifest of JSON lines, whose other fields json and jsonl repeat. Its
    /// field hotwords (a list of phrases, or of phrases with their weights) holds hotwords of the recording's own; no model
    /// reads a prompt.
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Option<PathBuf>,
    /// Formats to write for each recording, parted by commas.
    #[arg(long, value_name = "FORMAT,…", value_delimiter = ',', default_value = "text", value_parser = format)]
    pub(crate) format: Vec<Format>,
    /// The folder to write to, a file for each recording and format.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Do again what is noted as done.
    #[arg(long, requires = "out")]
    pub(crate) again: bool,
    /// Transcribe one share of the recordings: I from 1 to N, or as the variables of a job array say.
    #[arg(long, value_name = "I/N|auto|auto/N", value_parser = sharding)]
    pub(crate) shard: Option<Sharding>,
    /// Transcribe and write nothing: list the recordings that are missing in DIR, failed, are stale, which means that they,
    /// the model or the options have changed since, or refused, as a file is in the way that no run has written.
    #[arg(long, requires = "out", conflicts_with = "again")]
    pub(crate) check: bool,
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
    /// The longest piece that a long recording is cut into, in seconds, from 1 to 86,400; by default as long as the
    /// model's training utterances, at most 15. A model that runs through a recording frame by frame sees no pieces, and
    /// its longest segment is as long.
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = piece_seconds)]
    pub(crate) piece_seconds: Option<f64>,
    /// The sound of html: part of the page, a link to the recording, or auto: part of it up to 15 minutes, else a link.
    #[arg(long, value_enum, default_value_t = PageSound::Auto)]
    pub(crate) html_sound: PageSound,
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

/// The sound of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PageSound {
    Auto,
    Embed,
    Link,
    None,
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

/// Which share of the recordings a command does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sharding {
    /// This one, from 1, of so many.
    Given { number: u32, of: u32 },
    /// The one that a job array's variables name, of so many, which they may tell, too.
    Auto { of: Option<u32> },
}

/// A share of the recordings: 3/8, auto, or auto/8.
fn sharding(text: &str) -> Result<Sharding, String> {
    let (number, of) = match text.split_once('/') {
        Some((number, of)) => (number, of.parse().ok().filter(|&of: &u32| of > 0).map(Some)),
        None => (text, Some(None)),
    };
    match (number, number.parse(), of) {
        ("auto", _, Some(of)) => Ok(Sharding::Auto { of }),
        (_, Ok(number), Some(Some(of))) if (1..=of).contains(&number) => Ok(Sharding::Given { number, of }),
        (_, Ok(_), Some(Some(of))) => Err(format!("shares count from 1: give 1/{of} to {of}/{of}")),
        _ => Err("give a share and their number, as 3/8, or auto, or auto/8".into()),
    }
}

fn seconds(text: &str) -> Result<f64, &'static str> {
    let number = text.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
    number.ok_or("give seconds, not below 0, as 12.5")
}

/// Seconds of a piece.
fn piece_seconds(text: &str) -> Result<f64, &'static str> {
    let number = text.parse().ok().filter(|seconds: &f64| (1.0..=86_400.0).contains(seconds));
    number.ok_or("give seconds from 1 to 86400, as 12.5")
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
