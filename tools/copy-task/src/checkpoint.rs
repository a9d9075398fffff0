//! The place that a run continues from: weights, optimiser and progress in one file.

use std::path::{Path, PathBuf};

use linnet_encoder::Encoder;
use linnet_train::{Adam, TrainError, restore_checkpoint};
use serde::{Deserialize, Serialize};

/// How far a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Updates done.
    pub(crate) update: u64,
    /// Seconds of training.
    pub(crate) seconds: f64,
}

pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join("checkpoint.safetensors")
}

/// Takes over what the checkpoint holds; without one the run is at its start.
pub(crate) fn restore(folder: &Path, encoder: &Encoder, adam: &mut Adam) -> Result<Progress, TrainError> {
    let path = path(folder);
    if path.exists() { restore_checkpoint(&path, encoder, adam) } else { Ok(Progress::default()) }
}
