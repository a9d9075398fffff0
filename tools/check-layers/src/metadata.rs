//! The part of `cargo metadata` that the check needs.

use serde::Deserialize;

/// The members of the workspace, as `cargo metadata --no-deps` prints them.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
}

/// One crate.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its `Cargo.toml`.
    pub(crate) manifest_path: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a `[dependencies]` table, whatever the target or feature that it belongs to.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    /// The package's own name, also where it is renamed.
    pub(crate) name: String,
    /// Null for a normal dependency.
    pub(crate) kind: Option<Kind>,
}

/// The other tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Exempt: tests may look at anything.
    Dev,
    /// Counts like a normal dependency.
    Build,
}
