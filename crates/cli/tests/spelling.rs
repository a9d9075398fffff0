//! `--case` and `--punctuation`: the rule of prepared data goes with them into training, language models, decoding.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{beside_its_data as place, linnet, put, put_tone};
use serde_json::Value;

/// Recordings with texts in a spelling of their own, no two alike.
fn recordings(place: &Path) {
    for (i, word) in
        ["ba", "be", "bi", "bo", "bu", "da", "de", "di", "do", "du", "fa", "fe"].iter().enumerate()
    {
        put_tone(&place.join(format!("rec/u{i:02}.wav")));
        put(&place.join(format!("rec/u{i:02}.txt")), format!("“Don’t,” sagt Straße {word}.\n"));
    }
}

fn texts(path: &Path) -> Vec<String> {
    let lines = fs::read_to_string(path).unwrap();
    let text = |line: &str| serde_json::from_str::<Value>(line).unwrap()["text"].as_str().unwrap().to_owned();
    lines.lines().map(text).collect()
}

#[test]
fn the_choice_is_kept_with_the_data_and_the_language_model() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    recordings(place);
    for (options, out, text, rule) in [
        (&[][..], "upper", "“DON'T,” SAGT STRAßE ", r#"{"case":"upper","punctuation":"keep"}"#),
        (
            &["--case", "lower", "--punctuation", "drop"],
            "data",
            "don't sagt straße ",
            r#"{"case":"lower","punctuation":"drop"}"#,
        ),
    ] {
        let prepare = ["prepare", "folder", "rec", "--unit", "char", "--out", out];
        let run = linnet(place, &[&prepare, options].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        let all = texts(&place.join(out).join("train.jsonl"));
        assert!(!all.is_empty() && all.iter().all(|found| found.starts_with(text)), "{all:?}");
        assert_eq!(fs::read_to_string(place.join(out).join("text.json")).unwrap().trim(), rule);
    }
    // Another text is spelt as the data beside it.
    put(&place.join("more.txt"), "SAGT: „STRAẞE“\n");
    let ngram = ["ngram", "data/train.jsonl", "more.txt", "--order", "1", "--out", "lm.arpa"];
    let run = linnet(place, &ngram);
    assert_eq!(run.code, 0, "{}", run.err);
    run.line("all texts are spelt as data/text.json says: in lower case, without punctuation");
    let arpa = fs::read_to_string(place.join("lm.arpa")).unwrap();
    let words: Vec<&str> = arpa.lines().filter_map(|line| line.split('\t').nth(1)).collect();
    for word in ["don't", "sagt", "straße"] {
        assert_eq!(words.iter().filter(|found| **found == word).count(), 1, "{words:?}");
    }
    assert!(words.iter().skip(3).all(|word| !word.contains(['„', '“', '.', 'S', 'ẞ', '’'])), "{words:?}");
}

#[test]
fn ngram_counts_words_with_a_model_or_without() {
    let place = place();
    let place = place.path();
    put(&place.join("text.txt"), "the cat and the dog\nthe dog\n");
    for model in [&[][..], &["--order", "2", "--out", "made.arpa"]] {
        let ngram = ["ngram", "text.txt", "--case", "upper", "--counts", "counts.txt"];
        let run = linnet(place, &[&ngram, model].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        assert_eq!(fs::read_to_string(place.join("counts.txt")).unwrap(), "THE 3\nDOG 2\nAND 1\nCAT 1\n");
        assert_eq!(place.join("made.arpa").exists(), !model.is_empty());
        fs::remove_file(place.join("counts.txt")).unwrap();
    }
    put(&place.join("blank.txt"), "\n");
    let blank = ["ngram", "blank.txt", "--counts", "counts.txt"];
    linnet(place, &blank).fails_with("blank.txt: the text has no words; give files with a sentence a line");
    assert!(!place.join("counts.txt").exists());
    assert_eq!(linnet(place, &["ngram", "text.txt", "--order", "2"]).code, 2);
    linnet(place, &["ngram", "text.txt", "--order", "1", "--out", "same", "--counts", "same"])
        .fails_with("same: --out and --counts would write the same file; give each its own");
}

#[test]
fn ngram_leaves_out_the_texts_that_held_out_sentences_were_read_from() {
    let place = place();
    let place = place.path();
    let names = ["ant", "bee", "cow", "dog"];
    let line = |name: &str| format!("the {name} and a {name} with two {name} at the {name} hill");
    let manifest = names.map(|name| format!("{{\"text\": \"{}\"}}\n", line(name).to_uppercase()));
    put(&place.join("test.jsonl"), manifest.concat());
    put(&place.join("source.txt"), names.map(|name| line(name) + ",\nand stayed. ").concat());
    put(&place.join("other.txt"), names[1..].iter().map(|name| line(name) + " sand.\n").collect::<String>());
    let ngram = ["ngram", "other.txt", "source.txt", "--normalise", "english", "--case", "upper"];
    let counts = |options: &[&str]| {
        let run = linnet(place, &[&ngram[..], &["--counts", "counts.txt"], options].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        (run.err.clone(), fs::read_to_string(place.join("counts.txt")).unwrap())
    };
    assert!(counts(&[]).1.contains("ANT 4\n"));
    // Three sentences aren't enough to be read from.
    let (said, left) = counts(&["--held-out", "test.jsonl"]);
    assert!(said.contains("left out source.txt: 4 held-out sentences were read from it\n"), "{said}");
    assert!(!said.contains("other.txt") && !left.contains("ANT") && !left.contains("STAYED"), "{said}{left}");
    assert!(left.contains("BEE 4\n") && left.contains("SAND 3\n"), "{left}");
    // The spelling of the model makes no difference, nor that its vocabulary is given.
    put(&place.join("words.txt"), "the\nhill\n");
    let model =
        ["ngram", "other.txt", "source.txt", "--vocab", "words.txt", "--order", "1", "--out", "lm.arpa"];
    let run = linnet(place, &[&model[..], &["--held-out", "test.jsonl"]].concat());
    assert!(run.code == 0 && run.err.contains("left out source.txt: 4 held-out"), "{}", run.err);
    put(&place.join("few.txt"), line("ant") + "\n");
    let run = linnet(place, &["ngram", "source.txt", "--counts", "few-counts.txt", "--held-out", "few.txt"]);
    let warning = "warning: no text is left out: a text is known by 4 sentences of eight words or more, and --held-out has 1";
    assert_eq!((run.code, run.line("warning: no text")), (0, warning));
    let all = [
        "--quiet",
        "ngram",
        "source.txt",
        "--counts",
        "c.txt",
        "--case",
        "upper",
        "--held-out",
        "test.jsonl",
    ];
    linnet(place, &all).fails_with("--held-out leaves out every text; give others");
}

#[test]
fn a_manifest_in_another_spelling_is_scored_in_the_models() {
    let place = place();
    let place = place.path();
    let config = place.join("model/config.toml");
    let rule = "\n[text]\ncase = \"upper\"\npunctuation = \"keep\"\n";
    let own = fs::read_to_string(&config).unwrap();
    assert!(!own.contains("[text]"), "{own}");
    put(&config, own + rule);
    let upper = fs::read_to_string(place.join("data/dev.jsonl")).unwrap();
    let lower = upper.lines().map(|line| {
        let mut json: Value = serde_json::from_str(line).unwrap();
        json["text"] = json["text"].as_str().unwrap().to_lowercase().into();
        json.to_string() + "\n"
    });
    put(&place.join("data/lower.jsonl"), lower.collect::<String>());
    let references = ["dev", "lower"].map(|set| {
        let manifest = format!("data/{set}.jsonl");
        let run =
            linnet(place, &["decode", "model", &manifest, "--out", set, "--lm", "lm.arpa", "--beam", "20"]);
        assert_eq!(run.code, 0, "{}", run.err);
        fs::read_to_string(place.join(set).join("ref.trn")).unwrap()
    });
    assert_eq!(references[0], references[1]);
}

#[test]
fn a_text_of_one_line_makes_a_model_and_bad_ones_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    put(&place.join("one.txt"), "Don’t\u{200b} stop, Straße");
    for (options, words) in [
        (&[][..], &["Don't", "Straße", "stop,"][..]),
        (&["--case", "upper"], &["DON'T", "STOP,", "STRAßE"]),
        (&["--punctuation", "drop"], &["Don't", "Straße", "stop"]),
    ] {
        let ngram = ["ngram", "one.txt", "--order", "3", "--out", "lm.arpa"];
        let run = linnet(place, &[&ngram, options].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(run.err.contains("the text itself: perplexity "), "{}", run.err);
        let arpa = fs::read_to_string(place.join("lm.arpa")).unwrap();
        let unigrams = arpa.split("\\2-grams:").next().unwrap();
        let found: Vec<&str> = unigrams.lines().filter_map(|line| line.split('\t').nth(1)).collect();
        assert_eq!(found[3..], *words);
    }
    for (bytes, problem) in [
        (&b""[..], "bad.txt: the text has no words; give files with a sentence a line"),
        (
            b"a\ngr\xfcn\n",
            "bad.txt:2: the line is not UTF-8; convert the file, as by `iconv -f LATIN1 -t UTF-8`",
        ),
        (
            b"\xff\xfea\0\n\0",
            "bad.txt:1: the text is UTF-16; convert the file, as by `iconv -f UTF-16 -t UTF-8`",
        ),
    ] {
        put(&place.join("bad.txt"), bytes);
        linnet(place, &["ngram", "bad.txt", "--order", "2", "--out", "bad.arpa"]).fails_with(problem);
    }
}

#[test]
fn corpora_with_a_spelling_of_their_own_take_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let run = linnet(folder.path(), &["prepare", "an4", "an4", "--out", "data", "--case", "lower"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("--case has no effect on the corpus an4; leave it out"), "{}", run.err);
}
