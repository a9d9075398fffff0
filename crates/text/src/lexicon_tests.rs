//! Lexicons of every dialect, read, written and looked up.

use super::*;

fn read(text: &str) -> Result<Lexicon, TextError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lexicon.txt");
    std::fs::write(&path, text).unwrap();
    Lexicon::read(&path)
}

fn phones(lexicon: &Lexicon, word: &str) -> Vec<String> {
    lexicon.lookup(word).iter().map(|p| p.join(" ")).collect()
}

#[test]
fn every_dialect_reads_alike() {
    let cmudict = ";;; comment\nA  AH0\nA(1)  EY1\n(PAREN  P ER0 EH1 N\nMR.  M IH1 S T ER0\n";
    let successor = "# head\n## 2\na AH0\na(2) EY1 # letter\n(paren P ER0 EH1 N\nmr. M IH1 S T ER0\n";
    let sphinx =
        "A                    AH\r\nA(2)                 EY\r\n\r\n(PAREN\tP ER EH N\r\nMR. M IH S T ER\r\n";
    for text in [cmudict, successor, sphinx] {
        let lexicon = read(text).unwrap();
        assert_eq!(lexicon.len(), 3);
        assert_eq!(phones(&lexicon, "a"), ["AH", "EY"]);
        assert_eq!(phones(&lexicon, "(paren"), ["P ER EH N"]);
        assert_eq!(phones(&lexicon, "Mr."), ["M IH S T ER"]);
        assert!(lexicon.lookup("missing").is_empty());
    }
}

#[test]
fn pronunciations_that_differ_in_stress_alone_count_once() {
    assert_eq!(phones(&read("B B IY1\nB(2) B IY2\n").unwrap(), "B"), ["B IY"]);
}

#[test]
fn errors_name_the_line() {
    let message = read("A AH\nB\n").unwrap_err().to_string();
    assert!(message.contains("lexicon.txt:2:") && message.contains("no phones"), "{message}");
    for (text, place, problem) in [
        ("A AH\n\nB 1.0 B IY\n", ":3: 1.0 is a probability", "and line 1 has none; give every word one"),
        ("A 1e-05 AH\nB B\n", ":1: 1e-05 is a probability", "and line 2 has none; give every word one"),
        ("A 1.5 AH\nB 0.5 B\n", ":1: 1.5 is no phone", "must be from 0 to 1; write WORD"),
        ("A 0.5 0.5 AH\nB 0.5 0.5 B\n", ":1: 0.5 is a number", "or four numbers"),
        ("A 0.5 AH\nB 0.5\n", ":2: B has no phones", "write WORD PHONE"),
        (
            "A AH\n\u{200b}\n\u{200b} B\n",
            ":3: the word U+200B can't be seen; write WORD",
            "or take the line out",
        ),
    ] {
        let message = read(text).unwrap_err().to_string();
        assert!(message.contains(&format!("lexicon.txt{place}")) && message.contains(problem), "{message}");
    }
    assert!(read("\n\n").unwrap_err().to_string().contains("no word"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latin1.dic");
    std::fs::write(&path, b"A AH\nD\xc9J\xc0 D EY ZH AA\n").unwrap();
    let message = Lexicon::read(&path).unwrap_err().to_string();
    assert!(message.contains("latin1.dic:2:") && message.contains("iconv"), "{message}");
    let message = Lexicon::read(&folder.path().join("none.dic")).unwrap_err().to_string();
    assert!(message.contains("none.dic"), "{message}");
}

#[test]
fn signs_that_also_comment_are_words() {
    let lexicon =
        read("#sharp-sign SH AA1 R P\n;semi-colon S EH1\n'em AH0 M # them\n#(2) no word\nA(2)\u{feff} EY1\n")
            .unwrap();
    assert_eq!(phones(&lexicon, "A"), ["EY"]);
    assert_eq!(phones(&lexicon, "#SHARP-SIGN"), ["SH AA R P"]);
    assert_eq!(phones(&lexicon, ";SEMI-COLON"), ["S EH"]);
    assert_eq!(phones(&lexicon, "'EM"), ["AH M"]);
}

#[test]
fn look_ups_know_no_case_and_no_form() {
    let lexicon = read("\u{feff}caf\u{e9} K A F E\nc’est S E\nσας S A S\n").unwrap();
    for word in ["cafe\u{301}", "CAFÉ", "Cafe\u{301}"] {
        assert_eq!(phones(&lexicon, word), ["K A F E"], "{word}");
    }
    for word in ["c'est", "C`EST", "cʼest", "c\u{ad}'est"] {
        assert_eq!(phones(&lexicon, word), ["S E"], "{word}");
    }
    assert_eq!(phones(&lexicon, "ΣΑΣ"), ["S A S"]);
}

#[test]
fn words_that_only_full_case_mapping_merges_are_two() {
    let lexicon = read("Masse M A\nMaße M A:\nsir S I\nsır S W\nİl I L\n").unwrap();
    for (word, wanted) in
        [("MASSE", "M A"), ("MAẞE", "M A:"), ("maße", "M A:"), ("SIR", "S I"), ("SıR", "S W"), ("İL", "I L")]
    {
        assert_eq!(phones(&lexicon, word), [wanted], "{word}");
    }
    assert!(lexicon.lookup("il").is_empty());
}

#[test]
fn spellings_that_differ_in_case_have_their_own_pronunciations() {
    let text = "polish P AA\nPolish P OW\npolish(2) P AO\nWar W\nwar W\n";
    let lexicon = read(text).unwrap();
    assert_eq!(phones(&lexicon, "Polish"), ["P OW"]);
    assert_eq!(phones(&lexicon, "polish"), ["P AA", "P AO"]);
    assert_eq!(phones(&lexicon, "POLISH"), ["P AA", "P AO", "P OW"]);
    assert_eq!((lexicon.len(), phones(&lexicon, "WAR")), (2, vec!["W".to_owned()]));
    let others = |word: &str| lexicon.other_spellings(word).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!((others("polish"), others("Polish")), (vec!["Polish".into()], vec!["polish".into()]));
    assert!(others("POLISH").is_empty() && others("nowhere").is_empty());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.txt");
    lexicon.write(&path).unwrap();
    let wanted = "polish P AA\npolish(2) P AO\nPolish P OW\nWar W\nwar W\n";
    assert_eq!(std::fs::read_to_string(&path).unwrap(), wanted);
    assert_eq!(Lexicon::read(&path).unwrap(), lexicon);
}

#[test]
fn probabilities_are_no_phones_and_are_kept() {
    let mfa = "kava\t1\t0.12\t1.4\t0.9\tk a v a\nkava\t1e-05\t0.2\t1\t1\tk a f a\r\n2b 0.5 0.1 2 9 2: b\n";
    let kaldi = "\u{feff}kava 1.0 k a v a\nkava(2) 1e-05 k a f a\n2b 0.5 2: b\n";
    for text in [mfa, kaldi] {
        let lexicon = read(text).unwrap();
        assert_eq!(phones(&lexicon, "Kava"), ["k a v a", "k a f a"], "{text}");
        assert_eq!(lexicon.probabilities("kava"), Some(&[1.0, 1e-5][..]));
        assert_eq!(
            (phones(&lexicon, "2b"), lexicon.probabilities("2b")),
            (vec!["2: b".into()], Some(&[0.5][..]))
        );
        assert_eq!(lexicon.probabilities("none"), None);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        lexicon.write(&path).unwrap();
        let wanted = "2b 0.5 2: b\nkava 1.0 k a v a\nkava(2) 1e-5 k a f a\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), wanted);
        assert_eq!(Lexicon::read(&path).unwrap(), lexicon);
        let mut few = Lexicon::new();
        few.add("A", vec!["a".into()]);
        few.add_from(&lexicon, "KAVA");
        few.add_from(&lexicon, "none");
        assert_eq!(few.probabilities("kava"), Some(&[1.0, 1e-5][..]));
        assert_eq!((few.probabilities("a"), few.len()), (Some(&[1.0][..]), 2));
    }
}

#[test]
fn digits_that_are_phones_stay() {
    let lexicon = read("deux d 2\noeuvre 9 v R\neu 2\nceux 2: 9\n").unwrap();
    assert_eq!(phones(&lexicon, "oeuvre"), ["9 v R"]);
    assert_eq!((phones(&lexicon, "ceux"), lexicon.probabilities("ceux")), (vec!["2: 9".to_owned()], None));
}

#[test]
fn texts_without_punctuation_find_words_that_have_it() {
    let text = "U.S. 1.0 Y UW EH S\nUS 1.0 AH S\nOK. 0.5 OW K EY\n% 1.0 P ER\n";
    let bare = Normaliser { punctuation: Punctuation::Drop, ..Normaliser::default() };
    let lexicon = read(text).unwrap().spelt_by(&bare);
    assert_eq!(phones(&lexicon, "us"), ["AH S", "Y UW EH S"]);
    assert_eq!(
        (phones(&lexicon, "OK"), lexicon.probabilities("ok")),
        (vec!["OW K EY".into()], Some(&[0.5][..]))
    );
    assert_eq!(phones(&lexicon, "%"), ["P ER"]);
    assert_eq!(read(text).unwrap().spelt_by(&Normaliser::default()), read(text).unwrap());
}

#[test]
fn of_pronunciations_that_become_one_the_likelier_counts() {
    let lexicon = read("A 0.25 AH0\nA 0.5 AH1\nA 0.1 EY1\n").unwrap();
    assert_eq!((phones(&lexicon, "A").len(), lexicon.probabilities("A")), (2, Some(&[0.5, 0.1][..])));
}

#[test]
fn a_lexicon_is_completed_by_words_that_it_lacks() {
    let mut lexicon = read("A EY\n").unwrap();
    lexicon.complete(&read("A 0.5 AH\nB 0.5 B IY\n").unwrap());
    assert_eq!((phones(&lexicon, "A"), phones(&lexicon, "b")), (vec!["EY".into()], vec!["B IY".into()]));
    assert_eq!(
        (lexicon.probabilities("A"), lexicon.probabilities("B")),
        (Some(&[1.0][..]), Some(&[0.5][..]))
    );
    lexicon.complete(&read("C K\n").unwrap());
    assert_eq!((lexicon.probabilities("C"), lexicon.len()), (Some(&[1.0][..]), 3));
}

#[test]
fn a_lexicon_survives_its_file() {
    let lexicon = read("É E\nA(2) EY\nA AH\n").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.txt");
    lexicon.write(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "A EY\nA(2) AH\nÉ E\n");
    assert_eq!(Lexicon::read(&path).unwrap(), lexicon);
}

#[test]
fn stress_stays_where_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lexicon.txt");
    std::fs::write(&path, "b B IY1\nb(2) B IY2\nA AH0\n").unwrap();
    let lexicon = Lexicon::read_stressed(&path).unwrap();
    assert_eq!(phones(&lexicon, "B"), ["B IY1", "B IY2"]);
    let words: Vec<_> = lexicon.entries().map(|(word, all)| (word, all.len())).collect();
    assert_eq!(words, [("A", 1), ("B", 2)]);
}

#[test]
fn a_probability_makes_the_others_1() {
    let mut lexicon = read("A AH\nA(2) EY\n").unwrap();
    lexicon.add_weighted("B", vec!["B".into()], 0.25);
    assert_eq!(lexicon.probabilities("A"), Some(&[1.0, 1.0][..]));
    assert_eq!(lexicon.probabilities("b"), Some(&[0.25][..]));
}
