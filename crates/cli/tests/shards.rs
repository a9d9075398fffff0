//! `linnet transcribe --shard` and `--check`: machines that share recordings, and what is left of them.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};

use common::{Run, copy, linnet, mini, names, put, put_tone};

const ARRAYS: [&str; 3] = ["SLURM_ARRAY_TASK_ID", "AWS_BATCH_JOB_ARRAY_INDEX", "JOB_COMPLETION_INDEX"];

/// A folder with a model and twelve recordings.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    copy(&mini().join("../golden/recognizer"), &place.path().join("model"));
    (0..12).for_each(|n| put_tone(&place.path().join(format!("in/speaker {}/{n}.wav", n % 3))));
    place
}

/// The command in a folder, as a task of a job array.
fn task(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linnet"));
    for name in ARRAYS {
        command.env_remove(name);
    }
    command.current_dir(folder).args(arguments).envs(variables.iter().copied());
    command
}

const TRANSCRIBE: [&str; 5] = ["transcribe", "model", "in", "--out", "out"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&TRANSCRIBE, more].concat()
}

/// The journals' lines, how many about each recording.
fn noted(out: &Path) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for journal in names(out).iter().filter(|name| name.starts_with("done.")) {
        for line in fs::read_to_string(out.join(journal)).unwrap().lines() {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            // Before the files are written there is a note, too, which tells of failure until the next one.
            if entry["failed"].is_null() {
                *counts.entry(entry["input"].as_str().unwrap().to_owned()).or_default() += 1;
            }
        }
    }
    counts
}

#[test]
fn shares_make_the_whole_at_once_and_check_tells_what_is_left() {
    let place = place();
    let place = place.path();
    let check = |more: &[&str]| {
        let run = linnet(place, &[&with(&["--check"]), more].concat());
        (run.code, run.out.lines().map(str::to_owned).collect::<Vec<_>>(), run.err)
    };
    let (code, lines, told) = check(&[]);
    assert_eq!((code, lines.len()), (3, 12), "{told}");
    assert!(lines.iter().all(|line| line.starts_with("missing\tin/speaker ")), "{lines:?}");
    assert_eq!(told, "0 of 12 recordings are done, 12 are missing, 0 failed, 0 are stale, 0 are refused\n");
    assert!(!place.join("out").exists(), "a check has written");

    let two: Vec<Child> = ["1/3", "3/3"]
        .map(|shard| task(place, &[], &with(&["--quiet", "--shard", shard])).spawn().unwrap())
        .into();
    two.into_iter().for_each(|mut child| assert!(child.wait().unwrap().success()));
    let (code, left, _) = check(&[]);
    assert_eq!((code, &left), (3, &check(&["--shard", "2/3"]).1));
    assert!(!left.is_empty() && left.len() < 12, "{left:?}");
    let (code, lines, told) = check(&["--shard", "1/3"]);
    assert_eq!((code, lines.len()), (0, 0), "{told}");

    let run = Run::of(task(place, &[("JOB_COMPLETION_INDEX", "1")], &with(&["--shard", "auto/3"])));
    // Tones have sound and no words.
    assert!(run.code == 0 && run.err.starts_with("note: no words were found in "), "{}", run.err);
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    let (code, lines, told) = check(&[]);
    assert_eq!((code, lines.len()), (0, 0), "{told}");
    assert_eq!(told, "12 of 12 recordings are done, 0 are missing, 0 failed, 0 are stale, 0 are refused\n");
    let journals = ["done.1-of-3.jsonl", "done.2-of-3.jsonl", "done.3-of-3.jsonl"];
    assert_eq!(names(&place.join("out"))[..3], journals);
    assert!(noted(&place.join("out")).values().eq(&[1; 12]), "{:?}", noted(&place.join("out")));

    // Any number of shares passes over it, and all do.
    for more in [&[][..], &["--shard", "1/2"], &["--shard", "2/2"]] {
        let run = linnet(place, &[&with(&["--summary"]), more].concat());
        assert!(run.code == 0 && run.err.contains("0 recordings of"), "{}", run.err);
    }
    let run = linnet(place, &with(&["--shard", "1/1000"]));
    assert_eq!((run.code, run.err.as_str()), (0, "none of the 12 recordings belongs to share 1/1000\n"));
}

#[test]
fn what_failed_and_what_is_stale_is_told_with_its_reason() {
    let place = place();
    let place = place.path();
    put(&place.join("in/bad.wav"), "nothing");
    let run = linnet(place, &with(&["--quiet", "--shard", "1/1"]));
    assert_eq!(run.code, 3, "{}", run.err);
    put_tone(&place.join("in/new.wav"));
    put(
        &place.join("in/speaker 0/0.wav"),
        [fs::read(place.join("in/speaker 0/0.wav")).unwrap(), vec![0]].concat(),
    );
    let before = names(&place.join("out"));
    let check = |more: &[&str]| linnet(place, &[&with(&["--check"]), more].concat());
    let run = check(&[]);
    let [failed, missing, stale] = run.out.lines().collect::<Vec<_>>()[..] else { panic!("{}", run.out) };
    assert!(failed.starts_with("failed\tin/bad.wav\tin/bad.wav: "), "{failed}");
    assert_eq!(missing, "missing\tin/new.wav");
    assert_eq!(stale, "stale\tin/speaker 0/0.wav\tthe recording, or its line in the list, is another by now");
    assert_eq!(
        run.err,
        "11 of 14 recordings are done, 1 are missing, 1 failed, 1 are stale, 0 are refused\n"
    );
    put(&place.join("out/new.txt"), "by hand");
    let run = check(&[]);
    let refused =
        run.out.lines().find(|line| line.starts_with("refused\tin/new.wav\tout/new.txt: ")).unwrap();
    assert!(refused.contains("no run has written"), "{refused}");
    fs::remove_file(place.join("out/new.txt")).unwrap();
    let run = check(&["--greedy"]);
    assert_eq!((run.code, run.out.matches("\tthe model or the options are others\n").count()), (3, 12));
    let run = check(&["--format", "text,srt"]);
    assert_eq!((run.code, run.out.matches("missing\t").count()), (3, 13));
    assert_eq!(names(&place.join("out")), before);
    // Mended and done again.
    put_tone(&place.join("in/bad.wav"));
    assert_eq!(linnet(place, &with(&["--quiet"])).code, 0);
    assert_eq!(check(&[]).code, 0);
}

#[test]
fn a_share_is_the_same_however_the_recordings_are_named() {
    let place = place();
    let place = place.path();
    let full = place.join("in");
    let paths = |sources: &[&str], shard: &str| -> Vec<String> {
        let run = linnet(place, &[&["transcribe", "model", "--shard", shard], sources].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        let path = |line: &str| line.split_once('\t').unwrap().0.to_owned();
        run.out.lines().map(path).map(|path| path[path.find("speaker").unwrap()..].to_owned()).collect()
    };
    let share = paths(&["in"], "2/3");
    assert_eq!(paths(&[full.to_str().unwrap()], "2/3"), share);
    // Files of one name in many folders are shared out, too, as a manifest and a plain list name them.
    let lines = |line: &dyn Fn(&str) -> String| {
        let all = (0..12).map(|n| {
            let path = format!("speaker {n}/a.wav");
            put_tone(&place.join("lists").join(&path));
            line(&path)
        });
        all.collect::<String>()
    };
    put(&place.join("lists/list.jsonl"), lines(&|path| format!("{{\"audio_filepath\": \"{path}\"}}\n")));
    put(&place.join("list.txt"), lines(&|path| format!("lists/{path}\n")));
    for list in ["lists/list.jsonl", "list.txt"] {
        let mut all: Vec<String> =
            ["1/3", "2/3", "3/3"].iter().flat_map(|shard| paths(&["--list", list], shard)).collect();
        assert_eq!(all.len(), 12);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 12);
        assert!(paths(&["--list", list], "1/3").len() < 12);
    }
}

#[test]
fn wrong_shares_are_refused() {
    let place = place();
    let place = place.path();
    for (shard, part) in [
        ("0/8", "shares count from 1: give 1/8 to 8/8"),
        ("9/8", "shares count from 1: give 1/8 to 8/8"),
        ("1/0", "give a share and their number, as 3/8, or auto, or auto/8"),
        ("3", "give a share and their number, as 3/8, or auto, or auto/8"),
        ("auto/x", "give a share and their number, as 3/8, or auto, or auto/8"),
    ] {
        let run = linnet(place, &with(&["--shard", shard]));
        assert!(run.code == 2 && run.err.contains(part), "{shard}: {}", run.err);
    }
    Run::of(task(place, &[], &with(&["--shard", "auto"]))).fails_with(
        "--shard auto is for a task of a job array, but none of SLURM_ARRAY_TASK_ID, AWS_BATCH_JOB_ARRAY_INDEX and \
         JOB_COMPLETION_INDEX is set; give --shard I/N",
    );
    let stream = ["transcribe", "model", "-", "--out", "out"];
    linnet(place, &[&stream[..], &["--shard", "1/2"]].concat())
        .fails_with("standard input can't be shared out; give files to --shard");
    linnet(place, &[&stream[..], &["--check"]].concat())
        .fails_with("standard input can't be known again; give files to --check");
    assert_eq!(linnet(place, &["transcribe", "model", "in", "--check"]).code, 2);
    assert!(!place.join("out").exists());
    // No result takes a journal's place.
    put_tone(&place.join("one/done.wav"));
    put(&place.join("one/ids.jsonl"), "{\"audio_filepath\": \"done.wav\", \"id\": \"done.1-of-2\"}\n");
    let jsonl = ["--format", "jsonl", "--out", "jsonl"];
    assert_eq!(linnet(place, &[&["transcribe", "model", "one"], &jsonl[..]].concat()).code, 0);
    assert_eq!(names(&place.join("jsonl")), ["done.jsonl", "done.wav.jsonl"]);
    linnet(place, &[&["transcribe", "model", "--list", "one/ids.jsonl"], &jsonl[..]].concat()).fails_with(
        "one/done.wav: its result would be done.1-of-2.jsonl, a journal's name; give it another id",
    );
}
