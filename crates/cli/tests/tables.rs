//! Tables of recordings of other tools.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use common::{linnet, put, put_tone};

#[test]
fn a_table_of_another_tool_is_prepared_with_the_shares_that_are_given() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = "wav_filename,wav_filesize,transcript\n".to_owned();
    for n in 0..20 {
        put_tone(&folder.path().join(format!("wav/{n}.wav")));
        table += &format!("wav/{n}.wav,16044,number {n}\n");
    }
    put(&folder.path().join("all.csv"), table);
    let arguments = ["prepare", "folder", "all.csv", "--unit", "char", "--out", "data"];
    let run = linnet(folder.path(), &[&arguments[..], &["--dev", "0.2", "--test", "0.25"]].concat());
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    let count = |set: &str| {
        let manifest = fs::read_to_string(folder.path().join(format!("data/{set}.jsonl"))).unwrap();
        assert!(manifest.contains("\"text\":\"NUMBER ") && !manifest.contains("16044"), "{manifest}");
        manifest.lines().count()
    };
    assert_eq!(["train", "dev", "test"].map(count), [11, 4, 5]);
    assert_eq!(
        run.line("note: all.csv"),
        "note: all.csv: columns: file from wav_filename, text from transcript; not used: wav_filesize"
    );
    let run = linnet(folder.path(), &["prepare", "kaldi", "x", "--out", "y", "--test", "0.2"]);
    assert_eq!(run.code, 2);
    assert_eq!(run.line("error:"), "error: --test has no effect on the corpus kaldi; leave it out");
}

#[test]
fn texts_that_differ_in_case_alone_are_told() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("r.trn"), "GO ON NOW (a)\nSTOP (b)\n");
    put(&folder.path().join("h.trn"), "go on now (a)\nstopped (b)\n");
    let arguments = ["score", "--ref", "r.trn", "--hyp", "h.trn"];
    let run = linnet(folder.path(), &arguments);
    let note = "note: h.trn: most errors are upper and lower case alone, without which the rate is 25.00 %; score it so with \
                --ignore-case";
    assert_eq!((run.code, run.line("note: h.trn")), (0, note), "{}", run.err);
    let run = linnet(folder.path(), &[&arguments[..], &["--ignore-case"]].concat());
    assert!(run.code == 0 && !run.err.contains("case alone"), "{}", run.err);
}

#[test]
fn a_spreadsheet_is_named() {
    let folder = tempfile::tempdir().unwrap();
    put_tone(&folder.path().join("a.wav"));
    put(&folder.path().join("list.xlsx"), b"PK\x03\x04\x14\x00\x06\x00 and so on");
    linnet(folder.path(), &["prepare", "folder", "list.xlsx", "--unit", "char", "--out", "data"])
        .fails_with("list.xlsx: this is a spreadsheet and no text; save it as CSV");
}
