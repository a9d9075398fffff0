//! What an epoch of the paper's corpus would take with each of the paper's kinds.

use std::error::Error;

use linnet_encoder::MixerKind;

use crate::case::{Batch, Case};
use crate::ours::encoder::parameters;
use crate::report;
use crate::worker::Worker;

/// The kinds, and the seconds an epoch that Katharopoulos et al., 2020, table 3, report of theirs on a GPU.
const KINDS: [(MixerKind, f64); 4] = [
    (MixerKind::BiLstm, 1047.0),
    (MixerKind::Softmax, 2711.0),
    (MixerKind::Lsh, 2250.0),
    (MixerKind::Linear, 824.0),
];

/// Frames of 10 ms in WSJ's training set si284, 81.3 hours.
const EPOCH_FRAMES: f64 = 81.3 * 3600.0 * 100.0;

/// The paper's mean sentence has about 800 frames.
const BATCH: Batch = Batch { utterances: 8, frames: 800 };

/// Takes so many training steps of each kind, one after another in turn, and prints a table of their medians.
pub(crate) fn run(steps: usize) -> Result<(), Box<dyn Error>> {
    let mut workers = Vec::new();
    for (mixer, _) in KINDS {
        let name = format!("train-{}-{}x{}", mixer.name(), BATCH.utterances, BATCH.frames);
        let mut worker = Worker::linnet(&Case::parse(&name)?, None)?;
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
    let seconds: Vec<f64> = workers.into_iter().map(|(_, times)| median(times)).collect();
    let (linear, paper_linear) = (seconds[KINDS.len() - 1], KINDS[KINDS.len() - 1].1);
    report::progress(
        "\n| kind | parameters | s a step | frames a s | s an epoch of si284 | of linear's | the paper's s | of linear's |\n\
         |---|---|---|---|---|---|---|---|",
    );
    for ((mixer, paper), seconds) in KINDS.into_iter().zip(seconds) {
        let frames_per_s = (BATCH.utterances * BATCH.frames) as f64 / seconds;
        report::progress(&format!(
            "| {} | {} | {seconds:.3} | {frames_per_s:.0} | {:.0} | {:.2} | {paper:.0} | {:.2} |",
            mixer.name(),
            parameters(mixer)?,
            EPOCH_FRAMES / frames_per_s,
            seconds / linear,
            paper / paper_linear,
        ));
    }
    Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
