//! Samples that are not compressed, as headers of AIFF, AU, CAF, MP4 and Matroska files describe them.

use std::path::Path;

use crate::error::AudioError;
use crate::g711;
use crate::raw::ByteOrder;
use crate::samples::Audio;

/// Samples of all channels: 18 hours at 16 kHz.
pub(crate) const MOST_SAMPLES: usize = 1 << 30;
pub(crate) const MOST_CHANNELS: usize = 64;
pub(crate) const MOST_RATE: u32 = 768_000;

/// How one sample is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sample {
    /// Of 8 bits, with silence at 128.
    Unsigned,
    /// Of so many bytes, 1 to 4.
    Signed(usize),
    Float,
    Double,
    MuLaw,
    ALaw,
}

/// What the samples are; channels are interleaved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pcm {
    pub(crate) sample: Sample,
    pub(crate) order: ByteOrder,
    pub(crate) channels: usize,
    /// In Hz.
    pub(crate) sample_rate: u32,
}

impl Sample {
    /// A signed sample of so many bits, which are the upper ones of whole bytes.
    pub(crate) fn signed(bits: u32) -> Option<Self> {
        (1..=32).contains(&bits).then_some(Self::Signed(bits.div_ceil(8) as usize))
    }

    pub(crate) fn float(bits: u32) -> Option<Self> {
        match bits {
            32 => Some(Self::Float),
            64 => Some(Self::Double),
            _ => None,
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Signed(bytes) => bytes,
            Self::Unsigned | Self::MuLaw | Self::ALaw => 1,
            Self::Float => 4,
            Self::Double => 8,
        }
    }

    /// The sample of its bytes, the highest first.
    fn value(self, bytes: &[u8]) -> f32 {
        let integer = || bytes.iter().fold(0u64, |value, &b| value << 8 | u64::from(b));
        match self {
            Self::Unsigned => (f32::from(bytes[0]) - 128.0) / 128.0,
            Self::MuLaw => f32::from(g711::mu_law(bytes[0])) / 32768.0,
            Self::ALaw => f32::from(g711::a_law(bytes[0])) / 32768.0,
            Self::Signed(width) => {
                let value = (integer() as u32) << (32 - 8 * width);
                (f64::from(value as i32) / 2147483648.0) as f32
            }
            Self::Float => f32::from_bits(integer() as u32),
            Self::Double => f64::from_bits(integer()) as f32,
        }
    }
}

impl Pcm {
    pub(crate) fn coding(&self) -> &'static str {
        match self.sample {
            Sample::MuLaw => "mu-law",
            Sample::ALaw => "A-law",
            _ => "pcm",
        }
    }

    pub(crate) fn is_float(&self) -> bool {
        matches!(self.sample, Sample::Float | Sample::Double)
    }

    /// Bytes of one sample of every channel.
    pub(crate) fn frame(&self) -> usize {
        self.sample.bytes() * self.channels
    }

    /// Fails unless channels and sampling rate are within limits.
    pub(crate) fn check(self, path: &Path) -> Result<Self, AudioError> {
        let Self { channels, sample_rate, .. } = self;
        if (1..=MOST_CHANNELS).contains(&channels) && (1..=MOST_RATE).contains(&sample_rate) {
            return Ok(self);
        }
        let read = format!("from 1 to {MOST_CHANNELS} and up to {MOST_RATE} Hz are read");
        let problem = format!(
            "its header tells of {channels} channels at {sample_rate} Hz, {read}; write the file again from its source"
        );
        Err(AudioError::unsupported(path, problem))
    }

    /// Samples of whole frames; bytes of another one at the end are left out.
    pub(crate) fn decode(&self, bytes: &[u8], path: &Path) -> Result<Audio, AudioError> {
        let (width, frames) = (self.sample.bytes(), bytes.len() / self.frame());
        if frames.saturating_mul(self.channels) > MOST_SAMPLES {
            return Err(too_many(path));
        }
        let mut channels = vec![Vec::with_capacity(frames); self.channels];
        for frame in bytes.chunks_exact(self.frame()) {
            for (channel, sample) in channels.iter_mut().zip(frame.chunks_exact(width)) {
                let mut buffer = [0; 8];
                let ordered = &mut buffer[..width];
                ordered.copy_from_slice(sample);
                if self.order == ByteOrder::Little {
                    ordered.reverse();
                }
                channel.push(self.sample.value(ordered));
            }
        }
        Ok(Audio::new(self.sample_rate, channels))
    }
}

/// The error of a file that is too long.
pub(crate) fn too_many(path: &Path) -> AudioError {
    AudioError::unsupported(path, format!("it has more than {MOST_SAMPLES} samples; split it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_has_the_same_scale() {
        let path = Path::new("x");
        let one = |sample, order, bytes: &[u8]| {
            Pcm { sample, order, channels: 1, sample_rate: 8000 }.decode(bytes, path).unwrap().channels[0][0]
        };
        for (bytes, whole) in
            [(1, vec![0xc0]), (2, vec![0xc0, 0]), (3, vec![0xc0, 0, 0]), (4, vec![0xc0, 0, 0, 0])]
        {
            let turned: Vec<u8> = whole.iter().rev().copied().collect();
            assert_eq!(one(Sample::Signed(bytes), ByteOrder::Big, &whole), -0.5);
            assert_eq!(one(Sample::Signed(bytes), ByteOrder::Little, &turned), -0.5);
        }
        assert_eq!(one(Sample::Unsigned, ByteOrder::Big, &[64]), -0.5);
        assert_eq!(one(Sample::Float, ByteOrder::Little, &(-0.5f32).to_le_bytes()), -0.5);
        assert_eq!(one(Sample::Double, ByteOrder::Big, &(-0.5f64).to_be_bytes()), -0.5);
        assert_eq!(one(Sample::MuLaw, ByteOrder::Big, &[0]), -32124.0 / 32768.0);
        assert_eq!(
            [12, 16, 20, 33].map(Sample::signed),
            [Some(Sample::Signed(2)), Some(Sample::Signed(2)), Some(Sample::Signed(3)), None]
        );
    }
}
