//! Feature maps φ: what linear attention makes of queries and keys so that φ(q)·φ(k) is a similarity.

use candle_core::{D, Result, Tensor};

use crate::ops::math::{exp, vectorised};

/// A map of rows of d values to rows of as many features as [`FeatureMap::width`] says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum FeatureMap {
    /// elu(x) + 1 (Katharopoulos et al., 2020, equation 7): d features.
    Elu,
    /// max(x, 0): d features.
    Relu,
    /// φ(x)·φ(y) = (x·y)²/d, without the products that occur twice: d·(d + 1)/2 features.
    Polynomial,
    /// φ(x)·φ(y) = 1 + s + s²/2 with s = x·y/√d, the first terms of eˢ (Arora et al., 2024, section 4.1):
    /// 1 + d + d·(d + 1)/2 features.
    Taylor,
}

impl FeatureMap {
    /// The number of features of a row of `dim` values.
    pub(crate) fn width(self, dim: usize) -> usize {
        match self {
            Self::Elu | Self::Relu => dim,
            Self::Polynomial => dim * (dim + 1) / 2,
            Self::Taylor => 1 + dim + dim * (dim + 1) / 2,
        }
    }

    /// Writes the features, (N, width), of rows x, (N, dim).
    pub(crate) fn forward(self, x: &[f32], dim: usize, features: &mut [f32]) {
        let rows = || x.chunks_exact(dim);
        match self {
            // Two branches: x + 1 for x ≥ 0, eˣ below.
            Self::Elu => vectorised(|| {
                features.iter_mut().zip(x).for_each(|(f, &x)| *f = if x >= 0.0 { x + 1.0 } else { exp(x) });
            }),
            Self::Relu => vectorised(|| features.iter_mut().zip(x).for_each(|(f, &x)| *f = x.max(0.0))),
            Self::Polynomial => vectorised(|| {
                let scale = Squares::polynomial(dim);
                for (x, f) in rows().zip(features.chunks_exact_mut(self.width(dim))) {
                    scale.forward(x, f);
                }
            }),
            Self::Taylor => vectorised(|| {
                let (scale, slope) = (Squares::taylor(dim), slope(dim));
                for (x, f) in rows().zip(features.chunks_exact_mut(self.width(dim))) {
                    let (line, squares) = f.split_at_mut(1 + dim);
                    line[0] = 1.0;
                    line[1..].iter_mut().zip(x).for_each(|(f, x)| *f = slope * x);
                    scale.forward(x, squares);
                }
            }),
        }
    }

    /// Writes the gradient of x from that of the features.
    pub(crate) fn backward(self, x: &[f32], dim: usize, features: &[f32], dfeatures: &[f32], dx: &mut [f32]) {
        let width = self.width(dim);
        let rows = dx.chunks_exact_mut(dim).zip(x.chunks_exact(dim)).zip(dfeatures.chunks_exact(width));
        match self {
            // φ′ is 1 above 0 and φ itself below.
            Self::Elu => vectorised(|| {
                let values = dfeatures.iter().zip(features);
                dx.iter_mut().zip(values).for_each(|(d, (g, &f))| *d = g * f.min(1.0));
            }),
            Self::Relu => vectorised(|| {
                let values = dfeatures.iter().zip(features);
                dx.iter_mut().zip(values).for_each(|(d, (&g, &f))| *d = if f > 0.0 { g } else { 0.0 });
            }),
            Self::Polynomial => vectorised(|| {
                let scale = Squares::polynomial(dim);
                for ((dx, x), df) in rows {
                    dx.fill(0.0);
                    scale.backward(x, df, dx);
                }
            }),
            Self::Taylor => vectorised(|| {
                let (scale, slope) = (Squares::taylor(dim), slope(dim));
                for ((dx, x), df) in rows {
                    let (line, squares) = df.split_at(1 + dim);
                    dx.iter_mut().zip(&line[1..]).for_each(|(d, g)| *d = slope * g);
                    scale.backward(x, squares, dx);
                }
            }),
        }
    }

    /// The same of candle's operations, on (…, dim).
    pub(crate) fn compose(self, x: &Tensor) -> Result<Tensor> {
        let dim = x.dim(D::Minus1)?;
        match self {
            Self::Elu => (x.minimum(0f32)?.exp()? + x.maximum(0f32)?)?.contiguous(),
            Self::Relu => x.relu()?.contiguous(),
            Self::Polynomial => (outer(x)? * (1.0 / (dim as f64).sqrt()))?.contiguous(),
            Self::Taylor => {
                let squares = (outer(x)? * (1.0 / (2.0 * dim as f64).sqrt()))?;
                let line = (x * f64::from(slope(dim)))?;
                Tensor::cat(&[&line.narrow(D::Minus1, 0, 1)?.ones_like()?, &line, &squares], D::Minus1)?
                    .contiguous()
            }
        }
    }
}

/// What the Taylor map multiplies x by: 1 / d^¼.
fn slope(dim: usize) -> f32 {
    (dim as f32).powf(-0.25)
}

/// All products x_a·x_b, of which a < b and a > b are the same feature twice: (…, d²).
fn outer(x: &Tensor) -> Result<Tensor> {
    let products = x.unsqueeze(D::Minus1)?.broadcast_mul(&x.unsqueeze(x.rank() - 1)?)?;
    products.flatten_from(x.rank() - 1)
}

/// The products x_a·x_b of a row, each once: a = 0 with b = 0, 1, …, then a = 1 with b = 1, 2, ….
struct Squares {
    /// Factor of x_a².
    equal: f32,
    /// Factor of x_a·x_b for a < b.
    mixed: f32,
}

impl Squares {
    fn polynomial(dim: usize) -> Self {
        let scale = (dim as f32).sqrt().recip();
        Self { equal: scale, mixed: scale * std::f32::consts::SQRT_2 }
    }

    fn taylor(dim: usize) -> Self {
        let scale = (dim as f32).sqrt().recip();
        Self { equal: scale * std::f32::consts::FRAC_1_SQRT_2, mixed: scale }
    }

    #[inline(always)]
    fn forward(&self, x: &[f32], mut features: &mut [f32]) {
        for a in 0..x.len() {
            let (row, rest) = features.split_at_mut(x.len() - a);
            row[0] = self.equal * x[a] * x[a];
            let factor = self.mixed * x[a];
            row[1..].iter_mut().zip(&x[a + 1..]).for_each(|(f, x)| *f = factor * x);
            features = rest;
        }
    }

    #[inline(always)]
    fn backward(&self, x: &[f32], mut dfeatures: &[f32], dx: &mut [f32]) {
        for a in 0..x.len() {
            let (row, rest) = dfeatures.split_at(x.len() - a);
            let factor = self.mixed * x[a];
            let mut sum = 0.0;
            for ((d, g), x) in dx[a + 1..].iter_mut().zip(&row[1..]).zip(&x[a + 1..]) {
                *d += factor * g;
                sum += g * x;
            }
            dx[a] += 2.0 * self.equal * x[a] * row[0] + self.mixed * sum;
            dfeatures = rest;
        }
    }
}
