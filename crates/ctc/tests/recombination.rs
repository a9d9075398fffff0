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
