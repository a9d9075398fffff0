//! The command line over all of Linnet: raw arguments, resolved settings, one library call, an exit code.
//!
//! Data goes to standard output, talk to standard error. Exit codes: 0 done, 1 failed, 2 wrong usage.
#![allow(clippy::print_stdout)]

mod args;
mod commands;
mod data;
mod npy;
mod talk;

use std::process::ExitCode;

use clap::Parser;

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
        Ok(false) => ExitCode::FAILURE,
        Err(error) if data::nobody_reads(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            talk.error(&*error);
            ExitCode::FAILURE
        }
    }
}
