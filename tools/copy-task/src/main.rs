//! The copy task: how fast each causal kind of attention learns to repeat symbols.
#![allow(clippy::print_stderr)]

mod args;
mod checkpoint;
mod loss;
mod metrics;
mod report;
mod run;
mod settings;
mod task;

use std::error::Error;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use args::{Args, Command, TrainArgs};

/// Errors name the file or the argument and what to do.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Train(args) => train(&args),
        Command::Report { runs, svg } => report::read(&runs).and_then(|courses| {
            svg.map_or(Ok(()), |path| report::plot(&courses, &path))?;
            match io::stdout().lock().write_all(report::table(&courses).as_bytes()) {
                Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(e.into()),
                _ => Ok(()),
            }
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn train(args: &TrainArgs) -> Result<()> {
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global()?;
    }
    let settings = args.settings();
    let bar = bar(settings.updates);
    run::train(&settings, &args.out, &mut |report| {
        bar.set_position(report.update);
        if let Some(record) = report.record {
            bar.set_message(format!("loss {:.4}", record.loss));
            if let (Some(loss), Some(right)) = (record.validation_loss, record.validation_right) {
                let left = HumanDuration(Duration::from_secs_f64(report.left_s));
                let pace = record.seconds / record.update as f64;
                let line = format!(
                    "{}: loss {:.4}, validation {loss:.4} with {:.2} % right, {pace:.3} s/update, {left} left",
                    record.update,
                    record.loss,
                    100.0 * right
                );
                bar.suspend(|| eprintln!("{line}"));
            }
        }
        ControlFlow::Continue(())
    })
}

/// A bar with the time left on a terminal; nothing elsewhere.
fn bar(updates: u64) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(updates), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
