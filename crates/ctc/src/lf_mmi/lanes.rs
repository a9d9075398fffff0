//! Numbers of several utterances side by side.

/// Utterances that run in step.
pub(super) const LANES: usize = 8;

/// A number of each utterance.
pub(super) type Lanes = [f32; LANES];

pub(super) const ZERO: Lanes = [0.0; LANES];

/// Smaller numbers are taken as 0, beside sums near 1: processors are slow with the smallest ones.
const TINY: f32 = 1e-32;

/// `sum += weight · x`
#[inline(always)]
pub(super) fn add_scaled(sum: &mut Lanes, weight: f32, x: &Lanes) {
    for lane in 0..LANES {
        sum[lane] += weight * x[lane];
    }
}

#[inline(always)]
pub(super) fn add(a: &Lanes, b: &Lanes) -> Lanes {
    let mut sum = *a;
    sum.iter_mut().zip(b).for_each(|(a, b)| *a += b);
    sum
}

#[inline(always)]
pub(super) fn mul(a: &Lanes, b: &Lanes) -> Lanes {
    let mut product = *a;
    product.iter_mut().zip(b).for_each(|(a, b)| *a *= b);
    product
}

/// The product, or 0 where it is negligible.
#[inline(always)]
pub(super) fn mul_or_zero(a: &Lanes, b: &Lanes) -> Lanes {
    let mut product = mul(a, b);
    product.iter_mut().for_each(|x| *x = if *x < TINY { 0.0 } else { *x });
    product
}

/// Powers of two that bring numbers into [1, 2), and minus their exponents; 1 for what is no positive number. A product
/// with such a power is exact.
#[inline(always)]
pub(super) fn scales(x: &Lanes) -> (Lanes, [i32; LANES]) {
    let (mut scales, mut exponents) = ([1.0; LANES], [0; LANES]);
    for lane in 0..LANES {
        let exponent = (x[lane].to_bits() >> 23) as i32 - 127;
        if x[lane] > 0.0 && (-126..=126).contains(&exponent) {
            exponents[lane] = exponent;
            scales[lane] = f32::from_bits(((127 - exponent) as u32) << 23);
        }
    }
    (scales, exponents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_bring_numbers_near_one() {
        let x = [1.0, 1.5, 3e-30, 7e30, 0.0, f32::NAN, f32::INFINITY, 0.7];
        let (scales, exponents) = scales(&x);
        for lane in [0, 1, 2, 3, 7] {
            let near = x[lane] * scales[lane];
            assert!((1.0..2.0).contains(&near), "{near}");
            assert_eq!(near * (f64::from(exponents[lane]).exp2() as f32), x[lane]);
        }
        assert!([4, 5, 6].iter().all(|&lane| (scales[lane], exponents[lane]) == (1.0, 0)));
    }

    #[test]
    fn what_is_negligible_becomes_zero() {
        let x = [1e-20, 2e-16, 1.0, 0.0, 1e-30, f32::MAX, 1.0, 1.0];
        assert_eq!(mul_or_zero(&x, &[1e-16; LANES])[..5], [0.0, 2e-16 * 1e-16, 1e-16, 0.0, 0.0]);
    }
}
