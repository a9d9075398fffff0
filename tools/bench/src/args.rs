//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Times Linnet beside its peers, step by step in turn.
///
/// Cases are named WORK-WHAT-BATCHxFRAMES[-1t], as train-linear-8x800 or infer-softmax-1x800-1t (one thread), or by
/// what they do, as fbank-80, an4-epoch, beam-100, beam-lm-100, score-10k; without a name all of BENCHMARKS.md run.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// The cases; all by default
    pub(crate) cases: Vec<String>,

    /// Print one JSON line a case on stdout
    #[arg(long)]
    pub(crate) json: bool,

    /// Rounds of each case
    #[arg(long, default_value_t = 9)]
    pub(crate) rounds: usize,

    /// The Python that has the peers
    #[arg(long, default_value = "python3")]
    pub(crate) python: PathBuf,

    /// The folder of the peers' scripts
    #[arg(long, default_value = "tools/bench/peers")]
    pub(crate) peers: PathBuf,

    /// The AN4 corpus, for an4-epoch
    #[arg(long)]
    pub(crate) corpus: Option<PathBuf>,

    /// Time Linnet alone
    #[arg(long)]
    pub(crate) alone: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Cost by length: time by frame and memory of every kind of mixer, as JSON, SVG and Markdown
    Lengths {
        /// The kinds, as softmax,linear; all by default
        #[arg(long, value_delimiter = ',')]
        kinds: Vec<String>,
        /// The folder for cost-by-length.json, .svg and .md
        #[arg(long, default_value = "tools/bench/results")]
        out: PathBuf,
    },
    /// Audio through a causal encoder as it comes: time by frame and memory, every five minutes
    Hour {
        /// The causal kind
        #[arg(default_value = "causal_linear")]
        mixer: String,
        /// Minutes of audio
        #[arg(long, default_value_t = 60)]
        minutes: usize,
    },
    /// What an epoch of the paper's corpus would take with its kinds and with additions, from steps of 8 × 800 frames
    Paper {
        /// The kinds beside linear, as gated_decay+, separated by commas; all by default
        #[arg(long, value_delimiter = ',')]
        kinds: Vec<String>,
        /// Measured steps of each kind, at least 1
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..))]
        steps: u16,
    },
    /// One side of a measurement: a step for every line on stdin, its cost on stdout
    #[command(hide = true)]
    Serve {
        /// The case
        case: String,
        /// What both sides read
        #[arg(long)]
        data: Option<PathBuf>,
    },
}
