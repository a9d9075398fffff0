//! Log-softmax, CTC loss, and both gradients on the shapes that PyTorch was measured on.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use linnet_ctc::{ctc_loss_batch, greedy, log_softmax_backward_rows, log_softmax_rows};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const TOKENS: usize = 45;

fn ctc(criterion: &mut Criterion) {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    for (batch, frames, count) in [(16, 400, 60), (8, 800, 100), (1, 3200, 300)] {
        let logits: Vec<f32> = (0..batch * frames * TOKENS).map(|_| rng.random_range(-3.0..3.0)).collect();
        let label = |_| rng.random_range(1..TOKENS as u32);
        let mut labels: Vec<u32> = (0..batch * count).map(label).collect();
        let labels: Vec<Vec<u32>> = (0..batch).map(|_| labels.split_off(labels.len() - count)).collect();
        let lengths = vec![frames; batch];
        let mut gradient = vec![0.0; logits.len()];
        criterion.bench_function(
            &format!("loss and gradient {batch}x{frames}x{TOKENS}, {count} labels"),
            |b| {
                b.iter_batched_ref(
                    || logits.clone(),
                    |log_probs| {
                        log_softmax_rows(log_probs, TOKENS);
                        let losses =
                            ctc_loss_batch(log_probs, &lengths, TOKENS, &labels, 0, Some(&mut gradient));
                        log_softmax_backward_rows(log_probs, &mut gradient, TOKENS);
                        losses
                    },
                    BatchSize::LargeInput,
                )
            },
        );
    }
    let logits: Vec<f32> = (0..6400 * TOKENS).map(|_| rng.random_range(-3.0..3.0)).collect();
    criterion.bench_function(&format!("log-softmax 6400x{TOKENS}"), |b| {
        b.iter_batched_ref(|| logits.clone(), |rows| log_softmax_rows(rows, TOKENS), BatchSize::LargeInput)
    });
    criterion.bench_function(&format!("greedy 6400x{TOKENS}"), |b| b.iter(|| greedy(&logits, TOKENS, 0)));
}

criterion_group!(benches, ctc);
criterion_main!(benches);
