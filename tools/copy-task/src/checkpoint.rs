//! The place that a run continues from: weights, optimiser and progress in one file.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use linnet_encoder::Encoder;
use linnet_text::write_beside;
use linnet_train::Adam;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use crate::Result;

/// How far a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Updates done.
    pub(crate) update: u64,
    /// Seconds of training.
    pub(crate) seconds: f64,
}

const MODEL: &str = "model.";
const OPTIMIZER: &str = "optimizer.";
const PROGRESS: &str = "progress";

pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join("checkpoint.safetensors")
}

/// Writes the checkpoint over the one before.
pub(crate) fn save(folder: &Path, encoder: &Encoder, adam: &Adam, progress: Progress) -> Result<()> {
    let named = |prefix: &str, tensors: HashMap<String, Tensor>| -> Vec<(String, Tensor)> {
        tensors.into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor)).collect()
    };
    let tensors = [named(MODEL, encoder.tensors()?), named(OPTIMIZER, adam.tensors()?)].concat();
    let header = HashMap::from([(PROGRESS.to_string(), serde_json::to_string(&progress)?)]);
    let bytes = safetensors::serialize(tensors, Some(header))?;
    let path = path(folder);
    write_beside(&path, |out| out.write_all(&bytes)).map_err(|e| format!("{}: {e}", path.display()).into())
}

/// Takes over what the checkpoint holds; without one the run is at its start.
pub(crate) fn restore(folder: &Path, encoder: &Encoder, adam: &mut Adam) -> Result<Progress> {
    let path = path(folder);
    if !path.exists() {
        return Ok(Progress::default());
    }
    let error =
        |problem: String| format!("{}: {problem}; remove the run's folder to start it anew", path.display());
    let bytes = fs::read(&path).map_err(|e| error(e.to_string()))?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| error(e.to_string()))?;
    let progress = header.metadata().as_ref().and_then(|header| header.get(PROGRESS));
    let progress = progress.ok_or_else(|| error("it tells no progress".into()))?;
    let progress = serde_json::from_str(progress).map_err(|e| error(e.to_string()))?;
    let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)?;
    let part = |prefix: &str| -> HashMap<String, Tensor> {
        let of = |(name, tensor): (&String, &Tensor)| {
            Some((name.strip_prefix(prefix)?.to_string(), tensor.clone()))
        };
        tensors.iter().filter_map(of).collect()
    };
    adam.restore(&part(OPTIMIZER)).map_err(|e| error(e.to_string()))?;
    encoder.set_tensors(part(MODEL), &path)?;
    Ok(progress)
}
