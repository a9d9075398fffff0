//! `metrics.jsonl`: one line an epoch.

use std::fs;
use std::path::Path;

use linnet_files::json_problem;
use serde::{Deserialize, Serialize};

use crate::checkpoint::write_beside;
use crate::error::TrainError;

/// An epoch's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// The epoch, from 1.
    pub epoch: u64,
    /// Steps done in all.
    pub step: u64,
    /// Mean training loss, in nats per label; of a model with heads between layers, that of all heads together, where the
    /// development set's is the last head's.
    pub loss: f64,
    /// Loss on the development set, in nats per label.
    pub dev_loss: f64,
    /// Greedy token error rate on the development set, in percent: PER for phones, CER for characters.
    pub dev_error_rate: f64,
    /// Utterances of the development set that could not be read, and so don't count in its loss and rate.
    #[serde(default, skip_serializing_if = "is_none")]
    pub dev_skipped: usize,
    /// The learning rate of the last step.
    pub learning_rate: f64,
    /// Mean length of the gradient before clipping.
    pub gradient_norm: f64,
    /// Parameters of the encoder.
    pub parameters: usize,
    /// Utterances trained on; with `criterion.consistency_weight` each counts twice, and so do its frames.
    pub utterances: usize,
    /// Utterances left out of the epoch's steps, counted in the same way.
    pub skipped: usize,
    /// Frames of features trained on.
    pub frames: usize,
    /// Seconds of training and of checkpoints within the epoch, without the development set.
    pub seconds: f64,
    /// The same since the run's first step.
    pub total_seconds: f64,
    /// Frames of features per second.
    pub frames_per_s: f64,
    /// Share of the seconds in which training waited for data.
    pub data_wait: f64,
    /// Working time of the data threads, as a share of the seconds.
    pub data_work: f64,
    /// Share of the seconds that subsampling took.
    pub subsampling: f64,
    /// Share of the seconds in which the first rank, its own gradients being there, waited for those of the others.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ranks_wait: f64,
    /// Share of the seconds that the sum of gradients over the ranks took.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ranks_sum: f64,
    /// Peak memory of the process since it began or continued the run, in megabytes; 0 where the system doesn't tell.
    pub peak_mb: f64,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde hands it over.
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Whether there is nothing to tell, as of one rank.
#[allow(clippy::trivially_copy_pass_by_ref)] // As serde hands it over.
fn is_zero(share: &f64) -> bool {
    *share == 0.0
}

impl EpochRecord {
    /// The record of the lowest development error rate, the first of equal ones; `None` of none.
    pub fn best(records: &[Self]) -> Option<&Self> {
        records.iter().min_by(|a, b| a.dev_error_rate.total_cmp(&b.dev_error_rate))
    }
}

/// Reads the epochs of a `metrics.jsonl`. What a crash left of a last line, one without its end, is passed over.
///
/// # Errors
///
/// A file that can't be read; the first line that is no epoch's.
pub fn read_metrics(path: &Path) -> Result<Vec<EpochRecord>, TrainError> {
    let text = fs::read_to_string(path).map_err(|e| TrainError::io(path, e))?;
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    text[..whole]
        .lines()
        .enumerate()
        .map(|(i, line)| {
            let wrong = |what: String| {
                let problem = format!("line {}: {what}; bring the file back, or train the run again", i + 1);
                TrainError::Config { file: path.to_path_buf(), problem }
            };
            let record: EpochRecord = serde_json::from_str(line)
                .map_err(|e| wrong(format!("it is no epoch's record: {}", json_problem(&e))))?;
            match record.epoch == i as u64 + 1 {
                true => Ok(record),
                false => Err(wrong(format!("epoch {} where {} should stand", record.epoch, i + 1))),
            }
        })
        .collect()
}

/// Writes all epochs' records.
pub(crate) fn write_metrics(path: &Path, records: &[EpochRecord]) -> Result<(), TrainError> {
    let mut text = String::new();
    for record in records {
        text += &serde_json::to_string(record).map_err(|e| TrainError::io(path, e.into()))?;
        text.push('\n');
    }
    write_beside(path, text.as_bytes())
}
