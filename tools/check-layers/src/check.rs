//! Compares the workspace with the table.

use std::collections::BTreeSet;

use crate::metadata::{Kind, Metadata};
use crate::table::Layer;

/// A line for each dependency that the table does not allow, in the order of the packages.
pub(crate) fn violations(metadata: &Metadata, layers: &[Layer]) -> Vec<String> {
    let members: BTreeSet<&str> = metadata.packages.iter().map(|p| p.name.as_str()).collect();
    let mut found = Vec::new();
    for package in &metadata.packages {
        let Some(layer) = layers.iter().find(|l| l.name == package.name) else {
            found.push(format!("{} has no line in tools/check-layers/src/table.rs", package.name));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|d| d.kind != Some(Kind::Dev)) {
            let name = dependency.name.as_str();
            if members.contains(name) && !layer.may_use.contains(&name) {
                let allowed = if layer.may_use.is_empty() {
                    "no crate of this workspace".to_owned()
                } else {
                    layer.may_use.join(", ")
                };
                found.push(format!("{} uses {name}, but may use {allowed}", package.name));
            }
            if name.starts_with("candle") && !layer.candle {
                let may: Vec<&str> = layers.iter().filter(|l| l.candle).map(|l| l.name).collect();
                found.push(format!("{} uses {name}, but only {} may", package.name, may.join(", ")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::LAYERS;

    fn check(packages: &str) -> Vec<String> {
        violations(&serde_json::from_str(&format!("{{\"packages\": {packages}}}")).unwrap(), LAYERS)
    }

    #[test]
    fn what_the_table_allows_passes() {
        let found = check(
            r#"[{"name": "linnet-audio", "dependencies": [{"name": "symphonia", "kind": null}]},
                {"name": "linnet-corpus", "dependencies": [{"name": "linnet-audio", "kind": null}]},
                {"name": "linnet-encoder", "dependencies": [{"name": "candle-core", "kind": null}]}]"#,
        );
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn a_stage_that_looks_at_its_neighbour_is_found() {
        for kind in ["null", "\"build\""] {
            let found = check(&format!(
                r#"[{{"name": "linnet-audio", "dependencies": []}},
                    {{"name": "linnet-frontend", "dependencies": [{{"name": "linnet-audio", "kind": {kind}}}]}}]"#
            ));
            assert_eq!(found, ["linnet-frontend uses linnet-audio, but may use no crate of this workspace"]);
        }
    }

    #[test]
    fn tests_may_use_anything() {
        let found = check(
            r#"[{"name": "linnet-audio", "dependencies": []},
                {"name": "linnet-frontend", "dependencies": [{"name": "linnet-audio", "kind": "dev"},
                                                             {"name": "candle-core", "kind": "dev"}]}]"#,
        );
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn candle_outside_its_crates_is_found() {
        let found =
            check(r#"[{"name": "linnet-ctc", "dependencies": [{"name": "candle-nn", "kind": null}]}]"#);
        assert_eq!(
            found,
            [
                "linnet-ctc uses candle-nn, but only linnet-encoder, linnet, linnet-train, linnet-bench, linnet-copy-task may"
            ]
        );
    }

    #[test]
    fn a_new_crate_needs_a_line() {
        let found = check(r#"[{"name": "linnet-new", "dependencies": []}]"#);
        assert_eq!(found, ["linnet-new has no line in tools/check-layers/src/table.rs"]);
    }

    #[test]
    fn the_table_has_no_cycle_and_no_unknown_crate() {
        // Every crate uses only crates above it in the table, so that no cycle can be allowed.
        for (i, layer) in LAYERS.iter().enumerate() {
            for used in layer.may_use {
                assert!(LAYERS[..i].iter().any(|l| l.name == *used), "{} may use {used}", layer.name);
            }
        }
    }
}
