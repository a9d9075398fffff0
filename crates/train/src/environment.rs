//! `env.json`: what a run ran on.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::checkpoint::write_beside;
use crate::error::TrainError;

#[derive(Serialize)]
struct Environment {
    linnet: &'static str,
    system: String,
    processor: String,
    threads: usize,
}

/// Writes the version, the machine and the threads.
pub(crate) fn write(path: &Path) -> Result<(), TrainError> {
    let environment = Environment {
        linnet: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        processor: field("/proc/cpuinfo", "model name").unwrap_or_default(),
        threads: rayon::current_num_threads(),
    };
    let json = serde_json::to_string_pretty(&environment).map_err(|e| TrainError::io(path, e.into()))?;
    write_beside(path, (json + "\n").as_bytes())
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
