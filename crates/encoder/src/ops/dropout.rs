//! Dropout whose mask is a function of a key and a position: nothing is stored, the backward pass asks again.

use rand::RngExt;

use crate::ops::math::vectorised;
use crate::random;

/// One dropout mask over a (rows, dim) matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dropout {
    key: u32,
    /// Values whose 24 random bits lie below this are dropped.
    threshold: u32,
    scale: f32,
}

impl Dropout {
    /// The mask that keeps everything.
    pub(crate) const OFF: Self = Self { key: 0, threshold: 0, scale: 1.0 };

    /// The mask of one place in the network (`name`) at one step of one seed; `rate` is the share dropped.
    pub(crate) fn new(rate: f32, seed: u64, step: u64, name: &str) -> Self {
        if rate == 0.0 {
            return Self::OFF;
        }
        let key = random::stream(seed, &format!("dropout/{step}/{name}")).random();
        Self { key, threshold: (f64::from(rate) * f64::from(1 << 24)) as u32, scale: 1.0 / (1.0 - rate) }
    }

    /// Whether it changes anything.
    pub(crate) fn is_on(&self) -> bool {
        self.threshold > 0
    }

    /// 0 for a dropped value, 1 / (1 − rate) for a kept one.
    #[inline(always)]
    pub(crate) fn factor(&self, index: u32) -> f32 {
        // Two rounds of multiply and xor-shift mix every bit of the index with the key.
        let mut h = index ^ self.key;
        h = (h ^ (h >> 16)).wrapping_mul(0x7feb_352d);
        h = (h ^ (h >> 15)).wrapping_mul(0x846c_a68b) ^ self.key.rotate_left(16);
        h = (h ^ (h >> 16)).wrapping_mul(0x9e37_79b1);
        if (h >> 8) < self.threshold { 0.0 } else { self.scale }
    }

    /// Multiplies values by their factors; the first one stands at `start` of the whole matrix.
    pub(crate) fn apply(&self, start: usize, x: &mut [f32]) {
        if !self.is_on() {
            return;
        }
        let start = start as u32;
        vectorised(|| {
            for (i, v) in x.iter_mut().enumerate() {
                *v *= self.factor(start.wrapping_add(i as u32));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_its_share_keeps_the_mean_and_depends_on_name_and_step() {
        let dropout = Dropout::new(0.1, 7, 3, "a");
        let mut x = vec![1.0; 100_000];
        dropout.apply(0, &mut x);
        let dropped = x.iter().filter(|&&v| v == 0.0).count();
        assert!((9_700..10_300).contains(&dropped), "{dropped}");
        assert!((x.iter().sum::<f32>() / 1e5 - 1.0).abs() < 0.005);
        let mut tail = vec![1.0; 1000];
        dropout.apply(99_000, &mut tail);
        assert_eq!(tail, x[99_000..]);
        for other in
            [Dropout::new(0.1, 7, 4, "a"), Dropout::new(0.1, 7, 3, "b"), Dropout::new(0.1, 8, 3, "a")]
        {
            let mut y = vec![1.0; 100_000];
            other.apply(0, &mut y);
            let both = x.iter().zip(&y).filter(|(a, b)| **a == 0.0 && **b == 0.0).count();
            assert!((850..1150).contains(&both), "masks correlate: {both}");
        }
    }
}
