//! Cepstral mean and variance normalisation, as it is still called for filterbanks.

use std::fs;
use std::path::Path;

use linnet_files::{json_problem, write_beside};
use serde::{Deserialize, Serialize};

use crate::{Features, FrontendError};

/// A dimension that varies less than this is constant: it is centred and not scaled.
const LEAST_VARIANCE: f64 = 1e-10;

/// Means and standard deviations that bring each dimension to mean 0 and variance 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cmvn {
    /// Frames they were taken over.
    pub frames: u64,
    /// Mean of each dimension, `(dim)`.
    pub mean: Vec<f32>,
    /// Standard deviation of each dimension over the population, `(dim)`; 1 for a dimension that is constant.
    pub std: Vec<f32>,
}

/// Sums over frames, in `f64`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CmvnAccumulator {
    frames: u64,
    sum: Vec<f64>,
    squares: Vec<f64>,
}

impl CmvnAccumulator {
    /// No frames yet, of `dim` values each.
    pub fn new(dim: usize) -> Self {
        Self { frames: 0, sum: vec![0.0; dim], squares: vec![0.0; dim] }
    }

    /// Adds an utterance, `(frames, dim)`.
    ///
    /// # Errors
    ///
    /// Another dimension, or a value that is not finite; nothing is added then.
    pub fn add(&mut self, features: &Features) -> Result<(), FrontendError> {
        features.check_dim(self.sum.len())?;
        features.check_finite()?;
        for row in features.rows() {
            for ((&value, sum), square) in row.iter().zip(&mut self.sum).zip(&mut self.squares) {
                let value = f64::from(value);
                *sum += value;
                *square += value * value;
            }
        }
        self.frames += features.frames() as u64;
        Ok(())
    }

    /// Adds what another accumulator has seen. Sums depend on the order of additions in their last digits: merge in a
    /// fixed order.
    ///
    /// # Errors
    ///
    /// Another dimension; nothing is added then.
    pub fn merge(&mut self, other: &Self) -> Result<(), FrontendError> {
        if self.sum.len() != other.sum.len() {
            return Err(FrontendError::Dimension { expected: self.sum.len(), found: other.sum.len() });
        }
        self.frames += other.frames;
        for (sum, other) in self.sum.iter_mut().zip(&other.sum) {
            *sum += other;
        }
        for (square, other) in self.squares.iter_mut().zip(&other.squares) {
            *square += other;
        }
        Ok(())
    }

    /// Mean and deviation of what was added.
    ///
    /// # Errors
    ///
    /// No frame.
    pub fn finish(&self) -> Result<Cmvn, FrontendError> {
        if self.frames == 0 {
            return Err(FrontendError::NoFrames);
        }
        let count = self.frames as f64;
        let deviation = |(sum, square): (&f64, &f64)| {
            let mean = sum / count;
            let variance = square / count - mean * mean;
            if variance < LEAST_VARIANCE { 1.0 } else { variance.sqrt() as f32 }
        };
        Ok(Cmvn {
            mean: self.sum.iter().map(|sum| (sum / count) as f32).collect(),
            std: self.sum.iter().zip(&self.squares).map(deviation).collect(),
            frames: self.frames,
        })
    }
}

impl Cmvn {
    /// Statistics of one utterance alone, `(frames, dim)`.
    ///
    /// # Errors
    ///
    /// No frame, or a value that is not finite.
    pub fn per_utterance(features: &Features) -> Result<Self, FrontendError> {
        let mut sums = CmvnAccumulator::new(features.dim);
        sums.add(features)?;
        sums.finish()
    }

    /// Values a frame.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// Normalises an utterance, `(frames, dim)`, in place: (x − mean) / std.
    ///
    /// # Errors
    ///
    /// Another dimension.
    pub fn apply(&self, features: &mut Features) -> Result<(), FrontendError> {
        features.check_dim(self.dim())?;
        for row in features.rows_mut() {
            for ((value, mean), std) in row.iter_mut().zip(&self.mean).zip(&self.std) {
                *value = (*value - mean) / std;
            }
        }
        Ok(())
    }

    /// Reads a JSON file of `frames`, `mean` and `std`.
    ///
    /// # Errors
    ///
    /// A file that can't be read, or holds other things, means and deviations of different lengths, or values that
    /// can't be.
    pub fn read(path: &Path) -> Result<Self, FrontendError> {
        let text = fs::read(path).map_err(|source| FrontendError::Io { path: path.into(), source })?;
        let broken = |problem: String| FrontendError::CmvnFile { path: path.into(), problem };
        let Self { frames, mean, std } =
            serde_json::from_slice(&text).map_err(|error| broken(json_problem(&error)))?;
        if mean.len() != std.len() {
            return Err(broken(format!("mean has {} values and std {}", mean.len(), std.len())));
        }
        if let Some(at) = mean.iter().position(|value| !value.is_finite()) {
            return Err(broken(format!("mean[{at}] is not finite")));
        }
        if let Some(at) = std.iter().position(|value| !(value.is_finite() && *value > 0.0)) {
            return Err(broken(format!("std[{at}] = {} is not above 0", std[at])));
        }
        Ok(Self { mean, std, frames })
    }

    /// Writes the JSON file that [`read`](Self::read) reads, see [`write_beside`].
    ///
    /// # Errors
    ///
    /// A file that can't be written.
    pub fn write(&self, path: &Path) -> Result<(), FrontendError> {
        write_beside(path, |out| {
            serde_json::to_writer(&mut *out, self)?;
            out.write_all(b"\n")
        })
        .map_err(|source| FrontendError::Io { path: path.into(), source })
    }
}
