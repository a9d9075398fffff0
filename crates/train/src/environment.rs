//! `env.json`: what a run ran on.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::checkpoint::write_beside;
use crate::error::TrainError;

#[derive(Serialize)]
struct Environment<'a> {
    linnet: &'a str,
    system: String,
    processor: String,
    threads: usize,
}

/// Writes the version, the machine and the threads.
pub(crate) fn write(path: &Path, version: Option<&str>) -> Result<(), TrainError> {
    let environment = Environment {
        linnet: version.unwrap_or(env!("CARGO_PKG_VERSION")),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        processor: field("/proc/cpuinfo", "model name").unwrap_or_default(),
        threads: rayon::current_num_threads(),
    };
    let json = serde_json::to_string_pretty(&environment).map_err(|e| TrainError::io(path, e.into()))?;
    write_beside(path, (json + "\n").as_bytes())
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
