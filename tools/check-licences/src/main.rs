//! Checks that all dependencies have licences and sources that deny.toml allows: run it in the workspace, with no
//! arguments. It does this part of cargo-deny's work without the minutes that building cargo-deny takes.
#![allow(clippy::print_stderr)]

mod check;

use std::path::Path;
use std::process::{Command, ExitCode};

use check::{Allowed, Metadata, violations};

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
    let path = Path::new(&metadata.workspace_root).join("deny.toml");
    let fault = |reason: String| format!("{}: {reason}", path.display());
    let text = std::fs::read_to_string(&path).map_err(|error| fault(error.to_string()))?;
    Ok(violations(&metadata, &Allowed::parse(&text).map_err(fault)?))
}

/// All packages that the workspace may be built with, on any system.
fn workspace() -> Result<Metadata, String> {
    // Cargo names itself to what it runs.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .output()
        .map_err(|e| e.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|e| e.to_string())
}
