//! What the recipes say of their results.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use linnet_study::{Places, Study, compare_study};

#[test]
fn the_tables_beside_kept_runs_are_those_of_the_runs() {
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../recipes");
    let mut found = 0;
    for recipe in fs::read_dir(&recipes).unwrap().flatten().map(|entry| entry.path()) {
        let studies = fs::read_dir(recipe.join("studies")).into_iter().flatten().flatten();
        for path in studies.map(|entry| entry.path()) {
            // As in a fresh clone: no runs but those that are kept.
            let places = Places { exp: Some(recipe.join("none")), ..Places::default() };
            let study = Study::read(&path, &places, &[]).unwrap();
            if !study.results.is_dir() {
                continue;
            }
            let tables = fs::read_to_string(study.results.join("README.md")).unwrap_or_default();
            found += 1;
            assert!(
                tables == compare_study(&study).unwrap().markdown(),
                "{} is not what `linnet compare {} --no-train --keep` writes",
                study.results.join("README.md").display(),
                path.display()
            );
        }
    }
    assert!(found > 0, "no study has tables");
}
