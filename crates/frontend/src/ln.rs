//! The natural logarithm, written so that it vectorises.

/// ln(x) of normal positive `x`, to within 2 units in the last place; NaN and infinity give NaN.
///
/// With x = 2ᵉ·m and m in [√½, √2): ln x = e·ln 2 + 2 artanh(s), s = (m − 1) / (m + 1), |s| ≤ 0.1716; the series of
/// artanh is cut after s⁹, where the rest is below 2e-9 of the value.
#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    // ln 2 in two parts: the first has 9 trailing zero bits, so that its product with an exponent is exact.
    const LN_2_HIGH: f32 = 0.693_145_75;
    const LN_2_LOW: f32 = 1.428_606_8e-6;
    const SQRT_HALF: u32 = std::f32::consts::FRAC_1_SQRT_2.to_bits();

    let offset = x.to_bits().wrapping_sub(SQRT_HALF) as i32 >> 23;
    let m = f32::from_bits(x.to_bits().wrapping_sub((offset as u32) << 23));
    let exponent = offset as f32;
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let series = z * (2.0 / 3.0 + z * (2.0 / 5.0 + z * (2.0 / 7.0 + z * (2.0 / 9.0))));
    let fraction = 2.0 * s + s * series;
    // Zero, but where x is not finite.
    let poison = x * 0.0;
    exponent * LN_2_HIGH + (fraction + exponent * LN_2_LOW) + poison
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_f64_over_the_whole_range() {
        let mut x = f32::EPSILON;
        while x < 1e30 {
            let exact = f64::from(x).ln();
            let error = (f64::from(ln(x)) - exact).abs();
            assert!(error <= 2e-7 * exact.abs().max(0.01), "ln({x}) is off by {error:e}");
            x *= 1.000_37;
        }
    }

    #[test]
    fn keeps_what_is_not_finite() {
        assert!(ln(f32::NAN).is_nan());
        assert!(ln(f32::INFINITY).is_nan());
        assert_eq!(ln(1.0), 0.0);
    }
}
