//! Checks that each crate uses the crates that ARCHITECTURE.md says: run it in the workspace, with no arguments.

mod check;
mod metadata;
mod table;

use std::process::ExitCode;

use metadata::Metadata;

fn main() -> ExitCode {
    checks::run(&["--no-deps"], "ARCHITECTURE.md", |workspace: &Metadata, architecture| {
        Ok(check::violations(workspace, &table::layers(architecture)?))
    })
}
