//! Help texts, wrong usage, and what goes to which stream.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use common::{linnet, put, put_tone};

const COMMANDS: [&str; 14] = [
    "prepare",
    "features",
    "train",
    "decode",
    "tune",
    "align",
    "score",
    "compare",
    "ngram",
    "pronounce",
    "pack",
    "transcribe",
    "inspect",
    "convert",
];

#[test]
fn the_version_names_commit_features_and_target() {
    let run = linnet(here(), &["--version"]);
    let lines: Vec<&str> = run.out.lines().collect();
    assert!(lines[0].starts_with("linnet 0.1.0"), "{}", run.out);
    assert!(lines[1].starts_with("features: ") && lines[2].starts_with("target: "), "{}", run.out);
    let short = linnet(here(), &["-V"]).out;
    assert_eq!(short.trim_end(), lines[0]);
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn help_explains_the_way_and_names_every_command() {
    let run = linnet(here(), &["--help"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let way = ["linnet prepare ", "linnet train ", "linnet decode ", "linnet transcribe "];
    let steps: Vec<&str> = run.out.lines().filter(|line| line.starts_with("  linnet ")).collect();
    let in_order = steps.iter().zip(way).all(|(line, step)| line.contains(step) && line.contains(" → "));
    assert!(in_order && steps.len() == way.len(), "{}", run.out);
    for command in COMMANDS {
        assert!(run.out.contains(&format!("\n  {command} ")), "{command}: {}", run.out);
    }
    let (lines, widest) = (run.out.lines().count(), run.out.lines().map(|line| line.chars().count()).max());
    assert!(lines <= 44 && widest <= Some(100), "{lines} lines, {widest:?} columns");
}

#[test]
fn every_command_has_an_example_that_its_own_options_allow() {
    for command in COMMANDS {
        let run = linnet(here(), &[command, "--help"]);
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        let (options, examples) =
            run.out.split_once("\nExample").unwrap_or_else(|| panic!("{command} has no example"));
        let mut found = 0;
        for line in examples.lines().filter(|line| line.contains(&format!("linnet {command} "))) {
            found += 1;
            for option in line.split_whitespace().filter(|word| word.starts_with("--")) {
                assert!(options.contains(option), "{command} has no {option}: {line}");
            }
        }
        assert!(found > 0, "{command}: {examples}");
    }
}

#[test]
fn the_long_help_says_more_than_the_list() {
    for (command, part) in
        [("features", "NumPy"), ("convert", "channels"), ("pack", "search.toml"), ("ngram", "Kneser")]
    {
        let run = linnet(here(), &[command, "--help"]);
        assert!(run.out.contains(part), "{command} lacks {part}: {}", run.out);
    }
}

#[test]
fn wrong_usage_gives_2_and_says_what_would_be_right() {
    for (arguments, part) in [
        (&["trian"][..], "'train'"),
        (&["decode", "model"], "--out"),
        (&["convert", "a.wav", "--outt", "b.wav"], "'--out'"),
        (
            &["prepare", "an5", "x", "--out", "y"],
            "possible values: wsj, an4, librispeech, kaldi, manifest, folder",
        ),
        (&["convert", "a.wav", "--out", "b.wav", "--rate", "x"], "invalid digit"),
    ] {
        let run = linnet(here(), arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments:?}");
        assert!(run.err.contains(part), "{}", run.err);
    }
    let run = linnet(here(), &[]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("Usage: linnet"), "{}", run.err);
}

#[test]
fn data_goes_to_standard_output_and_talk_to_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    put_tone(&folder.path().join("a.wav"));
    let run = linnet(folder.path(), &["inspect", "a.wav"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(run.out, "WAV\n16000 Hz, 1 channel, 8000 samples, 0.500 s\n");
    let run = linnet(folder.path(), &["features", "a.wav", "--out", "a.npy"]);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", "a.npy: 50 frames of 80 bands\n"));
    put(&folder.path().join("slopes.toml"), "[features]\ndeltas = 2\n");
    let run = linnet(folder.path(), &["features", "a.wav", "--config", "slopes.toml", "--out", "b.npy"]);
    assert_eq!(run.err, "b.npy: 50 frames of 80 bands with 2 orders of slopes\n");
    let run = linnet(folder.path(), &["--quiet", "convert", "a.wav", "--out", "b.wav", "--rate", "8000"]);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", ""));
    let run = linnet(folder.path(), &["inspect", "b.wav"]);
    assert_eq!(run.out, "WAV\n8000 Hz, 1 channel, 4000 samples, 0.500 s\n");
}

#[test]
fn a_reader_that_has_enough_ends_it_quietly() {
    let folder = tempfile::tempdir().unwrap();
    put_tone(&folder.path().join("a.wav"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_linnet"));
    command.current_dir(folder.path()).args(["inspect", "a.wav"]).stderr(Stdio::piped());
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    // Files that were asked for are whole all the same.
    std::fs::write(folder.path().join("a.trn"), "ONE TWO (s-u)\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_linnet"));
    let score = ["score", "--ref", "a.trn", "--hyp", "a.trn", "--html", "page.html"];
    command.current_dir(folder.path()).args(score).stderr(Stdio::null());
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(command.stdout(writer).status().unwrap().code(), Some(0));
    assert!(folder.path().join("page.html").is_file());
}
