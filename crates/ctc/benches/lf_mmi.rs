//! The LF-MMI loss and its gradient, beside CTC's.

use criterion::{Criterion, criterion_group, criterion_main};
use linnet_ctc::{Denominator, DenominatorOptions, ctc_loss_batch, lf_mmi_loss_batch, log_softmax_rows};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const TOKENS: usize = 40;

fn lf_mmi(criterion: &mut Criterion) {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    // Half of the labels follow from the two before them.
    let mut sentence = |count: usize| {
        let mut labels: Vec<u32> = Vec::new();
        for i in 0..count {
            let before = labels.iter().rev().take(2).sum::<u32>();
            let chance = rng.random_range(1..TOKENS as u32);
            labels.push(if i % 2 == 0 {
                chance
            } else {
                1 + (7 * before + chance % 3) % (TOKENS as u32 - 1)
            });
        }
        labels
    };
    let text: Vec<Vec<u32>> = (0..1400).map(|_| sentence(130)).collect();
    for (histories, batch, frames) in
        [(1000, 8, 300), (2000, 8, 300), (4000, 8, 300), (2000, 4, 300), (2000, 16, 80)]
    {
        let options = DenominatorOptions { order: 4, histories };
        let denominator = Denominator::estimate(text.iter().map(Vec::as_slice), TOKENS, 0, options);
        let denominator = denominator.expect("a denominator");
        let labels: Vec<Vec<u32>> =
            text[..batch].iter().map(|labels| labels[..frames / 3].to_vec()).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut log_probs: Vec<f32> =
            (0..batch * frames * TOKENS).map(|_| rng.random_range(-6.0..6.0)).collect();
        log_softmax_rows(&mut log_probs, TOKENS);
        let lengths = vec![frames; batch];
        let mut gradient = vec![0.0; log_probs.len()];
        let name = format!("{batch}x{frames}x{TOKENS}, {} histories", denominator.histories());
        criterion.bench_function(&format!("LF-MMI {name}"), |b| {
            b.iter(|| {
                lf_mmi_loss_batch(&log_probs, &lengths, &labels, &denominator, 0.05, Some(&mut gradient))
            })
        });
        criterion.bench_function(&format!("CTC {name}"), |b| {
            b.iter(|| ctc_loss_batch(&log_probs, &lengths, TOKENS, &labels, 0, Some(&mut gradient)))
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = lf_mmi
}
criterion_main!(benches);
