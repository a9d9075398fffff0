//! The matrix that travels between the stages.

use crate::FrontendError;

/// Features of one utterance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    /// Values, `(frames, dim)`, row-major.
    pub data: Vec<f32>,
    /// Values a frame.
    pub dim: usize,
}

impl Features {
    /// No frames yet, of `dim` values each.
    pub fn new(dim: usize) -> Self {
        Self { data: Vec::new(), dim }
    }

    /// The number of frames.
    pub fn frames(&self) -> usize {
        self.data.len().checked_div(self.dim).unwrap_or(0)
    }

    /// Whether there is no frame.
    pub fn is_empty(&self) -> bool {
        self.frames() == 0
    }

    /// Frame `index`, `(dim)`. Panics where there is none, as indexing does.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.data[index * self.dim..(index + 1) * self.dim]
    }

    /// Frame `index`, `(dim)`, to be changed. Panics where there is none, as indexing does.
    pub fn row_mut(&mut self, index: usize) -> &mut [f32] {
        &mut self.data[index * self.dim..(index + 1) * self.dim]
    }

    /// The frames in order, each `(dim)`.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f32> {
        self.data.chunks_exact(self.dim.max(1))
    }

    /// The frames in order, each `(dim)`, to be changed.
    pub fn rows_mut(&mut self) -> std::slice::ChunksExactMut<'_, f32> {
        self.data.chunks_exact_mut(self.dim.max(1))
    }

    /// Looks for values that are infinite or not a number: NaN samples end up here, since a frame with one NaN sample
    /// is NaN throughout.
    ///
    /// # Errors
    ///
    /// The first of them, by frame and dimension.
    pub fn check_finite(&self) -> Result<(), FrontendError> {
        match self.data.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(at) => {
                Err(FrontendError::NotFinite { frame: at / self.dim.max(1), dimension: at % self.dim.max(1) })
            }
        }
    }

    pub(crate) fn check_dim(&self, expected: usize) -> Result<(), FrontendError> {
        if self.dim == expected {
            Ok(())
        } else {
            Err(FrontendError::Dimension { expected, found: self.dim })
        }
    }
}
