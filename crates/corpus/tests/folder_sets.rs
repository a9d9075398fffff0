//! Sets that a folder or table has, and sets that are drawn.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::folder::{put_pair, put_sound, run, sentences, skipped, speakers, split};
use common::{ids, put, read};
use linnet_corpus::prepare::Report;
use linnet_corpus::prepare::folder::Split;

fn sizes(report: &Report) -> Vec<(&str, usize)> {
    report.sets.iter().map(|set| (set.name.as_str(), set.utterances)).collect()
}

#[test]
fn folders_that_are_sets_stay_sets_and_those_below_are_speakers() {
    let root = tempfile::tempdir().unwrap();
    let (source, out) = (root.path().join("in"), root.path().join("out"));
    for (set, count) in [("Train", 3), ("valid", 2), ("eval", 1)] {
        for n in 0..count {
            put_pair(&source.join(format!("rec/{set}/s{n}/x{n}")), &format!("{set} {n}"));
        }
    }
    put_pair(&source.join("rec/train/s0/again"), "eval 0");
    let report = run(&source, Split::default(), &out).unwrap();
    assert_eq!(sizes(&report), [("train", 4), ("dev", 2), ("test", 1)]);
    assert_eq!(speakers(&read(&out, "train")), ["s0", "s1", "s2"].map(str::to_owned).into());
    assert_eq!(ids(&read(&out, "test")), ["rec-eval-s0-x0"]);
    let has = |note: &str| report.notes.iter().any(|found| found.starts_with(note));
    assert!(
        has("the sets are those that the source names: eval (as test), train, valid (as dev)"),
        "{:?}",
        report.notes
    );
    assert!(has("test: 1 of 1 sentences (1 of 1 utterances) occur in training too"), "{:?}", report.notes);

    let error = |split| run(&source, split, &out).unwrap_err().to_string();
    let given = Split { test: Some(0.2), ..Split::default() };
    assert_eq!(error(given), "test: the source has such a set, so that none is drawn; leave the share out");
}

#[test]
fn what_lies_beside_sets_is_named_and_a_missing_development_set_is_drawn() {
    let root = tempfile::tempdir().unwrap();
    let (source, out) = (root.path().join("in"), root.path().join("out"));
    for n in 0..20 {
        put_pair(&source.join(format!("train/x{n}")), &format!("train {n}"));
        put_pair(&source.join(format!("test/x{n}")), &format!("test {n}"));
    }
    put_pair(&source.join("more/x"), "more");
    put_pair(&source.join("x"), "more");
    let report = run(&source, Split::default(), &out).unwrap();
    assert_eq!(sizes(&report), [("train", 18), ("dev", 2), ("test", 20)]);
    assert!(ids(&read(&out, "dev")).iter().all(|id| id.starts_with("train-x")));
    assert!(ids(&read(&out, "test")).iter().all(|id| id.starts_with("test-x")));
    let reason = "it lies in no folder of a set, where others do; move it into one";
    assert_eq!(skipped(&report), [format!("more/x: {reason}"), format!("x: {reason}")]);
    let note = "dev: drawn from train, as the source names no such set";
    assert!(report.notes.iter().any(|found| found == note), "{:?}", report.notes);
}

#[test]
fn a_column_or_the_names_of_tables_are_sets() {
    let root = tempfile::tempdir().unwrap();
    let (source, out) = (root.path().join("in"), root.path().join("out"));
    for n in 0..6 {
        put_sound(&source.join(format!("clips/{n}.wav")));
    }
    put(
        &source.join("all.csv"),
        "path,sentence,split\n0,zero,train\n1,one,TRAIN\n2,two,validation\n3,three,test\n4,four,unused\n5,five,\n",
    );
    let report = run(&source.join("all.csv"), Split::default(), &out).unwrap();
    assert_eq!(sizes(&report), [("train", 2), ("dev", 1), ("test", 1)]);
    let table = source.join("all.csv");
    let place = |line: usize| format!("{}, line {line}", table.display());
    assert_eq!(
        skipped(&report),
        [
            format!("4: {}: the set \"unused\" is none of train, dev and test; name one of them", place(6)),
            format!("5: {}: the set \"\" is none of train, dev and test; name one of them", place(7)),
        ]
    );
    put(&source.join("train.tsv"), "path\tsentence\n0.wav\tzero\n1.wav\tone\n");
    put(&source.join("dev.tsv"), "path\tsentence\n2.wav\ttwo\n");
    put(&source.join("test.tsv"), "path\tsentence\n3.wav\tthree\n0.wav\tfour\n");
    put(&source.join("validated.tsv"), "path\tsentence\n5.wav\tfive\n");
    for given in [source.clone(), source.join("train.tsv")] {
        let report = run(&given, Split::default(), &out).unwrap();
        assert_eq!(sizes(&report), [("train", 2), ("dev", 1), ("test", 2)]);
        assert_eq!(ids(&read(&out, "test")), ["3", "0"]);
        let heard =
            "test: 1 of 2 utterances lie in recordings that training has too; its error rates are too low";
        assert!(report.notes.iter().any(|note| note == heard), "{:?}", report.notes);
    }
}

/// 150 recordings of 88 sentences, each of the first 62 twice.
fn takes(source: &Path) {
    for n in 0..150 {
        put_pair(&source.join(format!("x{n:03}")), &format!("sentence {}", n % 88));
    }
}

#[test]
fn takes_of_a_sentence_stay_in_one_set() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("in");
    takes(&source);
    for seed in 0..5 {
        let out = root.path().join(format!("out{seed}"));
        let report = run(&source, split(0.1, 0.1, seed), &out).unwrap();
        assert_eq!(sizes(&report), [("train", 120), ("dev", 15), ("test", 15)]);
        let sets = ["train", "dev", "test"].map(|set| sentences(&read(&out, set)));
        let [train, dev, test] = &sets;
        assert!(train.is_disjoint(dev) && train.is_disjoint(test) && dev.is_disjoint(test));
        assert!(!report.notes.iter().any(|note| note.contains("occur in training")), "{:?}", report.notes);
    }
    let again = root.path().join("again");
    run(&source, split(0.1, 0.1, 3), &again).unwrap();
    assert_eq!(ids(&read(&again, "test")), ids(&read(&root.path().join("out3"), "test")));
    assert_ne!(ids(&read(&again, "test")), ids(&read(&root.path().join("out4"), "test")));
}

#[test]
fn parts_of_a_recording_stay_in_one_set() {
    let root = tempfile::tempdir().unwrap();
    let mut table = "file,start,end,text\n".to_owned();
    for n in 0..20 {
        common::put_wav(&root.path().join(format!("{n}.wav")), &common::tone(1600, n));
        for part in 0..5 {
            let start = f64::from(part) * 0.02;
            table += &format!("{n}.wav,{start},{},text {n} {part}\n", start + 0.02);
        }
    }
    put(&root.path().join("t.csv"), table);
    let out = root.path().join("out");
    let report = run(&root.path().join("t.csv"), split(0.1, 0.2, 1), &out).unwrap();
    assert_eq!(sizes(&report), [("train", 70), ("dev", 10), ("test", 20)]);
    let recordings = |set: &str| -> std::collections::BTreeSet<_> {
        read(&out, set).utterances.into_iter().map(|u| u.audio).collect()
    };
    assert_eq!([recordings("train").len(), recordings("dev").len(), recordings("test").len()], [14, 2, 4]);
}

/// Recordings of speakers, of which each says these sentences.
fn speaking(source: &Path, speakers: usize, said: impl Fn(usize) -> Vec<String>) {
    for speaker in 0..speakers {
        for (n, text) in said(speaker).into_iter().enumerate() {
            put_pair(&source.join(format!("s{speaker:02}/x{n}")), &text);
        }
    }
}

#[test]
fn speakers_and_sentences_are_both_kept_apart_where_that_can_be() {
    let root = tempfile::tempdir().unwrap();
    let (source, out) = (root.path().join("in"), root.path().join("out"));
    // Pairs of speakers say the same.
    speaking(&source, 20, |speaker| (0..4).map(|n| format!("{} {n}", speaker / 2)).collect());
    let report = run(&source, split(0.1, 0.1, 2), &out).unwrap();
    assert_eq!(sizes(&report), [("train", 64), ("dev", 8), ("test", 8)]);
    assert!(!report.notes.iter().any(|note| note.contains("sentences")), "{:?}", report.notes);
    let [train, test] = ["train", "test"].map(|set| speakers(&read(&out, set)));
    assert!(train.is_disjoint(&test));
}

#[test]
fn sentences_that_all_speakers_say_do_not_swallow_the_test_set() {
    let root = tempfile::tempdir().unwrap();
    let (source, out) = (root.path().join("in"), root.path().join("out"));
    // As TIMIT's: one sentence of all, one of two speakers, two of each speaker's own.
    let said = |speaker: usize| {
        let own = |n: usize| format!("own {speaker} {n}");
        vec!["all".to_owned(), format!("pair {}", speaker / 2), own(0), own(1)]
    };
    speaking(&source, 20, said);
    let report = run(&source, split(0.1, 0.1, 2), &out).unwrap();
    assert_eq!(sizes(&report), [("train", 64), ("dev", 8), ("test", 8)]);
    let sets = ["train", "dev", "test"].map(|set| read(&out, set));
    assert!(speakers(&sets[0]).is_disjoint(&speakers(&sets[2])));
    let shared: Vec<String> = sentences(&sets[0]).intersection(&sentences(&sets[2])).cloned().collect();
    assert_eq!(shared, ["ALL"]);
    for note in [
        "1 of 11 sentences that several speakers share may be in several sets: to keep each in one would leave too little \
         for dev or test",
        "test: 1 of 6 sentences (2 of 8 utterances) occur in training too; expect more errors on sentences that don't",
    ] {
        assert!(report.notes.iter().any(|found| found == note), "{note}: {:?}", report.notes);
    }
}

#[test]
fn one_sentence_of_all_recordings_is_in_all_sets() {
    let root = tempfile::tempdir().unwrap();
    let (source, out) = (root.path().join("in"), root.path().join("out"));
    for n in 0..20 {
        put_pair(&source.join(format!("x{n}")), "yes");
    }
    let report = run(&source, Split::default(), &out).unwrap();
    assert_eq!(sizes(&report), [("train", 16), ("dev", 2), ("test", 2)]);
    let note = "test: 1 of 1 sentences (2 of 2 utterances) occur in training too; expect more errors on sentences that don't";
    assert!(report.notes.iter().any(|found| found == note), "{:?}", report.notes);
}
