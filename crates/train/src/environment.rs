//! `env.json`: what a run ran on.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use linnet_files::json_problem;
use serde::{Deserialize, Serialize};

use crate::checkpoint::{State, write_beside};
use crate::error::TrainError;
use crate::trainer::Options;

/// A time that a run was trained in without a break.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sitting {
    /// The first epoch that was computed so, from 1.
    #[serde(default = "one")]
    pub epoch: u64,
    /// The program's version.
    pub linnet: String,
    /// Operating system and architecture.
    pub system: String,
    /// The processor's name.
    pub processor: String,
    /// Threads that computed, of each rank.
    pub threads: usize,
    /// Processes that trained together.
    #[serde(default = "one_rank", skip_serializing_if = "is_one_rank")]
    pub ranks: usize,
}

/// A change of `train.epochs` when a run was continued: a schedule that is a share of the run has another length from
/// there on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The first epoch after the change, or the epoch in which it came, from 1.
    pub epoch: u64,
    /// The epochs that the run was to have until then.
    pub epochs_before: u64,
    /// The epochs that it was to have from then on.
    pub epochs: u64,
}

/// `env.json`: the first sitting, and those after it that were different.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// The first.
    #[serde(flatten)]
    pub first: Sitting,
    /// The model folder whose weights the run started from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<PathBuf>,
    /// A checksum of what it trains and validates on, where known: ids, speakers, durations and labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<u32>,
    /// Those after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<Sitting>,
    /// Changes of the run's length on its way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extended: Vec<Extension>,
}

impl Environment {
    /// The content of an experiment folder's `env.json`; `None` where there is none.
    ///
    /// # Errors
    ///
    /// A file that can't be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, TrainError> {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|error| TrainError::io(&path, error))?,
        };
        serde_json::from_str(&text).map(Some).map_err(|error| {
            let problem = format!(
                "{}; it tells how the run was made, so bring it back, or remove it to go without",
                json_problem(&error)
            );
            TrainError::Config { file: path, problem }
        })
    }

    /// All sittings in order.
    pub fn sittings(&self) -> impl Iterator<Item = &Sitting> {
        std::iter::once(&self.first).chain(&self.later)
    }
}

const FILE: &str = "env.json";

fn one() -> u64 {
    1
}

fn one_rank() -> usize {
    1
}

fn is_one_rank(ranks: &usize) -> bool {
    *ranks == 1
}

/// Writes the version, the machine and the threads that compute from an epoch on, and a checksum of the data; a run that is continued keeps what it
/// had.
pub(crate) fn write(
    folder: &Path,
    options: &Options<'_>,
    state: &State,
    extension: Option<Extension>,
) -> Result<(), TrainError> {
    let path = &folder.join(FILE);
    let now = Sitting {
        epoch: state.epoch,
        linnet: options.version.unwrap_or(env!("CARGO_PKG_VERSION")).into(),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        processor: processor(),
        threads: rayon::current_num_threads(),
        ranks: options.communicator().ranks(),
    };
    let mut environment = match options.resume.then(|| Environment::read(folder)).transpose()?.flatten() {
        Some(mut environment) => {
            let last = environment.later.last().unwrap_or(&environment.first);
            if (Sitting { epoch: last.epoch, ..now.clone() }) != *last {
                environment.later.push(now);
            }
            environment
        }
        None => {
            let (later, extended) = Default::default();
            Environment { first: now, init: options.init.clone(), data: None, later, extended }
        }
    };
    environment.data = Some(state.data);
    // A sitting that ended at once has told it already.
    environment.extended.extend(extension.filter(|extension| environment.extended.last() != Some(extension)));
    let json = serde_json::to_string_pretty(&environment).map_err(|e| TrainError::io(path, e.into()))?;
    write_beside(path, (json + "\n").as_bytes())
}

/// The processor's name, or that it is unknown where the system doesn't tell.
pub fn processor() -> String {
    field("/proc/cpuinfo", "model name").unwrap_or_else(|| "an unknown processor".into())
}

/// Forgets the process's peak memory so far, that of runs before this one, where the system lets it.
pub(crate) fn forget_peak() {
    // Writing 5 sets the peak back to what is in use (proc(5)); elsewhere the peak stays that of the process.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The process's peak memory, in megabytes.
pub(crate) fn peak_mb() -> f64 {
    let kilobytes =
        field("/proc/self/status", "VmHWM").and_then(|v| v.trim_end_matches(" kB").trim().parse().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}

/// The value of the first line `NAME : VALUE` of a file of the system's.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_string())
}
