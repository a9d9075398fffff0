//! Recordings that can't be used: one line that names the file, the place and what to do.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use common::{float_wav, linnet, mini, names, put, put_tone, sphere, trained};

/// The kinds of damage: the file, its bytes, what is said of it.
fn damaged() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let shortened = fs::read(mini().join("13-16.1/wsj1/si_dt_20/013/013c0d01.wv1")).unwrap();
    let mut nan = vec![0.25; 200];
    nan[100] = f32::NAN;
    let header = |field: &str, value: &str| {
        let text = String::from_utf8(sphere(100, 200)[..1024].to_vec()).unwrap();
        let mut bytes = text.replacen(field, value, 1).into_bytes();
        bytes.resize(1224, 1);
        bytes
    };
    vec![
        (
            "cut.sph",
            sphere(100, 200)[..200].to_vec(),
            "byte 200: SPHERE header: it should have 1024 bytes, the file is cut off here; copy it again",
        ),
        (
            "negative.sph",
            header("sample_count -i 100", "sample_count -i -10"),
            "byte 35: SPHERE header: sample_count is -10, it must be from 0 to 1099511627776; correct it or copy the file again",
        ),
        (
            "long.sph",
            header("   1024", "9999999"),
            "byte 8: SPHERE header: a length of 9999999 bytes is out of range; copy the file again",
        ),
        (
            "early.wv1",
            shortened[..5000].to_vec(),
            "byte 5000: the Shorten stream ends early, after 8192 of 37440 samples; copy the file again",
        ),
        (
            "zero.sph",
            sphere(0, 0),
            "there are no samples in it; leave it out, or write it again from its source",
        ),
        (
            "zero.wav",
            float_wav(&[]),
            "there are no samples in it; leave it out, or write it again from its source",
        ),
        ("empty.flac", Vec::new(), "the file is empty; copy it again or leave it out"),
        (
            "nan.wav",
            float_wav(&nan),
            "sample 100 of channel 0 is no finite number; write the file again from its source",
        ),
    ]
}

#[test]
fn each_kind_of_damage_is_named_with_its_place_and_the_mend() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes, problem) in damaged() {
        put(&folder.path().join(name), bytes);
        for (command, out) in [("convert", "out.wav"), ("features", "out.npy")] {
            linnet(folder.path(), &[command, name, "--out", out]).fails_with(&format!("{name}: {problem}"));
        }
    }
    assert_eq!(names(folder.path()).iter().filter(|name| name.contains("out")).count(), 0);
    linnet(folder.path(), &["convert", "gone.wav", "--out", "out.wav"])
        .fails_with("gone.wav: there is no such file or folder; check the path");
    linnet(folder.path(), &["convert", ".", "--out", "out.wav"])
        .fails_with(".: this is a folder; give a file");
}

#[test]
fn what_reading_met_is_said_by_every_command_that_reads_first() {
    let model = trained().join("exp/model");
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("lie.sph"), sphere(10_000, 16_000));
    put(&folder.path().join("loud.wav"), float_wav(&[1.5; 8000]));
    let note = "lie.sph: its header tells 10000 samples; 0.500 s are there and were read";
    let model = model.to_str().unwrap();
    for command in [
        &["convert", "lie.sph", "--out", "out.wav"][..],
        &["features", "lie.sph", "--out", "out.npy"],
        &["inspect", "lie.sph"],
        &["transcribe", model, "lie.sph"],
    ] {
        let run = linnet(folder.path(), command);
        assert_eq!((run.code, run.line("note: ")), (0, format!("note: {note}").as_str()), "{command:?}");
    }
    let run = linnet(folder.path(), &["convert", "loud.wav", "--out", "out.wav"]);
    assert!(
        run.line("note: out.wav: ")
            .starts_with("note: out.wav: 8000 samples beyond full scale (up to 1.500)")
    );
}

#[test]
fn good_recordings_are_transcribed_beside_bad_ones() {
    let model = trained().join("exp/model");
    let folder = tempfile::tempdir().unwrap();
    let recordings = folder.path().join("recordings");
    put_tone(&recordings.join("a.wav"));
    put_tone(&recordings.join("deep/z.wav"));
    let damaged = damaged();
    for (name, bytes, _) in &damaged {
        put(&recordings.join(name), bytes);
    }
    let run = linnet(folder.path(), &["transcribe", model.to_str().unwrap(), "recordings"]);
    assert_eq!(run.code, 3);
    let paths: Vec<_> = run.out.lines().map(|line| line.split_once('\t').unwrap().0).collect();
    assert_eq!(paths, ["recordings/a.wav", "recordings/deep/z.wav"]);
    assert_eq!(run.err.lines().count(), damaged.len() + 1, "{}", run.err);
    for (name, _, problem) in &damaged {
        let line = format!("warning: recordings/{name}: {problem}");
        assert_eq!(run.line(&format!("warning: recordings/{name}: ")), line);
    }
    let count = format!("{} of {} recordings failed", damaged.len(), damaged.len() + 2);
    assert_eq!(run.err.lines().last(), Some(format!("warning: {count}").as_str()));
}

#[test]
fn good_recordings_alone_give_0_and_json_is_json() {
    let model = trained().join("exp/model");
    let folder = tempfile::tempdir().unwrap();
    put_tone(&folder.path().join("a.wav"));
    let model = model.to_str().unwrap();
    let run = linnet(folder.path(), &["transcribe", model, "a.wav", "--format", "json"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let line: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((line["path"].as_str(), line["duration"].as_f64()), (Some("a.wav"), Some(0.5)));
    let list = |value: &serde_json::Value, key: &str| value[key].as_array().unwrap().clone();
    let words: Vec<_> = list(&line, "segments").iter().flat_map(|segment| list(segment, "words")).collect();
    let tokens: Vec<_> = words.iter().flat_map(|word| list(word, "tokens")).collect();
    let timed = |part: &serde_json::Value| part["start"].as_f64() < part["end"].as_f64();
    assert!(!tokens.is_empty() && words.iter().chain(&tokens).all(timed), "{line}");
    assert!(tokens.iter().all(|token| token["confidence"].is_f64()), "{line}");
    let text: Vec<&str> = words.iter().map(|word| word["word"].as_str().unwrap()).collect();
    assert_eq!(line["text"].as_str(), Some(text.join(" ").as_str()));
    fs::create_dir(folder.path().join("none")).unwrap();
    linnet(folder.path(), &["transcribe", model, "none"])
        .fails_with("none: there is no audio file in this folder; give one with recordings");
}
