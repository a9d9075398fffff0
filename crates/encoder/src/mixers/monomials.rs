//! Products of the values of a row, as many as a polynomial's degree at a time: the features of polynomial kernels.

use candle_core::{D, Result, Tensor};

use crate::ops::math::{dot, vectorised_fn};
use crate::ops::scratch;

/// The polynomial (s + c)ᵖ of similarities s = x·y/√d.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Polynomial {
    /// p: even, so that no similarity is below 0.
    pub(crate) degree: usize,
    /// c: 0 or more.
    pub(crate) offset: f32,
}

/// Features of rows of d values whose products are a polynomial of x·y/√d. They are the products of p values, each
/// once, with the square root of how often it occurs; where c > 0, the values have a 1 behind them: C(d + p − 1, p) or
/// C(d + p, p) features.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Monomials {
    polynomial: Polynomial,
    weight: f32,
    rest: f32,
    dim: usize,
    factors: Vec<f32>,
}

/// How many products of `degree` of so many values there are: C(values + degree − 1, degree).
fn count(values: usize, degree: usize) -> usize {
    (0..degree).fold(1, |count: usize, i| count.saturating_mul(values + i) / (i + 1))
}

impl Polynomial {
    /// (s + 1)²
    pub(crate) const TAYLOR: Self = Self { degree: 2, offset: 1.0 };

    /// How many features its rows of `dim` values have.
    pub(crate) fn width(self, dim: usize) -> usize {
        count(self.values(dim), self.degree)
    }

    /// The values that are multiplied, the 1 among them.
    fn values(self, dim: usize) -> usize {
        dim + usize::from(self.offset > 0.0)
    }
}

vectorised_fn! {
    /// The features of rows x; `inner` is room for the products of one row that have fewer values.
    fn write_features<'a>(monomials: &'a Monomials, x: &'a [f32], inner: &'a mut [f32], features: &'a mut [f32]) {
        let Monomials { polynomial, dim, ref factors, .. } = *monomials;
        let (values, degree) = (polynomial.values(dim), polynomial.degree);
        let below = inner.len() - count(values, degree - 1);
        for (x, features) in x.chunks_exact(dim).zip(features.chunks_exact_mut(factors.len())) {
            monomials.inner(x, inner);
            let mut rows = 0;
            for i in 0..values {
                let from = &inner[below..][count(values, degree - 1) - count(values - i, degree - 1)..];
                let row = rows..rows + from.len();
                for ((f, factor), from) in features[row.clone()].iter_mut().zip(&factors[row]).zip(from) {
                    *f = inner[i] * from * factor;
                }
                rows += from.len();
            }
        }
    }
}

vectorised_fn! {
    /// The gradient of rows x; `dinner` and `dvalues` are room for the gradients of one row's products and values.
    fn features_backward<'a>(
        monomials: &'a Monomials,
        x: &'a [f32],
        dfeatures: &'a [f32],
        inner: &'a mut [f32],
        dinner: &'a mut [f32],
        dvalues: &'a mut [f32],
        dx: &'a mut [f32],
    ) {
        let Monomials { polynomial, dim, ref factors, .. } = *monomials;
        let values = dvalues.len();
        let rows = x.chunks_exact(dim).zip(dfeatures.chunks_exact(factors.len()));
        for ((x, df), dx) in rows.zip(dx.chunks_exact_mut(dim)) {
            monomials.inner(x, inner);
            dvalues.fill(0.0);
            dinner.fill(0.0);
            let mut end = inner.len();
            for ((d, g), factor) in dinner[end..].iter_mut().zip(df).zip(factors) {
                *d = g * factor;
            }
            for degree in (2..=polynomial.degree).rev() {
                let start = end - count(values, degree - 1);
                let (dbelow, dabove) = dinner[start..].split_at_mut(end - start);
                let mut rows = 0;
                for i in 0..values {
                    let first = dbelow.len() - count(values - i, degree - 1);
                    let (from, dfrom) = (&inner[start..end][first..], &mut dbelow[first..]);
                    let d = &dabove[rows..][..from.len()];
                    dvalues[i] += dot(d, from);
                    dfrom.iter_mut().zip(d).for_each(|(dfrom, d)| *dfrom += inner[i] * d);
                    rows += from.len();
                }
                end = start;
            }
            for ((dx, dvalue), dinner) in dx.iter_mut().zip(&*dvalues).zip(&*dinner) {
                *dx = dvalue + dinner;
            }
        }
    }
}

impl Monomials {
    /// (s + c)ᵖ
    pub(crate) fn polynomial(polynomial: Polynomial, dim: usize) -> Self {
        Self::new(polynomial, 1.0, 0.0, dim)
    }

    /// 1 + s + s²/2, which is ((s + 1)² + 1)/2.
    pub(crate) fn taylor(dim: usize) -> Self {
        Self::new(Polynomial::TAYLOR, 0.5, 0.5, dim)
    }

    /// `rest` joins what is made of 1 alone, and so wants an offset.
    fn new(polynomial: Polynomial, weight: f32, rest: f32, dim: usize) -> Self {
        let values = polynomial.values(dim);
        let mut factors = Vec::with_capacity(polynomial.width(dim));
        let mut product = vec![0; polynomial.degree];
        loop {
            // p! / Π (how often each value occurs)!
            let (mut times, mut run) = (1.0, 0);
            for (i, value) in product.iter().enumerate() {
                run = if i > 0 && product[i - 1] == *value { run + 1 } else { 1 };
                times *= (i + 1) as f64 / f64::from(run);
            }
            let ones = product.iter().filter(|&&value| value == dim).count();
            let of_values = (dim as f64).powf(-0.5 * (polynomial.degree - ones) as f64);
            let coefficient = times * of_values * f64::from(polynomial.offset).powi(ones as i32);
            let rest = if ones == polynomial.degree { rest } else { 0.0 };
            factors.push((f64::from(weight) * coefficient + f64::from(rest)).sqrt() as f32);
            // The next in order, none of whose values is below the one before it.
            let Some(last) = product.iter().rposition(|&value| value + 1 < values) else { break };
            let next = product[last] + 1;
            product[last..].fill(next);
        }
        Self { polynomial, weight, rest, dim, factors }
    }

    pub(crate) fn width(&self) -> usize {
        self.factors.len()
    }

    /// What the products of fewer values take, from single values on.
    fn inner_len(&self) -> usize {
        let values = self.polynomial.values(self.dim);
        (1..self.polynomial.degree).map(|degree| count(values, degree)).sum()
    }

    /// Writes the products of one value, two, …, all but the last.
    #[inline(always)]
    fn inner(&self, x: &[f32], inner: &mut [f32]) {
        let values = self.polynomial.values(self.dim);
        inner[..x.len()].copy_from_slice(x);
        inner[x.len()..values].fill(1.0);
        let mut start = 0;
        for degree in 2..self.polynomial.degree {
            let (below, above) = inner[start..].split_at_mut(count(values, degree - 1));
            let x = |i: usize| if i < x.len() { x[i] } else { 1.0 };
            let mut rows = 0;
            for i in 0..values {
                let from = &below[below.len() - count(values - i, degree - 1)..];
                let to = &mut above[rows..][..from.len()];
                to.iter_mut().zip(from).for_each(|(to, from)| *to = x(i) * from);
                rows += from.len();
            }
            start += below.len();
        }
    }

    /// Writes the features, (N, width), of rows x, (N, dim).
    pub(crate) fn forward(&self, x: &[f32], features: &mut [f32]) {
        write_features(self, x, &mut scratch::take(self.inner_len()), features);
    }

    /// Writes the gradient of x from that of the features.
    pub(crate) fn backward(&self, x: &[f32], dfeatures: &[f32], dx: &mut [f32]) {
        let mut inner = scratch::take(self.inner_len());
        let mut dinner = scratch::take(inner.len() + self.width());
        let mut dvalues = scratch::take(self.polynomial.values(self.dim));
        features_backward(self, x, dfeatures, &mut inner, &mut dinner, &mut dvalues, dx);
    }

    /// The same of candle's operations, with each product as often as it occurs: (…, dim) to (…, features).
    pub(crate) fn compose(&self, x: &Tensor) -> Result<Tensor> {
        let Polynomial { degree, offset } = self.polynomial;
        let mut values = (x * (self.dim as f64).powf(-0.25))?;
        let one = x.narrow(D::Minus1, 0, 1)?.ones_like()?;
        if offset > 0.0 {
            values = Tensor::cat(&[&values, &(&one * f64::from(offset).sqrt())?], D::Minus1)?;
        }
        let mut features = (&values * f64::from(self.weight).sqrt())?;
        for _ in 1..degree {
            let products =
                features.unsqueeze(D::Minus1)?.broadcast_mul(&values.unsqueeze(values.rank() - 1)?)?;
            features = products.flatten_from(products.rank() - 2)?;
        }
        if self.rest > 0.0 {
            features = Tensor::cat(&[&features, &(one * f64::from(self.rest).sqrt())?], D::Minus1)?;
        }
        features.contiguous()
    }
}
