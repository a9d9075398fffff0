//! `metrics.jsonl`: one line for every 20 updates.

use std::fs;
use std::path::{Path, PathBuf};

use linnet_files::write_beside;
use serde::{Deserialize, Serialize};

use crate::Result;

/// What is measured of some updates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Updates done.
    pub(crate) update: u64,
    /// Mean loss since the last record, in nats a symbol.
    pub(crate) loss: f64,
    /// Loss on the validation set after the update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) validation_loss: Option<f64>,
    /// The share of the validation set's symbols that had the highest probability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) validation_right: Option<f64>,
    pub(crate) learning_rate: f64,
    /// The last update's length of the gradient.
    pub(crate) gradient_norm: f64,
    /// Seconds of training since the first update, without the validation set.
    pub(crate) seconds: f64,
    pub(crate) threads: usize,
    pub(crate) parameters: usize,
}

fn path(folder: &Path) -> PathBuf {
    folder.join("metrics.jsonl")
}

/// Reads a run's records.
pub(crate) fn read(folder: &Path) -> Result<Vec<Record>> {
    let path = path(folder);
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let line = |(i, line)| {
        serde_json::from_str(line).map_err(|e| format!("{}:{}: {e}", path.display(), i + 1).into())
    };
    text.lines().enumerate().map(line).collect()
}

/// Writes all of a run's records.
pub(crate) fn write(folder: &Path, records: &[Record]) -> Result<()> {
    let path = path(folder);
    let mut text = String::new();
    for record in records {
        text += &serde_json::to_string(record)?;
        text.push('\n');
    }
    write_beside(&path, |out| out.write_all(text.as_bytes()))
        .map_err(|e| format!("{}: {e}", path.display()).into())
}
