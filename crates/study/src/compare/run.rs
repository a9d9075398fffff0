//! A finished run, as its folder tells it.

use std::fs;
use std::path::{Path, PathBuf};

use linnet_score::{ScoreReport, UtteranceScore, read_trn};
use linnet_train::{Environment, EpochRecord, RunConfig, Sitting, read_metrics};

use super::tables::plural;
use crate::error::StudyError;

/// One finished run.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its folder's name, or more of its path where names are alike.
    pub name: String,
    /// Its configuration.
    pub config: RunConfig,
    /// Its epochs, at least one.
    pub epochs: Vec<EpochRecord>,
    /// Its scores on the sets that were decoded, in alphabetical order.
    pub sets: Vec<SetScore>,
    /// Processor and threads, where known.
    pub machine: Option<String>,
    /// The program's version, where known.
    pub version: Option<String>,
    /// The model folder whose weights it started from, if it did.
    pub init: Option<PathBuf>,
}

/// A run's score on one set.
#[derive(Debug, Clone)]
pub struct SetScore {
    /// The set's name: the folder below `decode/`.
    pub set: String,
    /// `PER`, or `WER`.
    pub rate_name: &'static str,
    /// The utterances in the order of their ids.
    pub utterances: Vec<UtteranceScore>,
}

/// What all sittings of a run say, one after the other, where they say different things.
fn of_sittings(environment: &Environment, of: impl Fn(&Sitting) -> String) -> String {
    let mut all: Vec<String> = environment.sittings().map(of).collect();
    all.dedup();
    all.join(", then ")
}

impl Run {
    /// Reads an experiment folder, or what was kept of it.
    ///
    /// `wanted`: which sets are read.
    pub(super) fn read(name: &str, folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Self, StudyError> {
        let config = RunConfig::read_resolved(&folder.join("config.toml"))?;
        let epochs = read_metrics(&folder.join("metrics.jsonl"))?;
        if epochs.is_empty() {
            let problem = "no epoch is finished; train it first".to_string();
            return Err(StudyError::File { path: folder.to_path_buf(), problem });
        }
        let mut sets = Vec::new();
        for path in decoded(folder)? {
            if path.file_name().is_some_and(|name| wanted(&name.to_string_lossy())) {
                sets.push(read_score(&path)?);
            }
        }
        let environment = Environment::read(folder);
        let machine = environment.as_ref().map(|environment| {
            of_sittings(environment, |sitting| {
                format!("{}, {}", sitting.processor, plural(sitting.threads, "thread"))
            })
        });
        let version = environment.as_ref().map(|e| of_sittings(e, |sitting| sitting.linnet.clone()));
        let init = environment.and_then(|environment| environment.init);
        Ok(Self { name: name.into(), config, epochs, sets, machine, version, init })
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

    /// The name of its development set.
    pub(super) fn dev_set(&self) -> String {
        self.config.data.dev.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }
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

fn read_score(folder: &Path) -> Result<SetScore, StudyError> {
    let path = folder.join("score.json");
    let text = fs::read_to_string(&path).map_err(|source| StudyError::Io { path: path.clone(), source })?;
    let scores: Vec<ScoreReport> = serde_json::from_str(&text).map_err(|e| StudyError::File {
        path: path.clone(),
        problem: format!("{e}; decode the set again"),
    })?;
    let set = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some(score) = scores.into_iter().next() else {
        return Err(StudyError::File { path, problem: "it holds no score; decode the set again".into() });
    };
    let mut utterances = score.utterances;
    utterances.sort_by(|a, b| a.id.cmp(&b.id));
    let references = folder.join("ref.trn");
    if references.is_file() {
        let mut ids: Vec<String> = read_trn(&references)?.into_iter().map(|line| line.id).collect();
        ids.sort_unstable();
        if !ids.iter().eq(utterances.iter().map(|u| &u.id)) {
            let problem = "it tells of other utterances than ref.trn beside it; decode the set again".into();
            return Err(StudyError::File { path, problem });
        }
    }
    Ok(SetScore { set, rate_name: score.unit.rate_name(), utterances })
}
