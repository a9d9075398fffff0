//! `linnet decode --logits`: matrices of log-probabilities from anywhere.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashMap;

use common::matrix::{decode, f32s, header, npy, said, sure};
use common::{linnet, put};
use serde_json::Value;

/// Probabilities of `<blank>`, `a`, `b` in three frames.
const ROWS: [[f64; 3]; 3] = [[0.5, 0.3, 0.2], [0.4, 0.35, 0.25], [0.5, 0.15, 0.35]];

fn log_probs() -> Vec<f32> {
    ROWS.iter().flatten().map(|p| p.ln() as f32).collect()
}

/// The probability of every row of tokens, over all paths that collapse to it.
fn brute_force() -> HashMap<Vec<usize>, f64> {
    let mut all = HashMap::new();
    for path in 0..27 {
        let path = [path / 9, path / 3 % 3, path % 3];
        let mut tokens = path.to_vec();
        tokens.dedup();
        tokens.retain(|&token| token != 0);
        *all.entry(tokens).or_default() +=
            path.iter().zip(ROWS).map(|(&token, row)| row[token]).product::<f64>();
    }
    all
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("m.npy"), npy(1, &header("<f4", "False", "(3, 3)"), &f32s(&log_probs())));
    put(&folder.path().join("tokens.txt"), "<blank> 0\na 1\nb 2\n");
    folder
}

#[test]
fn the_best_hypotheses_are_those_of_brute_force() {
    let folder = folder();
    let json = decode(folder.path(), &["--beam", "100", "--nbest", "100", "--token-threshold", "-100"]);
    let expected = brute_force();
    assert_eq!(
        (json["frames"].as_u64(), json["hypotheses"].as_array().unwrap().len()),
        (Some(3), expected.len())
    );
    let mut last = f64::INFINITY;
    for hypothesis in json["hypotheses"].as_array().unwrap() {
        let ids: Vec<usize> = hypothesis["tokens"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t["id"].as_u64().unwrap() as usize)
            .collect();
        let score = hypothesis["score"].as_f64().unwrap();
        assert!((score - expected[&ids].ln()).abs() < 1e-5, "{hypothesis}");
        assert_eq!((hypothesis["acoustic"].as_f64(), hypothesis["lm"].as_f64()), (Some(score), Some(0.0)));
        assert!(score <= last);
        last = score;
        let text: Vec<&str> = ids.iter().map(|&id| ["", "a", "b"][id]).collect();
        assert_eq!(hypothesis["text"], text.join(" "));
    }
}

#[test]
fn greedy_takes_the_best_token_of_each_frame() {
    let folder = folder();
    let rows = [[0.1f32, 0.8, 0.1], [0.1, 0.6, 0.3], [0.7, 0.1, 0.2], [0.2, 0.2, 0.6]];
    let values: Vec<f32> = rows.iter().flatten().map(|p| p.ln()).collect();
    put(&folder.path().join("m.npy"), npy(1, &header("<f4", "False", "(4, 3)"), &f32s(&values)));
    let json = decode(folder.path(), &["--frame-ms", "40"]);
    let best = &json["hypotheses"][0];
    assert_eq!((&best["text"], best["words"].as_array().unwrap().len()), (&Value::from("a b"), 0));
    assert!((best["score"].as_f64().unwrap() - (0.8 * 0.6 * 0.7 * 0.6f64).ln()).abs() < 1e-5);
    let [a, b] = [0, 1].map(|i| &best["tokens"][i]);
    assert_eq!((a["frames"].to_string(), a["seconds"].to_string()), ("[0,2]".into(), "[0.0,0.08]".into()));
    assert_eq!((b["frames"].to_string(), b["seconds"].to_string()), ("[3,4]".into(), "[0.12,0.16]".into()));
    assert!((a["confidence"].as_f64().unwrap() - 0.7).abs() < 1e-6);
}

#[test]
fn every_kind_of_file_and_table_says_the_same() {
    let folder = folder();
    let place = folder.path();
    let expected = decode(place, &["--beam", "10", "--nbest", "3"])["hypotheses"].clone();
    let scores = |json: &Value| -> Vec<(String, i64)> {
        let hypotheses = json.as_array().unwrap().iter();
        hypotheses
            .map(|h| (h["text"].to_string(), (h["score"].as_f64().unwrap() * 1e4).round() as i64))
            .collect()
    };
    let f64s: Vec<u8> = ROWS.iter().flatten().flat_map(|p| p.ln().to_le_bytes()).collect();
    let big: Vec<u8> = log_probs().iter().flat_map(|v| v.to_be_bytes()).collect();
    for (version, kind, values) in
        [(2, "<f4", f32s(&log_probs())), (3, "<f4", f32s(&log_probs())), (1, "<f8", f64s), (1, ">f4", big)]
    {
        put(&place.join("m.npy"), npy(version, &header(kind, "False", "(3, 3)"), &values));
        let json = decode(place, &["--beam", "10", "--nbest", "3"]);
        assert_eq!(scores(&json["hypotheses"]), scores(&expected), "{version} {kind}");
    }
    let columns: Vec<f32> = (0..3).flat_map(|c| log_probs().into_iter().skip(c).step_by(3)).collect();
    for (order, shape, values) in [
        ("True", "(3, 3)", f32s(&columns)),
        ("False", "(1, 3, 3)", f32s(&log_probs())),
        ("False", "(3, 1, 3)", f32s(&log_probs())),
        ("True", "(1, 3, 3)", f32s(&columns)),
    ] {
        put(&place.join("m.npy"), npy(1, &header("<f4", order, shape), &values));
        let json = decode(place, &["--beam", "10", "--nbest", "3"]);
        assert_eq!(scores(&json["hypotheses"]), scores(&expected), "{order} {shape}");
    }
    let halves: Vec<u8> = log_probs().iter().flat_map(|&v| half::f16::from_f32(v).to_be_bytes()).collect();
    put(&place.join("m.npy"), npy(1, &header(">f2", "False", "(3, 3)"), &halves));
    let json = decode(place, &["--beam", "10", "--nbest", "3"]);
    for ((text, score), (wanted, close)) in scores(&json["hypotheses"]).iter().zip(scores(&expected)) {
        assert!(*text == wanted && (score - close).abs() < 30, "{text} {score} for {close}");
    }
    // The blank last, as other toolkits have it; ids are the file's own.
    let moved: Vec<f32> = log_probs().chunks(3).flat_map(|row| [row[1], row[2], row[0]]).collect();
    put(&place.join("m.npy"), npy(1, &header("<f4", "False", "(3, 3)"), &f32s(&moved)));
    for table in
        ["a\nb\n<blank>\n", "b 1\r\na 0\r\n<blk> 2\r\n", "a 0\nb 1\n<eps> 2\n#0 3\n#1 4\n", "a\nb\n[PAD]\n"]
    {
        put(&place.join("tokens.txt"), table);
        let json = decode(place, &["--beam", "10", "--nbest", "3"]);
        assert_eq!(scores(&json["hypotheses"]), scores(&expected), "{table}");
        assert_eq!(json["hypotheses"][0]["tokens"][0]["id"], 0);
    }
}

#[test]
fn the_blank_is_found_named_or_assumed_with_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    put(&place.join("m.npy"), sure(&[1, 0, 2, 1, 2, 2], 3));
    for (table, more, text, note) in [
        ("a\n<pad>\nb\n", &[][..], "a b b", ""),
        ("a\n_\nb\n", &[], "a b b", ""),
        (
            "x\ny\nz\n",
            &[],
            "y z y z",
            "tokens.txt: no symbol has a name of the blank; \"x\", id 0, is taken for it (--blank names another)\n",
        ),
        ("x\ny\nz\n", &["--blank", "y"], "x z z", ""),
        ("x\ny\nz\n", &["--blank", "2"], "y x y", ""),
        (
            "x\ny\n",
            &[],
            "y x y",
            "tokens.txt: the matrix has 3 columns, one more than there are symbols; the last is taken for the blank (--blank names another)\n",
        ),
        ("x\ny\n", &["--blank", "0"], "x y x y", ""),
    ] {
        put(&place.join("tokens.txt"), table);
        assert_eq!(said(place, more), (text.to_string(), note.to_string()), "{table} {more:?}");
        let beam = said(place, &[more, &["--beam", "10"]].concat());
        assert_eq!(beam, (text.to_string(), note.to_string()), "{table} {more:?}");
    }
    let run = linnet(place, &["decode", "--logits", "m.npy", "--tokens", "tokens.txt", "--blank", "<blk>"]);
    run.fails_with(
        "tokens.txt: the blank \"<blk>\" is none of its symbols and no id below 3; give one of these",
    );
}

#[test]
fn logits_are_normalised_and_padding_is_left_out() {
    let folder = folder();
    let place = folder.path();
    let matrix = |values: &[f32]| {
        npy(1, &header("<f4", "False", &format!("({}, 3)", values.len() / 3)), &f32s(values))
    };
    let more = ["--beam", "10"];
    let expected = said(place, &more).0;
    let score = |more: &[&str]| {
        let run = linnet(place, &[&["decode", "--logits", "m.npy", "--tokens", "tokens.txt"], more].concat());
        let json: Value = serde_json::from_str(&run.out).unwrap();
        (json["hypotheses"][0]["score"].as_f64().unwrap(), json["frames"].as_u64().unwrap())
    };
    let (best, _) = score(&more);
    let logits: Vec<f32> = log_probs().iter().enumerate().map(|(i, v)| v + [7.0, -2.0, 0.0][i / 3]).collect();
    let probabilities: Vec<f32> = ROWS.iter().flatten().map(|&p| p as f32).collect();
    let padded = [log_probs(), vec![f32::NEG_INFINITY; 6]].concat();
    for (values, note) in [
        (
            logits,
            "m.npy: the probabilities of its rows don't sum to 1; it is taken for logits and normalised by a log-softmax\n",
        ),
        (probabilities, "m.npy: the values are probabilities; their logarithms are taken\n"),
        (padded, "m.npy: the last 2 rows are padding, −∞ or 0 throughout, and left out\n"),
    ] {
        put(&place.join("m.npy"), matrix(&values));
        assert_eq!(said(place, &more), (expected.clone(), note.to_string()));
        let (score, frames) = score(&more);
        assert!((score - best).abs() < 1e-5 && frames == 3, "{score} {best} {frames}");
    }
}

#[test]
fn a_matrix_that_is_none_is_one_line_with_the_mend() {
    let folder = folder();
    let place = folder.path();
    let good = f32s(&log_probs());
    let good_header = || header("<f4", "False", "(3, 3)");
    let nan = {
        let mut values = log_probs();
        values[4] = f32::NAN;
        f32s(&values)
    };
    let infinite = f32s(&[&[f32::NEG_INFINITY; 3][..], &log_probs()[..6]].concat());
    for (file, problem) in [
        (b"RIFF".to_vec(), "it is no NumPy file; write one by numpy.save(FILE, log_probs)"),
        (
            b"PK\x03\x04".to_vec(),
            "it is an archive of arrays (.npz); save one by numpy.save(FILE, log_probs)",
        ),
        (npy(1, &good_header(), &good)[..30].to_vec(), "it ends within its header; copy it again"),
        (
            npy(4, &good_header(), &good),
            "NumPy's format 4.0 is unknown; write it by numpy.save(FILE, log_probs)",
        ),
        (npy(1, &good_header(), &good[..20]), "it has 20 bytes of values, (3, 3) needs 36; copy it again"),
        (
            npy(1, &header("<f4", "False", "(99999999999, 99999999999)"), &good),
            "its shape (99999999999, 99999999999) is larger than any file; copy it again",
        ),
        (
            npy(1, &header("<f4", "False", "(2, 3, 3)"), &good),
            "its shape is (2, 3, 3), not (time, token); save one utterance's matrix, as log_probs[0]",
        ),
        (
            npy(1, &header("<f4", "False", "(4,\n3,\r3)"), &good),
            "its shape is (4,\\n3,\\r3), not (time, token); save one utterance's matrix, as log_probs[0]",
        ),
        (
            npy(1, &header("<i4", "False", "(3, 3)"), &good),
            "its values are <i4, not float32; save log_probs.astype(numpy.float32)",
        ),
        (npy(1, "{'descr': '<f4'}", &good), "its header has no fortran_order; write it again by numpy.save"),
        (
            npy(1, &good_header(), &nan),
            "the value NaN in row 1, column 1 (both from 0) is no log-probability; leave this utterance out, or look for the fault in the network that made it",
        ),
        (
            npy(1, &good_header(), &infinite),
            "row 0 (from 0) is −∞ throughout, though rows follow that are not; save the matrix of one utterance",
        ),
    ] {
        put(&place.join("m.npy"), file);
        for more in [&[][..], &["--beam", "5"]] {
            let run =
                linnet(place, &[&["decode", "--logits", "m.npy", "--tokens", "tokens.txt"], more].concat());
            run.fails_with(&format!("m.npy: {problem}"));
        }
    }
    put(&place.join("m.npy"), npy(1, &header("<f4", "False", "(9, 1)"), &good));
    linnet(place, &["decode", "--logits", "m.npy", "--tokens", "tokens.txt"]).fails_with(
        "tokens.txt: it has 3 symbols, the matrix has 1 columns; give the table of the model that made it, or the matrix as (time, token)",
    );
    linnet(place, &["decode", "--logits", "gone.npy", "--tokens", "tokens.txt"])
        .fails_with("gone.npy: there is no such file or folder; check the path");
}

#[test]
fn a_table_or_an_option_that_does_not_fit_is_one_line_with_the_mend() {
    let folder = folder();
    let place = folder.path();
    let fails = |more: &[&str], line: &str| {
        linnet(place, &[&["decode", "--logits", "m.npy", "--tokens", "tokens.txt"], more].concat())
            .fails_with(line);
    };
    for (table, problem) in [
        ("", ":1: there is no symbol in it; write one on each line, or `SYMBOL ID`"),
        ("a\nb c\n", ":2: \"b c\" is not one symbol, as line 1 is; write one on each line, or `SYMBOL ID`"),
        ("a 0\nb\n", ":2: \"b\" is not a symbol and its id, as line 1 is; write `SYMBOL ID`"),
        ("a 0\nb 0\n", ":2: the id 0 occurs twice; give each symbol an id of its own"),
        ("a 0\nb 2\n", ":2: the id 2 is beyond the 2 symbols; ids are 0 to 1"),
        ("a 0\na 1\n", ":2: \"a\" is the symbol of both 0 and 1; name each symbol once"),
        ("<eps>\n<blk>\n", ": the blank has several names in it, <blk> and <eps>; tell which one it is"),
    ] {
        put(&place.join("tokens.txt"), table);
        fails(&[], &format!("tokens.txt{problem}"));
    }
    put(&place.join("tokens.txt"), "<blank> 0\na 1\nb 2\n");
    put(&place.join("text.txt"), "X\n");
    assert_eq!(linnet(place, &["ngram", "text.txt", "--order", "1", "--out", "lm.arpa"]).code, 0);
    fails(
        &["--lm", "lm.arpa"],
        "lm.arpa: its words need a lexicon, because the tokens don't spell words; give one (--lexicon FILE)",
    );
    put(&place.join("lexicon.txt"), "X a c\n");
    fails(
        &["--lexicon", "lexicon.txt"],
        "lexicon.txt: the word X needs the token c, which is not in the token table; give words that go with the table, as the lexicon that the model was trained with",
    );
    put(&place.join("lexicon.txt"), "X a b\n");
    put(&place.join("grammar.txt"), "X\n(X\n");
    let grammar = linnet(
        place,
        &[
            "decode",
            "--logits",
            "m.npy",
            "--tokens",
            "tokens.txt",
            "--lexicon",
            "lexicon.txt",
            "--grammar",
            "grammar.txt",
        ],
    );
    assert!(grammar.err.starts_with("error: grammar.txt: line 2, column "), "{}", grammar.err);
    put(&place.join("hot.txt"), "X\nX\t-1\n");
    fails(
        &["--hotwords", "hot.txt"],
        "hot.txt:2: \"-1\" is no weight above 0; write `PHRASE` or `PHRASE<tab>WEIGHT`",
    );
    fails(
        &["--lexicon", "lexicon.txt", "--lm", "lm.arpa", "--lm-weight", "-1"],
        "the option weight: it must be at least 0 and finite",
    );
    for wrong in [
        &["decode", "--logits", "m.npy"][..],
        &["decode", "--logits", "m.npy", "--tokens", "tokens.txt", "model"],
        &["decode", "model", "manifest.jsonl"],
        &["decode", "--logits", "m.npy", "--tokens", "tokens.txt", "--beam", "0"],
        &["decode", "--logits", "m.npy", "--tokens", "tokens.txt", "--frame-ms", "0"],
    ] {
        assert_eq!(linnet(place, wrong).code, 2, "{wrong:?}");
    }
}
