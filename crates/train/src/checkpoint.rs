//! Checkpoints: all that a run needs to continue bit for bit, in one file.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use linnet_encoder::Encoder;
use linnet_files::json_problem;
use safetensors::SafeTensors;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::TrainError;
use crate::optimizer::Adam;
use crate::schedule::Schedule;

/// A run's place between two steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The epoch at hand, from 1.
    pub(crate) epoch: u64,
    /// The batch of the epoch's plan that comes next.
    pub(crate) batch: usize,
    /// Steps done.
    pub(crate) step: u64,
    /// The checksum of the data that it trains on.
    pub(crate) data: u32,
    pub(crate) schedule: Schedule,
    /// The lowest development error rate and its epoch.
    pub(crate) best: Option<(f64, u64)>,
    pub(crate) sums: Sums,
    /// Seconds of training before the epoch at hand.
    pub(crate) seconds: f64,
}

/// What the epoch at hand has summed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sums {
    pub(crate) loss: f64,
    pub(crate) labels: usize,
    pub(crate) gradient_norm: f64,
    pub(crate) steps: usize,
    pub(crate) utterances: usize,
    pub(crate) skipped: usize,
    pub(crate) frames: usize,
    pub(crate) seconds: f64,
    pub(crate) wait: f64,
    pub(crate) work: f64,
    pub(crate) subsampling: f64,
    #[serde(default)]
    pub(crate) ranks_wait: f64,
    #[serde(default)]
    pub(crate) ranks_sum: f64,
}

const MODEL: &str = "model.";
const OPTIMIZER: &str = "optimizer.";
const STATE: &str = "state";

const FOLDER: &str = "checkpoints";

/// The checkpoints of an experiment folder.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    folder: PathBuf,
}

impl Checkpoints {
    pub(crate) fn new(experiment: &Path) -> Self {
        Self { folder: experiment.join(FOLDER) }
    }

    /// Makes the folder, and takes out what a process left that was ended while it wrote.
    pub(crate) fn open(&self) -> Result<(), TrainError> {
        let error = |e| TrainError::io(&self.folder, e);
        fs::create_dir_all(&self.folder).map_err(error)?;
        for entry in fs::read_dir(&self.folder).map_err(error)?.flatten() {
            if linnet_files::is_unfinished(&entry.path()) {
                fs::remove_file(entry.path()).map_err(error)?;
            }
        }
        Ok(())
    }

    /// Whether an experiment folder has one to continue from, or what a run that came to its end leaves: its model, or
    /// what it was decoded to.
    pub(crate) fn begun(experiment: &Path) -> bool {
        let there = |name: &str| experiment.join(name).is_dir();
        Self::new(experiment).latest().is_file() || there("model") || there("decode")
    }

    /// The statistics by which the features of all sittings are normalised.
    pub(crate) fn statistics(&self) -> PathBuf {
        self.folder.join("cmvn.json")
    }

    /// The file that a run continues from.
    pub(crate) fn latest(&self) -> PathBuf {
        self.folder.join("latest.safetensors")
    }

    /// The weights of the best epoch.
    pub(crate) fn best(&self) -> PathBuf {
        self.folder.join("best.safetensors")
    }

    /// The weights at an epoch's end.
    pub(crate) fn epoch(&self, epoch: u64) -> PathBuf {
        self.folder.join(format!("epoch-{epoch:04}.safetensors"))
    }

    /// Writes weights, optimiser and state.
    pub(crate) fn save(&self, encoder: &Encoder, adam: &Adam, state: &State) -> Result<(), TrainError> {
        save_checkpoint(&self.latest(), encoder, adam, state)
    }

    /// Writes the weights alone.
    pub(crate) fn save_weights(&self, encoder: &Encoder, path: &Path) -> Result<(), TrainError> {
        write(path, &encoder.tensors()?, None)
    }

    /// Keeps the weights of an epoch as the best.
    pub(crate) fn keep_best(&self, epoch: u64) -> Result<(), TrainError> {
        let path = self.epoch(epoch);
        let bytes = fs::read(&path).map_err(|e| TrainError::io(&path, e))?;
        write_beside(&self.best(), &bytes)
    }

    /// Forgets the weights of old epochs.
    pub(crate) fn forget(&self, epoch: u64) -> Result<(), TrainError> {
        let path = self.epoch(epoch);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(TrainError::io(&path, e)),
            _ => Ok(()),
        }
    }

    /// Reads the state alone.
    pub(crate) fn state(&self) -> Result<State, TrainError> {
        let path = self.there()?;
        state(&path, &fs::read(&path).map_err(|e| TrainError::io(&path, e))?)
    }

    /// Reads weights and optimiser back, and the state.
    pub(crate) fn restore(&self, encoder: &Encoder, adam: &mut Adam) -> Result<State, TrainError> {
        restore_checkpoint(&self.there()?, encoder, adam)
    }

    /// The file that a run continues from. Fails where there is none.
    fn there(&self) -> Result<PathBuf, TrainError> {
        let path = self.latest();
        if !path.is_file() {
            let problem = "there is no checkpoint to continue from; leave --resume out to start anew, in another folder if this \
                 one has a model"
                .into();
            return Err(TrainError::Checkpoint { path, problem });
        }
        Ok(path)
    }

    /// Sets the encoder's weights to the mean of several epochs', summed in f64 in the epochs' order.
    pub(crate) fn average(&self, encoder: &Encoder, epochs: &[u64]) -> Result<(), TrainError> {
        let mut sums: HashMap<String, (Vec<f64>, candle_core::Shape)> = HashMap::new();
        for &epoch in epochs {
            let path = self.epoch(epoch);
            let unread = || {
                let problem = format!(
                    "no weights can be read from it, one of the {} epochs to average; train the run again in another folder",
                    epochs.len()
                );
                TrainError::Checkpoint { path: path.clone(), problem }
            };
            let tensors = candle_core::safetensors::load(&path, &Device::Cpu).map_err(|_| unread())?;
            for (name, tensor) in tensors {
                let values = tensor.flatten_all()?.to_vec1::<f32>().map_err(|_| unread())?;
                let (sum, _) =
                    sums.entry(name).or_insert_with(|| (vec![0.0; values.len()], tensor.shape().clone()));
                sum.iter_mut().zip(values).for_each(|(s, v)| *s += f64::from(v));
            }
        }
        let mut means = HashMap::new();
        for (name, (sum, shape)) in sums {
            let mean: Vec<f32> = sum.iter().map(|s| (s / epochs.len() as f64) as f32).collect();
            means.insert(name, Tensor::from_vec(mean, shape, &Device::Cpu)?);
        }
        Ok(encoder.set_tensors(means, &self.folder)?)
    }
}

/// Writes all that a run needs to continue bit for bit into one file: weights, optimiser, and its own state.
///
/// # Errors
///
/// A file that can't be written.
pub fn save_checkpoint(
    path: &Path,
    encoder: &Encoder,
    adam: &Adam,
    state: &impl Serialize,
) -> Result<(), TrainError> {
    let mut tensors = HashMap::new();
    tensors.extend(encoder.tensors()?.into_iter().map(|(name, t)| (format!("{MODEL}{name}"), t)));
    tensors.extend(adam.tensors()?.into_iter().map(|(name, t)| (format!("{OPTIMIZER}{name}"), t)));
    let state = serde_json::to_string(state).map_err(|e| TrainError::io(path, e.into()))?;
    write(path, &tensors, Some(HashMap::from([(STATE.to_string(), state)])))
}

/// Reads weights and optimiser back from what [`save_checkpoint`] has written, and the state.
///
/// # Errors
///
/// A file that is damaged, holds no state, or is of another model or version is named.
pub fn restore_checkpoint<S: DeserializeOwned>(
    path: &Path,
    encoder: &Encoder,
    adam: &mut Adam,
) -> Result<S, TrainError> {
    let bytes = fs::read(path).map_err(|e| TrainError::io(path, e))?;
    let state = state(path, &bytes)?;
    let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).map_err(|_| damaged(path))?;
    let part = |prefix: &str| -> HashMap<String, Tensor> {
        let named =
            tensors.iter().filter_map(|(n, t)| Some((n.strip_prefix(prefix)?.to_string(), t.clone())));
        named.collect()
    };
    adam.restore(&part(OPTIMIZER)).map_err(|problem| {
        let problem =
            format!("the optimiser's {problem}; copy the checkpoint again, or start anew in another folder");
        TrainError::Checkpoint { path: path.to_path_buf(), problem }
    })?;
    encoder.set_tensors(part(MODEL), path)?;
    Ok(state)
}

/// The state in a checkpoint's bytes.
fn state<S: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<S, TrainError> {
    let error = |problem: String| TrainError::Checkpoint { path: path.to_path_buf(), problem };
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|_| damaged(path))?;
    let state = header.metadata().as_ref().and_then(|m| m.get(STATE)).ok_or_else(|| {
        error(
            "it holds no state, only weights, and is no run's checkpoint; give a run's latest.safetensors"
                .into(),
        )
    })?;
    serde_json::from_str(state).map_err(|e| {
        error(format!(
            "its state doesn't read ({}); continue with the version of Linnet that wrote it",
            json_problem(&e)
        ))
    })
}

fn damaged(path: &Path) -> TrainError {
    let problem = "it is damaged; copy it again, or start anew in another folder".into();
    TrainError::Checkpoint { path: path.to_path_buf(), problem }
}

fn write(
    path: &Path,
    tensors: &HashMap<String, Tensor>,
    metadata: Option<HashMap<String, String>>,
) -> Result<(), TrainError> {
    let bytes = safetensors::serialize(tensors, metadata)
        .map_err(|e| TrainError::io(path, std::io::Error::other(e.to_string())))?;
    write_beside(path, &bytes)
}

/// Writes a whole file, see [`linnet_files::write_beside`].
pub(crate) fn write_beside(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    linnet_files::write_beside(path, |out| out.write_all(bytes)).map_err(|e| TrainError::io(path, e))
}

#[cfg(test)]
mod tests {
    use linnet_encoder::EncoderConfig;

    use super::*;
    use crate::optimizer::{AdamSettings, OptimizerKind};

    #[test]
    fn tensors_of_other_types_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latest.safetensors");
        let config = EncoderConfig { layers: 1, dim: 8, heads: 2, feed_forward: 8, ..Default::default() };
        let encoder = Encoder::new(&config, 8, 5, 1).unwrap();
        let kind = OptimizerKind::AdamW;
        let settings = AdamSettings { kind, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 };
        let mut adam = Adam::new(&encoder, settings);
        save_checkpoint(&path, &encoder, &adam, &1).unwrap();
        assert_eq!(restore_checkpoint::<u32>(&path, &encoder, &mut adam).unwrap(), 1);
        let whole = candle_core::safetensors::load(&path, &Device::Cpu).unwrap();
        let mut with = |name: &str, dtype| {
            let mut tensors = whole.clone();
            let other = tensors[name].to_dtype(dtype).unwrap();
            tensors.insert(name.into(), other);
            write(&path, &tensors, Some(HashMap::from([(STATE.into(), "1".into())]))).unwrap();
            let error = restore_checkpoint::<u32>(&path, &encoder, &mut adam).unwrap_err().to_string();
            error.strip_prefix(&format!("{}: ", path.display())).map(String::from).unwrap()
        };
        let problem = with("optimizer.mean", candle_core::DType::F64);
        let wanted =
            format!("the optimiser's mean is F64 [{0}], not F32 [{0}]; copy", encoder.parameter_count());
        assert!(problem.starts_with(&wanted), "{problem}");
        let problem = with("optimizer.steps", candle_core::DType::F32);
        assert!(
            problem.starts_with("the optimiser's steps is no list of 64-bit integers; copy"),
            "{problem}"
        );

        let checkpoints = Checkpoints::new(folder.path());
        checkpoints.open().unwrap();
        let weights = encoder.tensors().unwrap();
        let halves = weights.into_iter().map(|(n, t)| (n, t.to_dtype(candle_core::DType::F16).unwrap()));
        write(&checkpoints.epoch(1), &halves.collect(), None).unwrap();
        let error = checkpoints.average(&encoder, &[1]).unwrap_err().to_string();
        assert!(
            error.contains("epoch-0001.safetensors: no weights can be read from it, one of the 1"),
            "{error}"
        );
    }
}
