//! `linnet transcribe` where names, folders and the time that it is given are bad.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{copy, linnet, mini, names, put};
use linnet_audio::{Audio, ReadOptions, read, write_wav};

fn recording(number: usize) -> PathBuf {
    mini().join(format!("11-14.1/wsj0/si_et_20/011/011c0e0{number}.wv1"))
}

fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    copy(&mini().join("../golden/recognizer"), &place.path().join("model"));
    place
}

#[test]
fn no_name_and_no_link_stops_the_others_or_is_passed_over_in_silence() {
    let place = place();
    let place = place.path();
    let audio = fs::read(recording(6)).unwrap();
    let long = format!("{}.wv1", "x".repeat(246));
    let odd: [&[u8]; 5] = [b"line\nbreak.wv1", b"tab\t.wv1", b"quote'\".wv1", b"-dash.wv1", b"\xff\xfe.wv1"];
    for name in odd.iter().chain([&long.as_bytes()]) {
        put(&place.join("in").join(OsStr::from_bytes(name)), &audio);
    }
    put(&place.join("elsewhere/linked.wv1"), &audio);
    symlink(place.join("elsewhere"), place.join("in/folder")).unwrap();
    symlink("nowhere", place.join("in/gone.wav")).unwrap();
    symlink("nowhere", place.join("in/gone.txt")).unwrap();
    symlink(".", place.join("in/round")).unwrap();
    assert!(Command::new("mkfifo").arg(place.join("in/pipe.wav")).status().unwrap().success());
    let arguments = ["transcribe", "model", "in", "--out", "out", "--summary"];
    let run = linnet(place, &arguments);
    assert_eq!(run.code, 3, "{}", run.err);
    // The name that is as long as any may be has no room for the result's ending beside it.
    assert!(run.err.contains("6 recordings of") && run.err.contains("3 failed"), "{}", run.err);
    for (name, problem) in
        [("in/gone.wav", "no such file"), ("in/round", "circle"), ("xxx.txt", "shorter one")]
    {
        let line = run.err.lines().find(|line| line.contains(name));
        assert!(line.is_some_and(|line| line.contains(problem)), "{name}: {}", run.err);
    }
    assert!(place.join("out/folder/linked.txt").is_file() && place.join("out/line\nbreak.txt").is_file());
    assert!(place.join("out").join(OsStr::from_bytes(b"\xff\xfe.txt")).is_file());
    let again = linnet(place, &arguments);
    assert!(again.code == 3 && again.err.contains("6 were done before"), "{}", again.err);
    // A path is one field of its line.
    let run = linnet(place, &["transcribe", "model", "in/line\nbreak.wv1", "in/tab\t.wv1"]);
    let paths: Vec<&str> = run.out.lines().map(|line| line.split_once('\t').unwrap().0).collect();
    assert_eq!(paths, ["in/line\\nbreak.wv1", "in/tab\\t.wv1"]);
}

/// A recording of so many minutes: utterances with pauses between.
fn long(path: &Path, minutes: usize) {
    let mut samples = Vec::new();
    for number in (1..=6).cycle() {
        let audio = read(&recording(number), &ReadOptions::default()).unwrap();
        samples.extend_from_slice(&audio.channels[0]);
        samples.extend([0.0; 12_000]);
        if samples.len() > 60 * minutes * 16_000 {
            break;
        }
    }
    write_wav(path, &Audio::new(16_000, vec![samples])).unwrap();
}

#[test]
fn a_run_that_is_killed_within_a_recording_goes_on_in_it() {
    let place = place();
    let place = place.path();
    long(&place.join("long.wav"), 20);
    let arguments =
        |out: &'static str| ["transcribe", "model", "long.wav", "--format", "json,srt", "--out", out];
    assert_eq!(linnet(place, &arguments("whole")).code, 0);
    assert_eq!(names(&place.join("whole")), ["done.jsonl", "long.json", "long.srt"]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_linnet"))
        .current_dir(place)
        .args(arguments("out"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let kept = place.join("out/.long.resume");
    // The stamp and a whole line at least, as the last one may be cut off.
    while fs::read_to_string(&kept).map_or(0, |text| text.matches('\n').count()) < 3 {
        assert!(child.try_wait().unwrap().is_none() && begun.elapsed() < Duration::from_secs(120));
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let text = fs::read_to_string(&kept).unwrap();
    assert!(text.starts_with("{\"stamp\":"), "{text}");
    put(&kept, &text[..text.len() - 20]);
    assert_eq!(linnet(place, &arguments("out")).code, 0);
    for file in ["long.json", "long.srt"] {
        let of = |out: &str| fs::read_to_string(place.join(out).join(file)).unwrap();
        assert!(of("out") == of("whole"), "{file}");
    }
    assert_eq!(names(&place.join("out")), names(&place.join("whole")));
    // What is kept is used: segments that nobody said come back.
    let head = text.lines().next().unwrap();
    let made_up = text.lines().nth(1).unwrap().replace("\"text\":\"", "\"text\":\"MADE UP ");
    put(&kept, format!("{head}\n{made_up}\n"));
    for file in ["done.jsonl", "long.json", "long.srt"] {
        fs::remove_file(place.join("out").join(file)).unwrap();
    }
    linnet(place, &arguments("out"));
    assert!(fs::read_to_string(place.join("out/long.json")).unwrap().contains("MADE UP"));
    // Of other options, it isn't.
    put(&kept, format!("{head}\n{made_up}\n"));
    let run = linnet(place, &[&arguments("out")[..], &["--greedy"]].concat());
    assert!(run.code == 0 && !fs::read_to_string(place.join("out/long.json")).unwrap().contains("MADE UP"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_says_how_to_go_on_and_ends_the_process() {
    use std::os::unix::process::ExitStatusExt;
    let place = place();
    let place = place.path();
    long(&place.join("long.wav"), 20);
    let mut child = Command::new(env!("CARGO_BIN_EXE_linnet"))
        .current_dir(place)
        .args(["transcribe", "model", "long.wav", "--out", "out"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !place.join("out/.long.resume").is_file() {
        assert!(child.try_wait().unwrap().is_none() && begun.elapsed() < Duration::from_secs(120));
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.signal(), Some(2));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "interrupted; the same command goes on where this one ended\n"
    );
}

#[test]
fn a_model_that_runs_through_a_long_recording_says_that_it_would_begin_anew() {
    let place = place();
    let place = place.path();
    let config = fs::read_to_string(place.join("model/config.toml")).unwrap();
    put(&place.join("model/config.toml"), config.replace("\"sinusoidal\"", "\"none\""));
    fs::create_dir(place.join("in")).unwrap();
    long(&place.join("in/one.wav"), 11);
    fs::copy(place.join("in/one.wav"), place.join("in/two.wav")).unwrap();
    let run = linnet(place, &["transcribe", "model", "in", "--out", "out"]);
    let said = ".wav: this causal model runs through a recording; if it is ended within this one, it will begin it anew";
    assert_eq!((run.code, run.err.matches(said).count()), (0, 1), "{}", run.err);
    // Nothing is lost without a folder, and little within a short recording.
    let run = linnet(place, &["transcribe", "model", "in/one.wav"]);
    assert!(run.code == 0 && !run.err.contains(said), "{}", run.err);
    fs::copy(recording(6), place.join("short.wv1")).unwrap();
    let run = linnet(place, &["transcribe", "model", "short.wv1", "--out", "out"]);
    assert!(run.code == 0 && !run.err.contains(said), "{}", run.err);
}
