//! Hotwords: what they add, by what counts as a word.
#![allow(clippy::unwrap_used)]

mod common;

use common::{exact, random_log_probs, rng, spelt, spoken, table, texts};
use linnet_ctc::{BeamOptions, Decoder, Fusion, Hotwords, Hypothesis, LexiconTrie, NoModel};

#[test]
fn hotwords_add_their_weight_for_each_place() {
    let table = table(&["<space>", "a", "b"]);
    let mut hotwords = Hotwords::new();
    hotwords.add("ab a", 2.0);
    hotwords.add("b", 0.5);
    hotwords.add("ab", 1.25);
    let worth = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut sum = words.iter().filter(|&&word| word == "b").count() as f64 * 0.5;
        for (place, _) in words.iter().enumerate().filter(|(_, word)| **word == "ab") {
            // The longer phrase counts in place of the shorter.
            sum += if words.get(place + 1) == Some(&"a") { 2.0 } else { 1.25 };
        }
        sum
    };
    for seed in 0..10 {
        let log_probs = random_log_probs(&mut rng(seed), 7, 4, 2.0);
        let all = texts(&log_probs, 4, |row| Some(spelt(row, &table)));
        let check = |found: &[Hypothesis]| {
            for hypothesis in found {
                let text = hypothesis.text();
                assert!((hypothesis.acoustic - all[&text].ln()).abs() < 1e-5, "{hypothesis:?}");
                assert!((hypothesis.model - worth(&text)).abs() < 1e-9, "{hypothesis:?}");
            }
        };
        let free = Decoder::new(&table, exact()).unwrap().with_hotwords(&hotwords).unwrap();
        let found = free.decode(&log_probs, 4).unwrap();
        assert_eq!(found.len(), all.len());
        check(&found);
        let trie = LexiconTrie::from_spellings(["a", "b", "ab", "ba"], &table).unwrap();
        let words = Decoder::new(&table, exact()).unwrap();
        let words =
            words.with_lexicon(trie, NoModel, Fusion::default()).unwrap().with_hotwords(&hotwords).unwrap();
        let found = words.decode(&log_probs, 4).unwrap();
        let (complete, broken): (Vec<_>, Vec<_>) = found.into_iter().partition(|h| h.complete);
        check(&complete);
        for hypothesis in broken {
            assert!(hypothesis.model >= 0.0 && hypothesis.model.fract() % 0.25 < 1e-9, "{hypothesis:?}");
        }
    }
}

#[test]
fn hotwords_of_marked_tokens_are_whole_words() {
    // "ab" is ▁a b, and at the beginning of an utterance a b.
    let table = table(&["▁a", "▁b", "b", "a"]);
    let mut hotwords = Hotwords::new();
    hotwords.add("ab b", 2.0);
    hotwords.add("ab", 1.25);
    hotwords.add("b", 0.5);
    let decoder = Decoder::new(&table, exact()).unwrap().with_hotwords(&hotwords).unwrap();
    for seed in 0..10 {
        let log_probs = random_log_probs(&mut rng(seed), 6, 5, 2.0);
        let found = decoder.decode(&log_probs, 5).unwrap();
        assert!(["ab b", "aba", "ab"].iter().all(|text| found.iter().any(|h| h.text() == *text)));
        for hypothesis in &found {
            let text = hypothesis.text();
            let words: Vec<&str> = text.split_whitespace().collect();
            let mut worth = words.iter().filter(|&&word| word == "b").count() as f64 * 0.5;
            for (place, _) in words.iter().enumerate().filter(|(_, word)| **word == "ab") {
                // Where the longer phrase counts, the "b" within it counts by itself, too.
                worth += if words.get(place + 1) == Some(&"b") { 2.0 } else { 1.25 };
            }
            assert!((hypothesis.model - worth).abs() < 1e-9, "{hypothesis:?} {worth}");
        }
    }
}

#[test]
fn long_utterances_keep_their_words_whatever_is_added() {
    let table = table(&["<space>", "a", "b"]);
    let path: Vec<u32> = [2, 3, 1].repeat(200);
    let log_probs = spoken(&table, &path);
    let decoder = |hotword: f32| {
        let mut hotwords = Hotwords::new();
        hotwords.add("ab", hotword);
        Decoder::new(&table, BeamOptions { beam: 8, ..Default::default() })
            .unwrap()
            .with_hotwords(&hotwords)
            .unwrap()
    };
    for weight in [5.0, 100.0] {
        let best = decoder(weight).decode(&log_probs, 4).unwrap().remove(0);
        assert_eq!(best.words.len(), 200, "weight {weight}");
        assert!((best.model - 200.0 * f64::from(weight)).abs() < 1e-6, "{}", best.model);
        assert!(best.acoustic > -600.0 * 3.0 && best.acoustic <= 0.0, "{}", best.acoustic);
    }
    for word_bonus in [-2.0, 20.0, 100.0] {
        let trie = LexiconTrie::from_spellings(["ab"], &table).unwrap();
        let decoder = Decoder::new(&table, BeamOptions { beam: 8, ..Default::default() }).unwrap();
        let decoder =
            decoder.with_lexicon(trie, NoModel, Fusion { word_bonus, ..Fusion::default() }).unwrap();
        let best = decoder.decode(&log_probs, 4).unwrap().remove(0);
        assert_eq!(best.words.len(), 200, "bonus {word_bonus}");
        assert!((best.model - 200.0 * f64::from(word_bonus)).abs() < 1e-6, "{}", best.model);
    }
}

#[test]
fn hotwords_tell_homophones_apart() {
    let table = table(&["DH", "EH", "R"]);
    let rows = [("there", vec![1, 2, 3]), ("their", vec![1, 2, 3]), ("err", vec![2, 3])];
    let log_probs = spoken(&table, &[1, 1, 0, 2, 3, 0]);
    let decode = |hotword: &str| {
        let trie = LexiconTrie::from_tokens(rows.clone(), &table).unwrap();
        let decoder = Decoder::new(&table, BeamOptions::default()).unwrap();
        let decoder = decoder.with_lexicon(trie, NoModel, Fusion::default()).unwrap();
        let mut hotwords = Hotwords::new();
        hotwords.add(hotword, 1.0);
        decoder.with_hotwords(&hotwords).unwrap().decode(&log_probs, 4).unwrap().remove(0)
    };
    assert_eq!((decode("there").text(), decode("their").text()), ("there".into(), "their".into()));
    // "err" sounds within the word, but is none.
    assert!((decode("there").model - 1.0).abs() < 1e-12 && decode("err").model == 0.0);
    let word = &decode("their").words[0];
    assert_eq!((word.id, word.start, word.end, word.tokens.clone()), (Some(1), 0, 5, 0..3));
}
