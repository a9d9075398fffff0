//! A run, as its folder tells it.

use std::fs;
use std::path::{Path, PathBuf};

use linnet_train::{Environment, EpochRecord, Extension, RunConfig, Sitting, read_metrics};

use super::score::SetScore;
use super::tables::plural;
use crate::error::StudyError;

/// One finished run.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its folder's name, or more of its path where names are alike.
    pub name: String,
    /// Its configuration.
    pub config: RunConfig,
    /// Its epochs, all of them.
    pub epochs: Vec<EpochRecord>,
    /// Its scores on the sets that were decoded, in alphabetical order.
    pub sets: Vec<SetScore>,
    /// Processor and threads, where known.
    pub machine: Option<String>,
    /// The program's version, where known.
    pub version: Option<String>,
    /// The model folder whose weights it started from, if it did.
    pub init: Option<PathBuf>,
    /// A checksum of what it was trained on, where known.
    pub data: Option<u32>,
    /// Changes of its length on its way.
    pub extended: Vec<Extension>,
}

/// What all sittings of a run say, one after the other, where they say different things.
fn of_sittings(environment: &Environment, of: impl Fn(&Sitting) -> String) -> String {
    let mut all: Vec<String> = environment.sittings().map(of).collect();
    all.dedup();
    all.join(", then ")
}

impl Run {
    /// Reads an experiment folder, or what was kept of it; the run may be [unfinished](Self::unfinished).
    ///
    /// `wanted`: which sets are read.
    pub(super) fn read(name: &str, folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Self, StudyError> {
        let config = RunConfig::read_resolved(&folder.join("config.toml"))?;
        let epochs = read_epochs(&folder.join("metrics.jsonl"))?;
        let mut sets = Vec::new();
        for path in decoded(folder)? {
            if path.file_name().is_some_and(|name| wanted(&name.to_string_lossy())) {
                sets.push(SetScore::read(&path, &folder.join("model"))?);
            }
        }
        let environment = Environment::read(folder)?;
        let machine = environment.as_ref().map(|environment| {
            of_sittings(environment, |sitting| {
                format!("{}, {}", sitting.processor, plural(sitting.threads, "thread"))
            })
        });
        let version = environment.as_ref().map(|e| of_sittings(e, |sitting| sitting.linnet.clone()));
        let data = environment.as_ref().and_then(|environment| environment.data);
        let (init, extended) = environment.map(|told| (told.init, told.extended)).unwrap_or_default();
        Ok(Self { name: name.into(), config, epochs, sets, machine, version, init, data, extended })
    }

    /// How far its training is, as `21 of 120 epochs`, where it isn't at its end.
    pub(super) fn unfinished(&self) -> Option<String> {
        let train = &self.config.train;
        let ends = |(last, best): (&EpochRecord, &EpochRecord)| train.ends(last.epoch, best.epoch);
        let whole = self.epochs.last().zip(EpochRecord::best(&self.epochs)).is_some_and(ends);
        (!whole).then(|| format!("{} of {} epochs", self.epochs.len(), train.epochs))
    }

    /// Whether the sets that it and another have decoded are of the same utterances and searched in the same way.
    pub(super) fn has_same_sets(&self, other: &Self) -> bool {
        let same = |own: &SetScore, others: &SetScore| own.is_of_same(others) && own.is_searched_as(others);
        self.sets.iter().all(|set| other.set(&set.set).is_none_or(|others| same(set, others)))
    }

    /// Whether it was trained on the same utterances, transcripts and tokens as another, as far as both tell, and but for
    /// utterances that one of the configurations leaves out.
    pub(super) fn has_same_data(&self, other: &Self) -> bool {
        let taken = |run: &Self| {
            let (data, train) = (&run.config.data, &run.config.train);
            (data.unit, train.shortest_s, train.longest_s)
        };
        let known = self.data.is_some() && other.data.is_some() && taken(self) == taken(other);
        !known || self.data == other.data
    }

    /// Whether its development error rates are of another's unit and utterances, as far as decoded sets tell these.
    pub(super) fn has_same_development(&self, other: &Self) -> bool {
        let (own, others) = (self.dev_set(), other.dev_set());
        let same = match (self.set(&own), other.set(&others)) {
            (Some(own), Some(others)) => own.is_of_same(others),
            _ => own == others,
        };
        same && self.config.data.unit == other.config.data.unit
    }

    pub(super) fn set(&self, name: &str) -> Option<&SetScore> {
        self.sets.iter().find(|set| set.set == name)
    }

    /// Its error rate on a set, in percent.
    pub fn rate(&self, set: &str) -> Option<f64> {
        let counts = self.set(set)?.utterances.iter().map(|u| u.counts);
        let mut all = linnet_score::ErrorCounts::default();
        counts.for_each(|counts| all += counts);
        Some(all.rate())
    }

    /// Parameters of its encoder.
    pub fn parameters(&self) -> usize {
        self.epochs[0].parameters
    }

    /// The name of its training set.
    pub(super) fn train_set(&self) -> String {
        self.config.data.train.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The name of its development set.
    pub(super) fn dev_set(&self) -> String {
        self.config.data.dev.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// The epochs that are there; none before the end of the first.
fn read_epochs(path: &Path) -> Result<Vec<EpochRecord>, StudyError> {
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let epochs = read_metrics(path)?;
    for record in &epochs {
        for (key, value) in [
            ("dev_error_rate", record.dev_error_rate),
            ("seconds", record.seconds),
            ("total_seconds", record.total_seconds),
            ("frames_per_s", record.frames_per_s),
            ("peak_mb", record.peak_mb),
        ] {
            if !(value >= 0.0 && value.is_finite()) {
                let problem = format!(
                    "line {}: it is damaged, as {key} is {value}; bring the file back, or take the run's folder out",
                    record.epoch
                );
                return Err(StudyError::File { path: path.to_path_buf(), problem });
            }
        }
    }
    Ok(epochs)
}

/// The folders of the sets that were decoded and scored, by their names.
fn decoded(folder: &Path) -> Result<Vec<PathBuf>, StudyError> {
    let path = folder.join("decode");
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&path).map_err(|source| StudyError::Io { path, source })?;
    let mut folders: Vec<PathBuf> =
        entries.flatten().map(|e| e.path()).filter(|p| p.join("score.json").is_file()).collect();
    folders.sort();
    Ok(folders)
}
