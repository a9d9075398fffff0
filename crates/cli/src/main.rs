//! The command line over all of Linnet: raw arguments, resolved settings, one library call, an exit code.
//!
//! Data goes to standard output, talk to standard error. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but for
//! items that were left out and named, 130 interrupted and saved.
#![allow(clippy::print_stdout)]

mod args;
mod commands;
mod data;
mod hints;
mod npy;
mod talk;

use std::process::ExitCode;

use clap::Parser;

/// The exit code of a command that has left items out and done the rest: scripts can go on, and tell.
const LEFT_OUT: u8 = 3;

/// The exit code of a command that was interrupted and has saved its work: the shells' for Ctrl-C, 128 + SIGINT.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let talk = talk::Talk::new(cli.quiet);
    if let Some(threads) = cli.threads {
        // The one pool of all libraries; it is set before anything computes.
        if let Err(error) = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global() {
            talk.error(&error);
            return ExitCode::FAILURE;
        }
    }
    match commands::run(cli.command, &talk) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(LEFT_OUT),
        Err(error) if data::nobody_reads(&*error) => ExitCode::SUCCESS,
        Err(error) => match error.downcast_ref::<commands::Interrupted>() {
            Some(interrupted) => {
                talk.interrupted(interrupted);
                ExitCode::from(INTERRUPTED)
            }
            None => {
                talk.error(&*error);
                ExitCode::FAILURE
            }
        },
    }
}
