//! Manifests whose texts are absent, null, empty or another tool's, and references of another corpus.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{beside_its_data, copy, linnet, names, put, put_tone, trained};
use serde_json::Value;

fn read(place: &Path, path: &str) -> String {
    fs::read_to_string(place.join(path)).unwrap()
}

/// Changes each line of a manifest.
fn change(path: &Path, each: impl Fn(usize, &mut serde_json::Map<String, Value>)) {
    let text = fs::read_to_string(path).unwrap();
    let line = |(number, line): (usize, &str)| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        each(number, value.as_object_mut().unwrap());
        value.to_string() + "\n"
    };
    put(path, text.lines().enumerate().map(line).collect::<String>());
}

#[test]
fn decoding_scores_only_what_was_transcribed_and_says_so() {
    let place = beside_its_data();
    let place = place.path();
    let all = linnet(place, &["decode", "model", "data/dev.jsonl", "--out", "all"]);
    assert_eq!(all.code, 0, "{}", all.err);
    change(&place.join("data/dev.jsonl"), |number, line| match number {
        0 => _ = line.remove("text"),
        1 => _ = line.insert("text".into(), "".into()),
        _ => {}
    });
    let run = linnet(place, &["decode", "model", "data/dev.jsonl", "--out", "out"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let note = run.line("1 utterance not scored but in hyp-without-text.trn, as ");
    assert!(note.contains("no transcript: it has none of the fields text"), "{note}");
    assert!(run.out.lines().next().unwrap().ends_with("of 3 utterances"), "{}", run.out);
    let counts = ["hyp.trn", "ref.trn", "hyp-without-text.trn"]
        .map(|f| read(place, &format!("out/{f}")).lines().count());
    assert_eq!(counts, [3, 3, 1]);
    // The earlier files are gone with their inputs.
    change(&place.join("data/dev.jsonl"), |_, line| _ = line.insert("text".into(), "".into()));
    let run = linnet(place, &["decode", "model", "data/dev.jsonl", "--out", "out"]);
    assert!(run.err.contains("every text is empty, so nothing is scored\n"), "{}", run.err);
    assert_eq!(names(&place.join("out")), ["decode.json", "hyp.ctm", "hyp.trn"]);
}

#[test]
fn training_names_lines_without_text_and_refuses_sets_of_empty_ones() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("copy");
    copy(trained(), &folder);
    change(&folder.join("data/train.jsonl"), |number, line| {
        if number == 0 {
            let text = line.remove("text").unwrap();
            line.insert("words".into(), text);
        } else {
            let text = line.remove("text").unwrap();
            line.insert("sentence".into(), text);
        }
        if number == 1 {
            let longer = line["duration"].as_f64().unwrap() + 0.3;
            line.insert("duration".into(), longer.into());
        }
    });
    let train = || linnet(&folder, &["train", "tiny.toml", "--out", "new"]);
    let run = train();
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.line("warning: left out ").contains("no transcript: it has none of the fields text"),
        "{}",
        run.err
    );
    assert!(run.err.contains("; 7 to validate") || run.err.contains("7 utterances, "), "{}", run.err);
    let note = run.line("warning: data/train.jsonl: cut at the recording's end, which lies up to ");
    assert!(note.contains("up to 0.30 s before the utterance's: 1 utterance, the first "), "{note}");
    change(&folder.join("data/train.jsonl"), |_, line| _ = line.insert("text".into(), "".into()));
    linnet(&folder, &["train", "tiny.toml", "--out", "other"]).fails_with(
        "data/train.jsonl has no usable utterance: all of its texts are empty; write what is said into them",
    );
}

#[test]
fn nemos_output_is_references_by_text_and_hypotheses_by_pred_text() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let line =
        |id: &str, fields: &str| format!("{{\"audio_filepath\": \"a.wav\", \"id\": \"{id}\", {fields}}}\n");
    put(
        &place.join("out.json"),
        line("u1", "\"text\": \"a b c d\", \"pred_text\": \"a b c x\"")
            + &line("u2", "\"text\": null, \"pred_text\": \"q\""),
    );
    let run = linnet(place, &["score", "--ref", "out.json", "--hyp", "out.json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.starts_with("WER 25.00 %"), "{}", run.out);
    let warning = run.line("warning: out.json: 1 utterance not scored, as u2");
    assert!(warning.contains("its text is null; write what is said"), "{warning}");
    put(&place.join("none.json"), line("u1", "\"label\": \"a\""));
    let run = linnet(place, &["score", "--ref", "none.json", "--hyp", "out.json"]);
    assert_eq!(run.code, 1);
    assert!(
        run.err.starts_with("error: none.json: no transcript: it has none of the fields text"),
        "{}",
        run.err
    );
}

#[test]
fn references_of_another_corpus_come_from_a_given_lexicon_the_manifests_own_or_the_whole_one() {
    let place = beside_its_data();
    let place = place.path();
    change(&place.join("data/dev.jsonl"), |number, line| {
        if number < 2 {
            let text = format!("{} {}", ["XYZZY", "PLUGH"][number], line["text"].as_str().unwrap());
            line.insert("text".into(), text.into());
        }
    });
    let per = |more: &[&str]| {
        let run = linnet(place, &[&["decode", "model", "data/dev.jsonl", "--out", "out"], more].concat());
        (run.code, run.out.lines().find(|line| line.starts_with("PER ")).unwrap().to_owned(), run.err)
    };
    let (code, line, err) = per(&[]);
    assert!(code == 3 && line.ends_with("of 2 utterances"), "{line} {err}");
    put(&place.join("model/pronunciations.txt"), "XYZZY Z IY Z IY\n");
    let (code, line, err) = per(&[]);
    assert!(code == 3 && line.ends_with("of 3 utterances"), "{line} {err}");
    put(&place.join("data/lexicon.txt"), "XYZZY K\nPLUGH P L AH\n");
    let (code, line, err) = per(&[]);
    assert!(code == 0 && line.ends_with("of 4 utterances"), "{line} {err}");
    let references = read(place, "out/ref.trn");
    assert!(
        references.lines().any(|line| line.starts_with("K ")) && !references.contains("Z IY Z IY"),
        "{references}"
    );
    put(&place.join("given.txt"), "XYZZY D\n");
    let (code, line, err) = per(&["--lexicon", "given.txt"]);
    assert!(code == 0 && line.ends_with("of 4 utterances"), "{line} {err}");
    assert!(read(place, "out/ref-phones.trn").lines().any(|line| line.starts_with("D ")), "{line}");
    // An entry in other phones doesn't hide another lexicon's entry in the model's.
    put(&place.join("data/lexicon.txt"), "XYZZY k' q\nPLUGH P L AH\n");
    let (code, line, err) = per(&[]);
    assert!(code == 0 && line.ends_with("of 4 utterances"), "{line} {err}");
    assert!(read(place, "out/ref.trn").contains("Z IY Z IY"));
    let run = linnet(place, &["align", "model", "data/dev.jsonl", "--out", "dev.ctm"]);
    assert!(run.code == 0 && read(place, "dev.ctm").contains("PLUGH"), "{}", run.err);
}

#[test]
fn a_model_keeps_the_whole_lexicon_that_its_corpus_was_prepared_with() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("copy");
    copy(trained(), &folder);
    put(&folder.join("data/pronunciations.txt"), "XYZZY Z IY Z IY\n");
    let run = linnet(&folder, &["train", "tiny.toml", "--out", "new"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(read(&folder, "new/model/pronunciations.txt"), "XYZZY Z IY Z IY\n");
    assert!(!folder.join("exp/model/pronunciations.txt").exists());
}

#[test]
fn manifests_are_prepared_by_their_names_or_those_given() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    put_tone(&place.join("wav/a.wav"));
    let line = "{\"audio_filepath\": \"../wav/a.wav\", \"duration\": 0.5, \"text\": \"yes\"}";
    put(&place.join("lists/an4_train.json"), format!("[\n{line},\n{}]\n", line.replace("0.5", "99")));
    put(&place.join("lists/clean.json"), line);
    let run = linnet(
        place,
        &[
            "prepare",
            "manifest",
            "lists/an4_train.json",
            "dev=lists/clean.json",
            "--unit",
            "char",
            "--out",
            "data",
        ],
    );
    assert_eq!(run.code, 3, "{}", run.err);
    let problem = "0.50 s long, but the utterance ends at 99.00 s; correct its times";
    assert!(run.line("warning: left out a-3: ").ends_with(problem), "{}", run.err);
    for set in ["train", "dev"] {
        let text = read(place, &format!("data/{set}.jsonl"));
        assert!(
            text.starts_with("{\"audio_filepath\":\"../wav/a.wav\",\"duration\":0.5,\"text\":\"YES\""),
            "{text}"
        );
    }
    let run = linnet(place, &["prepare", "manifest", "gone.json", "--unit", "char", "--out", "other"]);
    run.fails_with("gone.json: there is no such file or folder; check the path");
}
