//! The recipes: their results, and the stages of their scripts.
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

#[cfg(unix)]
#[test]
fn a_stage_runs_where_its_inputs_have_changed_or_it_was_not_finished() {
    use std::process::Command;
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    for (name, text) in [("text", "A"), ("folder/list.txt", "1"), ("folder/a.wav", "sound")] {
        fs::write(at(name), text).unwrap();
    }
    let stages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../recipes/stages.sh");
    // Whether it ran, with this setting; `end` is what it ends with.
    let ran = |setting: &str, end: &str| {
        let script = format!(
            "set -euo pipefail; exp=$1 first=1 last=1; . \"$2\"; \
             if stage 1 made \"$1/text\" \"$1/folder\" -- '{setting}'; then {end}; fi"
        );
        let run = Command::new("bash")
            .args(["-c", &script, "bash"])
            .arg(place.path())
            .arg(&stages)
            .output()
            .unwrap();
        let said = String::from_utf8(run.stdout).unwrap();
        assert!(said.starts_with("== 1 made"), "{said}{}", String::from_utf8_lossy(&run.stderr));
        said != "== 1 made: done\n"
    };
    assert!(ran("x", "finished") && !ran("x", "finished"));
    // Another time is no change, other contents and settings are, whatever their size.
    let file = fs::File::options().append(true).open(at("text")).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert!(!ran("x", "finished"));
    for (name, text) in
        [("text", "B"), ("folder/list.txt", "2"), ("folder/a.wav", "more sound"), ("folder/new", "")]
    {
        fs::write(at(name), text).unwrap();
        assert!(ran("x", "finished") && !ran("x", "finished"), "{name}");
    }
    assert!(ran("y", "finished") && ran("x", "finished"));
    // What another text's stage began is no longer the first one's, though it wasn't finished.
    fs::write(at("text"), "C").unwrap();
    assert!(ran("x", "true"));
    fs::write(at("text"), "B").unwrap();
    assert!(ran("x", "finished") && !ran("x", "finished"));
}
