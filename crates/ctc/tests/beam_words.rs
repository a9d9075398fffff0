//! The search with lexicon, language model and hotwords against every row of words.
#![allow(clippy::unwrap_used)]

#[path = "common/bigram.rs"]
mod bigram;
mod common;

use std::collections::HashMap;

use bigram::Bigram;
use common::{exact, random_log_probs, rng, table};
use linnet_ctc::{
    BeamError, BeamOptions, Calibration, Decoder, Fusion, Hotwords, Hypothesis, LexiconTrie, NoModel,
    WordModel, ctc_loss, required_frames,
};
use linnet_text::Lexicon;
use rand::RngExt;

/// A row of words: its tokens, the words with `None` for a free one, and the score.
type Row = (Vec<u32>, Vec<String>, f64);

struct Case<'a> {
    words: &'a [(&'a str, Vec<u32>)],
    /// The weight of each pronunciation; none: 0.
    weights: &'a [f64],
    boundary: Option<u32>,
    model: &'a Bigram,
    fusion: Fusion,
}

impl Case<'_> {
    /// Every row of words that the frames have room for, by trying all; the best first.
    fn all(&self, log_probs: &[f32], tokens: usize) -> Vec<Row> {
        let frames = log_probs.len() / tokens;
        let mut rows = Vec::new();
        // Tokens, words, weight, the model's state, and whether a boundary must come before the next word.
        let mut open = vec![(Vec::new(), Vec::new(), 0.0f64, self.model.start(), false)];
        while let Some((row, words, weight, state, closed)) = open.pop() {
            if required_frames(&row) > frames {
                continue;
            }
            if let Ok(loss) = ctc_loss(log_probs, tokens, &row, 0, None) {
                let end = f64::from(self.fusion.weight * self.model.end(&state));
                rows.push((row.clone(), words.clone(), weight + end - loss));
            }
            if let Some(boundary) = self.boundary {
                // Further boundaries between words cost nothing.
                let longer = [row.clone(), vec![boundary]].concat();
                open.push((longer, words.clone(), weight, state, false));
            }
            if closed {
                continue;
            }
            let weights = self.weights.iter().copied().chain(std::iter::repeat(0.0));
            for ((word, spelling), said) in self.words.iter().zip(weights) {
                let index = self.model.index(word);
                let (score, next) = self.model.score(&state, index);
                let penalty = if index.is_none() { self.fusion.unknown_penalty } else { 0.0 };
                if score == f32::NEG_INFINITY {
                    continue;
                }
                let weight =
                    weight + said + f64::from(self.fusion.weight * score + self.fusion.word_bonus + penalty);
                let longer = [row.clone(), spelling.clone()].concat();
                let words = [words.clone(), vec![word.to_string()]].concat();
                open.push((longer, words, weight, next, self.boundary.is_some()));
            }
        }
        rows
    }
}

fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)).then(a.2.total_cmp(&b.2)));
    rows
}

fn rows(found: &[Hypothesis]) -> Vec<Row> {
    let row = |h: &Hypothesis| {
        assert!((h.score - h.acoustic - h.model).abs() < 1e-9);
        (h.tokens.clone(), h.words.iter().map(|w| w.text.clone()).collect(), h.score)
    };
    found.iter().filter(|h| h.complete).map(row).collect()
}

/// Of the rows that say the same the best, with the sum of their probabilities.
fn merged(rows: Vec<Row>) -> Vec<Row> {
    let mut best: HashMap<Vec<String>, (Row, f64)> = HashMap::new();
    for row in rows {
        let (best, sum) = best.entry(row.1.clone()).or_insert((row.clone(), 0.0));
        *sum += row.2.exp();
        if row.2 > best.2 {
            *best = row;
        }
    }
    best.into_values().map(|((tokens, words, _), sum)| (tokens, words, sum.ln())).collect()
}

fn assert_same(ours: Vec<Row>, theirs: Vec<Row>, what: &str) {
    let (ours, theirs) = (sorted(ours), sorted(merged(theirs)));
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (a, b) in ours.iter().zip(&theirs) {
        assert_eq!((&a.0, &a.1), (&b.0, &b.1), "{what}");
        assert!((a.2 - b.2).abs() < 1e-4, "{what}: {a:?} against {b:?}");
    }
}

#[test]
fn a_wide_beam_finds_every_row_of_words() {
    for seed in 0..40 {
        let mut rng = rng(seed);
        let boundary = (seed % 2 == 0).then_some(1);
        let table = if boundary.is_some() { table(&["<space>", "A", "B"]) } else { table(&["C", "A", "B"]) };
        let tokens = table.len();
        let frames = rng.random_range(0..6);
        let log_probs = random_log_probs(&mut rng, frames, tokens, 3.0);
        // Homophones, variants, a word within another, and a word that the model doesn't know.
        let words = [
            ("a", vec![2]),
            ("a", vec![3, 2]),
            ("b", vec![2]),
            ("ba", vec![2, 3]),
            ("d", vec![3, 3]),
            ("x", vec![3]),
        ];
        let mut model = Bigram::random(&mut rng, &["d", "a", "b", "ba"]);
        model.forbid(1, 2);
        let fusion = Fusion { weight: 0.7, word_bonus: 0.4, unknown_penalty: -2.0, free_words: false };
        let trie = LexiconTrie::from_tokens(words.clone(), &table).unwrap();
        let decoder =
            Decoder::new(&table, exact()).unwrap().with_lexicon(trie, &model, fusion.clone()).unwrap();
        let found = decoder.decode(&log_probs, tokens).unwrap();
        let case = Case { words: &words, weights: &[], boundary, model: &model, fusion };
        assert_same(rows(&found), case.all(&log_probs, tokens), &format!("seed {seed}"));
        assert!(
            found
                .windows(2)
                .all(|pair| (pair[0].complete, pair[0].score) >= (pair[1].complete, pair[1].score))
        );
    }
}

#[test]
fn pronunciations_weigh_their_probabilities_over_the_words_best() {
    // "a" never as B B, "d" with probabilities of 0 alone.
    let lines = "a 0.2 A\na 0.05 B A\na 0 B B\nb 0.5 A\nba 1 A B\nd 0 B B\nd 0 B\n";
    let lexicon = Lexicon::parse(lines.as_bytes(), "lexiconp.txt".as_ref()).unwrap();
    for seed in 0..40 {
        let mut rng = rng(seed);
        let boundary = (seed % 2 == 0).then_some(1);
        let table = if boundary.is_some() { table(&["<space>", "A", "B"]) } else { table(&["C", "A", "B"]) };
        let frames = rng.random_range(1..6);
        let log_probs = random_log_probs(&mut rng, frames, table.len(), 3.0);
        let words = [
            ("a", vec![2]),
            ("a", vec![3, 2]),
            ("a", vec![3, 3]),
            ("b", vec![2]),
            ("ba", vec![2, 3]),
            ("d", vec![3, 3]),
            ("d", vec![3]),
        ];
        let weights = [0.0, 0.25f64.ln(), -100.0, 0.0, 0.0, 0.0, 0.0];
        let model = Bigram::random(&mut rng, &["d", "a", "b", "ba"]);
        let fusion = Fusion { weight: 0.7, word_bonus: 0.4, ..Fusion::default() };
        let trie = LexiconTrie::from_lexicon(&lexicon, ["d", "ba", "a", "b"], &table).unwrap();
        let decoder =
            Decoder::new(&table, exact()).unwrap().with_lexicon(trie, &model, fusion.clone()).unwrap();
        let found = decoder.decode(&log_probs, table.len()).unwrap();
        let case = Case { words: &words, weights: &weights, boundary, model: &model, fusion };
        assert_same(rows(&found), case.all(&log_probs, table.len()), &format!("seed {seed}"));
    }
}

#[test]
fn free_words_are_all_other_spellings() {
    for seed in 0..20 {
        let mut rng = rng(seed);
        let table = table(&["<space>", "a", "b"]);
        let frames = rng.random_range(1..6);
        let log_probs = random_log_probs(&mut rng, frames, 4, 3.0);
        let model = Bigram::random(&mut rng, &["ab", "b"]);
        let fusion = Fusion { unknown_penalty: -1.5, free_words: true, ..Fusion::default() };
        let known = ["ab", "b"];
        let trie = LexiconTrie::from_spellings(known, &table).unwrap();
        let decoder =
            Decoder::new(&table, exact()).unwrap().with_lexicon(trie, &model, fusion.clone()).unwrap();
        let found = rows(&decoder.decode(&log_probs, 4).unwrap());
        // All spellings as words of a lexicon, of which the model knows two.
        let mut spellings: Vec<(String, Vec<u32>)> = vec![(String::new(), vec![])];
        for length in 1..=frames {
            let longest: Vec<_> =
                spellings.iter().filter(|(_, row)| row.len() == length - 1).cloned().collect();
            for ((word, row), letter) in itertools::iproduct!(longest, [2, 3]) {
                let symbol = table.symbol(letter).unwrap();
                spellings.push((word + symbol, [row, vec![letter]].concat()));
            }
        }
        let words: Vec<_> = spellings[1..].iter().map(|(word, row)| (word.as_str(), row.clone())).collect();
        let case = Case { words: &words, weights: &[], boundary: Some(1), model: &model, fusion };
        assert_same(found, case.all(&log_probs, 4), &format!("seed {seed}"));
    }
}

#[test]
fn free_words_need_no_boundary() {
    // Phones: any row of them is some row of known and unknown words.
    let table = table(&["A", "B"]);
    let log_probs = random_log_probs(&mut rng(4), 4, 3, 2.0);
    let trie = LexiconTrie::from_tokens([("w", vec![1, 2])], &table).unwrap();
    let fusion = Fusion { unknown_penalty: -3.0, free_words: true, ..Fusion::default() };
    let decoder = Decoder::new(&table, exact()).unwrap().with_lexicon(trie, NoModel, fusion).unwrap();
    let found = decoder.decode(&log_probs, 3).unwrap();
    for hypothesis in found.iter().filter(|h| h.complete) {
        let unknown = hypothesis.words.iter().filter(|word| word.id.is_none());
        assert!((hypothesis.model + 3.0 * unknown.count() as f64).abs() < 1e-9);
        let loss = ctc_loss(&log_probs, 3, &hypothesis.tokens, 0, None).unwrap();
        assert!((hypothesis.acoustic + loss).abs() < 1e-5);
    }
    // Of rows with the same words the best is returned.
    let tokens = |text: &str| {
        let matching = found.iter().filter(|h| h.complete && h.text() == text);
        matching.map(|h| h.tokens.clone()).collect::<Vec<_>>()
    };
    assert_eq!(tokens("w"), [[1, 2]]);
    assert_eq!((tokens("<unk>").len(), tokens("<unk> w").len(), tokens("w <unk> <unk>").len()), (1, 1, 1));
    assert_eq!(tokens("<unk> <unk> <unk> <unk>").len(), 1);
}

#[test]
fn chunks_make_no_difference_with_words() {
    let table = table(&["<space>", "a", "b", "c"]);
    let mut rng = rng(2);
    let known = ["a", "ab", "abc", "ca", "cab", "bb"];
    let model = Bigram::random(&mut rng, &known);
    for free_words in [false, true] {
        let trie = LexiconTrie::from_spellings(known, &table).unwrap();
        let fusion = Fusion { free_words, ..Fusion::default() };
        let options = BeamOptions { nbest: 30, beam: 30, ..BeamOptions::default() };
        let decoder = Decoder::new(&table, options).unwrap().with_lexicon(trie, &model, fusion).unwrap();
        // Long enough that the arenas are swept several times.
        let log_probs = random_log_probs(&mut rng, 3000, 5, 4.0);
        let whole = decoder.decode(&log_probs, 5).unwrap();
        let mut stream = decoder.stream();
        let mut longest = 0;
        for chunk in log_probs.chunks(5 * 71) {
            stream.push(chunk).unwrap();
            let partial = stream.partial();
            assert!(
                partial.best.starts_with(&partial.stable)
                    && partial.best_text.starts_with(&partial.stable_text)
            );
            assert!(whole[0].tokens.starts_with(&partial.stable));
            assert!(whole[0].text().starts_with(&partial.stable_text));
            longest = longest.max(partial.stable_text.len());
        }
        assert_eq!(stream.finish(), whole);
        assert!(longest > 100);
        for hypothesis in whole.iter().filter(|hypothesis| hypothesis.complete) {
            // What was swept in between has left the scores as they are.
            let mut state = model.start();
            let mut sum = 0.0;
            for word in &hypothesis.words {
                let (score, next) = model.score(&state, model.index(&word.text));
                let penalty = if word.id.is_none() { -10.0 } else { 0.0 };
                (state, sum) = (next, sum + 0.5 * f64::from(score) + penalty);
            }
            sum += 0.5 * f64::from(model.end(&state));
            assert!((hypothesis.model - sum).abs() < 1e-3, "{} against {sum}", hypothesis.model);
        }
        assert!(whole[0].words.len() > 100 && whole[0].complete);
    }
}

#[test]
fn confidence_is_the_words_share() {
    let table = table(&["<space>", "a", "b"]);
    // "a" is sure; the second word is "a" or "b" by 3 to 1.
    let sure = |token: usize| (0..4).map(|t| if t == token { 0.997f32 } else { 0.001 }).collect::<Vec<_>>();
    let rows = [sure(2), sure(1), vec![0.001, 0.001, 0.7485, 0.2495], sure(0)].concat();
    let log_probs: Vec<f32> = rows.iter().map(|p| p.ln()).collect();
    let decoder = Decoder::new(&table, BeamOptions { nbest: 3, ..BeamOptions::exact(500) }).unwrap();
    let found = decoder.decode(&log_probs, 4).unwrap();
    assert_eq!((found[0].text(), found[1].text()), ("a a".into(), "a b".into()));
    let confidences: Vec<f32> =
        found[..2].iter().flat_map(|h| h.words.iter().map(|w| w.confidence)).collect();
    // The share times the token's own posterior.
    for (ours, expected) in confidences.iter().zip([0.99, 0.75 * 0.75, 0.99, 0.25 * 0.25]) {
        assert!((ours - expected).abs() < 0.01, "{confidences:?}");
    }
    let calibration = Calibration { scale: 2.0, offset: 1.0 };
    let mapped = decoder.with_calibration(calibration).decode(&log_probs, 4).unwrap();
    assert_eq!(mapped[0].words[1].confidence, calibration.apply(confidences[1]));
    // Without times the share alone is left.
    let options = BeamOptions { times: false, ..BeamOptions::exact(500) };
    let timeless = Decoder::new(&table, options).unwrap().decode(&log_probs, 4).unwrap();
    assert!((timeless[0].words[0].confidence - 0.997).abs() < 0.01);
}

#[test]
fn what_does_not_fit_is_named() {
    let letters = table(&["<space>", "a"]);
    let trie = LexiconTrie::from_spellings(["a"], &letters).unwrap();
    let other = Decoder::new(&table(&["a"]), BeamOptions::default()).unwrap();
    let error = other.with_lexicon(trie.clone(), NoModel, Fusion::default()).unwrap_err();
    assert_eq!(error, BeamError::Lexicon { expected: 2, found: 3 });
    let decoder = Decoder::new(&letters, BeamOptions::default()).unwrap();
    let fails = |fusion| decoder.clone().with_lexicon(trie.clone(), NoModel, fusion).unwrap_err().to_string();
    assert!(fails(Fusion { weight: f32::NAN, ..Fusion::default() }).contains("option weight"));
    assert!(fails(Fusion { word_bonus: f32::INFINITY, ..Fusion::default() }).contains("word_bonus"));
    assert!(fails(Fusion { word_bonus: -101.0, ..Fusion::default() }).contains("between -100 and 100"));
    assert!(fails(Fusion { unknown_penalty: 1.0, ..Fusion::default() }).contains("unknown_penalty"));
    for (phrase, weight, problem) in [
        ("a b", 1.0, "\"b\""),
        ("a", 0.0, "weight 0"),
        (" ", 1.0, "phrase 1 is empty"),
        ("a", f32::NAN, "NaN"),
        ("a", 101.0, "weight 101"),
    ] {
        let mut hotwords = Hotwords::new();
        hotwords.add(phrase, weight);
        let lexicon = decoder.clone().with_lexicon(trie.clone(), NoModel, Fusion::default()).unwrap();
        assert!(lexicon.with_hotwords(&hotwords).unwrap_err().to_string().contains(problem), "{phrase}");
        let error = decoder.clone().with_hotwords(&hotwords).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    }
}
