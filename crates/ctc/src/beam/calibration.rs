//! From raw confidences to probabilities.

use thiserror::Error;

/// A map from raw confidences to the probability that the word is correct: `σ(scale · logit(raw) + offset)`.
///
/// Platt (1999) fits such a map to the scores of a classifier. It keeps the order of the confidences as long as the
/// scale is positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// The factor of the raw confidence's logit.
    pub scale: f64,
    /// What is added to it.
    pub offset: f64,
}

impl Default for Calibration {
    /// Leaves confidences as they are.
    fn default() -> Self {
        Self { scale: 1.0, offset: 0.0 }
    }
}

/// Why a calibration can't be fitted.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum CalibrationError {
    /// There are no pairs.
    #[error("there are no words to calibrate the confidence with: score a set that has some")]
    Empty,
    /// A confidence is none.
    #[error("the confidence {value} of word {index} is not between 0 and 1")]
    OutOfRange {
        /// Which pair, from 0.
        index: usize,
        /// Its confidence.
        value: f32,
    },
}

/// Raw confidences count as lying within this of 0 and 1.
const MARGIN: f64 = 1e-4;

/// Newton's steps; some ten are enough.
const STEPS: usize = 100;

/// How strongly the fit is drawn to the identity; it keeps few or separable words from infinite scales.
const PULL: f64 = 1e-2;

impl Calibration {
    /// The map under which the pairs `(raw confidence, correct)` are most likely.
    ///
    /// # Errors
    ///
    /// If there are no pairs, or a confidence is not between 0 and 1.
    pub fn fit(pairs: &[(f32, bool)]) -> Result<Self, CalibrationError> {
        if pairs.is_empty() {
            return Err(CalibrationError::Empty);
        }
        if let Some((index, &(value, _))) =
            pairs.iter().enumerate().find(|(_, (raw, _))| !(0.0..=1.0).contains(raw))
        {
            return Err(CalibrationError::OutOfRange { index, value });
        }
        let mut fitted = Self::default();
        let mut loss = fitted.loss(pairs);
        for _ in 0..STEPS {
            let (slope, curve) = fitted.derivatives(pairs);
            let determinant = curve[0] * curve[2] - curve[1] * curve[1];
            let mut step = [
                (curve[2] * slope[0] - curve[1] * slope[1]) / determinant,
                (curve[0] * slope[1] - curve[1] * slope[0]) / determinant,
            ];
            // Far from the best point a whole step may lead away.
            let mut next = fitted;
            let mut next_loss = f64::INFINITY;
            for _ in 0..40 {
                next = Self { scale: fitted.scale - step[0], offset: fitted.offset - step[1] };
                next_loss = next.loss(pairs);
                if next_loss <= loss {
                    break;
                }
                step = step.map(|part| part / 2.0);
            }
            if next_loss >= loss - 1e-12 * loss.abs() {
                break;
            }
            (fitted, loss) = (next, next_loss);
        }
        Ok(fitted)
    }

    /// The probability that a word of this raw confidence is correct.
    pub fn apply(&self, raw: f32) -> f32 {
        if *self == Self::default() {
            return raw;
        }
        sigmoid(self.scale * logit(raw) + self.offset) as f32
    }

    /// The negative log-likelihood, with the pull.
    fn loss(&self, pairs: &[(f32, bool)]) -> f64 {
        let one = |&(raw, correct): &(f32, bool)| {
            let z = self.scale * logit(raw) + self.offset;
            let z = if correct { -z } else { z };
            // ln(1 + exp(z)) without overflow.
            z.max(0.0) + (-z.abs()).exp().ln_1p()
        };
        let pull = PULL / 2.0 * ((self.scale - 1.0).powi(2) + self.offset.powi(2));
        pairs.iter().map(one).sum::<f64>() + pull
    }

    /// The loss' first derivatives by scale and offset, and its second ones: by scale, by both, by offset.
    fn derivatives(&self, pairs: &[(f32, bool)]) -> ([f64; 2], [f64; 3]) {
        let mut slope = [PULL * (self.scale - 1.0), PULL * self.offset];
        let mut curve = [PULL, 0.0, PULL];
        for &(raw, correct) in pairs {
            let x = logit(raw);
            let p = sigmoid(self.scale * x + self.offset);
            let (error, weight) = (p - f64::from(u8::from(correct)), p * (1.0 - p));
            slope[0] += error * x;
            slope[1] += error;
            curve[0] += weight * x * x;
            curve[1] += weight * x;
            curve[2] += weight;
        }
        (slope, curve)
    }
}

fn logit(raw: f32) -> f64 {
    let p = f64::from(raw).clamp(MARGIN, 1.0 - MARGIN);
    (p / (1.0 - p)).ln()
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// The expected calibration error of pairs `(confidence, correct)`: confidences are sorted into `bins` of equal width,
/// and the distances between each bin's mean confidence and its share of correct words are averaged, weighted by its
/// number of words (Naeini et al. 2015). No pairs give 0.
pub fn expected_calibration_error(pairs: &[(f32, bool)], bins: usize) -> f64 {
    let bins = bins.max(1);
    let mut sums = vec![0.0; bins];
    for &(confidence, correct) in pairs {
        let bin = ((f64::from(confidence) * bins as f64) as usize).min(bins - 1);
        sums[bin] += f64::from(confidence) - f64::from(u8::from(correct));
    }
    sums.iter().map(|sum| sum.abs()).sum::<f64>() / pairs.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn a_fit_finds_the_map_that_made_the_pairs() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let truth = Calibration { scale: 0.6, offset: -0.8 };
        let pairs: Vec<(f32, bool)> = (0..20_000)
            .map(|_| {
                let raw = rng.random_range(0.01..0.99);
                (raw, rng.random_range(0.0..1.0) < truth.apply(raw))
            })
            .collect();
        let fitted = Calibration::fit(&pairs).unwrap();
        assert!((fitted.scale - 0.6).abs() < 0.05 && (fitted.offset + 0.8).abs() < 0.05, "{fitted:?}");
        let mapped: Vec<_> = pairs.iter().map(|&(raw, correct)| (fitted.apply(raw), correct)).collect();
        let (before, after) =
            (expected_calibration_error(&pairs, 10), expected_calibration_error(&mapped, 10));
        assert!(before > 0.1 && after < 0.015, "{before} {after}");
    }

    #[test]
    fn few_and_extreme_words_have_finite_maps() {
        for pairs in [
            &[(1.0, true)][..],
            &[(0.0, false)],
            &[(0.0, true), (1.0, false)],
            &[(0.2, false), (0.9, true)],
            &[(0.5, true); 50],
        ] {
            let fitted = Calibration::fit(pairs).unwrap();
            assert!(fitted.scale.is_finite() && fitted.offset.is_finite(), "{pairs:?}: {fitted:?}");
            // No step to any side is better.
            for (scale, offset) in [(0.01, 0.0), (-0.01, 0.0), (0.0, 0.01), (0.0, -0.01)] {
                let beside = Calibration { scale: fitted.scale + scale, offset: fitted.offset + offset };
                assert!(beside.loss(pairs) > fitted.loss(pairs), "{pairs:?}: {fitted:?}");
            }
        }
        assert_eq!(Calibration::fit(&[]), Err(CalibrationError::Empty));
        let error = Calibration::fit(&[(0.5, true), (f32::NAN, true)]).unwrap_err();
        assert!(error.to_string().contains("word 1"));
    }

    #[test]
    fn the_error_is_the_mean_distance_of_the_bins() {
        let pairs = [(0.95, true), (0.95, false), (0.15, false), (1.0, true)];
        // Upper bin: 2.9 of confidence against 2 correct; lower: 0.15 against 0.
        assert!((expected_calibration_error(&pairs, 2) - (0.9 + 0.15) / 4.0).abs() < 1e-6);
        assert_eq!(expected_calibration_error(&[], 10), 0.0);
        assert_eq!(Calibration::default().apply(0.3), 0.3);
    }
}
