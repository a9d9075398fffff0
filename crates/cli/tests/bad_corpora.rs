//! Manifests, transcripts and corpora with bad items: these are named and counted, the rest goes on, the exit code is
//! 3.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{TINY, float_wav, linnet, put, put_tone, trained};

/// The development set of the tiny corpus, with lines added that are good for nothing.
fn bad_manifest(folder: &Path) {
    let good = fs::read_to_string(trained().join("data/dev.jsonl")).unwrap();
    let bad = r#"not json
{"audio_filepath": "gone.wav", "duration": 1.0, "text": "MR.", "id": "gone"}
{"audio_filepath": "a.wav", "text": "XYZZY MR. XYZZY", "id": "oov"}
{"audio_filepath": "nan.wav", "text": "MR.", "id": "nan"}
"#;
    put(&folder.join("bad.jsonl"), good + bad);
    put_tone(&folder.join("a.wav"));
    put(&folder.join("nan.wav"), float_wav(&[f32::NAN; 8000]));
}

const LEFT_OUT: [&str; 4] = [
    r#"bad.jsonl, line 5: column 2: this is no JSON; a line is a JSON object like {"audio_filepath": "a.wav", "text": "HELLO"}"#,
    "gone: gone.wav: there is no such file or folder; check the path",
    "oov: without pronunciation: XYZZY; add them to the lexicon, a line WORD PHONE PHONE … each",
    "nan: nan.wav: sample 0 of channel 0 is no finite number; write the file again from its source",
];

#[test]
fn decoding_goes_on_without_bad_utterances() {
    let folder = tempfile::tempdir().unwrap();
    bad_manifest(folder.path());
    let model = trained().join("exp/model");
    let run = linnet(folder.path(), &["decode", model.to_str().unwrap(), "bad.jsonl", "--out", "decoded"]);
    assert_eq!(run.code, 3);
    let expected: Vec<_> = LEFT_OUT.iter().map(|line| format!("warning: left out {line}")).collect();
    let mut lines = run.err.lines();
    assert_eq!(lines.by_ref().take(4).collect::<Vec<_>>(), expected);
    assert_eq!(lines.next(), Some("warning: 4 of 8 utterances were left out"));
    assert!(run.out.starts_with("PER ") && run.out.contains(" of 4 utterances\n"), "{}", run.out);
    let hypotheses = fs::read_to_string(folder.path().join("decoded/hyp.trn")).unwrap();
    assert_eq!(hypotheses.lines().count(), 4);
}

#[test]
fn training_goes_on_without_bad_utterances() {
    let folder = tempfile::tempdir().unwrap();
    bad_manifest(folder.path());
    let data = trained().join("data");
    let file = |name: &str| data.join(name).to_str().unwrap().to_owned();
    let text = format!(
        "[data]\ntrain = \"bad.jsonl\"\ndev = {:?}\ntokens = {:?}\nlexicon = {:?}\n{TINY}",
        file("dev.jsonl"),
        file("tokens.txt"),
        file("lexicon.txt")
    );
    put(&folder.path().join("run.toml"), text);
    let run = linnet(folder.path(), &["train", "run.toml", "--out", "exp"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    for line in LEFT_OUT {
        let line = format!("warning: left out {line}");
        assert_eq!(run.err.lines().filter(|&found| found == line).count(), 1, "{line}: {}", run.err);
    }
    assert!(folder.path().join("exp/model/model.safetensors").is_file());
}

#[test]
fn a_manifest_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("none.jsonl"), "a.wav HELLO\n");
    let problem = "line 1: column 1: this is no JSON; a line is a JSON object like {\"audio_filepath\": \"a.wav\", \"text\": \"HELLO\"}";
    linnet(folder.path(), &["inspect", "none.jsonl"]).fails_with(&format!("none.jsonl, {problem}"));
    let model = trained().join("exp/model");
    linnet(folder.path(), &["decode", model.to_str().unwrap(), "none.jsonl", "--out", "decoded"])
        .fails_with(&format!("none.jsonl has no usable utterance: none.jsonl, {problem}"));
    linnet(folder.path(), &["decode", model.to_str().unwrap(), "gone.jsonl", "--out", "decoded"])
        .fails_with("gone.jsonl: there is no such file or folder; check the path");
    assert!(!folder.path().join("decoded").exists());
}

#[test]
fn preparing_goes_on_without_bad_items_and_lists_unknown_words() {
    let folder = tempfile::tempdir().unwrap();
    put_tone(&folder.path().join("a.wav"));
    put_tone(&folder.path().join("b.wav"));
    put(&folder.path().join("zero.wav"), float_wav(&[]));
    put(
        &folder.path().join("table.tsv"),
        "path\ttext\na.wav\tYES\ngone.wav\tYES\nzero.wav\tYES\nb.wav\tXYZZY YES XYZZY\na.wav\tXYZZY\n",
    );
    put(&folder.path().join("yes.dic"), "YES Y EH S\n");
    let arguments = ["prepare", "folder", "table.tsv", "--lexicon", "yes.dic", "--out", "data"];
    let run = linnet(folder.path(), &arguments);
    assert_eq!((run.code, run.out.as_str()), (3, ""));
    assert_eq!(
        run.err.lines().take(4).collect::<Vec<_>>(),
        [
            "warning: left out gone: table.tsv, line 3: gone.wav is not there; check the path",
            "warning: left out a: table.tsv, line 6: table.tsv, line 2 names this recording, too; leave one of them out",
            "warning: left out zero: zero.wav: there are no samples in it; leave it out, or write it again from its source",
            "warning: 3 utterances left out",
        ]
    );
    assert_eq!(
        run.line("note: without"),
        "note: without pronunciation: XYZZY ×2; add them to the lexicon, a line WORD PHONE PHONE … each \
         (1 utterance, which training leaves out; oov.txt has the whole list)"
    );
    assert_eq!(fs::read_to_string(folder.path().join("data/oov.txt")).unwrap(), "XYZZY 2\n");
    let manifest = fs::read_to_string(folder.path().join("data/train.jsonl")).unwrap();
    assert_eq!(manifest.lines().count(), 2);
}

#[test]
fn options_that_a_corpus_does_not_take_are_refused_and_the_others_taken() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, problem) in [
        (&["an4", "x", "--raw-rate", "8000"][..], "--raw-rate has no effect on the corpus an4; leave it out"),
        (&["wsj", "x", "--byte-order", "big"], "--byte-order has no effect on the corpus wsj; leave it out"),
        (&["kaldi", "x", "--seed", "1"], "--seed has no effect on the corpus kaldi; leave it out"),
        (&["an4", "x", "--sets", "train"], "--sets has no effect on the corpus an4; leave it out"),
        (
            &["wsj", "x", "--dev-speakers", "011"],
            "--dev-speakers has no effect on the corpus wsj; leave it out",
        ),
        (
            &["librispeech", "x", "--dev", "0.1"],
            "--dev has no effect on the corpus librispeech; leave it out",
        ),
        (
            &["folder", "x", "--byte-order", "big"],
            "--byte-order wants the rate of the headerless files too; add --raw-rate HZ",
        ),
        (
            &["folder", "x", "--unit", "char", "--lexicon", "gone"],
            "--lexicon is for phones; give --unit phone, or leave it out",
        ),
        (&["an4", "x", "y"], "the corpus an4 has one source; give one"),
    ] {
        let run = linnet(folder.path(), &[&["prepare"], arguments, &["--out", "data"]].concat());
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments:?}: {}", run.err);
        assert_eq!(run.err.lines().next(), Some(format!("error: {problem}").as_str()));
    }
    assert!(!folder.path().join("data").exists());

    put(&folder.path().join("rec/a.raw"), [1, 0].repeat(8000));
    put(&folder.path().join("rec/a.txt"), "yes");
    let arguments = ["prepare", "folder", "rec", "--unit", "char", "--raw-rate", "16000", "--out", "data"];
    let run = linnet(folder.path(), &[&arguments[..], &["--byte-order", "little", "--seed", "1"]].concat());
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    let manifest = fs::read_to_string(folder.path().join("data/train.jsonl")).unwrap();
    assert!(manifest.contains(r#""duration":0.5,"#), "{manifest}");
    assert!(
        manifest.contains(r#""raw":{"sample_rate":16000,"byte_order":"little","channels":1}"#),
        "{manifest}"
    );
}

#[test]
fn what_preparing_lacks_is_said() {
    let folder = tempfile::tempdir().unwrap();
    put_tone(&folder.path().join("wav/a.wav"));
    put(&folder.path().join("wav/a.txt"), "yes");
    put(&folder.path().join("bad.dic"), "NO N OW\nYES\n");
    for (arguments, line) in [
        (
            &["folder", "wav"][..],
            "lexicon: phones need a pronunciation lexicon and this corpus has none of its own; give one, like CMUdict, \
             or take characters as tokens (--lexicon FILE, or --unit char)",
        ),
        (
            &["folder", "wav", "--lexicon", "gone.dic"],
            "gone.dic: there is no such file or folder; check the path",
        ),
        (
            &["folder", "wav", "--lexicon", "bad.dic"],
            "bad.dic:2: YES has no phones; write WORD PHONE PHONE …",
        ),
        (&["an4", "wav"], "wav: no etc/an4_train.fileids below it; give the folder an4 of the archive"),
        (&["folder", "gone"], "gone: there is no such file or folder; check the path"),
    ] {
        linnet(folder.path(), &[&["prepare"], arguments, &["--out", "data"]].concat()).fails_with(line);
    }
}
