//! Language models, lexicons and grammars in another spelling than the tokens': they meet by one rule.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use linnet::{Search, SearchOptions};
use linnet_text::ngram::{Estimate, TrainingText};
use linnet_text::{Case, Normaliser, TokenTable};

/// Log-probabilities that are nearly sure of a row of tokens, with a blank behind each.
fn sure_of(tokens: &[usize], table: &TokenTable) -> Vec<f32> {
    let frame = |token: usize| {
        let rest = (1e-5 / (table.len() - 1) as f32).ln();
        (0..table.len()).map(move |id| if id == token { 0.99999_f32.ln() } else { rest })
    };
    tokens.iter().flat_map(|&token| frame(token).chain(frame(0))).collect()
}

fn write_lm(path: &Path, text: &str) {
    let mut sentences = TrainingText::new();
    text.lines().for_each(|line| sentences.push(line).unwrap());
    Estimate::new(sentences, 2, &[]).unwrap().write(path).unwrap();
}

fn heard(search: &Search, table: &TokenTable, tokens: &[usize]) -> String {
    search.decode(&sure_of(tokens, table)).unwrap()[0].text()
}

#[test]
fn characters_meet_words_of_any_case() {
    let folder = tempfile::tempdir().unwrap();
    let lower = TokenTable::new(["<space>", "'", "d", "n", "o", "t", "ß"].map(String::from).into());
    let upper = TokenTable::new(["<space>", "'", "D", "N", "O", "T", "ß"].map(String::from).into());
    let (lm, words, grammar) =
        (folder.path().join("lm.arpa"), folder.path().join("words.txt"), folder.path().join("g.txt"));
    write_lm(&lm, "Don’t doß\ndon’t DON’T Doss\n");
    std::fs::write(&words, "DON’T\nDoß\n").unwrap();
    std::fs::write(&grammar, "\u{feff}Don’t <x>\n<x> = doß | Doß\n").unwrap();
    let said = [3, 5, 4, 2, 6, 1, 3, 5, 7];
    for (table, wanted) in [(&lower, "don't doß"), (&upper, "DON'T DOß")] {
        for options in [
            SearchOptions { lm: Some(lm.clone()), ..Default::default() },
            SearchOptions { lm: Some(lm.clone()), lexicon: Some(words.clone()), ..Default::default() },
            SearchOptions { lm: Some(lm.clone()), grammar: Some(grammar.clone()), ..Default::default() },
        ] {
            let search = Search::read(&options, table, None).unwrap();
            assert_eq!(heard(&search, table, &said), wanted, "{options:?}");
            let notes = search.notes().join("\n");
            assert!(notes.contains("lm.arpa: 2 words are spelt as more probable ones"), "{notes}");
            assert!(!notes.contains("doesn't know"), "{notes}");
        }
    }
}

#[test]
fn phones_make_words_as_the_models_rule_spells_them() {
    let folder = tempfile::tempdir().unwrap();
    let table = TokenTable::new(["AA", "B", "N"].map(String::from).into());
    let (lm, lexicon) = (folder.path().join("lm.arpa"), folder.path().join("lexicon.txt"));
    write_lm(&lm, "BAN BAN\n");
    std::fs::write(&lexicon, "ban 1.0 B AA N\nNab 0.5 N AA B\n").unwrap();
    let options = SearchOptions { lm: Some(lm), lexicon: Some(lexicon), ..Default::default() };
    for (case, wanted) in [(Case::Lower, "ban nab"), (Case::Upper, "BAN NAB"), (Case::Keep, "BAN Nab")] {
        let rule = Normaliser { case, ..Normaliser::KEEP };
        let search = Search::read(&options, &table, Some(rule)).unwrap();
        assert_eq!(heard(&search, &table, &[2, 1, 3, 3, 1, 2]), wanted, "{case:?}");
    }
}

#[test]
fn pronunciations_under_a_spelling_that_nobody_looks_up_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let table = TokenTable::new(["AA", "B", "N"].map(String::from).into());
    let (lm, lexicon) = (folder.path().join("lm.arpa"), folder.path().join("lexicon.txt"));
    let options =
        SearchOptions { lm: Some(lm.clone()), lexicon: Some(lexicon.clone()), ..SearchOptions::default() };
    std::fs::write(&lexicon, "ban B AA N\nnab N AA B\nBAN B AA\n").unwrap();
    let notes = |text| {
        write_lm(&lm, text);
        Search::read(&options, &table, None).unwrap().notes().join("\n")
    };
    let told = "lexicon.txt: 1 words have further pronunciations under a spelling of another case, which don't count: BAN those \
                of ban; write all under the spelling of the language model";
    assert!(notes("BAN NAB\n").contains(told), "{}", notes("BAN NAB\n"));
    // Where the model knows both, each has its own.
    assert!(!notes("BAN ban NAB\n").contains("don't count"), "{}", notes("BAN ban NAB\n"));
}

#[test]
fn a_grammar_that_is_not_utf_8_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("g.txt");
    std::fs::write(&path, b"one\ngr\xfcn\n").unwrap();
    let table = TokenTable::new(["<space>", "o"].map(String::from).into());
    let options = SearchOptions { grammar: Some(path), ..Default::default() };
    let message = Search::read(&options, &table, None).unwrap_err().to_string();
    assert!(message.contains("g.txt:2: the line is not UTF-8; convert the file"), "{message}");
}
