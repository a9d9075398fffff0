//! Compares the workspace with the table.

use std::path::Path;

use crate::metadata::{Kind, Metadata, Package};
use crate::table::{CANDLE, Layer, Uses};

/// A line for each dependency that the table doesn't allow, and for each that it names in vain, in the order of the
/// packages.
pub(crate) fn violations(metadata: &Metadata, layers: &[Layer]) -> Vec<String> {
    let mut found = Vec::new();
    for package in metadata.packages.iter().filter(|package| !is_tool(package)) {
        let name = package.name.as_str();
        let Some(layer) = layers.iter().find(|layer| layer.name == name) else {
            found.push(format!("{name} has no row in the table of ARCHITECTURE.md"));
            continue;
        };
        let used: Vec<&str> = used(package, metadata).collect();
        let allowed = |used: &str| match &layer.uses {
            Uses::All => used != CANDLE && layers.iter().any(|layer| layer.name == used),
            Uses::These(names) => names.iter().any(|name| name == used),
        };
        found.extend(
            used.iter()
                .filter(|used| !allowed(used))
                .map(|used| format!("{name} uses {used}, which its row in ARCHITECTURE.md doesn't name")),
        );
        if let Uses::These(names) = &layer.uses {
            let vain = names.iter().filter(|named| !used.contains(&named.as_str()));
            found.extend(
                vain.map(|named| {
                    format!("{name} doesn't use {named}, which its row in ARCHITECTURE.md names")
                }),
            );
        }
    }
    let gone =
        layers.iter().filter(|layer| metadata.packages.iter().all(|package| package.name != layer.name));
    found.extend(gone.map(|layer| format!("ARCHITECTURE.md has a row of {}, which is no crate", layer.name)));
    found
}

/// The crates of the workspace that a package is built with, and candle.
fn used<'a>(package: &'a Package, metadata: &Metadata) -> impl Iterator<Item = &'a str> {
    let dependencies = package.dependencies.iter().filter(|dependency| dependency.kind != Some(Kind::Dev));
    dependencies.filter_map(|dependency| {
        let name = dependency.name.as_str();
        let member = metadata.packages.iter().any(|package| package.name == name);
        if name.starts_with("candle") { Some(CANDLE) } else { Some(name).filter(|_| member) }
    })
}

fn is_tool(package: &Package) -> bool {
    let folder = Path::new(&package.manifest_path).parent().and_then(Path::parent);
    folder.is_some_and(|folder| folder.ends_with("tools"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::layers;

    const TABLE: &str = "| crate | what it does | uses |\n|---|---|---|\n| audio | reads | – |\n| encoder | learns | candle |\n\
                         | linnet | all of it | audio, encoder |\n| cli | runs | all |\n";

    /// A package's name, its folder, and its dependencies with their kinds.
    type Made<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

    /// The violations of packages of this name, folder and dependencies with their kinds, beside the table's others.
    fn check(name: &str, folder: &str, dependencies: &[(&str, &str)]) -> Vec<String> {
        let package = |(name, folder, dependencies): Made<'_>| {
            let dependencies: Vec<String> = dependencies
                .iter()
                .map(|(name, kind)| format!(r#"{{"name": "{name}", "kind": {kind}}}"#))
                .collect();
            let path = format!("/root/{folder}/{name}/Cargo.toml");
            let dependencies = dependencies.join(", ");
            format!(r#"{{"name": "{name}", "manifest_path": "{path}", "dependencies": [{dependencies}]}}"#)
        };
        let all: [Made<'_>; 4] = [
            ("linnet-audio", "crates", &[]),
            ("linnet-encoder", "crates", &[("candle-core", "null")]),
            ("linnet", "crates", &[("linnet-audio", "null"), ("linnet-encoder", "null")]),
            ("linnet-cli", "crates", &[("linnet", "null")]),
        ];
        let others = all.into_iter().filter(|(other, ..)| *other != name).map(package);
        let packages: Vec<String> = others.chain([package((name, folder, dependencies))]).collect();
        let json = format!(r#"{{"packages": [{}]}}"#, packages.join(", "));
        violations(&serde_json::from_str(&json).unwrap(), &layers(TABLE).unwrap())
    }

    #[test]
    fn what_the_table_names_passes() {
        let both = [
            ("linnet-audio", "null"),
            ("linnet-encoder", "null"),
            ("serde", "null"),
            ("linnet-cli", "\"dev\""),
        ];
        assert_eq!(check("linnet", "crates", &both), [""; 0]);
        assert_eq!(check("linnet-cli", "crates", &[("linnet-audio", "null")]), [""; 0]);
    }

    #[test]
    fn what_it_does_not_name_is_found() {
        for kind in ["null", "\"build\""] {
            let found = check("linnet-audio", "crates", &[("linnet-encoder", kind)]);
            assert_eq!(
                found,
                ["linnet-audio uses linnet-encoder, which its row in ARCHITECTURE.md doesn't name"]
            );
        }
        let found = check("linnet-cli", "crates", &[("candle-nn", "null")]);
        assert_eq!(found, ["linnet-cli uses candle, which its row in ARCHITECTURE.md doesn't name"]);
    }

    #[test]
    fn what_it_names_in_vain_is_found() {
        let found = check("linnet", "crates", &[("linnet-audio", "null")]);
        assert_eq!(found, ["linnet doesn't use linnet-encoder, which its row in ARCHITECTURE.md names"]);
    }

    #[test]
    fn a_new_crate_needs_a_row_and_a_tool_none() {
        assert_eq!(
            check("linnet-new", "crates", &[]),
            ["linnet-new has no row in the table of ARCHITECTURE.md"]
        );
        assert_eq!(check("linnet-new", "tools", &[("candle-core", "null"), ("linnet-cli", "null")]), [""; 0]);
        let found = check("linnet-audio", "crates", &[("bench", "null")]);
        assert_eq!(found, [""; 0], "a package from elsewhere");
    }
}
