//! What an epoch of the paper's corpus would take with the paper's kinds, and with the additions that help them.

use std::error::Error;

use crate::case::{Batch, Case, Kind};
use crate::measure::{median, sorted};
use crate::ours::encoder::parameters;
use crate::report;
use crate::worker::Worker;

/// The kinds, and the seconds an epoch that Katharopoulos et al., 2020, table 3, report of theirs on a GPU. Linear,
/// that the others are compared with, comes first.
const KINDS: [(&str, Option<f64>); 8] = [
    ("linear", Some(824.0)),
    ("linear+", None),
    ("gated_decay+", None),
    ("local_softmax+", None),
    ("bi_lstm", Some(1047.0)),
    ("lsh", Some(2250.0)),
    ("softmax", Some(2711.0)),
    ("softmax+", None),
];

/// Frames of 10 ms in WSJ's training set si284, 81.3 hours.
const EPOCH_FRAMES: f64 = 81.3 * 3600.0 * 100.0;

/// The paper's mean sentence has about 800 frames.
const BATCH: Batch = Batch { utterances: 8, frames: 800 };

/// Takes so many training steps of linear and of each kind, one after another in turn, and prints a table of their
/// medians.
pub(crate) fn run(kinds: &[String], steps: usize) -> Result<(), Box<dyn Error>> {
    let wanted = |name: &str| name == KINDS[0].0 || kinds.is_empty() || kinds.iter().any(|kind| kind == name);
    if let Some(kind) = kinds.iter().find(|kind| KINDS.iter().all(|(name, _)| name != kind)) {
        let names: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no kind {kind:?} in the table; there are {}", names.join(", ")).into());
    }
    let table: Vec<_> = KINDS.into_iter().filter(|(name, _)| wanted(name)).collect();
    let name = |kind: &str| format!("train-{kind}-{}x{}", BATCH.utterances, BATCH.frames);
    let mut workers = Vec::new();
    for (kind, _) in &table {
        let mut worker = Worker::linnet(&Case::parse(&name(kind))?, None)?;
        // The first step fills the pools.
        worker.step()?;
        workers.push((worker, Vec::with_capacity(steps)));
    }
    for step in 1..=steps {
        for (worker, times) in &mut workers {
            times.push(worker.step()? / 1e3);
        }
        if step % 10 == 0 {
            report::progress(&format!("{step} of {steps} steps"));
        }
    }
    let seconds: Vec<f64> = workers.into_iter().filter_map(|(_, times)| median(&sorted(times))).collect();
    report::progress(
        "\n| kind | parameters | s a step | frames a s | s an epoch of si284 | of linear's | the paper's s | of linear's |\n\
         |---|---|---|---|---|---|---|---|",
    );
    for ((kind, paper), &time) in table.iter().zip(&seconds) {
        let frames_per_s = (BATCH.utterances * BATCH.frames) as f64 / time;
        let theirs = match (paper, KINDS[0].1) {
            (Some(paper), Some(linear)) => format!("{paper:.0} | {:.2}", paper / linear),
            _ => "– | –".to_owned(),
        };
        report::progress(&format!(
            "| {kind} | {} | {time:.3} | {frames_per_s:.0} | {:.0} | {:.2} | {theirs} |",
            parameters(Kind::parse(kind)?)?,
            EPOCH_FRAMES / frames_per_s,
            time / seconds[0],
        ));
    }
    Ok(())
}
