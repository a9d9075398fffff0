//! Checks that each crate uses only the crates that its layer may use: run it in the workspace, with no arguments.
#![allow(clippy::print_stderr)]

mod check;
mod metadata;
mod table;

use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    match workspace() {
        Ok(metadata) => {
            let found = check::violations(&metadata, table::LAYERS);
            found.iter().for_each(|line| eprintln!("{line}"));
            if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(reason) => {
            eprintln!("cargo metadata: {reason}");
            ExitCode::FAILURE
        }
    }
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
