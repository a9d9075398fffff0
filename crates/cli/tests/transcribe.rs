//! `linnet transcribe` on many recordings: formats, folders, lists, channels, and going on after an interruption.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{copy, linnet, mini, names, put};
use linnet_audio::{Audio, ReadOptions, read, write_wav};

/// A folder with the trained model, and recordings in two folders.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    copy(&mini().join("../golden/recognizer"), &place.path().join("model"));
    for (number, file) in ["in/a.wv1", "in/deep/b.wv1", "in/deep/c.wv1"].iter().enumerate() {
        put(&place.path().join(file), fs::read(recording(number + 4)).unwrap());
    }
    place
}

/// A recording of this number, from 1 to 6.
fn recording(number: usize) -> std::path::PathBuf {
    mini().join(format!("11-14.1/wsj0/si_et_20/011/011c0e0{number}.wv1"))
}

fn text(place: &Path, file: &str) -> String {
    fs::read_to_string(place.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

const ALL: &str = "text,json,jsonl,srt,vtt,ctm,stm,TextGrid,trn,tsv";

#[test]
fn each_recording_has_a_file_of_each_format_in_the_same_folders() {
    let place = place();
    let place = place.path();
    let run = linnet(place, &["transcribe", "model", "in", "--format", ALL, "--out", "out", "--summary"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    assert!(run.err.starts_with("3 recordings of 0.00") && run.err.contains("0 failed"), "{}", run.err);
    let endings = ["TextGrid", "ctm", "json", "jsonl", "srt", "stm", "trn", "tsv", "txt", "vtt"];
    let files: Vec<String> = ["b", "c"].iter().flat_map(|n| endings.map(|e| format!("{n}.{e}"))).collect();
    assert_eq!(names(&place.join("out/deep")), files);
    // All formats tell the same words.
    let json: serde_json::Value = serde_json::from_str(&text(place, "out/deep/c.json")).unwrap();
    let words = json["text"].as_str().unwrap();
    assert_eq!((json["path"].as_str(), words.is_empty()), (Some("in/deep/c.wv1"), false));
    assert_eq!(text(place, "out/deep/c.txt"), format!("{words}\n"));
    assert_eq!(text(place, "out/deep/c.trn"), format!("{words} (c)\n"));
    let line: serde_json::Value = serde_json::from_str(&text(place, "out/deep/c.jsonl")).unwrap();
    assert_eq!(line, json);
    let ctm = text(place, "out/deep/c.ctm");
    let column = |number: usize| ctm.lines().map(move |line| line.split(' ').nth(number).unwrap().to_owned());
    assert_eq!(column(4).collect::<Vec<_>>().join(" "), words);
    assert!(column(0).all(|name| name == "c") && column(1).all(|channel| channel == "1"));
    for (file, sign) in
        [("c.srt", " --> "), ("c.vtt", "WEBVTT\n"), ("c.stm", "c 1 c-1 "), ("c.tsv", "start\tend")]
    {
        let found = text(place, &format!("out/deep/{file}"));
        let words_of =
            |text: &str| text.split(|c: char| !c.is_alphabetic()).map(str::to_owned).collect::<Vec<_>>();
        let has = words.split(' ').all(|word| words_of(&found).contains(&word.to_owned()));
        assert!(found.contains(sign) && has, "{file}: {found}");
    }
    // Scoring reads them.
    for kind in ["ctm", "trn"] {
        let file = format!("out/deep/c.{kind}");
        assert_eq!(linnet(place, &["inspect", &file]).code, 0);
    }
    // What standard output says is the same, in the order of the files.
    let run = linnet(place, &["transcribe", "model", "in", "--jobs", "3"]);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[2], format!("in/deep/c.wv1\t{words}"));
}

#[test]
fn a_rerun_passes_over_what_is_done_and_does_the_rest() {
    let place = place();
    let place = place.path();
    let transcribe = |more: &[&str]| {
        let run =
            linnet(place, &[&["transcribe", "model", "in", "--out", "out", "--summary"], more].concat());
        assert!(run.code == 0 || run.code == 3, "{}", run.err);
        run.err
    };
    put(&place.join("in/bad.wav"), "nothing");
    let first = transcribe(&[]);
    assert!(first.contains("3 recordings of") && first.contains("0 were done before, 1 failed"), "{first}");
    let before = text(place, "out/deep/b.txt");
    // As if it had been ended before the second was noted, while it was written.
    let journal = text(place, "out/done.jsonl");
    let kept: String =
        journal.lines().filter(|line| !line.contains("b.wv1")).map(|l| format!("{l}\n")).collect();
    put(&place.join("out/done.jsonl"), &kept[..kept.len() - 1]);
    fs::remove_file(place.join("out/deep/b.txt")).unwrap();
    put(&place.join("out/deep/.b.txt.7.part"), "half");
    let again = transcribe(&[]);
    assert!(again.contains("1 recordings of") && again.contains("2 were done before"), "{again}");
    assert_eq!(
        (text(place, "out/deep/b.txt"), names(&place.join("out/deep"))),
        (before, vec!["b.txt".into(), "c.txt".into()])
    );
    assert!(transcribe(&[]).contains("0 recordings of"));
    // Other options, another format, another model, another recording: all is done that it concerns.
    assert!(transcribe(&["--greedy"]).contains("3 recordings of"));
    assert!(transcribe(&["--format", "text,srt"]).contains("3 recordings of"));
    assert!(transcribe(&["--again"]).contains("3 recordings of"));
    put(&place.join("in/a.wv1"), fs::read(recording(1)).unwrap());
    assert!(transcribe(&[]).contains("1 recordings of"));
}

#[test]
fn channels_are_mixed_apart_or_one() {
    let place = place();
    let place = place.path();
    let samples = |number| read(&recording(number), &ReadOptions::default()).unwrap().channels.remove(0);
    let (mut left, mut right) = (samples(6), samples(5));
    let longest = left.len().max(right.len());
    [&mut left, &mut right].into_iter().for_each(|side| side.resize(longest, 0.0));
    write_wav(&place.join("call.wav"), &Audio::new(16_000, vec![left, right])).unwrap();
    let heard = |more: &[&str]| {
        let run = linnet(place, &[&["transcribe", "model", "call.wav", "--format", "json"], more].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        serde_json::from_str::<serde_json::Value>(&run.out).unwrap()
    };
    let text = |json: &serde_json::Value| json["text"].as_str().unwrap().to_owned();
    let (first, second) = (heard(&["--channels", "1"]), heard(&["--channels", "2"]));
    assert!(text(&first).ends_with("INFLATION CLIMBED") && text(&first) != text(&second));
    let each = heard(&["--channels", "each"]);
    let segments = each["segments"].as_array().unwrap();
    for (number, alone) in [(1, &first), (2, &second)] {
        let own: Vec<_> = segments.iter().filter(|s| s["channel"].as_u64() == Some(number)).collect();
        let own: Vec<&str> = own.iter().map(|segment| segment["text"].as_str().unwrap()).collect();
        assert_eq!(own.join(" "), text(alone));
    }
    let run = linnet(place, &["transcribe", "model", "call.wav", "--channels", "each", "--format", "ctm"]);
    let channels: std::collections::BTreeSet<&str> =
        run.out.lines().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!(channels.into_iter().collect::<Vec<_>>(), ["1", "2"]);
    let run = linnet(place, &["transcribe", "model", "call.wav", "--channels", "3"]);
    assert!(run.code == 1 && run.err.contains("call.wav: there is no channel 3, it has 2"), "{}", run.err);
}

#[test]
fn parts_have_the_recordings_times_and_lists_carry_their_fields() {
    let place = place();
    let place = place.path();
    let json = |arguments: &[&str]| -> Vec<serde_json::Value> {
        let run = linnet(place, &[&["transcribe", "model", "--format", "jsonl"], arguments].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let whole = json(&["in/deep/c.wv1"]).remove(0);
    let part = json(&["in/deep/c.wv1", "--offset", "1", "--duration", "1"]).remove(0);
    assert_eq!(part["duration"].as_f64(), Some(1.0));
    let start = |json: &serde_json::Value| json["segments"][0]["start"].as_f64().unwrap();
    assert!(start(&part) >= 1.0 && start(&whole) < 1.0, "{part}");
    assert_eq!((part["offset"].as_f64(), whole.get("offset")), (Some(1.0), None));
    // All of its words are in a TextGrid, too.
    let grid = ["transcribe", "model", "in/deep/c.wv1", "--offset", "1", "--format", "TextGrid"];
    let grid = linnet(place, &grid).out;
    let words = json(&["in/deep/c.wv1", "--offset", "1"]).remove(0);
    for word in words["text"].as_str().unwrap().split(' ') {
        assert!(grid.contains(&format!("text = \"{word}\"")), "{word}: {grid}");
    }
    for wrong in ["-1", "NaN", "x"] {
        let run = linnet(place, &["transcribe", "model", "in", "--offset", wrong]);
        assert!(run.code == 2 && run.err.contains("give seconds, not below 0"), "{}", run.err);
    }
    put(
        &place.join("in/list.jsonl"),
        "{\"audio_filepath\": \"deep/c.wv1\", \"call\": 7, \"text\": \"said\"}\n\
         {\"audio_filepath\": \"a.wv1\", \"id\": \"first\", \"offset\": 0.5, \"duration\": 1}\n",
    );
    let listed = json(&["--list", "in/list.jsonl"]);
    assert_eq!((listed[0]["call"].as_u64(), listed[0]["text"].clone()), (Some(7), whole["text"].clone()));
    assert_eq!((listed[1]["id"].as_str(), listed[1]["duration"].as_f64()), (Some("first"), Some(1.0)));
    put(&place.join("paths.txt"), "in/deep/c.wv1\n\nin/a.wv1\n");
    linnet(place, &["transcribe", "model", "paths.txt"]).fails_with(
        "paths.txt: by its name this is a list of recordings and not one; give it as --list, if its lines are paths or \
         records of a manifest",
    );
    let paths: Vec<_> = json(&["--list", "paths.txt"]).iter().map(|json| json["path"].clone()).collect();
    assert_eq!(paths, ["in/deep/c.wv1", "in/a.wv1"]);
    // Hotwords of a recording's own, and one that can't be spelt.
    put(
        &place.join("in/hot.jsonl"),
        r#"{"audio_filepath": "deep/c.wv1", "hotwords": {"CLIMBED": 4, "ZEBRA": 2}}"#,
    );
    let run = linnet(place, &["transcribe", "model", "--list", "in/hot.jsonl"]);
    let left_out = run.err.contains("in/deep/c.wv1: the hotword phrase \"ZEBRA\" has ");
    assert!(run.code == 3 && left_out && run.out.contains("CLIMBED"), "{}{}", run.out, run.err);
    put(&place.join("in/hot.jsonl"), r#"{"audio_filepath": "deep/c.wv1", "hotwords": [3]}"#);
    let run = linnet(place, &["transcribe", "model", "--list", "in/hot.jsonl"]);
    assert!(run.code == 1 && run.err.contains("its hotwords has 3, no phrase; write"), "{}", run.err);
    // No model reads a prompt: that is said, and it stays a field.
    put(
        &place.join("in/prompt.jsonl"),
        "{\"audio_filepath\": \"a.wv1\", \"prompt\": \"about inflation\"}\n\
         {\"audio_filepath\": \"a.wv1\", \"id\": \"b\", \"initial_prompt\": \" \", \"prompt\": null}\n",
    );
    let run = linnet(place, &["transcribe", "model", "--list", "in/prompt.jsonl", "--format", "jsonl"]);
    let said = "note: in/prompt.jsonl: 1 recordings have a prompt, which no model here reads; write its names and rare \
                words as hotwords";
    assert!(run.code == 0 && run.err.contains(said), "{}", run.err);
    assert!(run.out.contains("\"prompt\":\"about inflation\""), "{}", run.out);
    for (line, problem) in [("{\"path\": \"a\"}", "it has no audio_filepath"), ("{", "list.jsonl:2: ")] {
        put(&place.join("list.jsonl"), format!("in/a.wv1\n{line}\n"));
        let run = linnet(place, &["transcribe", "model", "--list", "list.jsonl"]);
        assert!(
            run.code == 1 && run.err.contains(problem) && run.err.contains("list.jsonl:2: "),
            "{}",
            run.err
        );
    }
}

#[test]
fn results_never_mix_or_replace_each_other() {
    let place = place();
    let place = place.path();
    let run = linnet(place, &["transcribe", "model", "in", "--format", "text,srt"]);
    run.fails_with("srt of several recordings can't stand in one text; give --out DIR, or another --format");
    // Two recordings that differ in their endings alone keep them.
    fs::copy(place.join("in/a.wv1"), place.join("in/a.sph")).unwrap();
    let run = linnet(place, &["transcribe", "model", "in", "--out", "out"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(names(&place.join("out")), ["a.sph.txt", "a.wv1.txt", "deep", "done.jsonl"]);
    let run = linnet(place, &["transcribe", "model", "in/a.wv1", "in/deep/../a.wv1", "--out", "other"]);
    run.fails_with(
        "in/a.wv1 and in/deep/../a.wv1 would both be written to a.wv1 below --out; give the folder that both are in, or \
         ids in a manifest",
    );
    let run = linnet(place, &["transcribe", "model", "in/a.wv1", "in/a.wv1", "--out", "other"]);
    run.fails_with("in/a.wv1 is given twice; give it once");
    let run = linnet(place, &["transcribe", "model", "-", "-"]);
    run.fails_with("standard input is given twice; give it once");
    // Names in formats that know no paths differ.
    for file in ["one/x.wv1", "two/x.wv1"] {
        put(&place.join("same").join(file), fs::read(recording(6)).unwrap());
    }
    let run = linnet(place, &["transcribe", "model", "same", "in/a.wv1", "--format", "trn"]);
    let named: Vec<&str> = run.out.lines().map(|line| line.rsplit_once(' ').unwrap().1).collect();
    assert_eq!(named, ["(one/x)", "(two/x)", "(a)"]);
    // A dot in an id begins no ending.
    put(
        &place.join("in/ids.jsonl"),
        "{\"audio_filepath\": \"a.wv1\", \"id\": \"s1.u1\"}\n{\"audio_filepath\": \"deep/b.wv1\", \"id\": \"s1.u2\"}\n",
    );
    linnet(place, &["transcribe", "model", "--list", "in/ids.jsonl", "--out", "ids"]);
    assert_eq!(names(&place.join("ids")), ["done.jsonl", "s1.u1.txt", "s1.u2.txt"]);
    let run = linnet(place, &["transcribe", "model", "in", "--format", "word"]);
    assert!(
        run.code == 2 && run.err.contains("give one or several of text, json, jsonl, srt"),
        "{}",
        run.err
    );
}

#[test]
fn what_somebody_has_written_or_corrected_is_never_replaced() {
    let place = place();
    let place = place.path();
    let transcribe = |more: &[&str]| linnet(place, &[&["transcribe", "model", "in", "--out"], more].concat());
    // Transcripts by hand beside the recordings, as corpora have them.
    put(&place.join("in/a.txt"), "BY HAND\n");
    let run = transcribe(&["in"]);
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(
        run.err.contains("in/a.txt: the transcript would replace this file, which by the journals here no run has written; move"),
        "{}",
        run.err
    );
    assert!(run.err.contains("1 of 3 recordings failed"), "{}", run.err);
    assert_eq!(text(place, "in/a.txt"), "BY HAND\n");
    assert_eq!(names(&place.join("in/deep")), ["b.txt", "b.wv1", "c.txt", "c.wv1"]);
    // One that was corrected stays, whatever is asked for; the others are done anew.
    fs::remove_file(place.join("in/a.txt")).unwrap();
    assert_eq!(transcribe(&["in"]).code, 0);
    put(&place.join("in/deep/b.txt"), "CORRECTED\n");
    assert_eq!(transcribe(&["in"]).code, 0, "it is done");
    for more in [&["in", "--greedy"][..], &["in", "--again"]] {
        let run = transcribe(more);
        assert_eq!(run.code, 3, "{}", run.err);
        assert!(
            run.err.contains("in/deep/b.txt: the transcript would replace this file, which was changed"),
            "{}",
            run.err
        );
        assert_eq!(text(place, "in/deep/b.txt"), "CORRECTED\n");
    }
    assert_eq!(text(place, "in/deep/c.txt"), {
        let recording = recording(6);
        let run = linnet(place, &["transcribe", "model", recording.to_str().unwrap()]);
        run.out.split_once('\t').unwrap().1.to_owned()
    });
    // The only recording: the reason is the error.
    let run = linnet(place, &["transcribe", "model", "in/deep/b.wv1", "--out", "in/deep"]);
    assert!(run.code == 1 && run.err.contains("b.txt: the transcript would replace"), "{}", run.err);
}
