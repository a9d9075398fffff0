//! Feature maps φ: what linear attention makes of queries and keys so that φ(q)·φ(k) is a similarity.

use candle_core::{D, Result, Tensor};

use super::monomials::Monomials;
use crate::ops::activation::{elu_feature, elu_slope};
use crate::ops::math::{dot, exp, max, relu, softmax, sum, vectorised, vectorised_fn};
use crate::ops::matmul::{Matrix, matmul};
use crate::ops::{linear, scratch};
use crate::parameters::{HeadParameter, Init};
use crate::random;

/// What is added to denominators.
pub(super) const EPSILON: f32 = 1e-6;

/// A map of rows of d values to rows of as many features as [`FeatureMap::width`] says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FeatureMap {
    /// elu(x) + 1 (Katharopoulos et al., 2020, equation 7): d features.
    Elu,
    /// max(x, 0): d features.
    Relu,
    /// φ(x)·φ(y) = (s + c)ᵖ, s = x·y/√d (Katharopoulos et al., 2020, section 3.2.1), or 1 + s + s²/2, the first terms
    /// of eˢ (Arora et al., 2024, section 4.1).
    Monomials(Monomials),
    /// softmax([2u, −2u]) with u = W·x + b of each head's own, W = 1 at first (Zhang et al., 2024, section 4.1, where
    /// the factor is learned by W): 2·d features.
    Hedgehog,
    /// exp(ωᵢ·x/d^¼ − |x|²/(2·√d)) / √m for m fixed random directions ω, orthogonal by d at a time, of which the mean
    /// of φ(x)·φ(y) is e^(x·y/√d) (Choromanski et al., 2021, lemma 1): ω is (m, d). Each query's are divided by the
    /// highest of them, which cancels (appendix B.1 there).
    Random(Vec<f32>),
}

/// Whose features: a learned map has parameters of its own for queries and for keys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Side {
    Query,
    Key,
}

vectorised_fn! {
    /// softmax([2u, −2u]) of each row.
    fn two_sided_softmax<'a>(u: &'a [f32], dim: usize, features: &'a mut [f32]) {
        for (u, f) in u.chunks_exact(dim).zip(features.chunks_exact_mut(2 * dim)) {
            let (up, down) = f.split_at_mut(dim);
            for ((up, down), u) in up.iter_mut().zip(down).zip(u) {
                (*up, *down) = (2.0 * u, -2.0 * u);
            }
            softmax(f);
        }
    }
}

vectorised_fn! {
    /// The gradient of u from that of the features.
    fn two_sided_softmax_backward<'a>(f: &'a [f32], df: &'a [f32], dim: usize, du: &'a mut [f32]) {
        let rows = f.chunks_exact(2 * dim).zip(df.chunks_exact(2 * dim));
        for ((f, df), du) in rows.zip(du.chunks_exact_mut(dim)) {
            let mean = dot(f, df);
            let ((up, down), (dup, ddown)) = (f.split_at(dim), df.split_at(dim));
            for (((du, up), dup), (down, ddown)) in du.iter_mut().zip(up).zip(dup).zip(down.iter().zip(ddown)) {
                *du = 2.0 * (up * (dup - mean) - down * (ddown - mean));
            }
        }
    }
}

vectorised_fn! {
    /// From ω·x′ to random features: those of queries are divided by their highest one, those of keys multiplied by
    /// e^(−|x′|²/2).
    fn exponentials<'a>(
        side: Side,
        x: &'a [f32],
        dim: usize,
        half: f32,
        scale: f32,
        features: &'a mut [f32],
        width: usize,
    ) {
        for (x, f) in x.chunks_exact(dim).zip(features.chunks_exact_mut(width)) {
            let shift = if side == Side::Query { max(f) } else { half * dot(x, x) };
            f.iter_mut().for_each(|f| *f = scale * exp(*f - shift));
        }
    }
}

vectorised_fn! {
    /// What the features' factor exp(−|x′|²/2) adds to the gradient of x, g the gradient of the exponents.
    fn norms_backward<'a>(x: &'a [f32], dim: usize, g: &'a [f32], width: usize, scale: f32, dx: &'a mut [f32]) {
        let rows = x.chunks_exact(dim).zip(g.chunks_exact(width));
        for ((x, g), dx) in rows.zip(dx.chunks_exact_mut(dim)) {
            let total = scale * sum(g);
            dx.iter_mut().zip(x).for_each(|(d, x)| *d -= total * x);
        }
    }
}

impl FeatureMap {
    /// The map of as many random features as two heads have values, drawn anew for each layer.
    pub(crate) fn random(dim: usize, layer: usize) -> Self {
        let mut rng = random::stream(0, &format!("random_features/{layer}"));
        let mut draw = || (0..dim).map(|_| random::normal(&mut rng)).collect::<Vec<f64>>();
        let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mut directions = Vec::with_capacity(2 * dim * dim);
        for _ in 0..2 {
            let mut basis: Vec<Vec<f64>> = Vec::with_capacity(dim);
            while basis.len() < dim {
                let mut row = draw();
                for other in &basis {
                    let along = inner(&row, other);
                    row.iter_mut().zip(other).for_each(|(r, o)| *r -= along * o);
                }
                let length = inner(&row, &row).sqrt();
                if length > 1e-6 {
                    row.iter_mut().for_each(|r| *r /= length);
                    basis.push(row);
                }
            }
            for row in basis {
                let length = draw().iter().map(|x| x * x).sum::<f64>().sqrt();
                directions.extend(row.iter().map(|r| (r * length) as f32));
            }
        }
        Self::Random(directions)
    }

    /// The parameters that each head has for itself: the queries', then the keys'.
    pub(crate) fn parameters(&self, dim: usize) -> Vec<HeadParameter> {
        if *self != Self::Hedgehog {
            return Vec::new();
        }
        let weight = |name| HeadParameter { name, shape: vec![dim, dim], init: Init::Identity(dim) };
        let bias = |name| HeadParameter { name, shape: vec![dim], init: Init::Constant(0.0) };
        vec![
            weight("query_features.weight"),
            bias("query_features.bias"),
            weight("key_features.weight"),
            bias("key_features.bias"),
        ]
    }

    /// The parameters of one side among the head's.
    pub(crate) fn side<T: Copy>(&self, side: Side, weights: &[T]) -> Vec<T> {
        match (self, side) {
            (Self::Hedgehog, Side::Query) => weights[..2].to_vec(),
            (Self::Hedgehog, Side::Key) => weights[2..4].to_vec(),
            _ => Vec::new(),
        }
    }

    /// The number of features of a row of `dim` values.
    pub(crate) fn width(&self, dim: usize) -> usize {
        match self {
            Self::Elu | Self::Relu => dim,
            Self::Monomials(monomials) => monomials.width(),
            Self::Hedgehog => 2 * dim,
            Self::Random(directions) => directions.len() / dim,
        }
    }

    /// The multiply-adds of the products that make a frame's features, of query and key.
    pub(crate) fn multiply_adds(&self, dim: usize) -> usize {
        match self {
            Self::Elu | Self::Relu | Self::Monomials(_) => 0,
            Self::Hedgehog => 2 * dim * dim,
            Self::Random(directions) => 2 * directions.len(),
        }
    }

    /// What is added to denominators, sums over frames of φ(q)·φ(k) ≥ 0: nothing that counts for random features, which
    /// may be as small as they like.
    pub(crate) fn epsilon(&self) -> f32 {
        if matches!(self, Self::Random(_)) { f32::MIN_POSITIVE } else { EPSILON }
    }

    /// Writes the features, (N, width), of rows x, (N, dim), with one side's parameters.
    pub(crate) fn forward(
        &self,
        side: Side,
        weights: &[&[f32]],
        x: &[f32],
        dim: usize,
        features: &mut [f32],
    ) {
        match self {
            Self::Elu => vectorised(|| features.iter_mut().zip(x).for_each(|(f, &x)| *f = elu_feature(x))),
            Self::Relu => vectorised(|| features.iter_mut().zip(x).for_each(|(f, &x)| *f = relu(x))),
            Self::Monomials(monomials) => monomials.forward(x, features),
            Self::Hedgehog => {
                let mut u = scratch::take(x.len());
                linear::forward(x, weights[0], weights[1], &mut u);
                two_sided_softmax(&u, dim, features);
            }
            Self::Random(directions) => {
                let width = self.width(dim);
                matmul(Matrix::new(x, dim), Matrix::new(directions, dim).t(), slope(dim), false, features);
                let (half, scale) = (0.5 * slope(dim) * slope(dim), (width as f32).sqrt().recip());
                exponentials(side, x, dim, half, scale, features, width);
            }
        }
    }

    /// Writes the gradient of x and adds those of the side's parameters, one after another, from that of the features.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn backward(
        &self,
        weights: &[&[f32]],
        x: &[f32],
        dim: usize,
        features: &[f32],
        dfeatures: &[f32],
        dx: &mut [f32],
        dweights: &mut [f32],
    ) {
        let width = self.width(dim);
        match self {
            Self::Elu => vectorised(|| {
                let values = dfeatures.iter().zip(features);
                dx.iter_mut().zip(values).for_each(|(d, (g, &f))| *d = g * elu_slope(f));
            }),
            Self::Relu => vectorised(|| {
                let values = dfeatures.iter().zip(features);
                dx.iter_mut().zip(values).for_each(|(d, (&g, &f))| *d = if f > 0.0 { g } else { 0.0 });
            }),
            Self::Monomials(monomials) => monomials.backward(x, dfeatures, dx),
            Self::Hedgehog => {
                let mut du = scratch::take(x.len());
                two_sided_softmax_backward(features, dfeatures, dim, &mut du);
                let (dweight, dbias) = dweights.split_at_mut(dim * dim);
                linear::backward_weight(x, &du, dweight, dbias);
                linear::backward_input(&du, weights[0], dim, false, dx);
            }
            Self::Random(directions) => {
                let mut g = scratch::take(features.len());
                vectorised(|| {
                    g.iter_mut().zip(features.iter().zip(dfeatures)).for_each(|(g, (f, df))| *g = f * df)
                });
                matmul(Matrix::new(&g, width), Matrix::new(directions, dim), slope(dim), false, dx);
                let scale = slope(dim) * slope(dim);
                norms_backward(x, dim, &g, width, scale, dx);
            }
        }
    }

    /// The same of candle's operations, on (heads, N, dim) and one side's parameters of (heads, …).
    pub(crate) fn compose(&self, side: Side, weights: &[&Tensor], x: &Tensor) -> Result<Tensor> {
        let dim = x.dim(D::Minus1)?;
        match self {
            Self::Elu => (x.minimum(0f32)?.exp()? + x.maximum(0f32)?)?.contiguous(),
            Self::Relu => x.relu()?.contiguous(),
            Self::Monomials(monomials) => monomials.compose(x),
            Self::Hedgehog => {
                let u = x.contiguous()?.matmul(&weights[0].transpose(1, 2)?.contiguous()?)?;
                let u = (u.broadcast_add(&weights[1].unsqueeze(1)?)? * 2.0)?;
                let logits = Tensor::cat(&[&u, &u.neg()?], D::Minus1)?;
                let exponents = logits.broadcast_sub(&logits.max_keepdim(D::Minus1)?.detach())?.exp()?;
                exponents.broadcast_div(&exponents.sum_keepdim(D::Minus1)?)?.contiguous()
            }
            Self::Random(directions) => {
                let width = directions.len() / dim;
                let directions = Tensor::from_slice(directions, (width, dim), x.device())?;
                let scale = f64::from(slope(dim));
                let products = (x.contiguous()?.broadcast_matmul(&directions.t()?)? * scale)?;
                let shift = match side {
                    Side::Query => products.max_keepdim(D::Minus1)?.detach(),
                    Side::Key => (x.sqr()?.sum_keepdim(D::Minus1)? * (0.5 * scale * scale))?,
                };
                (products.broadcast_sub(&shift)?.exp()? * (1.0 / (width as f64).sqrt()))?.contiguous()
            }
        }
    }
}

/// What queries and keys are multiplied by where their product is divided by √d: 1 / d^¼.
fn slope(dim: usize) -> f32 {
    (dim as f32).powf(-0.25)
}
