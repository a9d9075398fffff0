//! Runs a check of the workspace: cargo's description of it against rules in one of its files.
#![allow(clippy::print_stderr)]

use std::path::Path;
use std::process::{Command, ExitCode};

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Checks the workspace that the working directory lies in, and shows the violations on standard error.
///
/// `cargo metadata`, run with `options`, describes the workspace; `rules` is the file in its folder that `check` gets
/// with the description. `check` returns a line for each violation, or says what is wrong with the file.
pub fn run<T: DeserializeOwned>(
    options: &[&str],
    rules: &str,
    check: impl FnOnce(&T, &str) -> Result<Vec<String>, String>,
) -> ExitCode {
    match violations(options, rules, check) {
        Ok(found) if found.is_empty() => ExitCode::SUCCESS,
        Ok(found) => {
            found.iter().for_each(|line| eprintln!("{line}"));
            ExitCode::FAILURE
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of a workspace.
#[derive(Deserialize)]
struct Root {
    workspace_root: String,
}

fn violations<T: DeserializeOwned>(
    options: &[&str],
    rules: &str,
    check: impl FnOnce(&T, &str) -> Result<Vec<String>, String>,
) -> Result<Vec<String>, String> {
    let described = metadata(options).map_err(|reason| format!("cargo metadata: {reason}"))?;
    let parse = |error: serde_json::Error| format!("cargo metadata: {error}");
    let root: Root = serde_json::from_slice(&described).map_err(parse)?;
    let workspace: T = serde_json::from_slice(&described).map_err(parse)?;
    let path = Path::new(&root.workspace_root).join(rules);
    let fault = |reason: String| format!("{}: {reason}", path.display());
    let text = std::fs::read_to_string(&path).map_err(|error| fault(error.to_string()))?;
    check(&workspace, &text).map_err(fault)
}

/// The output of `cargo metadata`.
fn metadata(options: &[&str]) -> Result<Vec<u8>, String> {
    // Cargo names itself to what it runs.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1"]).args(options);
    let output = command.output().map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}
