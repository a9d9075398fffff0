//! `linnet pronounce`: from a lexicon to pronunciations of other words.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write;
use std::process::{Command, Stdio};

use common::{linnet, put};

const WORDS: &str = "thin TH IH1 N\nbath B AE1 TH\nbat B AE1 T\nhat HH AE1 T\nhit HH IH1 T\nbit B IH1 T\ntin T IH1 N\n\
    nib N IH1 B\ntab T AE1 B\nnat N AE1 T\nh EY1 CH IY0\n";

#[test]
fn a_lexicon_makes_a_model_that_says_other_words() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    put(&place.join("lexicon.dict"), WORDS);
    let run = linnet(place, &["pronounce", "train", "lexicon.dict", "--out", "g2p.arpa.gz", "--order", "4"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    assert!(run.err.starts_with("learnt from 10 pronunciations of 11 words: "), "{}", run.err);
    let note = "note: 1 words have pronunciations that their letters don't tell, which were not learnt: H";
    assert_eq!(run.err.lines().last(), Some(note));

    let run = linnet(place, &["pronounce", "g2p.arpa.gz", "nith", "Hab", "--variants", "2"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let lines: Vec<Vec<&str>> = run.out.lines().map(|line| line.split(' ').collect()).collect();
    let of = |word: &str| lines.iter().filter(|line| line[0] == word).cloned().collect::<Vec<_>>();
    assert_eq!(
        (of("nith")[0][2..].join(" "), of("Hab")[0][2..].join(" ")),
        ("N IH1 TH".into(), "HH AE1 B".into())
    );
    assert!(lines.len() > 2 && of("nith").len() <= 2 && of("Hab").len() <= 2, "{}", run.out);
    let probability = |line: &[&str]| line[1].parse::<f64>().unwrap();
    for pair in lines.windows(2).filter(|pair| pair[0][0] == pair[1][0]) {
        assert!(probability(&pair[0]) >= probability(&pair[1]) && probability(&pair[1]) > 0.0);
    }

    put(&place.join("words.txt"), "nith 3\nziff 1\nhab 1\n");
    let run = linnet(place, &["pronounce", "g2p.arpa.gz", "--list", "words.txt"]);
    let said: Vec<&str> = run.out.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!((run.code, said), (3, vec!["nith", "hab"]));
    assert_eq!(
        run.err,
        "warning: left out ziff: no word of the model's lexicon has the character 'Z'; spell the word otherwise, or add it to \
         the lexicon\n"
    );

    // Of many words the first ten are named.
    let strange: String = (0..12).map(|i| format!("zi{}\n", "f".repeat(i + 1))).collect();
    put(&place.join("strange.txt"), strange);
    let run = linnet(place, &["pronounce", "g2p.arpa.gz", "--list", "strange.txt"]);
    assert_eq!((run.code, run.err.lines().count()), (3, 11), "{}", run.err);
    assert!(run.err.ends_with("warning: left out 2 more words for like reasons\n"), "{}", run.err);

    // A lexicon's own pronunciations come first, spelt as the words are given.
    put(&place.join("own.dict"), "NIB N IH1 B\nnib(2) N AY1 B\nBAT B AE1 T\n");
    let run = linnet(
        place,
        &["pronounce", "g2p.arpa.gz", "--lexicon", "own.dict", "Nib", "BAT", "nith", "--variants", "1"],
    );
    assert_eq!((run.code, run.err.as_str()), (0, "2 of 3 words are in the lexicon\n"));
    let lines: Vec<&str> = run.out.lines().collect();
    let own = ["Nib 1.000000 N IH1 B", "Nib 1.000000 N AY1 B", "BAT 1.000000 B AE1 T"];
    assert!(lines[..3] == own && lines.len() == 4 && lines[3].ends_with(" N IH1 TH"), "{}", run.out);
    put(&place.join("own.dict"), "nib 0.25 N IH1 B\nnib 1.0 N AY1 B\n");
    let run = linnet(place, &["pronounce", "g2p.arpa.gz", "--lexicon", "own.dict", "nib"]);
    assert_eq!(run.out, "nib 0.250000 N IH1 B\nnib 1.000000 N AY1 B\n");

    let mut command = Command::new(env!("CARGO_BIN_EXE_linnet"));
    command
        .current_dir(place)
        .args(["pronounce", "g2p.arpa.gz"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"nith hab\nnith\n").unwrap();
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(output.lines().count(), 2, "{output}");
}

#[test]
fn what_does_not_go_together_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("lexicon.dict"), WORDS);
    for (arguments, part) in [
        (&["pronounce"][..], "<MODEL>"),
        (&["pronounce", "m.arpa", "a", "--list", "words.txt"], "cannot be used with"),
        (&["pronounce", "train", "lexicon.dict"], "--out"),
        (&["prepare", "folder", "rec", "--out", "o", "--variants", "2"], "--pronounce"),
        (
            &["prepare", "folder", "rec", "--out", "o", "--unit", "char", "--pronounce", "g2p.arpa"],
            "--pronounce is for phones",
        ),
    ] {
        let run = linnet(folder.path(), arguments);
        assert!(run.code == 2 && run.err.contains(part), "{arguments:?}: {}", run.err);
    }
    linnet(folder.path(), &["pronounce", "train", "lexicon.dict", "--out", "lexicon.dict"])
        .fails_with("lexicon.dict: --out would replace what LEXICON reads; give --out another file");
}
