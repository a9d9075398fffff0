//! Dropout whose mask is a function of a key and a position: nothing is stored, the backward pass asks again.

use rand::RngExt;

use crate::ops::math::vectorised_fn;
use crate::ops::scratch;
use crate::random;

/// Values whose factors are drawn at once, two from each number.
const RUN: usize = 2 * LANES;
const LANES: usize = 16;

/// One dropout mask over a (rows, dim) matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dropout {
    key: u32,
    /// The row of the mask that the matrix starts with.
    start: usize,
    /// Values whose 16 random bits lie below this are dropped.
    threshold: u32,
    scale: f32,
}

impl Dropout {
    /// The mask that keeps everything.
    pub(crate) const OFF: Self = Self { key: 0, start: 0, threshold: 0, scale: 1.0 };

    /// The mask of one place in the network (`name`) at one step of one seed; `rate` is the share dropped, in steps of
    /// 2⁻¹⁶.
    pub(crate) fn new(rate: f32, seed: u64, step: u64, name: &str) -> Self {
        const STEPS: f32 = 65_536.0;
        let threshold = (rate * STEPS).round().min(STEPS - 1.0);
        if threshold == 0.0 {
            return Self::OFF;
        }
        let key = random::stream(seed, &format!("dropout/{step}/{name}")).random();
        Self { key, start: 0, threshold: threshold as u32, scale: STEPS / (STEPS - threshold) }
    }

    /// The same mask for a matrix that is the part of another one from row `start` on.
    pub(crate) fn starting_at(self, start: usize) -> Self {
        Self { start, ..self }
    }

    /// Whether it changes anything.
    pub(crate) fn is_on(&self) -> bool {
        self.threshold > 0
    }

    /// 32 random bits of an index.
    #[inline(always)]
    fn bits(&self, index: u32) -> u32 {
        // Rounds of multiply and xor-shift mix every bit of the index with the key.
        let mut h = index ^ self.key;
        h = (h ^ (h >> 16)).wrapping_mul(0x7feb_352d);
        h = (h ^ (h >> 15)).wrapping_mul(0x846c_a68b) ^ self.key.rotate_left(16);
        h = (h ^ (h >> 16)).wrapping_mul(0x9e37_79b1);
        h ^ (h >> 16)
    }

    /// Writes a row's factors, 0 for a dropped value and 1 / (1 − rate) for a kept one.
    #[inline(always)]
    pub(crate) fn fill(&self, row: usize, factors: &mut [f32]) {
        if !self.is_on() {
            factors.fill(1.0);
            return;
        }
        let row = self.start + row;
        let runs = factors.len().div_ceil(RUN);
        let mut whole = factors.chunks_exact_mut(RUN);
        for (run, factors) in whole.by_ref().enumerate() {
            factors.copy_from_slice(&self.draw((row * runs + run) as u32));
        }
        let rest = whole.into_remainder();
        if !rest.is_empty() {
            rest.copy_from_slice(&self.draw((row * runs + runs - 1) as u32)[..rest.len()]);
        }
    }

    /// The factors of a run.
    #[inline(always)]
    fn draw(&self, run: u32) -> [f32; RUN] {
        let mut drawn = [self.scale; RUN];
        let (low, high) = drawn.split_at_mut(LANES);
        for lane in 0..LANES {
            let bits = self.bits(run.wrapping_mul(LANES as u32).wrapping_add(lane as u32));
            low[lane] = if bits & 0xffff < self.threshold { 0.0 } else { self.scale };
            high[lane] = if bits >> 16 < self.threshold { 0.0 } else { self.scale };
        }
        drawn
    }

    /// Multiplies rows of `dim` values by their factors; the first one is row `first` of the whole matrix.
    pub(crate) fn apply(&self, first: usize, dim: usize, x: &mut [f32]) {
        if !self.is_on() {
            return;
        }
        apply(*self, first, &mut scratch::take(dim), x);
    }
}

vectorised_fn! {
    fn apply<'a>(mask: Dropout, first: usize, factors: &'a mut [f32], x: &'a mut [f32]) {
        for (i, x) in x.chunks_exact_mut(factors.len()).enumerate() {
            mask.fill(first + i, factors);
            x.iter_mut().zip(&*factors).for_each(|(x, f)| *x *= f);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_its_share_keeps_the_mean_and_depends_on_name_and_step() {
        let dropout = Dropout::new(0.1, 7, 3, "a");
        let mut x = vec![1.0; 100_000];
        dropout.apply(0, 100, &mut x);
        let dropped = |x: &[f32]| x.iter().filter(|&&v| v == 0.0).count();
        assert!((9_700..10_300).contains(&dropped(&x)), "{}", dropped(&x));
        assert!((x.iter().sum::<f32>() / 1e5 - 1.0).abs() < 0.005);
        let mut tail = vec![1.0; 1000];
        dropout.apply(990, 100, &mut tail);
        assert_eq!(tail, x[99_000..]);
        let mut part = vec![1.0; 1000];
        dropout.starting_at(900).apply(90, 100, &mut part);
        assert_eq!(part, tail);
        let others = [("a", 7, 4), ("b", 7, 3), ("a", 8, 3)].map(|(name, seed, step)| {
            let mut y = vec![1.0; 100_000];
            Dropout::new(0.1, seed, step, name).apply(0, 100, &mut y);
            y
        });
        for y in others {
            let both = x.iter().zip(&y).filter(|(a, b)| **a == 0.0 && **b == 0.0).count();
            assert!((850..1150).contains(&both), "masks correlate: {both}");
        }
    }

    #[test]
    fn values_drop_independently_of_those_around() {
        let (dim, rows) = (128, 2000);
        let mut x = vec![1.0; dim * rows];
        Dropout::new(0.25, 1, 2, "a").apply(0, dim, &mut x);
        for distance in [1, 2, 16, 32, dim, dim + 16] {
            let pairs = x.iter().zip(&x[distance..]);
            let both = pairs.filter(|(a, b)| **a == 0.0 && **b == 0.0).count() as f64;
            // A sixteenth of 256 000, give or take 5 deviations.
            assert!((both - 16_000.0).abs() < 5.0 * 16_000f64.sqrt(), "{distance} apart: {both}");
        }
    }

    #[test]
    fn no_rate_leaves_nothing_or_everything() {
        for (rate, scale) in [(0.5, 2.0), (0.999_999_9, 65_536.0)] {
            let dropout = Dropout::new(rate, 0, 0, "a");
            assert_eq!(dropout.scale, scale);
        }
        assert!(!Dropout::new(0.0, 0, 0, "a").is_on());
    }
}
