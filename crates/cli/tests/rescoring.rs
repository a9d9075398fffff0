//! `--rescore-lm`: a second language model weighs the hypotheses of a search.
#![allow(clippy::unwrap_used)]

mod common;

use std::f64::consts::LN_10;
use std::path::Path;

use common::matrix::{said, sure};
use common::{beside_its_data, linnet, put};
use linnet_text::ngram::NgramModel;
use serde_json::Value;

/// "ab aa" in letters, of which other words are heard with less certainty, and two language models of other opinions.
fn letters() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    put(&place.join("m.npy"), sure(&[2, 0, 3, 1, 2, 0, 2], 4));
    put(&place.join("tokens.txt"), "<pad>\n|\na\nb\n");
    put(&place.join("first.txt"), "bb aa\nbb aa\nab ba\nab aa\n");
    put(&place.join("second.txt"), "ba ba\nab ba\nab ba\nab aa\n");
    for name in ["first", "second"] {
        let (text, out) = (format!("{name}.txt"), format!("{name}.arpa"));
        assert_eq!(linnet(place, &["ngram", &text, "--order", "2", "--out", &out]).code, 0);
    }
    folder
}

const FIRST: [&str; 6] = ["--lm", "first.arpa", "--lm-weight", "3", "--word-bonus", "2"];

#[test]
fn hypotheses_have_the_shares_of_both_models() {
    let folder = letters();
    let place = folder.path();
    let models = ["first.arpa", "second.arpa"].map(|name| NgramModel::read(&place.join(name)).unwrap());
    // Weighted, with the penalty for words that a model doesn't know, as bb to the second one.
    let says = |model: &NgramModel, text: &str| -> f64 {
        let words: Vec<&str> = text.split_whitespace().collect();
        let scores = model.sentence(&words);
        let unknown = scores.iter().filter(|score| score.oov).count();
        3.0 * LN_10 * scores.iter().map(|score| f64::from(score.log10)).sum::<f64>() - 10.0 * unknown as f64
    };
    let best = |more: &[&str]| -> Value {
        let matrix = ["decode", "--logits", "m.npy", "--tokens", "tokens.txt"];
        let run = linnet(place, &[&matrix[..], &FIRST, more].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        serde_json::from_str::<Value>(&run.out).unwrap()["hypotheses"].clone()
    };
    let first = best(&["--nbest", "8"]);
    let mut texts = Vec::new();
    for share in [0.25, 0.5, 1.0] {
        let option = share.to_string();
        let more = ["--rescore-lm", "second.arpa", "--rescore-share", &option, "--nbest", "8"];
        let rescored = best(&more);
        let rescored = rescored.as_array().unwrap();
        assert_eq!(rescored.len(), first.as_array().unwrap().len());
        let of = |hypothesis: &Value, key: &str| hypothesis[key].as_f64().unwrap();
        for hypothesis in rescored {
            let text = hypothesis["text"].as_str().unwrap();
            let mixed = (1.0 - share) * says(&models[0], text) + share * says(&models[1], text);
            let want = mixed + 2.0 * text.split_whitespace().count() as f64;
            assert!((of(hypothesis, "lm") - want).abs() < 1e-4, "{share} {hypothesis} {want}");
            assert!(
                (of(hypothesis, "score") - of(hypothesis, "acoustic") - of(hypothesis, "lm")).abs() < 1e-9
            );
        }
        assert!(rescored.windows(2).all(|pair| of(&pair[0], "score") >= of(&pair[1], "score")));
        texts.push(rescored[0]["text"].as_str().unwrap().to_string());
        // The list is as long for the second pass whatever is returned, unless it is told otherwise.
        assert_eq!(best(&more[..4])[0]["text"], rescored[0]["text"]);
    }
    assert_eq!((first[0]["text"].as_str().unwrap(), &*texts[2]), ("ab ba", "ab aa"), "{texts:?}");
    let one = best(&["--rescore-lm", "second.arpa", "--rescore-nbest", "1", "--nbest", "8"]);
    assert_eq!((one.as_array().unwrap().len(), &one[0]["text"]), (1, &first[0]["text"]));
    assert_eq!(best(&["--rescore-lm", "second.arpa", "--rescore-share", "0", "--nbest", "8"]), first);
    // A model that knows few of the words is told of.
    put(&place.join("other.txt"), "xx yy\n");
    assert_eq!(linnet(place, &["ngram", "other.txt", "--order", "1", "--out", "other.arpa"]).code, 0);
    let told = said(place, &[&FIRST[..], &["--rescore-lm", "other.arpa"]].concat()).1;
    assert!(
        told.starts_with("the second language model doesn't know 4 of the lexicon's 4 words, as "),
        "{told}"
    );
}

#[test]
fn models_that_do_not_go_together_are_refused() {
    let folder = letters();
    let place = folder.path();
    let fails = |more: &[&str], line: &str| {
        let second = ["--rescore-lm", "second.arpa"];
        let decode = ["decode", "--logits", "m.npy", "--tokens", "tokens.txt"];
        linnet(place, &[&decode[..], &second, more].concat()).fails_with(line);
    };
    let alone = "second.arpa: a second language model goes with a first one; give both or neither";
    fails(&["--beam", "10"], alone);
    put(&place.join("grammar.txt"), "ab aa\n");
    fails(&["--grammar", "grammar.txt"], alone);
    fails(
        &["--lm", "first.arpa", "--grammar", "grammar.txt"],
        "second.arpa: a grammar has one language model; leave this one or the grammar out",
    );
    put(&place.join("letters.txt"), "a b | a a\nb b | a a\n");
    assert_eq!(linnet(place, &["ngram", "letters.txt", "--order", "2", "--out", "letters.arpa"]).code, 0);
    fails(
        &["--lm", "letters.arpa"],
        "second.arpa: the first language model is over tokens, and a second one weighs words; leave it out",
    );
    for share in ["-0.5", "1.5", "NaN"] {
        fails(
            &["--lm", "first.arpa", &format!("--rescore-share={share}")],
            "the option rescore_share: it must lie between 0 and 1",
        );
    }
    let decode = ["decode", "--logits", "m.npy", "--tokens", "tokens.txt", "--lm", "first.arpa"];
    for option in ["--rescore-share", "--rescore-nbest"] {
        linnet(place, &[&decode[..], &[option, "1"]].concat())
            .fails_with(&format!("{option} is given and --rescore-lm is not; give both or neither"));
    }
}

/// The flags of tuning's last line, and its best point's errors.
fn tuned(place: &Path, more: &[&str]) -> (String, String) {
    let tune =
        ["tune", "model", "data/dev.jsonl", "--lm", "lm.arpa", "--rescore-lm", "second.arpa", "--beam", "20"];
    let run = linnet(place, &[&tune[..], more].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let mut lines = run.out.lines();
    assert!(lines.next().unwrap().ends_with("  lm-weight  word-bonus  rescore-share"), "{}", run.out);
    let errors = lines.next().unwrap().split_whitespace().nth(1).unwrap().to_string();
    (run.out.lines().last().unwrap().to_string(), errors)
}

#[test]
fn tune_finds_a_share_that_decode_pack_and_transcribe_take() {
    let place = beside_its_data();
    let place = place.path();
    put(&place.join("second.txt"), "YES\nNO NO\nYES NO\n");
    assert_eq!(linnet(place, &["ngram", "second.txt", "--order", "1", "--out", "second.arpa"]).code, 0);
    let points = [
        "--lm-weights",
        "0.5,1",
        "--word-bonuses",
        "0",
        "--rescore-shares",
        "0.5,1",
        "--rescore-nbest",
        "30",
    ];
    let (flags, errors) = tuned(place, &points);
    assert!(flags.contains("--rescore-lm second.arpa") && flags.contains("--rescore-nbest 30"), "{flags}");
    let flags: Vec<&str> = flags.split(' ').collect();
    assert!(flags.contains(&"--rescore-share"), "{flags:?}");
    let decoded =
        linnet(place, &[&["decode", "model", "data/dev.jsonl", "--out", "out"][..], &flags].concat());
    assert!(decoded.out.contains(&format!("]: {errors} errors (")), "{errors}: {}", decoded.out);
    // A packed model decodes the same without flags.
    assert_eq!(linnet(place, &[&["pack", "model", "--out", "packed"][..], &flags].concat()).code, 0);
    std::fs::remove_file(place.join("second.arpa")).unwrap();
    let again = linnet(place, &["decode", "packed", "data/dev.jsonl", "--out", "again"]);
    assert_eq!(again.out, decoded.out, "{}", again.err);
    // Tuning it starts from its own search, and another first model has no second pass.
    let tune = ["tune", "packed", "data/dev.jsonl", "--lm-weights", "0.5,1", "--word-bonuses", "0"];
    let own = linnet(place, &[&tune[..], &["--rescore-shares", "0.5,1"]].concat());
    assert_eq!(own.code, 0, "{}", own.err);
    assert_eq!(own.out.lines().nth(1).unwrap().split_whitespace().nth(1).unwrap(), errors, "{}", own.out);
    let other = ["decode", "packed", "data/dev.jsonl", "--out", "other", "--lm", "lm.arpa"];
    let [other, without] =
        [&[][..], &["--rescore-share", "0"]].map(|more| linnet(place, &[&other, more].concat()));
    assert_eq!((other.code, without.code), (0, 1), "{}", without.err);
    let shares = [&points[..4], &["--rescore-shares", "0.5,2"]].concat();
    put(&place.join("second.arpa"), std::fs::read(place.join("packed/search/rescore-lm.arpa")).unwrap());
    linnet(
        place,
        &[
            &["tune", "model", "data/dev.jsonl", "--lm", "lm.arpa", "--rescore-lm", "second.arpa"][..],
            &shares,
        ]
        .concat(),
    )
    .fails_with("the option rescore_share: it must lie between 0 and 1");
}
