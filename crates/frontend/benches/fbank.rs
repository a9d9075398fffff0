//! Filterbanks of one minute of noise at 16 kHz, one thread. Throughput is in samples: divide by 16,000 for times real
//! time.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use linnet_frontend::{Fbank, FbankConfig, Features, OnlineFbank};
use rand::{RngExt, SeedableRng};

fn fbank(criterion: &mut Criterion) {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let samples: Vec<f32> = (0..60 * 16_000).map(|_| rng.random_range(-0.5..0.5)).collect();
    let mut group = criterion.benchmark_group("fbank");
    group.throughput(Throughput::Elements(samples.len() as u64));
    for bands in [40, 80] {
        let config = FbankConfig { bands, ..FbankConfig::default() };
        let mut features = Features::default();
        let Ok(mut fbank) = Fbank::new(&config) else { return };
        group.bench_function(BenchmarkId::new("whole", bands), |bencher| {
            bencher.iter(|| fbank.compute_into(&samples, &mut features));
        });
    }
    let Ok(mut online) = OnlineFbank::new(&FbankConfig::default()) else { return };
    group.bench_function("online, 80 ms pieces/80", |bencher| {
        bencher.iter(|| {
            let mut features = Features::new(online.dim());
            for piece in samples.chunks(1280) {
                online.accept(piece, &mut features)?;
            }
            online.finish(&mut features)?;
            Ok::<_, linnet_frontend::FrontendError>(features)
        });
    });
    group.finish();
}

criterion_group!(benches, fbank);
criterion_main!(benches);
