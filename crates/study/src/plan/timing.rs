//! What a training step of each kind costs, measured in turn on one machine.
//!
//! Seconds that runs took tell little of their kinds where runs were made beside other work or on several machines.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use linnet_files::json_problem;
use linnet_train::{RunConfig, StepTimer, differences, processor};
use serde::{Deserialize, Serialize};

use super::study::{PlannedRun, Study};
use crate::decode::write;
use crate::error::StudyError;

/// The file of a study's times, beside its runs.
const FILE: &str = "timing.json";

/// Batches that are timed, and how often each is.
const BATCHES: usize = 8;
const ROUNDS: usize = 5;

/// The times of a study's kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// The program's version.
    pub linnet: String,
    /// The processor's name.
    pub processor: String,
    /// Threads that computed.
    pub threads: usize,
    /// Batches that were timed, of the kind that had most.
    pub batches: usize,
    /// How often each was; its median counts.
    pub rounds: usize,
    /// Each kind's, in each size.
    pub kinds: Vec<KindTime>,
}

/// What a step of a kind costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KindTime {
    /// The kind's name.
    pub kind: String,
    /// The size's name, where there are any.
    pub size: Option<String>,
    /// What its cost depends on, as far as it differs from the defaults.
    pub settings: BTreeMap<String, String>,
    /// Microseconds of training for each frame of features.
    pub us_per_frame: f64,
}

impl KindTime {
    /// The time of a run's kind.
    ///
    /// # Errors
    ///
    /// If its configuration can't be written.
    pub fn new(run: &PlannedRun, us_per_frame: f64) -> Result<Self, StudyError> {
        let (kind, size) = (run.kind.clone(), run.size.clone());
        Ok(Self { kind, size, settings: settings(run)?, us_per_frame })
    }
}

/// The settings of a run that its cost depends on, as far as they differ from the defaults.
fn settings(run: &PlannedRun) -> Result<BTreeMap<String, String>, StudyError> {
    let own = differences(&RunConfig::default().identity().settings()?, &run.config.identity().settings()?);
    let counts = |key: &str| {
        ["features.", "augment.", "model.", "criterion."].iter().any(|table| key.starts_with(table))
            || ["batch_seconds", "pieces", "optimizer", "shortest_s", "longest_s", "shuffle_s"]
                .iter()
                .any(|own| key.strip_prefix("train.") == Some(own))
            || key == "data.unit"
    };
    let mut settings: BTreeMap<String, String> =
        own.into_iter().filter(|(key, ..)| counts(key)).map(|(key, _, value)| (key, value)).collect();
    // It changes no number of a run, but its cost.
    if run.config.train.recompute {
        settings.insert("train.recompute".into(), "true".into());
    }
    Ok(settings)
}

impl Timing {
    /// The microseconds a frame of a run's kind, where they were measured with these settings.
    pub(crate) fn us_per_frame(&self, run: &PlannedRun) -> Result<Option<f64>, StudyError> {
        let settings = settings(run)?;
        let is =
            |time: &&KindTime| time.kind == run.kind && time.size == run.size && time.settings == settings;
        Ok(self.kinds.iter().find(is).map(|time| time.us_per_frame))
    }
}

impl Study {
    /// Times training steps of all kinds on their first batches, which are the same unless kinds differ in more than
    /// the model, kind after kind, round after round, and writes the times beside the study's runs; `told` hears of
    /// each kind's turn, the how-many-th of how many, and `false` from it ends all, with nothing written and `None`.
    /// Wants a machine with nothing else to do.
    ///
    /// # Errors
    ///
    /// If the corpus isn't there.
    pub fn time(
        &self,
        version: &str,
        told: &mut dyn FnMut(&PlannedRun, usize, usize) -> bool,
    ) -> Result<Option<Timing>, StudyError> {
        let mut runs: Vec<&PlannedRun> = self.runs.iter().collect();
        runs.dedup_by_key(|run| (run.kind.as_str(), run.size.as_deref()));
        self.corpus_is_there(&runs)?;
        let turns = (1 + ROUNDS) * runs.len();
        let mut timers = Vec::new();
        for (i, run) in runs.iter().enumerate() {
            if !told(run, i + 1, turns) {
                return Ok(None);
            }
            timers.push(StepTimer::new(&run.config, BATCHES)?);
        }
        let mut times: Vec<Vec<Vec<f64>>> = vec![Vec::new(); runs.len()];
        for round in 0..ROUNDS {
            for (i, timer) in timers.iter().enumerate() {
                if !told(runs[i], (1 + round) * runs.len() + i + 1, turns) {
                    return Ok(None);
                }
                times[i].push(timer.time()?);
            }
        }
        let kind = |((run, timer), rounds): ((&&PlannedRun, &StepTimer), &Vec<Vec<f64>>)| {
            KindTime::new(run, 1e6 * seconds(rounds) / timer.frames() as f64)
        };
        let timing = Timing {
            linnet: version.into(),
            processor: processor(),
            threads: rayon::current_num_threads(),
            batches: timers.iter().map(StepTimer::batches).max().unwrap_or(0),
            rounds: ROUNDS,
            kinds: runs.iter().zip(&timers).zip(&times).map(kind).collect::<Result<_, StudyError>>()?,
        };
        let path = self.exp.join(FILE);
        fs::create_dir_all(&self.exp).map_err(|source| StudyError::Io { path: self.exp.clone(), source })?;
        write(&path, json(&timing).as_bytes())?;
        Ok(Some(timing))
    }

    /// The times of some runs' kinds, a number of microseconds a frame for each, as they were measured last, or else as
    /// they are kept; `None` where neither has all of them.
    ///
    /// # Errors
    ///
    /// If a file holds no times.
    pub(crate) fn timing(&self, runs: &[&PlannedRun]) -> Result<Option<(Timing, Vec<f64>)>, StudyError> {
        for path in [&self.exp, &self.results].map(|folder| folder.join(FILE)) {
            if path.is_file() {
                let timing = Self::read_timing(&path)?;
                let times: Vec<Option<f64>> =
                    runs.iter().map(|run| timing.us_per_frame(run)).collect::<Result<_, _>>()?;
                if let Some(times) = times.into_iter().collect() {
                    return Ok(Some((timing, times)));
                }
            }
        }
        Ok(None)
    }

    fn read_timing(path: &Path) -> Result<Timing, StudyError> {
        let text = fs::read_to_string(path).map_err(|source| StudyError::Io { path: path.into(), source })?;
        let wrong = |problem: String| StudyError::File { path: path.into(), problem };
        let timing: Timing = serde_json::from_str(&text)
            .map_err(|e| wrong(format!("{}; measure again with --time", json_problem(&e))))?;
        if timing.kinds.iter().any(|time| !(time.us_per_frame > 0.0 && time.us_per_frame.is_finite())) {
            return Err(wrong("a kind's us_per_frame is no time; measure again with --time".into()));
        }
        Ok(timing)
    }

    /// Writes times into the folder of results.
    pub(super) fn keep_timing(&self, timing: &Timing) -> Result<(), StudyError> {
        write(&self.results.join(FILE), json(timing).as_bytes())
    }
}

fn json(timing: &Timing) -> String {
    serde_json::to_string_pretty(timing).unwrap_or_default() + "\n"
}

/// The sum over the batches of each one's median over the rounds, in seconds.
fn seconds(rounds: &[Vec<f64>]) -> f64 {
    let batches = rounds.iter().map(Vec::len).min().unwrap_or(0);
    let median = |batch: usize| {
        let mut times: Vec<f64> = rounds.iter().map(|round| round[batch]).collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    (0..batches).map(median).sum()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_disturbed_round_does_not_count() {
        let rounds = [vec![1.0, 2.0], vec![9.0, 2.5], vec![1.5, 90.0]];
        assert_eq!(super::seconds(&rounds), 1.5 + 2.5);
        assert_eq!(super::seconds(&[]), 0.0);
    }
}
