//! A folder of files, and tables of them.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::{ids, put, put_wav, read, texts, tone};
use linnet_corpus::prepare::folder::{FolderOptions, Split, prepare};
use linnet_corpus::prepare::{Output, Report};
use linnet_corpus::{CorpusError, Manifest};
use linnet_text::Unit;

fn run(source: &Path, split: Split, dir: &Path) -> Result<Report, CorpusError> {
    let output = Output { dir: dir.into(), unit: Unit::Char, lexicons: vec![], join: None };
    prepare(
        &FolderOptions { source: source.into(), split, normaliser: Default::default() },
        &output,
        &|_, _| {},
    )
}

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
        let report = run(&table, Split { dev: 0.0, test: 0.0, seed: 0 }, &out).unwrap();
        let train = read(&out, "train");
        assert_eq!(texts(&train), ["clips-a: SAY \"HI\"", "clips-b: YES"], "{name}");
        assert_eq!(train.utterances[0].speaker.as_deref(), Some("ann"));
        assert_eq!((report.sets.len(), report.notes.len()), (1, 1));
        assert_eq!(report.sets[0].skipped.len(), usize::from(name == "t.csv"));
    }
    put(&root.path().join("bad.csv"), "clips/a.wav,one\nclips/b.wav\n");
    let error = run(&root.path().join("bad.csv"), Split::default(), root.path()).unwrap_err().to_string();
    assert!(error.contains("bad.csv, line 2: 1 columns"), "{error}");
}

#[test]
fn sources_and_shares_that_cannot_be_are_told() {
    let root = tempfile::tempdir().unwrap();
    let error = |split| run(root.path(), split, &root.path().join("out")).unwrap_err().to_string();
    assert!(error(Split { dev: 0.6, test: 0.4, seed: 0 }).starts_with("dev + test: 1 is no share"));
    assert!(error(Split { dev: -0.1, ..Split::default() }).starts_with("dev: -0.1"));
    assert!(error(Split::default()).contains("no audio file with a .txt file"));
}
