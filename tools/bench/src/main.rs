//! Linnet beside its peers: both sides stay alive and take single steps in turn, and the machine's multiply-add peak is
//! probed between the rounds, so that a ratio compares the same moments of the same machine.

mod args;
mod case;
mod hour;
mod judge;
mod lengths;
mod lengths_plot;
mod material;
mod measure;
mod memory;
mod ours;
mod paper;
mod peak;
mod report;
mod worker;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use case::Case;

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    match &args.command {
        Some(Command::Serve { case, data }) => return ours::serve(&Case::parse(case)?, data.as_deref()),
        Some(Command::Lengths { kinds, out }) => return lengths::run(&lengths::kinds(kinds)?, out),
        Some(Command::Hour { mixer, minutes }) => return hour::run(case::mixer(mixer)?, *minutes),
        Some(Command::Paper { kinds, steps }) => return paper::run(kinds, usize::from(*steps)),
        None => {}
    }
    let cases = match args.cases.as_slice() {
        [] => Case::all(),
        names => names.iter().map(|name| Case::parse(name)).collect::<Result<_, _>>()?,
    };
    let mut results = Vec::new();
    for case in cases {
        if case.needs_corpus() && args.corpus.is_none() {
            report::skipped(&case, "give --corpus DIR, the folder of AN4");
            continue;
        }
        let result = measure::measure(&case, args)?;
        report::done(&result, args.json)?;
        results.push(result);
    }
    report::table(&results);
    Ok(())
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::failed(error.as_ref());
            ExitCode::FAILURE
        }
    }
}
