//! Writes a miniature WSJ disc set. Needs flite, espeak-ng and sox.
#![allow(clippy::print_stderr)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Write a miniature WSJ disc set with synthesized speech; needs flite, espeak-ng and sox.
#[derive(Parser)]
struct Arguments {
    /// `mini`, or a TOML file like presets/mini.toml with its lexicon beside it.
    #[arg(long, default_value = "mini")]
    preset: String,
    /// Folder for the discs; files there of the same names are replaced.
    #[arg(long)]
    out: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = make_wsj_discs::preset::load(&arguments.preset).and_then(|(preset, lexicon)| {
        make_wsj_discs::generate(&preset, &lexicon, &arguments.out, |set, made| {
            eprintln!(
                "{:?}: {} utterances, {} words, {:.1} minutes, {:.2} MB",
                set.name,
                made.utterances,
                made.words,
                made.seconds / 60.0,
                made.bytes as f64 / 1e6
            );
        })
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
