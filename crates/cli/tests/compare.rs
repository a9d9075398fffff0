//! Studies and finished runs, compared by the command.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{TINY, copy, linnet, put, trained};

const STUDY: &str = "base = \"../conf/tiny.toml\"\nsets = { test = [\"train\"] }\n[[kind]]\nname = \"softmax\"\n\
                     model.mixer = \"softmax\"\n[[kind]]\nname = \"linear\"\nmodel.mixer = \"linear\"\n";

/// A recipe of two tiny kinds.
fn recipe(folder: &Path) {
    put(&folder.join("recipe/conf/tiny.toml"), TINY);
    put(&folder.join("recipe/studies/kinds.toml"), STUDY);
}

#[test]
fn a_study_is_run_kept_and_reported_again_without_corpus_and_weights() {
    let folder = tempfile::tempdir().unwrap();
    recipe(folder.path());
    let data = trained().join("data");
    let study = ["compare", "recipe/studies/kinds.toml", "--out", "report.html"];
    let run = linnet(folder.path(), &[&study[..], &["--data", data.to_str().unwrap(), "--keep"]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.line("  softmax-seed0 ").ends_with("1 epoch missing"), "{}", run.err);
    assert!(run.err.contains("\nlinear-seed0 is trained, 2 of 2\n"), "{}", run.err);
    assert!(run.err.contains("\n2 runs copied to recipe/results/kinds\n"), "{}", run.err);
    let (report, table) = (fs::read_to_string(folder.path().join("report.html")).unwrap(), run.out);
    assert!(report.contains("2 kinds, 2 runs of 1 epochs.") && report.contains("Short and long utterances"));

    fs::remove_dir_all(folder.path().join("recipe/exp")).unwrap();
    let run = linnet(folder.path(), &study);
    assert_eq!((run.code, &run.out), (0, &table), "{}", run.err);
    assert!(run.line("  softmax-seed0 ").ends_with("done, in recipe/results/kinds/softmax-seed0"));
    let again = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(!again.contains(data.to_str().unwrap()));

    let run = linnet(folder.path(), &[&study[..], &["--no-train", "--set", "train.epochs=2"]].concat());
    assert_eq!((run.code, &*run.out), (1, "not finished, and left out: softmax, linear\n"));
    assert!(
        run.err
            .ends_with("error: no run is finished, so no report is written; leave --no-train out to train\n")
    );
    let differs = "warning: a kept run doesn't count: recipe/results/kinds/linear-seed0/config.toml: train.epochs is 1, planned 2";
    assert!(run.err.lines().any(|line| line == differs), "{}", run.err);
}

#[test]
fn a_run_is_done_only_on_the_texts_that_the_corpus_has_now() {
    let folder = tempfile::tempdir().unwrap();
    recipe(folder.path());
    let study = folder.path().join("recipe/studies/kinds.toml");
    put(&study, STUDY.replace("\"train\"", "\"other\""));
    copy(trained(), &folder.path().join("copy"));
    let file = |set: &str| folder.path().join("copy/data").join(set);
    fs::copy(file("train.jsonl"), file("other.jsonl")).unwrap();
    let compare = || {
        linnet(
            folder.path(),
            &["compare", "recipe/studies/kinds.toml", "--only", "linear", "--data", "copy/data"],
        )
    };
    let is_decoded = || {
        let (run, place) =
            (compare(), folder.path().join("recipe/exp/kinds/linear-seed0/decode/other/ref.trn"));
        assert_eq!(run.code, 0, "{}", run.err);
        fs::read_to_string(place).unwrap().lines().next().unwrap().to_string()
    };
    let respell = |set: &str| {
        let text = fs::read_to_string(file(set)).unwrap();
        let (start, rest) = text.split_once("\"text\":\"").unwrap();
        let (said, rest) = rest.split_once('"').unwrap();
        put(&file(set), format!("{start}\"text\":\"{said} {said}\"{rest}"));
    };
    let before = is_decoded();
    assert_eq!(is_decoded(), before);
    // Another text of a test set: the set is decoded again.
    respell("other.jsonl");
    let after = is_decoded();
    assert!(after.len() > before.len(), "{before} {after}");
    // Another text of the training set: the run is another.
    respell("train.jsonl");
    let run = compare();
    let told = "linear-seed0/env.json: it was trained on other utterances, transcripts or tokens than ";
    assert!(
        run.code == 1 && run.err.contains(told) && run.err.contains("of other configurations or data"),
        "{}",
        run.err
    );
}

#[test]
fn the_missing_runs_are_listed_one_a_line() {
    let folder = tempfile::tempdir().unwrap();
    recipe(folder.path());
    let data = trained().join("data");
    let compare = |options: &[&str]| {
        let study = ["--quiet", "compare", "recipe/studies/kinds.toml", "--data", data.to_str().unwrap()];
        let run = linnet(folder.path(), &[&study[..], options].concat());
        assert_eq!((run.code, &*run.err), (0, ""));
        run.out
    };
    assert_eq!(compare(&["--list"]), "softmax-seed0\nlinear-seed0\n");
    assert_eq!(compare(&["--list", "--only", "linear"]), "linear-seed0\n");
    // What is listed is what --only takes.
    for (run, left) in [("softmax-seed0", "linear-seed0\n"), ("linear-seed0", "")] {
        compare(&["--only", run]);
        assert_eq!(compare(&["--list"]), left);
    }
    let run = linnet(folder.path(), &["compare", "recipe/studies/kinds.toml", "--list", "--no-train"]);
    assert_eq!(run.code, 2, "{}", run.err);
}

#[test]
fn wrong_studies_and_folders_are_named() {
    let folder = tempfile::tempdir().unwrap();
    recipe(folder.path());
    let file = folder.path().join("recipe/studies/kinds.toml");
    let compare = |arguments: &[&str]| linnet(folder.path(), &[&["--quiet", "compare"], arguments].concat());
    let study = "recipe/studies/kinds.toml";
    put(&file, STUDY.replace("sets", "set"));
    compare(&[study]).fails_with("recipe/studies/kinds.toml: there is no key set; did you mean sets?");
    put(&file, STUDY.replace("mixer = \"linear\"", "mixxer = \"linear\""));
    compare(&[study]).fails_with(
        "recipe/studies/kinds.toml, kind linear: there is no key model.mixxer; did you mean model.mixer?",
    );
    put(&file, STUDY);
    compare(&[study, "--data", "gone"])
        .fails_with("gone: there is no such folder; --data is a prepared corpus");
    fs::create_dir(folder.path().join("empty")).unwrap();
    compare(&[study, "--data", "empty"]).fails_with(&format!(
        "{}: there is no such file, and training and timing need it; prepare the corpus, give its folder with --data, or \
         report what is there with --no-train alone",
        folder.path().join("empty/dev.jsonl").display()
    ));
    compare(&["gone.toml"]).fails_with("gone.toml: there is no such file or folder; check the path");
    compare(&["exp", "--keep"]).fails_with(
        "--exp, --data, --results, --set, --only, --list, --no-train, --time and --keep are for one study file, STUDY.toml",
    );
    compare(&[study, "--no-train", "--plot", study]).fails_with(
        "recipe/studies/kinds.toml: --plot would replace what STUDY.toml reads; give --plot another file",
    );
    compare(&["exp"]).fails_with("exp/config.toml: there is no such file or folder; check the path");
    compare(&["empty", "exp"])
        .fails_with("empty: no run is in this folder, as config.toml is missing; train one first");
    put(&folder.path().join("runs/one/config.toml"), "");
    compare(&["runs", "exp"]).fails_with("runs: a folder of runs; give the runs, as runs/*");
    compare(&["runs/one/config.toml", "exp"])
        .fails_with("runs/one/config.toml: a study is compared alone; give one, or folders of runs");
    put(&folder.path().join("runs/one/metrics.jsonl"), "{}\n");
    for (option, path) in [("--out", "runs/one/metrics.jsonl"), ("--plot", "recipe/conf/tiny.toml")] {
        compare(&[study, "--no-train", option, path]).fails_with(&format!(
            "{path}: {option} would replace a file that is nothing of its kind; move it, or give another name"
        ));
    }
}

#[test]
fn a_study_is_shared_by_naming_runs_and_kinds() {
    let folder = tempfile::tempdir().unwrap();
    recipe(folder.path());
    let data = trained().join("data");
    let compare = |only: &str| {
        let study =
            ["compare", "recipe/studies/kinds.toml", "--data", data.to_str().unwrap(), "--only", only];
        linnet(folder.path(), &study)
    };
    let run = compare("linear-seed0");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("\nlinear-seed0 is trained, 1 of 1\n"), "{}", run.err);
    assert!(run.out.ends_with("not finished, and left out: softmax\n"), "{}", run.out);
    let run = compare("softmax");
    assert!(run.err.contains("\nsoftmax-seed0 is trained, 1 of 1\n"), "{}", run.err);
    assert!(!run.out.contains("not finished"), "{}", run.out);

    let time =
        ["compare", "recipe/studies/kinds.toml", "--no-train", "--time", "--keep", "--out", "report.html"];
    let run = linnet(folder.path(), &[&time[..], &["--data", data.to_str().unwrap()]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("\n2 kinds timed, 1 batches 5 times\n"), "{}", run.err);
    let timing = fs::read_to_string(folder.path().join("recipe/results/kinds/timing.json")).unwrap();
    assert!(timing.contains("\"kind\": \"linear\"") && timing.contains("us_per_frame"), "{timing}");
    let report = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(report.contains("Seconds are those of training steps of all kinds"));
    compare("linea").fails_with(
        "recipe/studies/kinds.toml: no run and no kind is called linea; the runs are softmax-seed0, linear-seed0",
    );
}

#[test]
fn experiment_folders_are_compared_with_the_first() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        copy(&trained().join("exp"), &folder.path().join(name));
    }
    let config = folder.path().join("b/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    put(&config, text.replace("mixer = \"linear\"", "mixer = \"softmax\""));
    let run = linnet(folder.path(), &["compare", "a", "b", "--out", "r.html", "--plot", "p.svg"]);
    assert_eq!((run.code, run.err.as_str()), (0, "the report is r.html\nthe plot is p.svg\n"));
    assert!(run.out.contains("dev as a") && run.out.contains("\nb  "), "{}", run.out);
    let plot = fs::read_to_string(folder.path().join("p.svg")).unwrap();
    assert!(plot.starts_with("<svg xmlns") && plot.contains("epochs of training"));
}

#[cfg(unix)]
#[test]
fn a_run_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        copy(&trained().join("exp"), &folder.path().join(name));
    }
    let compare = |other: &str| linnet(folder.path(), &["compare", "a", other]);
    compare("a/").fails_with("a/: the same configuration and seed as a; leave one of them out");
    compare("b").fails_with("b: the same configuration and seed as a; leave one of them out");
}

#[test]
fn ctrl_c_keeps_what_is_done_and_the_same_command_goes_on() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().unwrap();
    recipe(folder.path());
    let data = trained().join("data");
    let arguments = [
        "compare",
        "recipe/studies/kinds.toml",
        "--data",
        data.to_str().unwrap(),
        "--set",
        "train.epochs=5000",
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_linnet"));
    let mut child =
        command.current_dir(folder.path()).args(arguments).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    lines.find(|line| line.starts_with("epoch   2")).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(lines.last().unwrap(), "interrupted, and what is done is saved; the same command goes on");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let run = linnet(folder.path(), &[&arguments[..], &["--no-train"]].concat());
    let standing = run.line("  softmax-seed0 ");
    assert!(standing.contains(" of 5000 epochs done, about ") && run.code == 0, "{}", run.err);
}
