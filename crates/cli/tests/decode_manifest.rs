//! `linnet decode MODEL MANIFEST` with a beam search: words of phones, files, the cache.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{TINY, beside_its_data as place, linnet, names, put};
use serde_json::Value;

fn decode(place: &Path, out: &str, more: &[&str]) -> common::Run {
    linnet(place, &[&["decode", "model", "data/dev.jsonl", "--out", out], more].concat())
}

fn read(place: &Path, path: &str) -> String {
    fs::read_to_string(place.join(path)).unwrap()
}

#[test]
fn phones_become_words_through_the_models_lexicon() {
    let place = place();
    let place = place.path();
    let run = decode(place, "out", &["--lm", "lm.arpa", "--nbest", "3", "--beam", "20"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let lines: Vec<&str> = run.out.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(lines, ["WER", "PER", "PER"]);
    let expected = [
        "decode.json",
        "hyp-phones.trn",
        "hyp.ctm",
        "hyp.trn",
        "nbest.jsonl",
        "ref-phones.trn",
        "ref.trn",
        "score.json",
        "score.txt",
    ];
    assert_eq!(names(&place.join("out")), expected);
    // Every file tells of the same words.
    let lexicon = read(place, "model/lexicon.txt");
    let known: Vec<&str> = lexicon.lines().map(|line| line.split(['(', ' ']).next().unwrap()).collect();
    let (trn, ctm) = (read(place, "out/hyp.trn"), read(place, "out/hyp.ctm"));
    let nbest: Vec<Value> =
        read(place, "out/nbest.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((trn.lines().count(), nbest.len()), (4, 4));
    for (line, json) in trn.lines().zip(&nbest) {
        let id = json["id"].as_str().unwrap();
        let best = &json["hypotheses"][0];
        let text = best["text"].as_str().unwrap();
        assert_eq!(line, format!("{text} ({id})").trim_start());
        assert!(text.split_whitespace().all(|word| known.contains(&word)), "{text}");
        let words: Vec<&str> = ctm
            .lines()
            .filter(|line| line.starts_with(&format!("{id} 1 ")))
            .map(|line| line.split(' ').nth(4).unwrap())
            .collect();
        assert_eq!(words, text.split_whitespace().collect::<Vec<_>>());
        assert!(json["hypotheses"].as_array().unwrap().len() <= 3);
        assert!(text.is_empty() || best["lm"].as_f64().unwrap() < 0.0);
    }
    assert!(!ctm.is_empty(), "no word is found");
    // What is printed is what scoring the files gives.
    let score = linnet(place, &["score", "--ref", "out/ref.trn", "--hyp", "out/hyp.trn"]);
    let counts = |line: &str| line.split("]: ").nth(1).unwrap().to_string();
    assert_eq!(counts(score.out.lines().next().unwrap()), counts(run.out.lines().next().unwrap()));
    assert!(read(place, "out/score.txt").contains("WER ") && read(place, "out/score.txt").contains("PER "));

    let run = decode(place, "free", &["--beam", "20", "--no-lexicon"]);
    assert!(run.out.starts_with("PER "), "{}", run.out);
    let run = decode(place, "greedy", &[]);
    assert_eq!(
        names(&place.join("greedy")),
        ["decode.json", "hyp.ctm", "hyp.trn", "ref.trn", "score.json", "score.txt"]
    );
    assert!(run.out.starts_with("PER "), "{}", run.out);
}

#[test]
fn where_nothing_was_said_to_be_heard_nothing_is_scored() {
    let place = place();
    let place = place.path();
    let searched = decode(place, "out", &["--lm", "lm.arpa", "--nbest", "3"]);
    assert_eq!(searched.code, 0, "{}", searched.err);
    let manifest = read(place, "data/dev.jsonl");
    let without = manifest.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        line.as_object_mut().unwrap().remove("text");
        line.to_string() + "\n"
    });
    put(&place.join("data/dev.jsonl"), without.collect::<String>());
    let run = decode(place, "out", &[]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    assert!(run.err.contains("no utterance has a text, so nothing is scored\n"), "{}", run.err);
    // And nothing is left of what was there before.
    assert_eq!(names(&place.join("out")), ["decode.json", "hyp.ctm", "hyp.trn"]);
}

#[test]
fn the_cache_changes_nothing_and_notices_other_models() {
    let place = place();
    let place = place.path();
    let cached = |out: &str| decode(place, out, &["--lm", "lm.arpa", "--cache-logits", "cache"]);
    let plain = decode(place, "plain", &["--lm", "lm.arpa"]);
    let (first, second) = (cached("first"), cached("second"));
    assert_eq!((first.code, &first.out, &second.out), (0, &plain.out, &plain.out), "{}", first.err);
    for file in ["hyp.trn", "hyp.ctm", "score.json"] {
        let [a, b, c] = ["plain", "first", "second"].map(|out| read(place, &format!("{out}/{file}")));
        assert!(a == b && b == c, "{file}");
    }
    let caches = names(&place.join("cache"));
    assert_eq!(caches.len(), 1);
    // It is really read: numbers that are no log-probabilities are found.
    let file = place.join("cache").join(&caches[0]);
    let mut bytes = fs::read(&file).unwrap();
    let start = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    bytes[start..].fill(0x80);
    fs::write(&file, &bytes).unwrap();
    let other = cached("third");
    assert!(other.code == 1 && other.err.contains("apply a log-softmax to logits"), "{}", other.err);
    // One that is damaged is written anew.
    fs::write(&file, &bytes[..start / 2]).unwrap();
    assert_eq!(cached("fourth").out, plain.out);
    // Other weights, other file.
    let text = read(place, "model/cmvn.json");
    put(&place.join("model/cmvn.json"), format!("{text} "));
    assert_eq!((cached("fifth").out, names(&place.join("cache")).len()), (plain.out, 2));
}

#[test]
fn words_without_pronunciation_count_for_the_wer_alone() {
    let place = place();
    let place = place.path();
    let text = read(place, "data/dev.jsonl");
    let (start, rest) = text.split_once("\"text\":\"").unwrap();
    put(&place.join("data/dev.jsonl"), format!("{start}\"text\":\"XYZZY {rest}"));
    let run = decode(place, "out", &["--beam", "10"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let warning = run.line("warning: 1 utterance for the WER alone");
    assert!(
        warning.ends_with(
            "without pronunciation: XYZZY; add them to the lexicon, a line WORD PHONE PHONE … each"
        )
    );
    let lines: Vec<&str> = run.out.lines().collect();
    assert!(lines[0].ends_with("of 4 utterances") && lines[1].ends_with("of 3 utterances"), "{}", run.out);
    assert!(read(place, "out/ref.trn").contains("XYZZY "));
}

#[test]
fn characters_that_are_no_tokens_count_as_errors() {
    let place = place();
    let place = place.path();
    let symbols = ["<blank>", "<space>", "'", ".", "-"].map(String::from).into_iter();
    let symbols = symbols.chain(('A'..='Z').map(String::from)).enumerate();
    put(
        &place.join("data/tokens.txt"),
        symbols.map(|(id, symbol)| format!("{symbol} {id}\n")).collect::<String>(),
    );
    put(&place.join("char.toml"), format!("[data]\nunit = \"char\"\n{TINY}"));
    let run = linnet(place, &["train", "char.toml", "--out", "exp", "--set", "train.label_density=1"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let text = read(place, "data/dev.jsonl");
    let (start, rest) = text.split_once("\"text\":\"").unwrap();
    put(&place.join("data/dev.jsonl"), format!("{start}\"text\":\"{{NÉE/@}} 2 {rest}"));
    let run = linnet(place, &["decode", "exp/model", "data/dev.jsonl", "--out", "out"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let rates: Vec<&str> = run.out.lines().collect();
    assert!(rates[0].starts_with("WER ") && rates[1].starts_with("CER "), "{}", run.out);
    assert!(rates.iter().all(|line| line.ends_with("of 4 utterances")), "{}", run.out);
    assert!(read(place, "out/ref.trn").starts_with("{NÉE/@} 2 "));
}

#[test]
fn words_that_the_search_cannot_find_are_told() {
    let place = place();
    let place = place.path();
    put(&place.join("few.txt"), "FOREIGN F AO R AH N\n");
    put(
        &place.join("lm.arpa"),
        "\\data\\\nngram 1=3\n\n\\1-grams:\n-1 <s>\n-1 </s>\n-1 FOREIGN\n\n\\end\\\n",
    );
    let run = decode(place, "out", &["--lm", "lm.arpa", "--lexicon", "few.txt"]);
    let told = run.line("the search can't find");
    assert!(
        run.code == 0 && told.contains(" words that were said (") && told.ends_with("; add them there"),
        "{told}"
    );
    // Without a lexicon's bounds nothing is said.
    assert!(!decode(place, "greedy", &["--greedy"]).err.contains("can't find"));
}
