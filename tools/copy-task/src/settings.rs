//! What a run is: all that its numbers depend on.

use std::fs;
use std::path::Path;

use linnet_encoder::{EncoderConfig, MixerKind};
use linnet_files::write_beside;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::task::Task;

/// By how much the learning rate drops.
const DROP: f64 = 0.1;

/// A run's settings, as its `config.toml` has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) seed: u64,
    /// Sequences of an update.
    pub(crate) batch: usize,
    pub(crate) updates: u64,
    pub(crate) learning_rate: f64,
    /// Updates after which the learning rate is a tenth.
    pub(crate) drop_at: u64,
    /// Decoupled weight decay.
    #[serde(default)]
    pub(crate) weight_decay: f64,
    pub(crate) task: Task,
    pub(crate) model: EncoderConfig,
}

/// What a batch's inputs may take: the paper's task takes 700 kB.
const MAX_BATCH_BYTES: usize = 1 << 30;

impl Settings {
    /// Checks every value's range.
    pub(crate) fn validate(&self) -> Result<()> {
        self.task.validate()?;
        self.model.validate()?;
        if !self.model.mixer.is_causal() {
            let kinds: Vec<&str> =
                MixerKind::ALL.into_iter().filter(|kind| kind.is_causal()).map(MixerKind::name).collect();
            let (name, kinds) = (self.model.mixer.name(), kinds.join(", "));
            return Err(format!("{name} sees what it is to foretell; the causal kinds are {kinds}").into());
        }
        if !self.model.self_conditioning.is_empty() {
            return Err(
                "self_conditioning: the task's loss is no CTC, which heads between layers have".into()
            );
        }
        if !(1..=10_000).contains(&self.batch) {
            return Err(format!("--batch {}: must be from 1 to 10000", self.batch).into());
        }
        // One-hot inputs of the longest sequences, in f32.
        let bytes = 4 * self.batch * (2 * self.task.max_symbols + 1) * self.task.tokens();
        if bytes > MAX_BATCH_BYTES {
            let megabytes = bytes >> 20;
            return Err(format!(
                "--batch {}: with --max-symbols {} and --symbols {} its inputs take {megabytes} MB, and {} is the most; lower one of them",
                self.batch,
                self.task.max_symbols,
                self.task.symbols,
                MAX_BATCH_BYTES >> 20
            )
            .into());
        }
        if !(0.0..=1.0).contains(&self.weight_decay) {
            return Err(format!("--weight-decay {}: must be from 0 to 1", self.weight_decay).into());
        }
        if self.updates == 0 {
            return Err("--updates 0: must be above 0".into());
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return Err(format!("--learning-rate {}: must be above 0, up to 1", self.learning_rate).into());
        }
        Ok(())
    }

    /// The learning rate of an update, from 1.
    pub(crate) fn rate(&self, update: u64) -> f64 {
        if update > self.drop_at { self.learning_rate * DROP } else { self.learning_rate }
    }

    /// Reads a run's settings from its folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("config.toml");
        let text = fs::read_to_string(&path)
            .map_err(|e| format!("{}: {e}; give the folder of a run", path.display()))?;
        toml::from_str(&text).map_err(|e| {
            format!("{}: {e}; it is no configuration of a copy task's run", path.display()).into()
        })
    }

    /// Makes a run's folder, or fails if it holds another run.
    pub(crate) fn enter(&self, folder: &Path) -> Result<()> {
        let path = folder.join("config.toml");
        if path.exists() {
            return match Self::read(folder)? == *self {
                true => Ok(()),
                false => Err(format!(
                    "{}: the run was started with other settings; give the same, or another folder",
                    path.display()
                )
                .into()),
            };
        }
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let text = toml::to_string(self)?;
        write_beside(&path, |out| out.write_all(text.as_bytes()))
            .map_err(|e| format!("{}: {e}", path.display()).into())
    }
}

#[cfg(test)]
pub(crate) fn tiny(mixer: MixerKind) -> Settings {
    let model = EncoderConfig {
        subsampling: 1,
        layers: 1,
        dim: 8,
        heads: 2,
        feed_forward: 16,
        mixer,
        dropout: 0.0,
        ..EncoderConfig::default()
    };
    let task = Task { symbols: 3, min_symbols: 1, max_symbols: 4 };
    let (batch, updates, learning_rate, drop_at) = (2, 430, 1e-2, 300);
    Settings { seed: 5, batch, updates, learning_rate, drop_at, weight_decay: 0.0, task, model }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_takes_one_run() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("runs/one");
        let settings = tiny(MixerKind::CausalLsh);
        settings.enter(&out).unwrap();
        assert_eq!(Settings::read(&out).unwrap(), settings);
        settings.enter(&out).unwrap();
        let message = Settings { batch: 3, ..settings }.enter(&out).unwrap_err().to_string();
        assert!(message.contains("config.toml") && message.contains("another folder"), "{message}");
        fs::write(out.join("config.toml"), "batch = {").unwrap();
        assert!(Settings::read(&out).unwrap_err().to_string().contains("config.toml"));
        assert!(Settings::read(folder.path()).unwrap_err().to_string().contains("folder of a run"));
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let settings = tiny(MixerKind::CausalLinear);
        settings.validate().unwrap();
        assert!(tiny(MixerKind::Linear).validate().unwrap_err().to_string().contains("causal_linear"));
        for (wrong, word) in [
            (Settings { batch: 0, ..settings.clone() }, "--batch"),
            (Settings { updates: 0, ..settings.clone() }, "--updates"),
            (
                Settings {
                    batch: 100,
                    task: Task { symbols: 1000, min_symbols: 1, max_symbols: 10_000 },
                    ..settings.clone()
                },
                "inputs take 7637 MB",
            ),
            (Settings { learning_rate: f64::NAN, ..settings.clone() }, "--learning-rate"),
            (Settings { weight_decay: -0.1, ..settings.clone() }, "--weight-decay"),
            (Settings { model: EncoderConfig { heads: 3, ..settings.model.clone() }, ..settings }, "heads"),
        ] {
            assert!(wrong.validate().unwrap_err().to_string().contains(word), "{word}");
        }
    }

    #[test]
    fn the_learning_rate_drops_after_its_update() {
        let settings = tiny(MixerKind::CausalSoftmax);
        assert_eq!((settings.rate(300), settings.rate(301)), (1e-2, 1e-2 * 0.1));
    }
}
