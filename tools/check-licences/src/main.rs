//! Checks that all dependencies have licences and sources that deny.toml allows: run it in the workspace, with no
//! arguments. It does this part of cargo-deny's work without the minutes that building cargo-deny takes.

mod check;

use std::process::ExitCode;

use check::{Allowed, Metadata, violations};

fn main() -> ExitCode {
    // All packages that the workspace may be built with, on any system.
    checks::run(&["--locked"], "deny.toml", |workspace: &Metadata, deny| {
        Ok(violations(workspace, &Allowed::parse(deny)?))
    })
}
