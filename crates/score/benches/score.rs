//! How long the error rates of 10,000 pairs of sentences take: 20 words each, of which every tenth is changed, left out
//! or repeated. `tools/bench` times jiwer in turn.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use linnet_score::{ScoreUnit, Trn, count_texts, score};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const PAIRS: usize = 10_000;
const WORDS: usize = 20;

/// References and hypotheses over 5,000 words of 2 to 9 letters.
fn pairs() -> (Vec<Trn>, Vec<Trn>) {
    let mut rng = ChaCha8Rng::seed_from_u64(10);
    let mut word =
        |_| -> String { (0..rng.random_range(2..10)).map(|_| rng.random_range('a'..='z')).collect() };
    let vocabulary: Vec<String> = (0..5000).map(&mut word).collect();
    let pick = |rng: &mut ChaCha8Rng| vocabulary[rng.random_range(0..vocabulary.len())].as_str();
    let mut sides = (Vec::new(), Vec::new());
    for i in 0..PAIRS {
        let words: Vec<&str> = (0..WORDS).map(|_| pick(&mut rng)).collect();
        let mut other = Vec::new();
        for &word in &words {
            match rng.random_range(0..30) {
                0 => {}
                1 => other.push(pick(&mut rng)),
                2 => other.extend([word, word]),
                _ => other.push(word),
            }
        }
        let trn = |words: &[&str]| Trn { id: format!("u{i}"), text: words.join(" ") };
        sides.0.push(trn(&words));
        sides.1.push(trn(&other));
    }
    sides
}

fn rates(criterion: &mut Criterion) {
    let (references, hypotheses) = pairs();
    let texts: Vec<(&str, &str)> =
        references.iter().zip(&hypotheses).map(|(r, h)| (r.text.as_str(), h.text.as_str())).collect();
    for (name, unit) in [("words", ScoreUnit::Word), ("characters", ScoreUnit::Char)] {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(PAIRS as u64)).sample_size(20);
        group.bench_function("counts", |b| b.iter(|| count_texts(&texts, unit.into())));
        group.bench_function("report", |b| b.iter(|| score(&references, &hypotheses, unit, |_| None)));
        group.finish();
    }
}

criterion_group!(benches, rates);
criterion_main!(benches);
