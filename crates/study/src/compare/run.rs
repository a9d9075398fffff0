//! A finished run, as its folder tells it.

use std::fs;
use std::path::{Path, PathBuf};

use linnet_score::{ScoreReport, UtteranceScore, read_trn};
use linnet_train::{EpochRecord, RunConfig, read_metrics};
use serde::Deserialize;

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

#[derive(Deserialize)]
struct Environment {
    processor: String,
    threads: usize,
    #[serde(default)]
    later: Vec<Environment>,
}

impl Environment {
    /// Processor and threads, of all sittings in which they were others.
    fn machine(&self) -> String {
        let plural = if self.threads == 1 { "" } else { "s" };
        let mut machines = vec![format!("{}, {} thread{plural}", self.processor, self.threads)];
        machines.extend(self.later.iter().map(Environment::machine));
        machines.dedup();
        machines.join(", then ")
    }
}

impl Run {
    /// Reads an experiment folder, or what was kept of it.
    pub(super) fn read(name: &str, folder: &Path) -> Result<Self, StudyError> {
        let config = RunConfig::read_resolved(&folder.join("config.toml"))?;
        let epochs = read_metrics(&folder.join("metrics.jsonl"))?;
        if epochs.is_empty() {
            let problem = "no epoch is finished; train it first".to_string();
            return Err(StudyError::File { path: folder.to_path_buf(), problem });
        }
        let mut sets = Vec::new();
        for path in decoded(folder)? {
            sets.push(read_score(&path)?);
        }
        let environment = fs::read_to_string(folder.join("env.json")).ok();
        let environment = environment.and_then(|text| serde_json::from_str::<Environment>(&text).ok());
        let machine = environment.map(|e| e.machine());
        Ok(Self { name: name.into(), config, epochs, sets, machine })
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
