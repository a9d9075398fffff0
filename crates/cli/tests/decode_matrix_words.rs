//! `linnet decode --logits`: words of characters and of subwords.
#![allow(clippy::unwrap_used)]

mod common;

use common::matrix::{decode, said, sure};
use common::{linnet, put};
use serde_json::Value;

#[test]
fn subwords_spell_words_in_any_way() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    // ▁more, ▁m, or, e, ▁then, ▁the, n: "more then" in other pieces than the fewest.
    put(&place.join("tokens.txt"), "<blk>\n▁more\n▁m\nor\ne\n▁then\n▁the\nn\n");
    put(&place.join("m.npy"), sure(&[2, 3, 0, 4, 6, 0, 7], 8));
    put(&place.join("text.txt"), "more then m the\nthe more\n");
    assert_eq!(linnet(place, &["ngram", "text.txt", "--order", "2", "--out", "lm.arpa"]).code, 0);
    for more in [&["--lm", "lm.arpa"][..], &["--beam", "10"]] {
        assert_eq!(said(place, more).0, "more then", "{more:?}");
    }
    // A lexicon of its own spellings, as flashlight's.
    put(&place.join("lexicon.txt"), "plus\t▁more\nplus\t▁m or e\nthen\t▁the n\n");
    let (text, note) = said(place, &["--lexicon", "lexicon.txt"]);
    assert_eq!(text, "plus then");
    assert!(
        note.contains("lexicon.txt: 2 spellings are not as the words are written, as plus: ▁more"),
        "{note}"
    );
    // Texts are listed once.
    let json = decode(place, &["--beam", "50", "--nbest", "20"]);
    let texts: Vec<&str> =
        json["hypotheses"].as_array().unwrap().iter().map(|h| h["text"].as_str().unwrap()).collect();
    assert!((0..texts.len()).all(|i| !texts[i + 1..].contains(&texts[i])), "{texts:?}");
    // A model over the pieces themselves.
    put(&place.join("pieces.txt"), "▁m or e ▁then\n▁m or e ▁the n\n▁the ▁m or e\n▁more n\n");
    assert_eq!(linnet(place, &["ngram", "pieces.txt", "--order", "2", "--out", "pieces.arpa"]).code, 0);
    assert_eq!(said(place, &["--lm", "pieces.arpa"]), ("more then".into(), String::new()));
    let fails = |more: &[&str], line: &str| {
        linnet(place, &[&["decode", "--logits", "m.npy", "--tokens", "tokens.txt"], more].concat())
            .fails_with(line);
    };
    fails(
        &["--lm", "pieces.arpa", "--lexicon", "lexicon.txt"],
        "lexicon.txt: the language model is over tokens, and this is of words; leave one of them out",
    );
    put(&place.join("pieces.txt"), "▁m or e ▁x\n▁m or\n");
    assert_eq!(linnet(place, &["ngram", "pieces.txt", "--order", "2", "--out", "pieces.arpa"]).code, 0);
    fails(
        &["--lm", "pieces.arpa"],
        "pieces.arpa: its words are pieces of words, and ▁x is not in the token table; make it of text in the tokens of this table, or give a model of whole words",
    );
    // Hotwords: one that can't be spelt is named, the others count in any spelling.
    put(&place.join("hot.txt"), "then:2.0\nmöre\n");
    let run =
        linnet(place, &["decode", "--logits", "m.npy", "--tokens", "tokens.txt", "--hotwords", "hot.txt"]);
    assert_eq!(run.code, 3);
    assert!(
        run.err.starts_with("warning: hot.txt:2: ") && run.err.contains("1 hotword left out"),
        "{}",
        run.err
    );
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert!((json["hypotheses"][0]["lm"].as_f64().unwrap() - 2.0).abs() < 1e-6, "{}", run.out);
}

#[test]
fn other_marks_of_pieces_are_read_or_named() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    put(&place.join("m.npy"), sure(&[2, 0, 3, 4, 0, 2], 5));
    // WordPiece, as in BERT's tables: "the playing the".
    put(&place.join("tokens.txt"), "[PAD]\n|\nthe\nplay\n##ing\n");
    put(&place.join("words.txt"), "the\nplay\nplaying\n");
    for more in [&[][..], &["--beam", "10"], &["--lexicon", "words.txt"]] {
        assert_eq!(said(place, more), ("the playing the".into(), String::new()), "{more:?}");
    }
    assert_eq!(decode(place, &[])["hypotheses"][0]["tokens"][2]["token"], "##ing");
    put(&place.join("pieces.txt"), "the play ##ing\nplay the\n");
    assert_eq!(linnet(place, &["ngram", "pieces.txt", "--order", "2", "--out", "pieces.arpa"]).code, 0);
    linnet(place, &["decode", "--logits", "m.npy", "--tokens", "tokens.txt", "--lm", "pieces.arpa"]).fails_with(
        "pieces.arpa: its words are pieces of words, as ##ing, marked otherwise than by ▁; make it of text whose words \
         begin with ▁, in the pieces of the token table, or give a model of whole words",
    );
    // subword-nmt's tokens make words by a lexicon alone.
    put(&place.join("tokens.txt"), "<blank>\n|\nthe\nplay@@\ning\n");
    let (text, note) = said(place, &[]);
    assert_eq!(text, "the play@@ ing the");
    assert!(
        note.starts_with("tokens.txt: symbols as play@@ mark pieces of words by @@, which isn't read"),
        "{note}"
    );
    put(&place.join("lexicon.txt"), "the the\nplaying play@@ ing\n");
    assert_eq!(said(place, &["--lexicon", "lexicon.txt"]).0, "the playing the");
}

#[test]
fn words_come_from_spaces_lexicons_models_grammars_and_hotwords() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    put(&place.join("m.npy"), sure(&[2, 0, 3, 1, 2, 0, 2], 4));
    let text = |more: &[&str]| decode(place, more)["hypotheses"][0]["text"].as_str().unwrap().to_string();
    for table in ["<blank> 0\n<space> 1\na 2\nb 3\n", "<pad>\n|\na\nb\n", "<pad>\n \na\nb\n"] {
        put(&place.join("tokens.txt"), table);
        assert_eq!(
            (text(&[]), text(&["--beam", "10"])),
            ("ab aa".to_string(), "ab aa".to_string()),
            "{table}"
        );
    }
    for more in [&[][..], &["--beam", "10"]] {
        let words = decode(place, more)["hypotheses"][0]["words"].clone();
        let [ab, aa] = [0, 1].map(|i| (words[i]["frames"].to_string(), words[i]["tokens"].to_string()));
        assert_eq!(
            (ab.0.as_str(), ab.1.as_str(), aa.0.as_str(), aa.1.as_str()),
            ("[0,3]", "[0,2]", "[4,7]", "[3,5]")
        );
        let confidence = words[0]["confidence"].as_f64().unwrap();
        // Greedy: the mean posterior; a beam search also asks how many hypotheses have the word.
        assert!(if more.is_empty() {
            (confidence - 0.9).abs() < 1e-6
        } else {
            confidence < 0.9 && confidence > 0.5
        });
    }
    put(&place.join("tokens.txt"), "<pad>\n▁\na\nb\n");
    assert_eq!((text(&[]), text(&["--beam", "50"])), ("ab aa".to_string(), "ab aa".to_string()));
    put(&place.join("tokens.txt"), "<pad>\n|\na\nb\n");
    put(&place.join("words.txt"), "ab\na\n");
    assert_eq!(text(&["--lexicon", "words.txt"]), "ab a");
    put(&place.join("grammar.txt"), "<w> = bb | ba\n<w>{2}\n");
    assert_eq!(text(&["--grammar", "grammar.txt"]), "bb ba");
    put(&place.join("text.txt"), "bb aa\nbb aa\nab ba\n");
    assert_eq!(linnet(place, &["ngram", "text.txt", "--order", "2", "--out", "lm.arpa"]).code, 0);
    assert_eq!(text(&["--lm", "lm.arpa", "--lm-weight", "0"]), "ab aa");
    let weighed = decode(place, &["--lm", "lm.arpa", "--lm-weight", "4", "--word-bonus", "5"]);
    assert_eq!(weighed["hypotheses"][0]["text"], "bb aa");
    let of = |key: &str| weighed["hypotheses"][0][key].as_f64().unwrap();
    assert!((of("acoustic") + of("lm") - of("score")).abs() < 1e-9 && of("lm") < 10.0);
    // Nothing is the likeliest sentence for a model that weighs too much.
    assert_eq!(text(&["--lm", "lm.arpa", "--lm-weight", "50"]), "");
    put(&place.join("hot.txt"), "bb\t5\n");
    assert_eq!(text(&["--hotwords", "hot.txt"]), "bb aa");
    put(&place.join("hot.txt"), "bb\n");
    assert_eq!(text(&["--hotwords", "hot.txt", "--hotword-weight", "0.01"]), "ab aa");

    // Phones become words through a lexicon.
    put(&place.join("tokens.txt"), "<blank> 0\nX 1\nY 2\nZ 3\n");
    put(&place.join("lexicon.txt"), "EX Y Z\nWHY X Y Y\nZED X\n");
    let json = decode(place, &["--lexicon", "lexicon.txt", "--frame-ms", "10"]);
    assert_eq!(json["hypotheses"][0]["text"], "EX WHY");
    assert_eq!(json["hypotheses"][0]["words"][1]["frames"].to_string(), "[3,7]");
    assert_eq!(json["hypotheses"][0]["words"][1]["seconds"].to_string(), "[0.03,0.07]");
    assert_eq!(json["hypotheses"][0]["words"][1]["tokens"].to_string(), "[2,5]");
}
