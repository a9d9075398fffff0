//! One run, one TOML: tables, defaults, overlays.

mod criterion;
mod overlay;
mod settings;
mod train;

use std::path::{Path, PathBuf};

use linnet::toml_words;
use linnet_corpus::{Augment, Join};
use linnet_encoder::{Encoder, EncoderConfig};
use linnet_frontend::{FbankConfig, SpecAugment};
use linnet_text::Unit;
use serde::{Deserialize, Serialize};
use toml::Table;

pub use criterion::{CriterionConfig, CriterionKind};
pub use overlay::check_keys;
pub use settings::{Settings, differences};
pub use train::{Select, TrainConfig};

use crate::error::TrainError;

/// A run's configuration, all keys resolved.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunConfig {
    /// What is trained on.
    pub data: DataConfig,
    /// How features are made.
    pub features: FbankConfig,
    /// How training utterances are varied.
    pub augment: Augment,
    /// The encoder.
    pub model: EncoderConfig,
    /// The loss.
    pub criterion: CriterionConfig,
    /// How it is trained.
    pub train: TrainConfig,
}

/// The `[data]` table: files as `linnet prepare` writes them. Relative paths start at the current folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataConfig {
    /// Manifest of the training set.
    pub train: PathBuf,
    /// Manifest of the development set.
    pub dev: PathBuf,
    /// The token table.
    pub tokens: PathBuf,
    /// The pronunciation lexicon, for phones.
    pub lexicon: PathBuf,
    /// The unit of a token.
    pub unit: Unit,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            train: "data/train.jsonl".into(),
            dev: "data/dev.jsonl".into(),
            tokens: "data/tokens.txt".into(),
            lexicon: "data/lexicon.txt".into(),
            unit: Unit::Phone,
        }
    }
}

impl RunConfig {
    /// Reads a configuration file, the files that it extends, and settings `key.path=value` on top.
    ///
    /// # Errors
    ///
    /// An unknown key is named with its file and the nearest known key; a wrong value with what is allowed.
    pub fn read(path: &Path, settings: &[String]) -> Result<Self, TrainError> {
        Self::layered(path, &[], settings)
    }

    /// As [`RunConfig::read`], with tables between the files and the settings, each of which names itself in errors.
    ///
    /// # Errors
    ///
    /// Those of [`RunConfig::read`], with the file, table or setting that has the fault.
    pub fn layered(
        path: &Path,
        layers: &[(PathBuf, Table)],
        settings: &[String],
    ) -> Result<Self, TrainError> {
        let known = known()?;
        let mut parts = overlay::chain(path, &known)?;
        for (name, layer) in layers {
            check_keys(layer, &known, name)?;
            parts.push((name.clone(), layer.clone()));
        }
        for setting in settings {
            parts.push((format!("--set {setting}").into(), overlay::setting(setting, &known)?));
        }
        let merged = overlay::merged(parts.iter().map(|(_, part)| part));
        Self::of(merged).map_err(|problem| {
            // The first part with which it is wrong in this way.
            let wrong = |count: &usize| {
                let merged = overlay::merged(parts[..*count].iter().map(|(_, part)| part));
                Self::of(merged).is_err_and(|other| other == problem)
            };
            let count = (1..=parts.len()).find(wrong).unwrap_or(parts.len());
            TrainError::Config { file: parts[count - 1].0.clone(), problem }
        })
    }

    /// The configuration that a table is, or the key that is wrong, and how.
    fn of(table: Table) -> Result<Self, String> {
        let config = Self::deserialize(toml::Value::Table(table));
        let config = config.map_err(|error| {
            let message = error.to_string();
            match message.trim().trim_end_matches('`').rsplit_once("\nin `") {
                Some((problem, key)) => format!("{key}: {}", toml_words(problem)),
                None => toml_words(&message),
            }
        })?;
        config.validate()?;
        Ok(config)
    }

    /// The table that a setting `key.path=value` lays on top of a configuration.
    ///
    /// # Errors
    ///
    /// A setting that has no `=`, or an unknown key.
    pub fn setting(setting: &str) -> Result<Table, TrainError> {
        overlay::setting(setting, &known()?)
    }

    /// Reads a resolved configuration as [`RunConfig::to_toml`] writes it.
    ///
    /// # Errors
    ///
    /// Those of [`RunConfig::read`]; a file that was cut.
    pub fn read_resolved(path: &Path) -> Result<Self, TrainError> {
        let mut config = Self::read(path, &[])?;
        // Among the last keys that are written, and in files of any age.
        let parts = overlay::chain(path, &known()?)?;
        let train = parts.last().and_then(|(_, table)| table.get("train")?.as_table());
        if !train.is_some_and(|train| train.contains_key("cache_mb")) {
            let problem =
                "it isn't whole, as train.cache_mb is missing; bring the file back, or train the run again";
            return Err(TrainError::Config { file: path.to_path_buf(), problem: problem.into() });
        }
        // Of versions that had no such key.
        if !train.is_some_and(|train| train.contains_key("regularise_after")) {
            config.train.regularise_after = 0;
        }
        Ok(config)
    }

    /// The resolved configuration as a file.
    ///
    /// # Errors
    ///
    /// A value that TOML can't hold, as a number beyond 63 bits.
    pub fn to_toml(&self) -> Result<String, TrainError> {
        toml::to_string(self)
            .map_err(|e| TrainError::Config { file: "config.toml".into(), problem: e.to_string() })
    }

    /// The parameters of the encoder with a table of so many tokens, blank included.
    ///
    /// # Errors
    ///
    /// A configuration of the model that isn't valid.
    pub fn parameters(&self, tokens: usize) -> Result<usize, TrainError> {
        Ok(Encoder::count_parameters(&self.model, self.features.dim(), tokens)?)
    }

    /// What makes a run what it is, wherever its data lie and however it is computed: file names in place of paths, and
    /// defaults for what changes no number.
    pub fn identity(&self) -> Self {
        let name = |path: &Path| path.file_name().map(PathBuf::from).unwrap_or_default();
        let mut config = self.clone();
        let data = &mut config.data;
        (data.train, data.dev) = (name(&data.train), name(&data.dev));
        (data.tokens, data.lexicon) = Default::default();
        let TrainConfig { workers, cache_mb, recompute, checkpoint_steps, label_density, .. } =
            TrainConfig::default();
        config.train =
            TrainConfig { workers, cache_mb, recompute, checkpoint_steps, label_density, ..config.train };
        config
    }

    fn validate(&self) -> Result<(), String> {
        self.features.validate().map_err(|e| e.to_string())?;
        self.model.validate().map_err(|e| e.to_string())?;
        self.augment.validate().map_err(|e| format!("augment.{e}"))?;
        self.criterion.validate()?;
        self.train.validate()?;
        if 1e3 * self.train.batch_seconds < self.features.frame_shift_ms {
            let problem = format!(
                "train.batch_seconds = {} is less than a frame; give seconds, like 30",
                self.train.batch_seconds
            );
            return Err(problem);
        }
        Ok(())
    }
}

/// The defaults, with the tables that may be absent.
fn complete() -> RunConfig {
    let join = Some(Join { shortest_s: 8.0, longest_s: 16.0 });
    let augment = Augment { join, spec_augment: Some(SpecAugment::default()), ..Augment::default() };
    RunConfig { augment, ..RunConfig::default() }
}

/// Every key that exists, as a table of defaults.
fn known() -> Result<Table, TrainError> {
    Table::try_from(complete())
        .map_err(|e| TrainError::Config { file: "defaults".into(), problem: e.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key of a table, as `table.key = value`; one that holds tables alone has a line for each of their keys.
    fn lines(name: &str, table: &Table) -> Vec<String> {
        let line = |(key, value): (&String, &toml::Value)| match value {
            toml::Value::Table(inner) if name.is_empty() => lines(key, inner),
            toml::Value::Table(inner) => lines(&format!("{name}.{key}"), inner),
            value => vec![format!("{name}.{key} = {value}")],
        };
        table.iter().flat_map(line).collect()
    }

    #[test]
    fn the_page_of_all_keys_has_each_with_its_default() {
        let page = include_str!("../../../../docs/configuration.md");
        let (mut table, mut found) = ("", Vec::new());
        for line in page.lines() {
            if let Some((_, name)) = line.strip_prefix(['#', '`']).and(line.split_once("`[")) {
                table = name.split(']').next().unwrap();
            } else if let [key, value, ..] = line.split('`').skip(1).step_by(2).collect::<Vec<_>>()[..]
                && line.starts_with("| `")
            {
                // Its value as TOML writes it.
                let value = format!("value = {value}").parse::<Table>().unwrap()["value"].to_string();
                found.push(format!("{table}.{key} = {value}"));
            }
        }
        let mut wanted = lines("", &complete().to_toml().unwrap().parse().unwrap());
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_resolved_configuration_reads_as_itself_and_wrong_values_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("a.toml"), folder.path().join("b.toml"));
        std::fs::write(&first, "[model]\nmixer = \"softmax\"\n[augment.spec_augment]\n").unwrap();
        let config = RunConfig::read(&first, &["train.epochs=3".into()]).unwrap();
        assert_eq!(config.train.epochs, 3);
        std::fs::write(&second, config.to_toml().unwrap()).unwrap();
        assert_eq!(RunConfig::read_resolved(&second).unwrap(), config);
        let other = RunConfig::read(&first, &["train.seed=9".into(), "model.dim=96".into()]).unwrap();
        let differ = differences(&config.settings().unwrap(), &other.settings().unwrap());
        let keys: Vec<&str> = differ.iter().map(|(key, ..)| key.as_str()).collect();
        assert_eq!(keys, ["model.dim", "train.epochs", "train.seed"]);

        let layer = |text: &str| (PathBuf::from("top"), text.parse::<Table>().unwrap());
        let layers = [layer("train.epochs = 5\nmodel.dim = 32"), layer("model.dim = 96")];
        let layered = RunConfig::layered(&first, &layers, &["train.epochs=3".into()]).unwrap();
        assert_eq!((layered.model.dim, layered.train.epochs), (96, 3));
        let more = RunConfig::read(&first, &["model.feed_forward=577".into()]).unwrap();
        let extra = more.parameters(40).unwrap() - config.parameters(40).unwrap();
        assert_eq!(extra, 6 * (2 * 144 + 1));
        let error = RunConfig::layered(&first, &[layer("model.dimm = 1")], &[]).unwrap_err();
        assert_eq!(error.to_string(), "top: there is no key model.dimm; did you mean model.dim?");

        let above = folder.path().join("above.toml");
        std::fs::write(&above, "extends = \"a.toml\"\ntrain.epochs = 7\n").unwrap();
        std::fs::write(&first, "[train]\nclip = -1").unwrap();
        let message = RunConfig::read(&above, &[]).unwrap_err().to_string();
        assert!(message.contains("a.toml: train.clip must be"), "{message}");
        std::fs::write(&first, "[train]\nclip = 1").unwrap();
        std::fs::write(&above, "extends = \"a.toml\"\ntrain.epochs = \"x\"").unwrap();
        let message = RunConfig::read(&above, &["train.clip=2".into()]).unwrap_err().to_string();
        assert!(
            message.contains("above.toml: train.epochs: the text \"x\" stands where a whole number"),
            "{message}"
        );
        std::fs::write(&above, "extends = \"gone.toml\"").unwrap();
        let message = RunConfig::read(&above, &[]).unwrap_err().to_string();
        assert!(message.contains("above.toml: extends names ") && message.contains("gone.toml"), "{message}");
        std::fs::write(&first, "[model]\nmixer = \"softmax\"\n").unwrap();
        assert!(RunConfig::read_resolved(&first).unwrap_err().to_string().contains("it isn't whole"));

        let message = |set: &str| RunConfig::read(&first, &[set.into()]).unwrap_err().to_string();
        assert!(message("model.mixer=\"softmix\"").contains("linear"), "{}", message("model.mixer=softmix"));
        assert!(message("train.clip=-1").contains("train.clip"));
        assert!(message("model.heads=5").contains("heads"));
        let message = message("augment.join={shortest_s=5.0,longest_s=4.0}");
        assert!(message.contains("augment.join: from 5 to 4 seconds is no range"), "{message}");
    }
}
