//! `env.json`: what a run ran on.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::checkpoint::write_beside;
use crate::error::TrainError;
use crate::trainer::Options;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sitting {
    /// The first epoch that was computed so, from 1.
    #[serde(default = "one")]
    epoch: u64,
    linnet: String,
    system: String,
    processor: String,
    threads: usize,
}

/// The first sitting, and those after it that were different.
#[derive(Serialize, Deserialize)]
struct Environment {
    #[serde(flatten)]
    first: Sitting,
    /// The model folder whose weights the run started from.
    #[serde(skip_serializing_if = "Option::is_none")]
    init: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    later: Vec<Sitting>,
}

fn one() -> u64 {
    1
}

/// Writes the version, the machine and the threads that compute from an epoch on; a run that is continued keeps what it had.
pub(crate) fn write(path: &Path, options: &Options<'_>, epoch: u64) -> Result<(), TrainError> {
    let now = Sitting {
        epoch,
        linnet: options.version.unwrap_or(env!("CARGO_PKG_VERSION")).into(),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        processor: processor(),
        threads: rayon::current_num_threads(),
    };
    let earlier = fs::read_to_string(path).ok().filter(|_| options.resume);
    let environment = match earlier.and_then(|text| serde_json::from_str::<Environment>(&text).ok()) {
        Some(mut environment) => {
            let last = environment.later.last().unwrap_or(&environment.first);
            if (Sitting { epoch: last.epoch, ..now.clone() }) != *last {
                environment.later.push(now);
            }
            environment
        }
        None => Environment { first: now, init: options.init.clone(), later: Vec::new() },
    };
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
