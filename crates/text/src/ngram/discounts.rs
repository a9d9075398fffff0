//! How much each count gives away.

/// What is taken off where the data is too little or too strange to tell, as lmplz's `--discount_fallback` has it.
const FALLBACK: [f64; 3] = [0.5, 1.0, 1.5];

/// The discounts of modified Kneser-Ney smoothing for one order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Discounts {
    /// What is taken off adjusted counts of 1, 2, and 3 or more.
    pub amounts: [f64; 3],
    /// Whether they were estimated; else they are 0.5, 1 and 1.5.
    pub estimated: bool,
}

impl Discounts {
    /// Estimates them from the adjusted counts of an order's n-grams.
    ///
    /// With tₖ the number of n-grams whose adjusted count is k, and Y = t₁ / (t₁ + 2 t₂): Dₖ = k − (k + 1) Y tₖ₊₁ / tₖ
    /// for k = 1, 2, 3 (Chen and Goodman, 1998, equation 26). Where t₁, t₂ or t₃ is 0, or a Dₖ is not between 0 and k,
    /// the fallback stands for all three.
    pub(super) fn of(adjusted: impl IntoIterator<Item = u32>) -> Self {
        let mut t = [0_u64; 5];
        for count in adjusted {
            if let Some(number) = t.get_mut(count as usize) {
                *number += 1;
            }
        }
        let t = t.map(|number| number as f64);
        let y = t[1] / (t[1] + 2.0 * t[2]);
        let amounts = [1, 2, 3].map(|k| k as f64 - (k + 1) as f64 * y * t[k + 1] / t[k]);
        let sane = |(d, k): (&f64, u32)| (0.0..=f64::from(k)).contains(d);
        match t[1..4].iter().all(|&number| number > 0.0) && amounts.iter().zip(1..).all(sane) {
            true => Self { amounts, estimated: true },
            false => Self { amounts: FALLBACK, estimated: false },
        }
    }

    /// What is taken off a count.
    pub(super) fn off(&self, count: u32) -> f64 {
        match count {
            0 => 0.0,
            1..=3 => self.amounts[count as usize - 1],
            _ => self.amounts[2],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(t: [usize; 4]) -> impl Iterator<Item = u32> {
        (1..).zip(t).flat_map(|(count, number)| std::iter::repeat_n(count, number))
    }

    #[test]
    fn discounts_follow_from_counts_of_counts() {
        // Y = 8 / (8 + 8) = 1/2; D = 1 − 2/2·4/8, 2 − 3/2·2/4, 3 − 4/2·1/2.
        let discounts = Discounts::of(counts([8, 4, 2, 1]).chain([5, 0, 90]));
        assert_eq!(discounts, Discounts { amounts: [0.5, 1.25, 2.0], estimated: true });
        assert_eq!([0, 1, 2, 3, 4, 70].map(|c| discounts.off(c)), [0.0, 0.5, 1.25, 2.0, 2.0, 2.0]);
    }

    #[test]
    fn what_cannot_be_estimated_falls_back() {
        let fallback = Discounts { amounts: FALLBACK, estimated: false };
        assert_eq!(Discounts::of([]), fallback);
        for t in [[0, 3, 2, 1], [3, 0, 2, 1], [3, 2, 0, 1], [1, 1, 9, 9], [9, 9, 1, 9]] {
            assert_eq!(Discounts::of(counts(t)), fallback, "{t:?}");
        }
    }
}
