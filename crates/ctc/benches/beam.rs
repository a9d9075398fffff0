//! Prefix beam search over 300 frames of 32 tokens whose highest posterior is 0.8 on average.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use linnet_ctc::{BeamOptions, Decoder, log_softmax_rows};
use linnet_text::TokenTable;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const TOKENS: usize = 32;
const FRAMES: usize = 300;

/// A normal deviate, by the sum of twelve.
fn normal(rng: &mut impl Rng) -> f32 {
    (0..12).map(|_| rng.random_range(-0.5f32..0.5)).sum()
}

/// Logits of noise, with one token of each frame lifted; a token lasts a few frames, and blanks lie between.
fn utterance(rng: &mut impl Rng) -> Vec<f32> {
    let mut logits = Vec::with_capacity(FRAMES * TOKENS);
    let (mut token, mut left) = (0, 0);
    for _ in 0..FRAMES {
        if left == 0 {
            token = if token == 0 { rng.random_range(1..TOKENS) } else { 0 };
            left = rng.random_range(1..=3);
        }
        left -= 1;
        let lift = 5.0 + 2.0 * normal(rng);
        logits.extend((0..TOKENS).map(|t| 1.5 * normal(rng) + if t == token { lift } else { 0.0 }));
    }
    log_softmax_rows(&mut logits, TOKENS);
    logits
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

criterion_group!(benches, beam);
criterion_main!(benches);
