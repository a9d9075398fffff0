//! The gradient of an encoder's weights.

use std::ops::Deref;

use candle_core::backprop::GradStore;

use crate::encoder::Encoder;
use crate::error::EncoderError;
use crate::ops::pool::Buffer;

/// The gradient of an encoder's weights, in the order of [`Encoder::weights`]; its memory goes back to the encoder.
#[derive(Debug)]
pub struct Gradient(Buffer);

impl Deref for Gradient {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl AsMut<[f32]> for Gradient {
    fn as_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

impl Encoder {
    /// Takes the gradient of all weights that the backward passes since the last call left behind, summed; `store` is
    /// what the last one returned. The encoder keeps the gradient itself, candle that of [`Encoder::forward_composed`].
    ///
    /// # Errors
    ///
    /// If there was no backward pass since the last call, or `store` lacks a weight.
    pub fn take_gradient(&self, store: &GradStore) -> Result<Gradient, EncoderError> {
        let kept = self.gradient.lock().ok().and_then(|mut gradient| gradient.take());
        if let Some(gradient) = kept {
            return Ok(Gradient(gradient));
        }
        let gradient = store.get(self.weights()).ok_or(EncoderError::NoGradient)?;
        let mut buffer = self.pool.take(gradient.elem_count());
        buffer.copy_from_slice(&gradient.flatten_all()?.to_vec1::<f32>()?);
        Ok(Gradient(buffer))
    }

    /// A gradient of zeros: that of no utterance.
    pub fn zero_gradient(&self) -> Gradient {
        Gradient(self.pool.zeros(self.parameter_count()))
    }
}
