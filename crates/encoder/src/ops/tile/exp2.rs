//! Powers of two, a vector at a time.

use std::f32::consts::LN_2;

use pulp::Simd;

/// 2ˣ for −126 ≤ x ≤ 120 within 2 units in the last place, 0 for x ≤ −127, and between them a number below 2⁻¹²⁶.
///
/// The nearest integer n goes to the exponent; a polynomial (minimax on ±½, 1 at 0) gives 2^(x−n). At the bound of −127
/// the polynomial is 1, whose exponent of 127 becomes 0: the bits of zero.
#[inline(always)]
pub(crate) fn exp2<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    const ROUND: f32 = 12_582_912.0; // 1.5 · 2²³: adding it leaves the nearest integer in the low bits
    const COEFFICIENTS: [f32; 5] = [9.669_691e-3, 5.550_558_5e-2, 0.240_222_83, LN_2, 1.0];
    // The bound comes first, so that what is not a number stays so where vectors compute; the scalar form makes
    // it 0.
    let x = simd.max_f32s(simd.splat_f32s(-127.0), x);
    let shifted = simd.add_f32s(x, simd.splat_f32s(ROUND));
    let rest = simd.sub_f32s(x, simd.sub_f32s(shifted, simd.splat_f32s(ROUND)));
    let mut polynomial = simd.splat_f32s(1.330_060_5e-3);
    // Not a fold: a closure may be compiled without the processor's vectors.
    for coefficient in COEFFICIENTS {
        polynomial = simd.mul_add_e_f32s(polynomial, rest, simd.splat_f32s(coefficient));
    }
    let exponent = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(23));
    simd.transmute_f32s_u32s(simd.add_u32s(simd.transmute_u32s_f32s(polynomial), exponent))
}
