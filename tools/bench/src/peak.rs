//! How many multiply-adds the machine makes right now.

use std::hint::black_box;
use std::time::Instant;

use pulp::{Arch, Simd, WithSimd};

/// Rounds of one probe: about 30 ms.
const ROUNDS: usize = 8_000_000;

/// Vectors that are in flight at once: enough to hide a multiply-add's latency.
const VECTORS: usize = 12;

/// GFLOP/s of independent multiply-adds in registers on so many threads at once.
pub(crate) fn gflops(threads: usize) -> f64 {
    let start = Instant::now();
    let operations: f64 = std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| Arch::new().dispatch(MultiplyAdds))).collect();
        workers.into_iter().filter_map(|w| w.join().ok()).sum()
    });
    operations / start.elapsed().as_secs_f64() * 1e-9
}

struct MultiplyAdds;

impl WithSimd for MultiplyAdds {
    /// The operations done.
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let (a, b) = (simd.splat_f32s(black_box(0.999_9)), simd.splat_f32s(black_box(1e-4)));
        let mut x = [simd.splat_f32s(1.0); VECTORS];
        for _ in 0..ROUNDS {
            for x in &mut x {
                *x = simd.mul_add_f32s(*x, a, b);
            }
        }
        black_box(x);
        (2 * S::F32_LANES * VECTORS * ROUNDS) as f64
    }
}
