//! Grammars: what they allow, what is wrong with them, and the search within them.
#![allow(clippy::unwrap_used)]

#[path = "common/bigram.rs"]
mod bigram;
mod common;

use bigram::Bigram;
use common::{random_log_probs, rng};
use linnet_ctc::{BeamOptions, Decoder, Fusion, Grammar, LexiconTrie, NoModel, WordModel};
use linnet_text::TokenTable;
use rand::RngExt;

/// All rows of up to `length` of these words that a grammar allows.
fn allowed(grammar: &Grammar, words: &[&str], length: usize) -> Vec<String> {
    let mut rows: Vec<Vec<&str>> = vec![vec![]];
    let mut all = Vec::new();
    for _ in 0..=length {
        all.extend(rows.iter().filter(|row| grammar.allows(row)).map(|row| row.join(" ")));
        rows = itertools::iproduct!(&rows, words).map(|(row, word)| [&row[..], &[*word]].concat()).collect();
    }
    all
}

#[test]
fn expressions_allow_what_they_say() {
    let cases: &[(&str, &[&str])] = &[
        ("a b", &["a b"]),
        ("a\nb a\n", &["a", "b a"]),
        ("a | b a", &["a", "b a"]),
        ("a (a | b) # a comment", &["a a", "a b"]),
        ("[a] b", &["b", "a b"]),
        ("a? b", &["b", "a b"]),
        ("a* b", &["b", "a b", "a a b", "a a a b"]),
        ("(a b)+", &["a b", "a b a b"]),
        ("a{2}", &["a a"]),
        ("a{3,}", &["a a a", "a a a a"]),
        ("b a{0,2} b", &["b b", "b a b", "b a a b"]),
        ("<x>\n<x> = a | <y>{2}\n<y> = b", &["a", "b b"]),
        ("(a* b)*", &["", "b", "a b", "b b", "a a b", "a b b", "b a b", "b b b"]),
    ];
    for (text, expected) in cases {
        let grammar = Grammar::parse(text).unwrap();
        let mut found = allowed(&grammar, &["a", "b"], 4);
        if *text == "(a* b)*" {
            found.retain(|row| row.len() < 6);
        }
        assert_eq!(found, *expected, "{text}");
        assert!(!grammar.allows(&["c"]));
    }
    let escaped = Grammar::parse("what\\? <n>\n<n> = \\#1 | c\\+\\+").unwrap();
    assert_eq!(escaped.words(), ["what?", "#1", "c++"]);
}

#[test]
fn faults_are_named_with_their_place() {
    let cases = [
        ("", 1, 1, "no sentence"),
        ("<x> = a", 1, 1, "no sentence"),
        ("a\nb (c", 2, 5, "`)` must stand here"),
        ("a ]", 1, 3, "closes nothing"),
        ("é }", 1, 3, "closes nothing"),
        ("a | ", 1, 5, "must stand here"),
        ("()", 1, 2, "must stand here"),
        ("a **", 1, 4, "repetition must follow"),
        ("+ a", 1, 1, "repetition must follow"),
        ("a{4,2}", 1, 2, "{2,4}"),
        ("a{9999}", 1, 2, "up to 1000"),
        ("a{2", 1, 2, "has no `}`"),
        ("<x y>", 1, 1, "one word"),
        ("<>", 1, 1, "one word"),
        ("a <x>", 1, 3, "no rule <x>"),
        ("a\n<x> = b\n<x> = c", 3, 1, "defined in line 2"),
        ("<x>\n<x> = a <y>\n<y> = b [<x>]", 3, 10, "contains itself"),
        ("a\n<x> = <y>", 2, 7, "no rule <y>"),
        ("a\n<x> = b <x>", 2, 9, "contains itself"),
        ("a = b", 1, 3, "beginning of a line"),
        ("a \\", 1, 3, "must follow"),
        ("b\n(a{1000}){1000}", 2, 1, "too large"),
        ("(a|b)* a (a|b){20}", 1, 1, "too large"),
    ];
    for (text, line, column, problem) in cases {
        let error = Grammar::parse(text).unwrap_err();
        assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
        assert!(error.problem.contains(problem), "{text}: {error}");
        assert!(error.to_string().starts_with(&format!("line {line}, column {column}: ")));
    }
    let deep = "(".repeat(100_000) + "a";
    assert!(Grammar::parse(&deep).unwrap_err().problem.contains("deep"));
    let chain: String = (0..100).map(|i| format!("<r{i}> = <r{}>\n", i + 1)).collect();
    assert!(Grammar::parse(&(chain + "<r0>")).unwrap_err().problem.contains("deep"));
}

#[test]
fn words_in_any_order_are_two_states() {
    let words: Vec<String> = (0..20_000).map(|word| format!("w{word}")).collect();
    let grammar = Grammar::parse(&format!("({})+", words.join(" | "))).unwrap();
    assert_eq!((grammar.words().len(), grammar.states()), (20_000, 2));
    assert!(grammar.allows(&["w7", "w19999", "w7"]) && !grammar.allows(&[]));
    let rule = format!("<word> = {}\n<word>{{1,3}} [<word> w0]", words[..300].join(" | "));
    assert!(Grammar::parse(&rule).unwrap().allows(&["w1", "w2", "w3", "w299", "w0"]));
}

#[test]
fn mutations_never_panic() {
    let texts = [
        "<digit> = zero | one | two\ncall <digit>{3,4} [please]\n(stop | cancel)+ # end\n",
        "a{2} (b|c)* [d e?]\n\\<x\\> <y>\n<y> = q",
    ];
    let bytes = b"()[]|=?*+{}<>#\\,0123456789 \nab\xc3\xa9";
    let mut rng = rng(1);
    let (mut good, mut bad) = (0, 0);
    for round in 0..20_000 {
        let mut text = texts[round % texts.len()].as_bytes().to_vec();
        for _ in 0..rng.random_range(1..6) {
            let place = rng.random_range(0..text.len());
            match rng.random_range(0..3) {
                0 => text[place] = bytes[rng.random_range(0..bytes.len())],
                1 => text.insert(place, bytes[rng.random_range(0..bytes.len())]),
                _ => drop(text.remove(place)),
            }
        }
        match Grammar::parse(&String::from_utf8_lossy(&text)) {
            Ok(grammar) => good += usize::from(grammar.states() > 0),
            Err(error) => bad += usize::from(error.line > 0 && error.column > 0),
        }
    }
    assert!(good > 1000 && bad > 1000 && good + bad == 20_000, "{good} {bad}");
}

#[test]
fn the_search_finds_allowed_sentences_only() {
    let table = TokenTable::new(["<space>", "a", "b"].map(String::from).into());
    let grammar = Grammar::parse("a (b | ab)+ [ba]\nb").unwrap();
    let words: Vec<&str> = grammar.words().iter().map(String::as_str).collect();
    let trie = LexiconTrie::from_spellings(words.iter().copied(), &table).unwrap();
    let exact =
        || Decoder::new(&table, BeamOptions { nbest: 100_000, ..BeamOptions::exact(100_000) }).unwrap();
    let all = exact().with_lexicon(trie.clone(), NoModel, Fusion::default()).unwrap();
    let within = exact().with_lexicon(trie.clone(), &grammar, Fusion::default()).unwrap();
    let mut model = Bigram::random(&mut rng(9), &["b", "a", "ab", "ba"]);
    model.forbid(1, 0);
    let fusion = Fusion { weight: 0.8, ..Fusion::default() };
    let scored = exact().with_lexicon(trie.clone(), &model, fusion.clone()).unwrap();
    let both = exact().with_lexicon(trie, grammar.clone().with_model(&model), fusion).unwrap();
    assert_eq!(model.score(&1, Some(0)).0, f32::NEG_INFINITY);
    for seed in 0..10 {
        let log_probs = random_log_probs(&mut rng(seed), 8, 4, 3.0);
        let found = |decoder: Vec<linnet_ctc::Hypothesis>| {
            let complete = decoder.into_iter().filter(|hypothesis| hypothesis.complete);
            complete
                .filter(|hypothesis| {
                    grammar
                        .allows(&hypothesis.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>())
                })
                .map(|hypothesis| (hypothesis.tokens, (hypothesis.score * 1e6).round()))
                .collect::<Vec<_>>()
        };
        let decoded = within.decode(&log_probs, 4).unwrap();
        let complete = decoded.iter().filter(|hypothesis| hypothesis.complete).count();
        let (ours, expected) = (found(decoded), found(all.decode(&log_probs, 4).unwrap()));
        assert_eq!((ours.len(), &ours), (complete, &expected));
        assert!(!ours.is_empty());
        let weighed = found(both.decode(&log_probs, 4).unwrap());
        assert_eq!(weighed, found(scored.decode(&log_probs, 4).unwrap()));
    }
}

#[test]
fn a_narrow_beam_stays_within_the_grammar() {
    // If words could begin that must not follow, they would fill a beam of 2: every word ends in X.
    let table = TokenTable::new(["X", "A", "B", "C", "D"].map(String::from).into());
    let rows = [("a", vec![2, 1]), ("b", vec![3, 1]), ("c", vec![4, 1]), ("d", vec![5, 1])];
    let trie = LexiconTrie::from_tokens(rows, &table).unwrap();
    let grammar = Grammar::parse("a b a c a d").unwrap();
    let decoder = Decoder::new(&table, BeamOptions { beam: 2, ..BeamOptions::default() }).unwrap();
    let decoder = decoder.with_lexicon(trie, grammar, Fusion::default()).unwrap();
    for seed in 0..5 {
        // As long as it takes for every step to be made.
        let log_probs = random_log_probs(&mut rng(seed), 60, 6, 1.0);
        let found = decoder.decode(&log_probs, 6).unwrap();
        assert!(found[0].complete, "seed {seed}");
        assert_eq!(found[0].text(), "a b a c a d");
    }
}
