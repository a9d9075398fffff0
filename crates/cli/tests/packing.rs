//! Model folders with a search of their own: `linnet pack`, and the commands that search by it.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{beside_its_data, copy, linnet, mini, put};

const RECORDING: &str = "11-14.1/wsj0/si_et_20/011/011c0e06.wv1";

/// What is heard in a recording, by these arguments behind the model.
fn heard(place: &Path, model: &str, more: &[&str]) -> String {
    let recording = mini().join(RECORDING);
    let run = linnet(place, &[&["transcribe", model, recording.to_str().unwrap()], more].concat());
    assert_eq!(run.code, 0, "{model} {more:?}: {}", run.err);
    run.out.split_once('\t').unwrap().1.trim_end().to_owned()
}

/// The trained model for the recording.
fn golden(place: &Path) {
    copy(&mini().join("../golden/recognizer"), &place.join("model"));
}

#[test]
fn a_phone_model_prints_words_and_options_change_what_they_name() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    golden(place);
    let words = heard(place, "model", &[]);
    assert!(words.ends_with("INFLATION CLIMBED"), "{words}");
    let phones = heard(place, "model", &["--greedy"]);
    assert!(phones.starts_with("F AO R AH N "), "{phones}");
    assert!(heard(place, "model", &["--no-lexicon"]).starts_with("F AO R AH N "));
    put(&place.join("grammar.txt"), "WHILE INFLATION CLIMBED\n");
    assert_eq!(heard(place, "model", &["--grammar", "grammar.txt"]), "WHILE INFLATION CLIMBED");
    let run =
        linnet(place, &["transcribe", "model", mini().join(RECORDING).to_str().unwrap(), "--lm-weight", "2"]);
    run.fails_with("--lm-weight is given and --lm is not; give both or neither");
}

#[test]
fn a_packed_model_needs_no_options() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    golden(place);
    put(&place.join("text.txt"), "FOREIGN DEBTS FELL WHILE INFLATION CLIMBED\n");
    let run = linnet(place, &["ngram", "text.txt", "--order", "2", "--out", "lm.arpa"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let options = ["--lm", "lm.arpa", "--lm-weight", "1.5", "--word-bonus", "0.5", "--calibration", "1.5,-1"];
    let run = linnet(place, &[&["pack", "model", "--out", "best"][..], &options].concat());
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    assert_eq!(heard(place, "best", &[]), "FOREIGN DEBTS FELL WHILE INFLATION CLIMBED");
    let json = |model: &str, more: &[&str]| {
        let recording = mini().join(RECORDING);
        let arguments = ["transcribe", model, recording.to_str().unwrap(), "--format", "json"];
        linnet(place, &[&arguments[..], more].concat()).out
    };
    assert_eq!(json("best", &[]), json("model", &options));
    // One option alone changes.
    let heavier = [&options[..2], &["--lm-weight", "0.1"], &options[4..]].concat();
    assert_eq!(json("best", &["--lm-weight", "0.1"]), json("model", &heavier));
    assert_ne!(json("best", &["--calibration", "1,0"]), json("best", &[]));
    assert!(
        linnet(place, &["inspect", "best"]).out.contains("search       beam 100, language model, lexicon\n")
    );
}

#[test]
fn an_experiment_is_packed_and_decoded_with_its_search() {
    let place = beside_its_data();
    let place = place.path();
    fs::create_dir(place.join("exp")).unwrap();
    fs::rename(place.join("model"), place.join("exp/model")).unwrap();
    let run = linnet(place, &["pack", "exp", "--out", "packed", "--lm", "lm.arpa", "--beam", "20"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let decode = |model: &str, out: &str, more: &[&str]| {
        let run = linnet(place, &[&["decode", model, "data/dev.jsonl", "--out", out][..], more].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        fs::read_to_string(place.join(out).join("hyp.ctm")).unwrap()
    };
    let own = decode("packed", "own", &[]);
    assert_eq!(own, decode("exp/model", "options", &["--lm", "lm.arpa", "--beam", "20"]));
    assert_eq!(decode("packed", "greedy", &["--greedy"]), decode("exp/model", "plain", &[]));
    let run = linnet(place, &["pack", "exp", "--out", "other", "--lm", "gone.arpa"]);
    run.fails_with("gone.arpa: there is no such file or folder; check the path");
    assert!(!place.join("other").exists());
}
