//! Non-negative numbers `mantissa · 2^exponent` with an f64 mantissa and an i64 exponent, kept as two
//! arrays so that loops over them vectorise.
//!
//! A path's probability over thousands of frames leaves f64's range, and states that matter later can lie
//! further than that below their neighbours; hence no scale that the states of a frame share is safe.
//! Mantissas are renormalised only now and then ([`NORMALISE_EVERY`]): in between they grow at most
//! 4.3 × a frame (three addends, an emission below √2) and shrink at most by √½.

/// The exponent that zero carries, and what makes a forbidden move negligible. No probability comes near
/// it, since log-probabilities below [`LOWEST`] count as zero and frames are limited to 2²⁰. Below half of
/// this, a value is zero.
pub(crate) const ZERO_EXPONENT: i64 = -(1 << 56);

/// A log-probability below this is taken as −∞.
pub(crate) const LOWEST: f64 = -1e10;

/// Frames between two calls of [`normalise`].
pub(crate) const NORMALISE_EVERY: usize = 16;

/// A term this many powers of two below the largest one is dropped. It exceeds f64's 53 bits by more than
/// mantissas drift between two normalisations.
const NEGLIGIBLE: i64 = -256;

/// `2^d`, or 0 if `d` is negligible beside 0.
#[inline(always)]
pub(crate) fn pow2(d: i64) -> f64 {
    let bits = (d.wrapping_add(1023) as u64) << 52;
    f64::from_bits(if d < NEGLIGIBLE { 0 } else { bits })
}

/// The sum of two numbers.
#[inline(always)]
pub(crate) fn add2(a: (f64, i64), b: (f64, i64)) -> (f64, i64) {
    let e = a.1.max(b.1);
    (a.0 * pow2(a.1 - e) + b.0 * pow2(b.1 - e), e)
}

/// The sum of three numbers.
#[inline(always)]
pub(crate) fn add3(a: (f64, i64), b: (f64, i64), c: (f64, i64)) -> (f64, i64) {
    let e = a.1.max(b.1).max(c.1);
    (a.0 * pow2(a.1 - e) + b.0 * pow2(b.1 - e) + c.0 * pow2(c.1 - e), e)
}

/// Brings every mantissa into [1, 2), or to 0 with [`ZERO_EXPONENT`].
#[inline(always)]
pub(crate) fn normalise(mantissas: &mut [f64], exponents: &mut [i64]) {
    const FRACTION: u64 = (1 << 52) - 1;
    const ONE: u64 = 1023 << 52;
    for (m, e) in mantissas.iter_mut().zip(exponents) {
        let bits = m.to_bits();
        let exponent = (*e + (bits >> 52) as i64 - 1023).max(ZERO_EXPONENT);
        let zero = *m == 0.0;
        *m = if zero { 0.0 } else { f64::from_bits((bits & FRACTION) | ONE) };
        *e = if zero { ZERO_EXPONENT } else { exponent };
    }
}

/// `exp(x)` as mantissa in [√½, √2] and exponent, for finite `x` below 1e10, or −∞.
///
/// Relative error below 1e-11; exact relative to `1 − exp(x)` for small `x`.
#[inline(always)]
pub(crate) fn exp(x: f64) -> (f64, i64) {
    // Adding 1.5·2^52 rounds to an integer that then stands in the low bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let exponent = (shifted.to_bits() as i64).wrapping_sub(ROUND.to_bits() as i64);
    let r = x - (shifted - ROUND) * std::f64::consts::LN_2;
    // Taylor to r⁹, |r| ≤ ln 2 / 2: the next term is below 7e-12.
    let mut p = 1.0 / 362_880.0;
    for c in [40_320.0, 5_040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0] {
        p = p * r + 1.0 / c;
    }
    let zero = x < LOWEST;
    (if zero { 0.0 } else { p }, if zero { ZERO_EXPONENT } else { exponent })
}

/// The natural logarithm; −∞ for zero.
pub(crate) fn ln(value: (f64, i64)) -> f64 {
    if value.1 < ZERO_EXPONENT / 2 {
        return f64::NEG_INFINITY;
    }
    value.0.ln() + value.1 as f64 * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_exact_over_the_whole_range() {
        for x in [0.0, -1e-9, -0.34, -0.35, -1.0, -87.0, -745.0, -5000.25, -1e9, 0.5, 30.0] {
            let back = ln(exp(x));
            assert!((back - x).abs() <= 1e-11 + 1e-12 * x.abs(), "{x}: {back}");
        }
        assert_eq!(exp(f64::NEG_INFINITY), (0.0, ZERO_EXPONENT));
        assert_eq!(ln(exp(-1e11)), f64::NEG_INFINITY);
    }

    #[test]
    fn sums_keep_terms_of_any_size() {
        let sum = ln(add3(exp(-5000.0), exp(-5001.0), exp(-5000.5)));
        let expected = -5000.0 + (1.0 + (-1.0f64).exp() + (-0.5f64).exp()).ln();
        assert!((sum - expected).abs() < 1e-10, "{sum} {expected}");
        assert!((ln(add2(exp(-9000.0), exp(f64::NEG_INFINITY))) + 9000.0).abs() < 1e-10);
        assert!((ln(add2(exp(-9000.0), exp(-3.0))) + 3.0).abs() < 1e-10);
    }

    #[test]
    fn normalise_changes_no_value() {
        let mut m = [3.0e9, 0.0, 0.004, 1.0];
        let mut e = [-7000, 12, 5, ZERO_EXPONENT * 3];
        normalise(&mut m, &mut e);
        assert!((ln((m[0], e[0])) - (3.0e9f64.ln() - 7000.0 * std::f64::consts::LN_2)).abs() < 1e-9);
        assert_eq!((m[1], e[1]), (0.0, ZERO_EXPONENT));
        assert!((ln((m[2], e[2])) - (0.128f64).ln()).abs() < 1e-12);
        assert_eq!(e[3], ZERO_EXPONENT);
        assert!(m.iter().all(|&m| m == 0.0 || (1.0..2.0).contains(&m)));
    }
}
