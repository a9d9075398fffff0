//! Finished runs side by side: what their folders say.

use std::fs;
use std::path::{Path, PathBuf};

use linnet_score::{Interval, ScoreReport, Scored, bootstrap_difference};
use linnet_train::{EpochRecord, RunConfig, read_metrics};

use crate::decode::write;
use crate::error::StudyError;
use crate::{html, plot};

/// Resamples of a difference's interval, and their seed.
const RESAMPLES: usize = 10_000;
const SEED: u64 = 0;

/// One finished run.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its folder's name.
    pub name: String,
    /// Its configuration.
    pub config: RunConfig,
    /// Its epochs.
    pub epochs: Vec<EpochRecord>,
    /// Parameters of its encoder.
    pub parameters: usize,
    /// Its scores on the sets that were decoded, in alphabetical order.
    pub sets: Vec<SetScore>,
}

/// A run's score on one set.
#[derive(Debug, Clone)]
pub struct SetScore {
    /// The set's name: the folder below `decode/`.
    pub set: String,
    /// `PER`, or `WER`.
    pub rate_name: String,
    /// The error rate, in percent.
    pub rate: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// For all runs but the first: the 95 % interval of this run's rate less the first's, where both decoded the same
    /// utterances.
    pub difference: Option<Interval>,
    utterances: Vec<(String, Scored)>,
}

/// Runs side by side; differences are to the first.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The runs.
    pub runs: Vec<Run>,
}

/// Reads experiment folders and compares each with the first.
pub fn compare(folders: &[PathBuf]) -> Result<Comparison, StudyError> {
    let mut runs = folders.iter().map(|folder| read_run(folder)).collect::<Result<Vec<_>, _>>()?;
    let Some((first, others)) = runs.split_first_mut() else { return Ok(Comparison { runs }) };
    for score in others.iter_mut().flat_map(|run| &mut run.sets) {
        let base = first.sets.iter().find(|s| s.set == score.set && s.rate_name == score.rate_name);
        let same = base
            .filter(|base| base.utterances.iter().map(|u| &u.0).eq(score.utterances.iter().map(|u| &u.0)));
        score.difference = same.map(|base| {
            let scored = |s: &SetScore| s.utterances.iter().map(|u| u.1.clone()).collect::<Vec<_>>();
            bootstrap_difference(&scored(base), &scored(score), RESAMPLES, SEED)
        });
    }
    Ok(Comparison { runs })
}

fn read_run(folder: &Path) -> Result<Run, StudyError> {
    let config = RunConfig::read_resolved(&folder.join("config.toml"))?;
    let epochs = read_metrics(&folder.join("metrics.jsonl"))?;
    if epochs.is_empty() {
        let problem = "no epoch is finished; train it first".to_string();
        return Err(StudyError::Run { path: folder.to_path_buf(), problem });
    }
    let mut sets = Vec::new();
    let decoded = folder.join("decode");
    if decoded.is_dir() {
        let entries =
            fs::read_dir(&decoded).map_err(|source| StudyError::Io { path: decoded.clone(), source })?;
        let mut names: Vec<_> = entries.flatten().map(|e| e.path()).collect();
        names.sort();
        for path in names.iter().filter(|p| p.join("score.json").is_file()) {
            sets.extend(read_score(path)?);
        }
    }
    let name =
        folder.file_name().map_or_else(|| folder.display().to_string(), |n| n.to_string_lossy().into_owned());
    let parameters = epochs[0].parameters;
    Ok(Run { name, config, epochs, parameters, sets })
}

fn read_score(folder: &Path) -> Result<Option<SetScore>, StudyError> {
    let path = folder.join("score.json");
    let text = fs::read_to_string(&path).map_err(|source| StudyError::Io { path: path.clone(), source })?;
    let scores: Vec<ScoreReport> = serde_json::from_str(&text)
        .map_err(|e| StudyError::Run { path, problem: format!("{e}; decode the set again") })?;
    let set = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(scores.into_iter().next().map(|score| SetScore {
        set,
        rate_name: score.unit.rate_name().into(),
        rate: score.rate,
        interval: (score.interval.low, score.interval.high),
        difference: None,
        utterances: score.utterances.into_iter().map(|u| (u.id.clone(), u.scored())).collect(),
    }))
}

impl Run {
    /// The mixer's name, and the convolution's kernel where there is one.
    pub fn kind(&self) -> String {
        let mixer = self.config.model.mixer.name();
        match self.config.model.convolution {
            0 => mixer.to_string(),
            kernel => format!("{mixer} + convolution {kernel}"),
        }
    }

    /// The mean seconds of training an epoch.
    pub fn seconds_per_epoch(&self) -> f64 {
        self.epochs.iter().map(|e| e.seconds).sum::<f64>() / self.epochs.len() as f64
    }

    /// The lowest development error rate.
    pub fn best_dev(&self) -> f64 {
        self.epochs.iter().map(|e| e.dev_error_rate).fold(f64::INFINITY, f64::min)
    }
}

impl Comparison {
    /// The comparison as a table for a terminal.
    pub fn table(&self) -> String {
        let mut rows = vec![vec![
            "run".to_string(),
            "kind".into(),
            "parameters".into(),
            "s/epoch".into(),
            "dev by epoch".into(),
            "test [95 %]".into(),
            "against the first".into(),
        ]];
        for run in &self.runs {
            let milestones: Vec<String> = milestones(run.epochs.len())
                .into_iter()
                .map(|i| format!("{}:{:.1}", run.epochs[i].epoch, run.epochs[i].dev_error_rate))
                .collect();
            let head = vec![
                run.name.clone(),
                run.kind(),
                run.parameters.to_string(),
                format!("{:.1}", run.seconds_per_epoch()),
                milestones.join(" "),
            ];
            if run.sets.is_empty() {
                rows.push([head.clone(), vec!["–".into(), String::new()]].concat());
            }
            for (i, score) in run.sets.iter().enumerate() {
                let head = if i == 0 { head.clone() } else { vec![String::new(); head.len()] };
                let (low, high) = score.interval;
                let rate =
                    format!("{} {} {:.2} [{low:.2}, {high:.2}]", score.set, score.rate_name, score.rate);
                let difference = score.difference.as_ref();
                let verdict =
                    difference.map_or_else(String::new, |d| verdict(d, &self.runs[0].name, &run.name));
                rows.push([head, vec![rate, verdict]].concat());
            }
        }
        align_columns(&rows)
    }

    /// Writes the plot of development error rate against epochs and against time.
    pub fn write_plot(&self, path: &Path) -> Result<(), StudyError> {
        write(path, plot::curves(&self.runs).as_bytes())
    }

    /// Writes the whole comparison as one self-contained page.
    pub fn write_html(&self, path: &Path) -> Result<(), StudyError> {
        write(path, html::page(self).as_bytes())
    }
}

/// What an interval of a difference says.
pub(crate) fn verdict(difference: &Interval, first: &str, other: &str) -> String {
    let Interval { low, high } = difference;
    let ahead = if difference.contains_zero() {
        "no clear difference".to_string()
    } else if *low > 0.0 {
        format!("{first} is ahead")
    } else {
        format!("{other} is ahead")
    };
    format!("[{low:+.2}, {high:+.2}] {ahead}")
}

/// Up to five epochs to name in a table, the last among them.
fn milestones(epochs: usize) -> Vec<usize> {
    let step = epochs.div_ceil(5).max(1);
    (1..=epochs).filter(|e| e % step == 0 || *e == epochs).map(|e| e - 1).collect()
}

fn align_columns(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &w)| format!("{cell:w$}")).collect();
        cells.join("  ").trim_end().to_string() + "\n"
    };
    rows.iter().map(line).collect()
}
