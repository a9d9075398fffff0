//! Tokens that are pieces of words: whatever row of them spells a word is that word.
#![allow(clippy::unwrap_used)]

#[path = "common/bigram.rs"]
mod bigram;
mod common;

use std::collections::HashMap;

use bigram::Bigram;
use common::{exact, random_log_probs, rng, spelt, spoken, table, texts};
use linnet_ctc::{
    BeamOptions, Decoder, Fusion, Grammar, Hotwords, Hypothesis, LexiconTrie, NoModel, WordModel,
};
use linnet_text::TokenTable;

fn subwords() -> TokenTable {
    table(&["▁", "▁a", "b", "▁ab", "ba", "a"])
}

/// The text of a row of subwords if it is words one after another, none of them empty.
fn words(row: &[u32], table: &TokenTable) -> Option<String> {
    let text: String = row.iter().filter_map(|&token| table.symbol(token)).collect();
    let whole = text.is_empty() || text.starts_with('▁');
    (whole && text.split('▁').skip(1).all(|word| !word.is_empty())).then(|| spelt(row, table))
}

fn assert_same(found: &[Hypothesis], expected: &HashMap<String, f64>, what: &str) {
    let complete: Vec<&Hypothesis> = found.iter().filter(|h| h.complete).collect();
    assert_eq!(complete.len(), expected.len(), "{what}");
    for hypothesis in complete {
        let score = expected[&hypothesis.text()];
        assert!((hypothesis.score - score).abs() < 1e-4, "{what}: {score} for {hypothesis:?}");
    }
}

#[test]
fn every_row_of_tokens_that_spells_the_words_counts() {
    let table = subwords();
    let known = ["a", "ab", "aba", "b", "bab"];
    for seed in 0..8 {
        let mut rng = rng(seed);
        let log_probs = random_log_probs(&mut rng, 5, 7, 3.0);
        let mut model = Bigram::random(&mut rng, &["ab", "a", "aba", "b"]);
        model.forbid(1, 2);
        let fusion =
            Fusion { weight: 0.7, word_bonus: 0.4, unknown_penalty: -2.0, free_words: seed % 2 == 1 };
        let all = texts(&log_probs, 7, |row| words(row, &table));
        let score = |text: &str| {
            let (mut state, mut sum) = (model.start(), 0.0);
            for word in text.split_whitespace() {
                let is_known = known.contains(&word);
                let index = model.index(word).filter(|_| is_known);
                let (score, next) = model.score(&state, index);
                let penalty = if index.is_none() { fusion.unknown_penalty } else { 0.0 };
                sum += f64::from(fusion.weight * score + fusion.word_bonus + penalty);
                state = next;
                if !is_known && !fusion.free_words {
                    return f64::NEG_INFINITY;
                }
            }
            sum + f64::from(fusion.weight * model.end(&state))
        };
        let scored = all.iter().map(|(text, p)| (text.clone(), p.ln() + score(text)));
        let expected: HashMap<String, f64> = scored.filter(|(_, score)| score.is_finite()).collect();
        let trie = LexiconTrie::from_spellings(known, &table).unwrap();
        let decoder = Decoder::new(&table, exact()).unwrap();
        let decoder = decoder.with_lexicon(trie, &model, fusion.clone()).unwrap();
        assert_same(&decoder.decode(&log_probs, 7).unwrap(), &expected, &format!("seed {seed}"));
    }
}

/// The spellings of words of which "two" is said "ab", and "A" is said "a" or in two parts, "b" and "a".
fn respelt(text: &str) -> Option<String> {
    let (mut said, mut words) = (Vec::new(), text.split_whitespace());
    while let Some(word) = words.next() {
        said.push(match word {
            "ab" => "two",
            "a" => "A",
            "b" if words.next() == Some("a") => "A",
            _ => return None,
        });
    }
    (!said.is_empty()).then(|| said.join(" "))
}

#[test]
fn other_spellings_and_grammars_count_too() {
    let table = subwords();
    let grammar = Grammar::parse("(A | two)+").unwrap();
    for seed in 0..4 {
        let log_probs = random_log_probs(&mut rng(seed), 5, 7, 3.0);
        let (trie, unspelt) =
            LexiconTrie::from_texts([("two", "ab"), ("A", "a"), ("A", "▁b▁a")], &table).unwrap();
        assert!(unspelt.is_empty());
        let all = texts(&log_probs, 7, |row| respelt(&words(row, &table)?));
        let decoder = Decoder::new(&table, exact()).unwrap();
        let decoder = decoder.with_lexicon(trie, &grammar, Fusion::default()).unwrap();
        let expected = all.into_iter().map(|(text, p)| (text, p.ln())).collect();
        assert_same(&decoder.decode(&log_probs, 7).unwrap(), &expected, &format!("seed {seed}"));
    }
}

/// The score that two phrases add to a text.
fn bonus(text: &str) -> f64 {
    let words: Vec<&str> = text.split_whitespace().collect();
    let pairs = words.windows(2).filter(|pair| **pair == ["ab", "a"]).count();
    2.0 * pairs as f64 + 1.5 * words.iter().filter(|&&word| word == "aba").count() as f64
}

#[test]
fn hotwords_count_whatever_tokens_spell_them() {
    let table = subwords();
    let mut hotwords = Hotwords::new();
    hotwords.add("ab a", 2.0);
    hotwords.add("aba", 1.5);
    let known = ["a", "ab", "aba", "b"];
    for seed in 0..4 {
        let log_probs = random_log_probs(&mut rng(seed), 5, 7, 3.0);
        let scored = |all: HashMap<String, f64>| {
            all.into_iter().map(|(text, p)| (text.clone(), p.ln() + bonus(&text))).collect()
        };
        let free = Decoder::new(&table, exact()).unwrap().with_hotwords(&hotwords).unwrap();
        let all = texts(&log_probs, 7, |row| Some(spelt(row, &table)));
        assert_same(&free.decode(&log_probs, 7).unwrap(), &scored(all), &format!("free, seed {seed}"));
        let trie = LexiconTrie::from_spellings(known, &table).unwrap();
        let lexicon = Decoder::new(&table, exact()).unwrap();
        let lexicon = lexicon.with_lexicon(trie, NoModel, Fusion::default()).unwrap();
        let all = texts(&log_probs, 7, |row| {
            words(row, &table).filter(|text| text.split_whitespace().all(|word| known.contains(&word)))
        });
        let found = lexicon.with_hotwords(&hotwords).unwrap().decode(&log_probs, 7).unwrap();
        assert_same(&found, &scored(all), &format!("lexicon, seed {seed}"));
    }
    let mut bad = Hotwords::new();
    ["ab", "abc a", "x"].into_iter().for_each(|phrase| bad.add(phrase, 1.0));
    let faults = |lexicon| -> Vec<(usize, String)> {
        let faults = bad.faults(&table, lexicon).into_iter();
        faults.map(|(place, error)| (place, error.to_string())).collect()
    };
    let trie = LexiconTrie::from_spellings(known, &table).unwrap();
    for (faults, unknown) in [(faults(None), ["\"c\"", "\"x\""]), (faults(Some(&trie)), ["\"abc\"", "\"x\""])]
    {
        assert_eq!(faults.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [1, 2]);
        assert!(faults.iter().zip(unknown).all(|((_, problem), word)| problem.contains(word)), "{faults:?}");
    }
}

#[test]
fn a_model_may_score_tokens() {
    let table = subwords();
    let names = ["▁", "▁a", "b", "▁ab", "ba", "a"];
    for seed in 0..4 {
        let mut rng = rng(seed);
        let log_probs = random_log_probs(&mut rng, 5, 7, 3.0);
        // It doesn't know the last token.
        let model = Bigram::random(&mut rng, &names[..5]);
        let fusion = Fusion { weight: 0.7, word_bonus: 0.4, unknown_penalty: -2.0, free_words: false };
        let mut expected: HashMap<String, f64> = HashMap::new();
        let rows = texts(&log_probs, 7, |row| Some(format!("{row:?}")));
        for (row, probability) in rows {
            let row: Vec<u32> = serde_json::from_str(&row).unwrap();
            let (mut state, mut sum) = (model.start(), probability.ln());
            for &token in &row {
                let index = model.index(table.symbol(token).unwrap());
                let (score, next) = model.score(&state, index);
                let penalty = if index.is_none() { -2.0 } else { 0.0 };
                (state, sum) = (next, sum + f64::from(0.7 * score + 0.4 + penalty));
            }
            sum += f64::from(0.7 * model.end(&state));
            *expected.entry(spelt(&row, &table)).or_default() += sum.exp();
        }
        expected.values_mut().for_each(|sum| *sum = sum.ln());
        let trie = LexiconTrie::over_tokens(&names, &table).unwrap();
        let decoder = Decoder::new(&table, exact()).unwrap().with_lexicon(trie, &model, fusion).unwrap();
        let found = decoder.decode(&log_probs, 7).unwrap();
        assert_same(&found, &expected, &format!("seed {seed}"));
        assert!(found.iter().all(|h| h.complete && h.words.iter().all(|word| word.id.is_none())));
        // Hotwords are of words.
        let mut hotwords = Hotwords::new();
        hotwords.add("ab a", 2.0);
        hotwords.add("aba", 1.5);
        expected.iter_mut().for_each(|(text, score)| *score += bonus(text));
        let found = decoder.with_hotwords(&hotwords).unwrap().decode(&log_probs, 7).unwrap();
        assert_same(&found, &expected, &format!("hotwords, seed {seed}"));
    }
    assert!(LexiconTrie::over_tokens(&names[1..], &table).unwrap_err().to_string().contains("5 names for 6"));
}

#[test]
fn a_word_in_other_pieces_than_the_fewest_is_found() {
    let table = table(&["▁more", "▁m", "or", "e", "▁then", "▁the", "n"]);
    let trie = LexiconTrie::from_spellings(["more", "then", "m", "the"], &table).unwrap();
    let decoder = Decoder::new(&table, BeamOptions::default()).unwrap();
    let decoder = decoder.with_lexicon(trie, NoModel, Fusion::default()).unwrap();
    let log_probs = spoken(&table, &[2, 2, 3, 0, 4, 6, 0, 7]);
    let found = decoder.decode(&log_probs, table.len()).unwrap();
    assert_eq!((found[0].text(), &found[0].tokens[..]), ("more then".into(), &[2, 3, 4, 6, 7][..]));
    // One text is listed once.
    let nbest = Decoder::new(&table, BeamOptions { nbest: 50, ..BeamOptions::default() }).unwrap();
    let found = nbest.decode(&log_probs, table.len()).unwrap();
    let mut said: Vec<String> = found.iter().map(Hypothesis::text).collect();
    said.sort();
    said.dedup();
    assert_eq!((said.len(), found.len()), (50, 50));
    let frames: Vec<(usize, usize)> = found[0].words.iter().map(|word| (word.start, word.end)).collect();
    assert_eq!(frames, [(0, 5), (5, 8)]);
}
