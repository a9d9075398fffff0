//! `prepare manifest`: manifests of other tools become checked ones beside a token table.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{put, put_wav, read, texts, tone};
use linnet_corpus::CorpusError;
use linnet_corpus::Join;
use linnet_corpus::prepare::manifest::{ManifestOptions, prepare};
use linnet_corpus::prepare::{Joining, Output, Report};
use linnet_text::Unit;

fn run(sources: &[PathBuf], dir: &Path, unit: Unit, lexicons: Vec<PathBuf>) -> Result<Report, CorpusError> {
    let sources = sources.iter().map(|path| (None, path.clone())).collect();
    let output = Output { dir: dir.into(), unit, lexicons, pronounce: None, join: None };
    prepare(&ManifestOptions { sources, ..Default::default() }, &output, &|_, _| {})
}

fn chars(sources: &[PathBuf], dir: &Path) -> Result<Report, CorpusError> {
    run(sources, dir, Unit::Char, Vec::new())
}

#[test]
fn lines_and_arrays_become_sets_with_tokens_and_paths_that_lead_to_the_audio() {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    for (name, seed) in [("a", 1), ("b", 2), ("c", 3)] {
        put_wav(&at(&format!("corpus/wav/{name}.wav")), &tone(16_000, seed));
    }
    put(
        &at("corpus/lists/train_manifest.json"),
        "{\"audio_filepath\": \"../wav/a.wav\", \"duration\": 1.2, \"text\": \"Yes\", \"lang\": \"en\"}\n\
         {\"audio_filepath\": \"../wav/b.wav\", \"duration\": 7.0, \"text\": \"no\"}\n\
         {\"audio_filepath\": \"../wav/gone.wav\", \"text\": \"no\"}\n{\"text\": 1}\n",
    );
    // As NeMo's own lists may have it: from a folder above.
    put(
        &at("corpus/lists/an4-val.json"),
        "[\n{\"audio_filepath\": \"wav/c.wav\", \"transcript\": \"no\"},\n{\"audio_filepath\": \"wav/a.wav\"}]",
    );
    put(&at("corpus/lists/test-clean.jsonl"), "{\"audio_filepath\": \"../wav/a.wav\", \"text\": \"oh\"}\n");
    put(&at("corpus/lists/test-other.jsonl"), "{\"audio_filepath\": \"../wav/b.wav\", \"text\": \"\"}\n");
    let report = chars(&[at("corpus/lists")], &at("out")).unwrap();
    let sets: Vec<_> = report.sets.iter().map(|set| (set.name.as_str(), set.utterances)).collect();
    assert_eq!(sets, [("dev", 2), ("test-clean", 1), ("test-other", 1), ("train", 1)]);
    let train = read(&at("out"), "train");
    assert_eq!(texts(&train), ["a: YES"]);
    assert_eq!(
        (train.utterances[0].duration_s, &train.utterances[0].extra["lang"]),
        (Some(1.0), &"en".into())
    );
    assert_eq!(report.sets[3].hours, 1.0 / 3600.0, "what lies behind a recording's end isn't counted");
    let reasons: Vec<_> = report.sets[3].skipped.iter().map(|s| s.reason.as_str()).collect();
    assert!(
        reasons.iter().any(|r| r.contains("1.00 s long, but the utterance ends at 7.00 s")),
        "{reasons:?}"
    );
    assert!(reasons.iter().any(|r| r.contains("gone.wav: there is no such file")), "{reasons:?}");
    assert!(reasons.iter().any(|r| r.starts_with("no audio_filepath in it, only text")), "{reasons:?}");
    for set in ["dev", "train", "test-clean"] {
        assert!(read(&at("out"), set).utterances.iter().all(|u| u.audio.is_file()), "{set}");
    }
    assert_eq!(texts(&read(&at("out"), "dev")), ["c: NO", "a: (none)"]);
    for part in [
        "train: cut at the recording's end, which lies up to 0.20 s before the utterance's: 1 utterance, the first a",
        "dev: training and scoring will leave out 1 of 2",
    ] {
        assert!(report.notes.iter().any(|note| note.starts_with(part)), "{part}: {:?}", report.notes);
    }
    assert_eq!(fs::read_to_string(at("out/tokens.txt")).unwrap().lines().count(), report.tokens);
}

#[test]
fn phones_take_a_lexicon() {
    let root = tempfile::tempdir().unwrap();
    put_wav(&root.path().join("a.wav"), &tone(1600, 1));
    put(&root.path().join("m.jsonl"), "{\"audio_filepath\": \"a.wav\", \"text\": \"yes\"}\n");
    put(&root.path().join("lex"), "NO N OW\nYES Y EH S\n");
    let sources = [root.path().join("m.jsonl")];
    let report = run(&sources, &root.path().join("out"), Unit::Phone, vec![root.path().join("lex")]).unwrap();
    assert_eq!((report.sets[0].name.as_str(), report.sets[0].tokens), ("m", 3));
}

#[test]
fn what_cannot_be_prepared_is_told() {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    let error = |sources: &[PathBuf]| chars(sources, &at("out")).unwrap_err().to_string();
    put(
        &at("tarred.json"),
        "{\"audio_filepath\": \"a.wav\", \"text\": \"A\", \"shard_id\": 0, \"duration\": 1.0}\n",
    );
    let message = error(&[at("tarred.json")]);
    assert!(
        message.contains("tarred.json: ")
            && message.contains("tells of tar files, which aren't read; unpack"),
        "{message}"
    );
    put(&at("x/train.json"), "");
    let message = error(&[at("x/train.json"), at("tarred.json"), at("y/tarred.json")]);
    assert!(message.contains("it would be the set tarred, as "), "{message}");
    assert!(error(&[at("x")]).contains("it lists none"));
    fs::create_dir(at("empty")).unwrap();
    assert!(error(&[at("empty")]).contains("no .json or .jsonl file in it"));
    assert!(error(&[]).contains("give at least one manifest"));
    put_wav(&at("out/a.wav"), &tone(1600, 1));
    put(&at("out/train.jsonl"), "{\"audio_filepath\": \"a.wav\", \"text\": \"A\"}\n");
    assert!(error(&[at("out/train.jsonl")]).contains("it would be written over; give another output folder"));
}

#[test]
fn joined_utterances_keep_every_text_and_strangers_are_told() {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    let utterances = [
        ("\"one\"", "\"s\""),
        ("null", "\"s\""),
        ("\"two\"", "\"s\""),
        ("\"three\"", "null"),
        ("\"four\"", "null"),
    ];
    let lines = utterances.iter().enumerate().map(|(i, (text, speaker))| {
        put_wav(&at(&format!("{i}.wav")), &tone(1600, i));
        format!("{{\"audio_filepath\": \"{i}.wav\", \"text\": {text}, \"speaker\": {speaker}}}\n")
    });
    let lines: Vec<String> = lines.collect();
    let joined = |lines: &[String], out: &str| {
        put(&at("train.json"), lines.concat());
        let joining = Joining { length: Join { shortest_s: 1.0, longest_s: 2.0 }, sets: Vec::new() };
        let output =
            Output { dir: at(out), unit: Unit::Char, lexicons: vec![], pronounce: None, join: Some(joining) };
        let options = ManifestOptions { sources: vec![(None, at("train.json"))], ..Default::default() };
        let mut notes = prepare(&options, &output, &|_, _| {}).unwrap().notes;
        notes.retain(|note| note.contains("no speaker"));
        (texts(&read(&at(out), "train")), notes)
    };
    // One alone is joined with nobody.
    assert_eq!(
        joined(&lines[..4], "out"),
        (vec!["0+1: ONE TWO".to_string(), "1: (none)".into(), "3: THREE".into()], vec![])
    );
    let (texts, notes) = joined(&lines, "two");
    assert_eq!(texts, ["0+1: ONE TWO", "1: (none)", "3+1: THREE FOUR"]);
    assert!(
        notes[0].starts_with("train: 2 utterances have no speaker and were joined with each other"),
        "{notes:?}"
    );
}
