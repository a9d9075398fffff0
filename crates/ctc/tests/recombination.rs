//! Recombination against the search without it: the same best hypothesis, its alternatives, and more out of a beam.
#![allow(clippy::unwrap_used)]

#[path = "common/bigram.rs"]
mod bigram;
mod common;

use bigram::Bigram;
use common::{random_log_probs, rng, table};
use linnet_ctc::{BeamOptions, Decoder, Fusion, Hypothesis, LexiconTrie, NoModel, required_frames};
use linnet_text::TokenTable;

/// Homophones, variants, a word within another, and words that begin alike.
const WORDS: [(&str, &[u32]); 9] = [
    ("a", &[2]),
    ("a", &[3, 2]),
    ("b", &[2]),
    ("ba", &[2, 3]),
    ("bat", &[2, 3, 4]),
    ("d", &[3, 3]),
    ("dad", &[3, 2, 3]),
    ("e", &[4]),
    ("e", &[4, 4]),
];

struct Case {
    table: TokenTable,
    trie: LexiconTrie,
    model: Bigram,
    fusion: Fusion,
}

impl Case {
    fn new(seed: u64) -> Self {
        let parted = seed.is_multiple_of(2);
        let table = table(&[if parted { "<space>" } else { "Z" }, "A", "B", "C"]);
        let words = WORDS.map(|(word, tokens)| (word, tokens.to_vec()));
        let trie = LexiconTrie::from_tokens(words, &table).unwrap();
        let mut model = Bigram::random(&mut rng(seed), &["d", "a", "b", "ba", "dad", "e"]);
        model.forbid(1, 2);
        let free_words = seed % 3 == 2;
        let fusion = Fusion { weight: 0.7, word_bonus: 0.4, unknown_penalty: -2.0, free_words };
        Self { table, trie, model, fusion }
    }

    fn decode(&self, options: BeamOptions, log_probs: &[f32]) -> Vec<Hypothesis> {
        let decoder = Decoder::new(&self.table, options).unwrap();
        let decoder = decoder.with_lexicon(self.trie.clone(), &self.model, self.fusion.clone()).unwrap();
        decoder.decode(log_probs, self.table.len()).unwrap()
    }
}

#[test]
fn scores_are_nearly_those_of_the_search_without_it() {
    let (mut same, mut alternatives, mut missing, mut off) = (0, 0, 0, 0.0);
    for seed in 0..40 {
        let case = Case::new(seed);
        // Noise, so that prefixes change places again and again.
        let log_probs = random_log_probs(&mut rng(100 + seed), 10, case.table.len(), 3.0);
        let options = BeamOptions { nbest: 40, ..BeamOptions::exact(5000) };
        let exact = case.decode(options.clone(), &log_probs);
        let found = case.decode(BeamOptions { recombine: true, ..options }, &log_probs);
        same += u32::from(found[0].text() == exact[0].text());
        for hypothesis in exact.iter().filter(|h| h.complete).take(8) {
            alternatives += 1;
            match found.iter().find(|own| own.text() == hypothesis.text()) {
                Some(own) => off += (own.score - hypothesis.score).abs(),
                None => missing += 1,
            }
        }
        for (place, hypothesis) in found.iter().enumerate() {
            let tokens: Vec<u32> = hypothesis.spans.iter().map(|span| span.token).collect();
            assert_eq!(tokens, hypothesis.tokens, "seed {seed}");
            let mut end = 0;
            for span in &hypothesis.spans {
                // An alternative's times are those of its own path as far as the kept one leaves room.
                let room = usize::from(place == 0);
                let fits = end <= span.start && span.start + room <= span.end && span.end <= 10;
                assert!(fits && (0.0..=1.0).contains(&span.posterior), "seed {seed}: {hypothesis:?}");
                end = span.end;
            }
        }
    }
    let off = off / f64::from(alternatives - missing);
    println!("{same} of 40 the same; {alternatives} alternatives, {missing} missing, {off} off on average");
    assert!(same >= 36 && alternatives > 300 && missing <= alternatives / 40 && off < 0.25);
}

#[test]
fn a_narrow_beam_finds_more() {
    let (mut better, mut worse, mut gain) = (0, 0, 0.0);
    for seed in 0..60 {
        let case = Case::new(seed);
        let log_probs = random_log_probs(&mut rng(seed), 60, case.table.len(), 2.0);
        let score = |recombine| {
            let options = BeamOptions { recombine, ..BeamOptions::exact(12) };
            case.decode(options, &log_probs)[0].score
        };
        let change = score(true) - score(false);
        better += u32::from(change > 0.01);
        worse += u32::from(change < -0.01);
        gain += change / 60.0;
    }
    println!("{better} better, {worse} worse, {gain} on average");
    assert!(better > 4 * worse && gain > 0.1, "{better} better, {worse} worse, {gain} on average");
}

#[test]
fn a_list_of_hypotheses_is_longer_than_the_beam() {
    let case = Case::new(2);
    let log_probs = random_log_probs(&mut rng(7), 40, case.table.len(), 2.0);
    let options = BeamOptions { nbest: 50, recombine: true, ..BeamOptions::exact(10) };
    let found = case.decode(options, &log_probs);
    let mut texts: Vec<String> = found.iter().map(Hypothesis::text).collect();
    assert!(
        found.windows(2).all(|pair| (pair[0].complete, pair[0].score) >= (pair[1].complete, pair[1].score))
    );
    texts.sort();
    texts.dedup();
    assert_eq!((texts.len(), found.len()), (50, 50));
}

#[test]
fn short_words_have_their_shares() {
    // "ab a", and what is one letter or space off.
    let table = table(&["<space>", "a", "b"]);
    let row =
        |best: usize| (0..4).map(move |token| if token == best { 0.9f32.ln() } else { (0.1f32 / 3.0).ln() });
    let log_probs: Vec<f32> = [2, 0, 3, 1, 2, 0, 2].into_iter().flat_map(row).collect();
    let decode = |recombine| {
        let trie = LexiconTrie::from_spellings(["ab", "a"], &table).unwrap();
        let options = BeamOptions { nbest: 100, recombine, ..BeamOptions::exact(10_000) };
        let decoder = Decoder::new(&table, options).unwrap();
        decoder.with_lexicon(trie, NoModel, Fusion::default()).unwrap().decode(&log_probs, 4).unwrap()
    };
    let (exact, found) = (decode(false), decode(true));
    for hypothesis in &exact[..5] {
        let own = found.iter().find(|own| own.text() == hypothesis.text()).unwrap();
        let off = own.score - hypothesis.score;
        assert!((-0.1..0.3).contains(&off), "{}: off by {off}", hypothesis.text());
    }
    // Nothing is there that the frames have no room for.
    assert!(found.iter().all(|hypothesis| required_frames(&hypothesis.tokens) <= 7));
}

#[test]
fn homophones_are_no_more_than_are_wanted() {
    // Two words for each token, alike to the model: 2³⁰ sentences.
    let table = table(&["A", "B"]);
    let words = [("a", vec![1]), ("eh", vec![1]), ("b", vec![2]), ("bee", vec![2])];
    let trie = LexiconTrie::from_tokens(words, &table).unwrap();
    let options = BeamOptions { nbest: 50, ..BeamOptions::default() };
    let decoder = Decoder::new(&table, options).unwrap();
    let decoder = decoder.with_lexicon(trie, NoModel, Fusion::default()).unwrap();
    let row = |best: usize| (0..3).map(move |token| if token == best { 0.98f32.ln() } else { 0.01f32.ln() });
    let log_probs: Vec<f32> = (0..30).flat_map(|i| row(1 + i % 2)).collect();
    let found = decoder.decode(&log_probs, 3).unwrap();
    assert_eq!((found.len(), found[0].words.len()), (50, 30));
    let worst = found.iter().map(|hypothesis| hypothesis.score).fold(f64::INFINITY, f64::min);
    assert!(worst > found[0].score - 1e-6, "{worst}");
}

#[test]
fn an_impossible_blank_leaves_the_scores_numbers() {
    let table = table(&["A", "B"]);
    let words = [("a", vec![1]), ("eh", vec![1]), ("b", vec![2])];
    let trie = LexiconTrie::from_tokens(words, &table).unwrap();
    let options = BeamOptions { nbest: 10, recombine: true, ..BeamOptions::exact(100) };
    let decoder = Decoder::new(&table, options).unwrap();
    let decoder = decoder.with_lexicon(trie, NoModel, Fusion::default()).unwrap();
    let log_probs = [0.4, 0.6, 0.0, 0.0, 0.0, 1.0f32].map(f32::ln);
    let found = decoder.decode(&log_probs, 3).unwrap();
    assert!(found.iter().all(|hypothesis| hypothesis.score.is_finite()), "{found:?}");
    let texts: Vec<String> = found.iter().map(Hypothesis::text).collect();
    assert_eq!(texts, ["a b", "eh b", "b"]);
}

#[test]
fn rows_of_tokens_that_spell_the_same_sum_up() {
    // Two rows of tokens spell "ab", and together they are more probable than the one of "bb".
    let table = table(&["▁a", "b", "▁ab", "▁bb", "▁b"]);
    let trie = LexiconTrie::over_tokens(&["▁a", "b", "▁ab", "▁bb", "▁b"], &table).unwrap();
    let frame = |probabilities: [f32; 6]| probabilities.map(|p| p.max(1e-6).ln());
    let log_probs = [
        frame([0.0, 0.3, 0.0, 0.3, 0.0, 0.4]),
        frame([0.5, 0.0, 0.5, 0.0, 0.0, 0.0]),
        frame([0.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
    ];
    for recombine in [false, true] {
        let options = BeamOptions { recombine, nbest: 5, ..BeamOptions::exact(1000) };
        let decoder = Decoder::new(&table, options).unwrap();
        let decoder = decoder.with_lexicon(trie.clone(), NoModel, Fusion::default()).unwrap();
        let found = decoder.decode(&log_probs.concat(), 6).unwrap();
        assert_eq!(found[0].text(), "ab bb", "{recombine}");
        let off = found[0].score - 0.3f64.ln();
        assert!(off.abs() < if recombine { 0.2 } else { 1e-3 }, "{recombine}: {off}");
    }
}
