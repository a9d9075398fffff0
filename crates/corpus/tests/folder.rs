//! A folder of files, and tables of them.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::{ids, put, put_raw, put_wav, read, texts, tone};
use linnet_audio::{ByteOrder, RawFormat};
use linnet_corpus::prepare::folder::{FolderOptions, Split, prepare};
use linnet_corpus::prepare::{Joining, Output, Report};
use linnet_corpus::{CorpusError, Join, Manifest};
use linnet_text::Unit;

fn run(source: &Path, split: Split, dir: &Path) -> Result<Report, CorpusError> {
    let output = Output { dir: dir.into(), unit: Unit::Char, lexicons: vec![], join: None };
    prepare(&options(source, split), &output, &|_, _| {})
}

fn options(source: &Path, split: Split) -> FolderOptions {
    FolderOptions { source: source.into(), split, normaliser: Default::default(), raw: None }
}

/// All for training.
const WHOLE: Split = Split { dev: 0.0, test: 0.0, seed: 0 };

fn speakers(manifest: &Manifest) -> BTreeSet<String> {
    manifest.utterances.iter().filter_map(|u| u.speaker.clone()).collect()
}

#[test]
fn texts_lie_beside_and_folders_are_speakers_which_sets_do_not_share() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("in");
    for speaker in 0..10 {
        for n in 0..5 {
            let stem = source.join(format!("s{speaker}/part 1/u{n}"));
            put_wav(&stem.with_extension("wav"), &tone(800, n));
            put(&stem.with_extension("txt"), format!("word {speaker}\n word\n"));
        }
    }
    put_wav(&source.join("s0/untold.wav"), &tone(800, 0));
    put_wav(&source.join("s0/empty.wav"), &[]);
    put(&source.join("s0/empty.txt"), "x");
    let split = Split { dev: 0.2, test: 0.3, seed: 5 };
    let out = root.path().join("out");
    let report = run(&source, split, &out).unwrap();
    let sets = ["train", "dev", "test"].map(|set| read(&out, set));
    assert_eq!(sets.each_ref().map(|set| set.utterances.len()), [25, 10, 15]);
    let [train, dev, test] = sets.each_ref().map(speakers);
    assert!(train.is_disjoint(&dev) && train.is_disjoint(&test) && dev.is_disjoint(&test));
    assert_eq!((train.len(), dev.len(), test.len()), (5, 2, 3));
    assert!(texts(&sets[0])[0].contains("-part-1-u0: WORD "), "{:?}", texts(&sets[0]));
    let skipped: Vec<_> = report.sets.iter().flat_map(|s| &s.skipped).map(|s| s.id.as_str()).collect();
    assert_eq!(skipped, ["s0/untold", "s0-empty"]);

    let again = root.path().join("again");
    run(&source, split, &again).unwrap();
    assert_eq!(ids(&read(&again, "test")), ids(&sets[2]));
    run(&source, Split { seed: 6, ..split }, &again).unwrap();
    assert_ne!(ids(&read(&again, "test")), ids(&sets[2]));
}

#[test]
fn tables_with_and_without_a_header() {
    let root = tempfile::tempdir().unwrap();
    put_wav(&root.path().join("clips/a.wav"), &tone(800, 0));
    put_wav(&root.path().join("clips/b.wav"), &tone(800, 1));
    let tables = [
        ("t.tsv", "clips/a.wav\tsay \"hi\"\tann\nclips/b.wav\tyes\n"),
        ("cv.tsv", "client_id\tpath\tsentence\tage\nann\tclips/a.wav\tsay \"hi\"\t\n\tclips/b.wav\tyes\t\n"),
        (
            "t.csv",
            "FILE,TEXT,SPEAKER\r\nclips/a.wav,\"say \"\"hi\"\"\",ann\r\nclips/b.wav,yes,\r\nclips/c.wav,gone,\r\n",
        ),
    ];
    for (name, content) in tables {
        let table = root.path().join(name);
        put(&table, content);
        let out = root.path().join("out");
        let report = run(&table, WHOLE, &out).unwrap();
        let train = read(&out, "train");
        assert_eq!(texts(&train), ["clips-a: SAY \"HI\"", "clips-b: YES"], "{name}");
        assert_eq!(train.utterances[0].speaker.as_deref(), Some("ann"));
        assert_eq!((report.sets.len(), report.notes.len()), (1, 1));
        assert_eq!(report.sets[0].skipped.len(), usize::from(name == "t.csv"));
    }
    put(&root.path().join("bad.csv"), "clips/a.wav,one\nclips/b.wav\n");
    let report = run(&root.path().join("bad.csv"), WHOLE, root.path()).unwrap();
    let [skipped] = &report.sets[0].skipped[..] else { panic!("{:?}", report.sets[0].skipped) };
    assert!(
        skipped.id.ends_with("bad.csv, line 2") && skipped.reason.starts_with("1 columns"),
        "{skipped:?}"
    );
}

#[test]
fn common_voices_paths_are_in_clips_and_nothing_left_says_why() {
    let root = tempfile::tempdir().unwrap();
    put_wav(&root.path().join("clips/a.wav"), &tone(800, 0));
    let table = root.path().join("train.tsv");
    put(&table, "client_id\tpath\tsentence\nann\ta.wav\tyes\n");
    run(&table, WHOLE, &root.path().join("out")).unwrap();
    assert_eq!(texts(&read(&root.path().join("out"), "train")), ["a: YES"]);
    put(&table, "client_id\tpath\tsentence\nann\tc.wav\tyes\n");
    let error = run(&table, WHOLE, &root.path().join("out")).unwrap_err().to_string();
    let shown = root.path().display();
    assert_eq!(
        error,
        format!(
            "{shown}/train.tsv has no usable utterance: c: {shown}/train.tsv, line 2: {shown}/c.wav is not there; check the path"
        )
    );
}

#[test]
fn of_several_recordings_of_a_text_one_is_taken() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("in");
    for name in ["a.MP3", "a.flac", "a.wav", "b.mp3", "b.wav", "c.wav"] {
        put_wav(&source.join(name), &tone(800, 0));
        put(&source.join(name).with_extension("txt"), "yes");
    }
    let report = run(&source, WHOLE, &root.path().join("out")).unwrap();
    let names = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let train = read(&root.path().join("out"), "train");
    let taken: Vec<_> = train.utterances.iter().map(|u| names(&u.audio)).collect();
    assert_eq!(taken, ["a.flac", "b.wav", "c.wav"]);
    let skipped: Vec<_> = report.sets[0].skipped.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(skipped, ["a.MP3", "a.wav", "b.mp3"]);
    let reason = &report.sets[0].skipped[1].reason;
    assert!(reason.ends_with("in/a.flac; keep one of them"), "{reason}");
}

#[test]
fn headerless_files_have_the_format_that_is_given() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("in");
    put_raw(&source.join("a.raw"), &tone(800, 0), true);
    put(&source.join("a.txt"), "yes");
    let error = run(&source, WHOLE, &root.path().join("out")).unwrap_err().to_string();
    assert!(error.contains("give its sampling rate (--raw-rate HZ)"), "{error}");
    let output = Output { dir: root.path().join("out"), unit: Unit::Char, lexicons: vec![], join: None };
    for byte_order in [None, Some(ByteOrder::Little)] {
        let raw = RawFormat { sample_rate: 8000, byte_order, channels: 1 };
        let options = FolderOptions { raw: Some(raw), ..options(&source, WHOLE) };
        prepare(&options, &output, &|_, _| {}).unwrap();
        let utterance = &read(&output.dir, "train").utterances[0];
        let found = RawFormat { byte_order: Some(byte_order.unwrap_or(ByteOrder::Big)), ..raw };
        assert_eq!((utterance.raw, utterance.duration_s), (Some(found), Some(0.1)));
    }
}

#[test]
fn files_of_another_preparation_do_not_pass_for_this_ones() {
    let root = tempfile::tempdir().unwrap();
    let (source, out) = (root.path().join("in"), root.path().join("out"));
    put_wav(&source.join("a.wav"), &tone(800, 0));
    put(&source.join("a.txt"), "yes");
    run(&source, WHOLE, &out).unwrap();
    put(&out.join("notes.txt"), "my own");
    run(&source, WHOLE, &out).unwrap();
    for name in ["dev.jsonl", "lexicon.txt", "test.jsonl"] {
        put(&out.join(name), "old");
    }
    let before = fs::read(out.join("train.jsonl")).unwrap();
    put(&source.join("a.txt"), "no");
    let error = run(&source, WHOLE, &out).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "{}: dev.jsonl, lexicon.txt, test.jsonl would pass for parts of this corpus, which doesn't write them; remove \
             them or give another folder",
            out.display()
        )
    );
    assert_eq!(fs::read(out.join("train.jsonl")).unwrap(), before);
    assert_eq!(fs::read_to_string(out.join("test.jsonl")).unwrap(), "old");
}

#[test]
fn joined_recordings_within_the_source_are_not_taken_for_ones_without_text() {
    let root = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        put_wav(&root.path().join(name).with_extension("wav"), &tone(800, 0));
        put(&root.path().join(name).with_extension("txt"), "yes");
    }
    let joining = Joining { length: Join { shortest_s: 0.1, longest_s: 0.1 }, sets: vec![] };
    let output =
        Output { dir: root.path().join("data"), unit: Unit::Char, lexicons: vec![], join: Some(joining) };
    for _ in 0..2 {
        let report = prepare(&options(root.path(), WHOLE), &output, &|_, _| {}).unwrap();
        assert_eq!(report.sets[0].skipped, []);
        assert_eq!(texts(&read(&output.dir, "train")), ["a+1: YES YES"]);
    }
}

#[test]
fn sources_and_shares_that_cannot_be_are_told() {
    let root = tempfile::tempdir().unwrap();
    let error = |split| run(root.path(), split, &root.path().join("out")).unwrap_err().to_string();
    assert!(error(Split { dev: 0.6, test: 0.4, seed: 0 }).starts_with("dev + test: 1 is no share"));
    assert!(error(Split { dev: -0.1, ..Split::default() }).starts_with("dev: -0.1"));
    assert!(error(Split::default()).contains("no audio file with a .txt file"));
}
