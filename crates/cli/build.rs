//! Tells the program which commit it was built from, where there is a repository, and how.

use std::env;
use std::path::Path;
use std::process::Command;

/// What the program is built from.
const SOURCES: [&str; 3] = ["..", "../../Cargo.toml", "../../Cargo.lock"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // What is not in the commit.
    for path in SOURCES {
        println!("cargo::rerun-if-changed={path}");
    }
    // What changes with every commit: the branch's name and what it points to.
    for path in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", path]).filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let version = env!("CARGO_PKG_VERSION");
    let changed = git(&[&["status", "--porcelain", "--untracked-files=no", "--"], &SOURCES[..]].concat())
        .unwrap_or_default();
    let dirty = if changed.is_empty() { "" } else { "-dirty" };
    match git(&["rev-parse", "--short=10", "HEAD"]) {
        Some(commit) => println!("cargo::rustc-env=LINNET_VERSION={version} ({commit}{dirty})"),
        None => println!("cargo::rustc-env=LINNET_VERSION={version}"),
    }
    println!("cargo::rustc-env=LINNET_FEATURES={}", features());
    println!("cargo::rustc-env=LINNET_TARGET={}", target());
}

/// The cargo features that are on.
fn features() -> String {
    let mut features: Vec<String> = env::vars()
        .filter_map(|(name, _)| name.strip_prefix("CARGO_FEATURE_").map(str::to_lowercase))
        .filter(|name| name != "default")
        .collect();
    features.sort();
    if features.is_empty() { "none".to_owned() } else { features.join(", ") }
}

/// The target, and whether the program needs no library of the system.
fn target() -> String {
    let target = env::var("TARGET").unwrap_or_default();
    let of_target = env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    let linked = if of_target.split(',').any(|name| name == "crt-static") { ", static" } else { "" };
    target + linked
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
