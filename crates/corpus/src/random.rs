//! Named streams of random numbers from one seed.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The generator of a seed, a purpose, an epoch and an item: any other gives numbers of its own. What an item draws so
/// depends neither on the other items nor on the order in which threads come to them.
pub(crate) fn stream(seed: u64, purpose: &str, epoch: u64, item: &str) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (part, value) in key.chunks_exact_mut(8).zip([seed, hash(purpose), epoch, hash(item)]) {
        part.copy_from_slice(&value.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// FNV-1a, which will be the same in every version and on every machine.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
