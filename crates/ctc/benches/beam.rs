//! Prefix beam search over 300 frames of 32 tokens whose highest posterior is 0.8 on average.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use linnet_ctc::{BeamOptions, Decoder, Fusion, LexiconTrie, log_softmax_rows};
use linnet_text::TokenTable;
use linnet_text::ngram::{Estimate, TrainingText};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const TOKENS: usize = 32;
const FRAMES: usize = 300;

/// A normal deviate, by the sum of twelve.
fn normal(rng: &mut impl Rng) -> f32 {
    (0..12).map(|_| rng.random_range(-0.5f32..0.5)).sum()
}

/// Log-probabilities of noise with the path's token lifted in each frame.
fn noisy(rng: &mut impl Rng, path: &[usize], tokens: usize) -> Vec<f32> {
    let mut logits = Vec::with_capacity(path.len() * tokens);
    for &token in path {
        let lift = 7.4 + 2.0 * normal(rng);
        logits.extend((0..tokens).map(|t| 1.5 * normal(rng) + if t == token { lift } else { 0.0 }));
    }
    log_softmax_rows(&mut logits, tokens);
    logits
}

/// Each token for one to three frames, a blank between.
fn path(rng: &mut impl Rng, tokens: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut path = Vec::new();
    for token in tokens.into_iter().flat_map(|token| [0, token]) {
        path.extend(std::iter::repeat_n(token, rng.random_range(1..=3)));
    }
    path
}

fn utterance(rng: &mut impl Rng) -> Vec<f32> {
    let tokens: Vec<usize> = (0..FRAMES).map(|_| rng.random_range(1..TOKENS)).collect();
    let mut path = path(rng, tokens);
    path.truncate(FRAMES);
    noisy(rng, &path, TOKENS)
}

/// A number below `count`, each half as often as one that is half as large.
fn zipf(rng: &mut impl Rng, count: usize) -> usize {
    ((count as f64).powf(rng.random_range(0.0..1.0)) as usize - 1).min(count - 1)
}

const WORDS: usize = 20_000;

/// Sentences of made-up words, of which each is mostly followed by one of eight others.
fn sentence(rng: &mut impl Rng) -> Vec<usize> {
    let mut words = vec![zipf(rng, WORDS)];
    for _ in 0..8 {
        let last = words[words.len() - 1];
        let usual = (last * 7919 + 104_729 * rng.random_range(1..=8)) % WORDS;
        words.push(if rng.random_range(0..10) < 7 { usual } else { zipf(rng, WORDS) });
    }
    words
}

/// 20,000 words of consonants and vowels in turn, a trigram model of 30,000 sentences, and sentences read aloud.
fn words(criterion: &mut Criterion) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let syllables: Vec<String> =
        "bdfghjklmnprstvz".chars().flat_map(|c| "aeiou".chars().map(move |v| format!("{c}{v}"))).collect();
    let syllable = |number: usize| &syllables[number % syllables.len()];
    let words: Vec<String> = (0..WORDS)
        .map(|w| {
            [w, w / 80 * 31 + w, w / 6400].map(|part| syllable(part).as_str()).concat() + syllable(w * 13)
        })
        .map(|word| word[..4 + 2 * (word.len() % 3)].to_string())
        .collect();
    let symbols = std::iter::once("<space>".to_string()).chain(('a'..='z').map(String::from));
    let table = TokenTable::new(symbols.collect());
    let mut text = TrainingText::new();
    let spelt =
        |sentence: &[usize]| sentence.iter().map(|&word| words[word].as_str()).collect::<Vec<_>>().join(" ");
    for _ in 0..30_000 {
        text.push(&spelt(&sentence(&mut rng))).expect("a sentence of words");
    }
    let model = Estimate::new(text, 3, &[]).expect("enough text").model().expect("a model");
    let trie = LexiconTrie::from_spellings(words.iter().map(String::as_str), &table).expect("letters");
    let utterances: Vec<Vec<f32>> = (0..20)
        .map(|_| {
            let letters: Vec<usize> = spelt(&sentence(&mut rng))
                .bytes()
                .map(|b| if b == b' ' { 1 } else { usize::from(b - b'a') + 2 })
                .collect();
            let path = path(&mut rng, letters);
            noisy(&mut rng, &path, table.len())
        })
        .collect();
    let decoder = Decoder::new(&table, BeamOptions::default()).expect("the options are in range");
    let decoder = decoder.with_lexicon(trie, &model, Fusion::default()).expect("the same table");
    let mut group = criterion.benchmark_group("beam");
    group.throughput(Throughput::Elements(utterances.len() as u64)).sample_size(10);
    group.bench_function("beam 100, 20,000 words, trigrams", |b| {
        b.iter(|| utterances.iter().map(|u| decoder.decode(u, table.len())).filter(Result::is_ok).count())
    });
    group.finish();
}

fn beam(criterion: &mut Criterion) {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let utterances: Vec<Vec<f32>> = (0..20).map(|_| utterance(&mut rng)).collect();
    let table = TokenTable::new((1..TOKENS).map(|t| format!("t{t}")).collect());
    let mut group = criterion.benchmark_group("beam");
    group.throughput(Throughput::Elements(utterances.len() as u64)).sample_size(10);
    for width in [10, 100] {
        for cut in [0.0f32, 0.001] {
            let options = BeamOptions {
                token_threshold: cut.ln(),
                score_threshold: f32::INFINITY,
                ..BeamOptions::exact(width)
            };
            let decoder = Decoder::new(&table, options).expect("the options are in range");
            group.bench_function(format!("beam {width}, cut {cut}"), |b| {
                b.iter(|| utterances.iter().map(|u| decoder.decode(u, TOKENS)).filter(Result::is_ok).count())
            });
        }
    }
    group.finish();
}

criterion_group!(benches, beam, words);
criterion_main!(benches);
