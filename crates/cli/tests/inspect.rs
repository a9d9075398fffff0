//! `linnet inspect` describes each kind of file and folder, or says that it is of none.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use common::{beside_its_data, linnet, names, put, put_tone, trained};

#[test]
fn every_kind_has_its_description() {
    let place = beside_its_data();
    let place = place.path();
    let compact = names(place).contains(&"lm.arpa.linnet".to_string());
    assert!(!compact, "made at the first reading");
    put_tone(&place.join("rec/a.wav"));
    put_tone(&place.join("rec/deep/B.WAV"));
    put(&place.join("r.trn"), "to { him / her } now (u1)\nYES (u2)\n");
    put(&place.join("w.ctm"), "f A 0 1 YES NA lex s\nf A 1 1 NO\ng A 0 1 NO 0.5\n");
    put(&place.join("s.stm"), "f A s 0 90 YES NO\nf A t 90 120 IGNORE_TIME_SEGMENT_IN_SCORING\n");
    put(&place.join("text"), "u1 YES NO\nu2\n");
    put(&place.join("said.txt"), "yes and\nno\n");
    let lines = [r#"{"audio": "a.wav", "duration": 1}"#, r#"{"audio": "b.wav"}"#];
    put(&place.join("untimed.jsonl"), lines.join("\n"));
    for file in ["tiny.toml", "data/tokens.txt", "data/lexicon.txt"] {
        put(&place.join(file), fs::read(trained().join(file)).unwrap());
    }
    for (path, described) in [
        ("lm.arpa", "n-gram language model of order 2, "),
        ("lm.arpa.linnet", "n-gram language model of order 2, "),
        ("rec", "2 recordings, 1.0 seconds in all, each of 0.50 to 0.50 s\n      2  WAV"),
        ("rec/a.wav", "WAV"),
        ("r.trn", "transcripts: 2 utterances with 8 words"),
        ("w.ctm", "words with their times (ctm): 3 words of 2 recordings"),
        ("s.stm", "segments (stm): 2 segments, 2.0 minutes, 2 words"),
        ("text", "transcripts: 2 utterances with 2 words"),
        ("said.txt", "text: 2 lines with 3 words"),
        ("tiny.toml", "configuration: linear mixer, 1 layer of 16, 1 epoch, seed "),
        ("data/tokens.txt", "token table: "),
        ("data/lexicon.txt", "lexicon: "),
        ("data/dev.jsonl", "4 utterances, "),
        ("untimed.jsonl", "2 utterances, 1.0 seconds as the manifest tells (1 have no duration), "),
        ("data", "data/dev.jsonl: 4 utterances, "),
        ("model", "model        linear mixer, 1 layers of 16\n"),
        ("model/model.safetensors", "safetensors: "),
        ("model/cmvn.json", "mean and deviation of 20 feature dimensions"),
    ] {
        let run = linnet(place, &["inspect", path]);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{path}: {}", run.out);
        assert!(run.out.starts_with(described), "{path}: {}", run.out);
    }
}

#[test]
fn what_is_of_no_kind_is_named() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    put(&place.join("a.png"), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    put(&place.join("a.bin"), "");
    fs::create_dir(place.join("none")).unwrap();
    let inspect = |path: &str| linnet(place, &["inspect", path]);
    inspect("a.png").fails_with(
        "a.png: this is a PNG image, which Linnet doesn't read; give a recording, a model or a text",
    );
    put(&place.join("a.lexicon"), b"\xff\xfea\0 \0B\0\n\0");
    inspect("a.lexicon")
        .fails_with("a.lexicon:1: the text is UTF-16; convert the file, as by `iconv -f UTF-16 -t UTF-8`");
    inspect("a.bin").fails_with("a.bin: the file is empty; give another one");
    inspect("none").fails_with(
        "none: this folder holds no recordings, and is no model, experiment or prepared corpus; give one of them, or a file",
    );
    put_tone(&place.join("rec/a.wav"));
    put(&place.join("rec/b.wav"), "RIFF");
    let run = inspect("rec");
    assert_eq!(run.code, 3);
    assert!(
        run.out.starts_with("1 recordings, ") && run.line("warning: rec/b.wav: ").contains("; "),
        "{}",
        run.err
    );
}
