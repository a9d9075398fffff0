//! Samples of one packet behind those of the other.

use std::path::Path;

use symphonia::core::audio::GenericAudioBufferRef;

use crate::error::{AudioError, Place};
use crate::pcm::{MOST_SAMPLES, too_many};
use crate::samples::Audio;

/// Samples decoded so far, and room for those of one packet.
#[derive(Default)]
pub(crate) struct Collected {
    rate: u32,
    channels: Vec<Vec<f32>>,
    planes: Vec<Vec<f32>>,
}

impl Collected {
    pub(crate) fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Makes room for channels of so many more samples; the error says why there is none.
    fn room(&mut self, rate: u32, channels: usize, frames: usize, path: &Path) -> Result<(), AudioError> {
        if self.channels.is_empty() {
            self.rate = rate;
            self.channels = vec![Vec::new(); channels];
        }
        if self.rate != rate || self.channels.len() != channels {
            let problem = "the sampling rate or the number of channels changes; split the file there";
            return Err(AudioError::damaged(path, Place::Sample(self.frames()), problem));
        }
        if (self.frames() + frames).saturating_mul(channels) > MOST_SAMPLES {
            return Err(too_many(path));
        }
        Ok(())
    }

    pub(crate) fn add(&mut self, buffer: &GenericAudioBufferRef<'_>, path: &Path) -> Result<(), AudioError> {
        self.room(buffer.spec().rate(), buffer.num_planes(), buffer.frames(), path)?;
        buffer.copy_to_vecs_planar(&mut self.planes);
        for (channel, plane) in self.channels.iter_mut().zip(&self.planes) {
            channel.extend_from_slice(plane);
        }
        Ok(())
    }

    pub(crate) fn add_interleaved(
        &mut self,
        rate: u32,
        channels: usize,
        samples: &[f32],
        path: &Path,
    ) -> Result<(), AudioError> {
        self.room(rate, channels, samples.len() / channels, path)?;
        for (c, channel) in self.channels.iter_mut().enumerate() {
            channel.extend(samples.iter().skip(c).step_by(channels));
        }
        Ok(())
    }

    pub(crate) fn into_audio(self) -> Audio {
        Audio::new(self.rate, self.channels)
    }
}
