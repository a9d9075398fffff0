//! Sines and cosines that tell frames where they are.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{Result, Tensor};

use crate::config::{EncoderConfig, Positions};
use crate::ops::math;

/// Frames up to which an utterance's positions are kept for the next one.
const LONGEST: usize = 1 << 13;

/// Positions for frames of an encoder's width.
#[derive(Debug)]
pub(super) struct PositionTable {
    kind: Positions,
    dim: usize,
    scale: f32,
    /// The positions of as many frames as were asked for so far, (frames, width).
    known: Mutex<Arc<[f32]>>,
}

impl PositionTable {
    pub(super) fn new(config: &EncoderConfig) -> Self {
        let known = Mutex::new(Arc::from([]));
        Self { kind: config.positions, dim: config.dim, scale: config.position_scale, known }
    }

    /// The number of a frame's values that are its content; positions are added to them or fill the rest of `dim`.
    pub(super) fn content(&self) -> usize {
        if self.kind == Positions::Concatenated { self.dim / 2 } else { self.dim }
    }

    /// The number of values that tell a frame's position.
    fn width(&self) -> usize {
        match self.kind {
            Positions::None => 0,
            Positions::Sinusoidal => self.dim,
            Positions::Concatenated => self.dim - self.content(),
        }
    }

    /// The positions of an utterance's frames, (frames, width).
    pub(super) fn of(&self, frames: Range<usize>) -> Vec<f32> {
        let width = self.width();
        let waves: Vec<f32> = (0..width / 2).map(|i| angle_per_frame(i, width)).collect();
        let angles = frames.flat_map(|t| waves.iter().map(move |wave| t as f32 * wave));
        angles.flat_map(|angle| [angle.sin(), angle.cos()].map(|wave| self.scale * wave)).collect()
    }

    /// The positions of at least the first so many frames, (frames, width).
    pub(super) fn first(&self, frames: usize) -> Arc<[f32]> {
        if frames > LONGEST {
            return self.of(0..frames).into();
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < frames * self.width() {
            *known = self.of(0..frames.next_power_of_two()).into();
        }
        known.clone()
    }

    /// Tells the positions of frames, from number `first` of `positions` on, to their rows of `dim` values.
    pub(super) fn tell(&self, positions: &[f32], first: usize, rows: &mut [f32]) {
        let (dim, content, width) = (self.dim, self.content(), self.width());
        match self.kind {
            Positions::None => {}
            Positions::Sinusoidal => {
                math::vectorised(|| math::add(&positions[first * dim..][..rows.len()], rows));
            }
            Positions::Concatenated => {
                let positions = positions.chunks_exact(width).skip(first);
                let rows = rows.chunks_exact_mut(dim).zip(positions);
                rows.for_each(|(row, position)| row[content..].copy_from_slice(position));
            }
        }
    }

    /// The same by candle's operations, for one utterance's content, (frames, content).
    pub(super) fn compose(&self, content: Tensor) -> Result<Tensor> {
        if self.kind == Positions::None {
            return Ok(content);
        }
        let (n, width) = (content.dim(0)?, self.width());
        let pairs = width / 2;
        let angles: Vec<f32> =
            (0..n * pairs).map(|i| (i / pairs) as f32 * angle_per_frame(i % pairs, width)).collect();
        let angles = Tensor::from_vec(angles, (n, pairs), content.device())?;
        let positions = Tensor::stack(&[angles.sin()?, angles.cos()?], 2)?.flatten_from(1)?;
        let positions = (positions * f64::from(self.scale))?;
        match self.kind {
            Positions::Concatenated => Tensor::cat(&[content, positions], 1),
            _ => content + positions,
        }
    }
}

/// The angle per frame of the i-th pair of sine and cosine.
fn angle_per_frame(i: usize, width: usize) -> f32 {
    10_000f32.powf(-((2 * i) as f32) / width as f32)
}
