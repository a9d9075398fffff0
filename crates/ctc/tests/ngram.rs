//! Fusion with an n-gram model: the model's part of the score is that of the whole sentence.
#![allow(clippy::unwrap_used)]

mod common;

use std::f64::consts::LN_10;
use std::path::Path;

use common::{random_log_probs, rng};
use linnet_ctc::{BeamOptions, Decoder, Fusion, LexiconTrie};
use linnet_text::TokenTable;
use linnet_text::ngram::NgramModel;

const ARPA: &str = "\\data\\
ngram 1=6
ngram 2=4
ngram 3=1

\\1-grams:
-1.5\t<unk>
-99\t<s>\t-0.3
-1.1\t</s>
-0.6\ta\t-0.25
-0.8\tab\t-0.1
-0.9\tb\t-0.2

\\2-grams:
-0.2\t<s> a\t-0.15
-0.4\ta b\t-0.05
-0.7\tb a
-0.5\ta </s>

\\3-grams:
-0.1\t<s> a b

\\end\\
";

#[test]
fn the_models_part_is_the_sentences_score() {
    let model = NgramModel::parse(ARPA.as_bytes(), Path::new("test.arpa")).unwrap();
    let table = TokenTable::new(["<space>", "a", "b"].map(String::from).into());
    let trie = LexiconTrie::from_spellings(["a", "b", "ab", "ba"], &table).unwrap();
    let fusion = Fusion { weight: 0.9, word_bonus: 0.3, unknown_penalty: -1.25, free_words: false };
    let options = BeamOptions { nbest: 10_000, ..BeamOptions::exact(10_000) };
    let decoder = Decoder::new(&table, options).unwrap().with_lexicon(trie, &model, fusion).unwrap();
    let mut lengths = [0; 5];
    for seed in 0..5 {
        let log_probs = random_log_probs(&mut rng(seed), 8, 4, 3.0);
        let found = decoder.decode(&log_probs, 4).unwrap();
        for hypothesis in found.iter().filter(|hypothesis| hypothesis.complete) {
            let words: Vec<&str> = hypothesis.words.iter().map(|word| word.text.as_str()).collect();
            let scores = model.sentence(&words);
            let log10: f64 = scores.iter().map(|score| f64::from(score.log10)).sum();
            let unknown = scores.iter().filter(|score| score.oov).count() as f64;
            assert_eq!(unknown, words.iter().filter(|&&word| word == "ba").count() as f64);
            let expected = 0.9 * log10 * LN_10 + 0.3 * words.len() as f64 - 1.25 * unknown;
            assert!((hypothesis.model - expected).abs() < 1e-5, "{words:?}: {} {expected}", hypothesis.model);
            lengths[words.len().min(4)] += 1;
        }
    }
    assert!(lengths.iter().all(|&count| count > 0), "{lengths:?}");
}
