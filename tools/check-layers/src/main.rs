//! Checks that each crate uses the crates that ARCHITECTURE.md says: run it in the workspace, with no arguments.
#![allow(clippy::print_stderr)]

mod check;
mod metadata;
mod table;

use std::path::Path;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    match check() {
        Ok(found) => {
            found.iter().for_each(|line| eprintln!("{line}"));
            if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn check() -> Result<Vec<String>, String> {
    let metadata = workspace().map_err(|reason| format!("cargo metadata: {reason}"))?;
    let path = Path::new(&metadata.workspace_root).join("ARCHITECTURE.md");
    let fault = |reason: String| format!("{}: {reason}", path.display());
    let architecture = std::fs::read_to_string(&path).map_err(|error| fault(error.to_string()))?;
    Ok(check::violations(&metadata, &table::layers(&architecture).map_err(fault)?))
}

fn workspace() -> Result<metadata::Metadata, String> {
    // Cargo names itself to what it runs.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()
        .map_err(|e| e.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|e| e.to_string())
}
