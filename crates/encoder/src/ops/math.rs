//! Elementary functions and sums that the compiler can vectorise, and the choice of the widest instructions.

/// Runs a closure compiled for the widest vector instructions that this processor has.
///
/// What the closure calls must be `#[inline(always)]` to profit.
#[inline(always)]
pub(crate) fn vectorised<R>(body: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(body)
}

/// Defines a function whose whole body is compiled as by [`vectorised`]. A long closure given to that one is left a
/// function of its own, without wide instructions, for it has several callers.
macro_rules! vectorised_fn {
    ($(#[$meta:meta])* $vis:vis fn $name:ident<$life:lifetime>($($arg:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name<$life>($($arg: $type),*) {
            struct Kernel<$life> {
                $($arg: $type),*
            }
            impl<$life> pulp::NullaryFnOnce for Kernel<$life> {
                type Output = ();
                #[inline(always)]
                fn call(self) {
                    let Self { $($arg),* } = self;
                    $body
                }
            }
            pulp::Arch::new().dispatch(Kernel { $($arg),* });
        }
    };
}
pub(crate) use vectorised_fn;

/// max(x, 0), and NaN for NaN, which `f32::max` would hide.
#[inline(always)]
pub(crate) fn relu(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

/// eˣ within 2 units in the last place, 0 below −87.3 and finite above 88.3.
///
/// Range reduction by ln 2 in two parts, then a polynomial of degree 6 (minimax over ±ln 2 / 2). Multiplies and
/// adds are not fused, so that every processor gives the same bits.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 · 2²³: adding it leaves the nearest integer in the low bits
    let clamped = x.clamp(-87.3, 88.3);
    let shifted = clamped * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (clamped - n * 0.693_359_4) - n * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    let y = (p * r * r + r) + 1.0;
    let scale = f32::from_bits(((shifted.to_bits() as i32) << 23).wrapping_add(127 << 23) as u32);
    if x < -87.3 { 0.0 } else { y * scale }
}

/// The logistic function 1 / (1 + e⁻ˣ).
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// ln(1 + eᵘ) within 3e-7 of itself: of z = e^−|u|, ln(1 + z) = 2·artanh(z / (2 + z)), whose series falls by a ninth
/// and more a term.
#[inline(always)]
pub(crate) fn softplus(u: f32) -> f32 {
    let z = exp(-u.abs());
    let t = z / (2.0 + z);
    let s = t * t;
    let mut p = 1.0 / 13.0;
    for divisor in [11.0, 9.0, 7.0, 5.0, 3.0] {
        p = p * s + 1.0 / divisor;
    }
    u.max(0.0) + 2.0 * t * (p * s + 1.0)
}

/// The hyperbolic tangent, 2·σ(2x) − 1, within 1.2e-7.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

const LANES: usize = 16;

/// Σ f(i) over a row, in 16 interleaved partial sums (a fixed order).
#[inline(always)]
fn sum_by(len: usize, f: impl Fn(usize) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let whole = len / LANES * LANES;
    for base in (0..whole).step_by(LANES) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += f(base + lane);
        }
    }
    let tail: f32 = (whole..len).map(&f).sum();
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0] + tail
}

/// The sum of a row.
#[inline(always)]
pub(crate) fn sum(x: &[f32]) -> f32 {
    sum_by(x.len(), |i| x[i])
}

/// The inner product of two rows of one length.
#[inline(always)]
pub(crate) fn dot(x: &[f32], y: &[f32]) -> f32 {
    let y = &y[..x.len()];
    sum_by(x.len(), |i| x[i] * y[i])
}

/// The sum of a row's squared distances from a value.
#[inline(always)]
pub(crate) fn sum_of_squares_about(x: &[f32], centre: f32) -> f32 {
    sum_by(x.len(), |i| (x[i] - centre) * (x[i] - centre))
}

/// The largest value of a row, −∞ for an empty one.
#[inline(always)]
pub(crate) fn max(x: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let mut chunks = x.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane = if v > *lane { v } else { *lane };
        }
    }
    chunks.remainder().iter().chain(&lanes).copied().fold(f32::NEG_INFINITY, f32::max)
}

/// Logits to probabilities.
#[inline(always)]
pub(crate) fn softmax(x: &mut [f32]) {
    let highest = max(x);
    x.iter_mut().for_each(|x| *x = exp(*x - highest));
    let inverse = 1.0 / sum(x);
    x.iter_mut().for_each(|x| *x *= inverse);
}

/// y += x
#[inline(always)]
pub(crate) fn add(x: &[f32], y: &mut [f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_close_over_its_whole_range() {
        for i in -870..883 {
            let x = i as f32 / 10.0 + 0.013;
            let exact = f64::from(x).exp();
            let got = vectorised(|| exp(x));
            assert!((f64::from(got) / exact - 1.0).abs() < 2.4e-7, "exp({x}) = {got}, not {exact}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-1000.0), 0.0);
        assert!(exp(1000.0).is_finite());
    }

    #[test]
    fn softplus_is_close_over_its_whole_range() {
        for i in -1000..1000 {
            let u = i as f32 / 11.0;
            let exact = f64::from(u).exp().ln_1p();
            let got = f64::from(vectorised(|| softplus(u)));
            // Where the exponential is 0, so is this.
            assert!((got - exact).abs() <= 3e-7 * exact + 1e-37, "softplus({u}) = {got}, not {exact}");
        }
        assert_eq!((softplus(0.0), softplus(200.0)), (std::f32::consts::LN_2, 200.0));
    }

    #[test]
    fn sums_and_maxima_agree_with_plain_loops() {
        for len in [0, 1, 15, 16, 17, 100] {
            let x: Vec<f32> = (0..len).map(|i| ((i * 37 % 11) as f32) - 5.0).collect();
            assert_eq!(sum(&x), x.iter().sum::<f32>());
            assert_eq!(dot(&x, &x), x.iter().map(|v| v * v).sum::<f32>());
            assert_eq!(max(&x), x.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        }
    }
}
