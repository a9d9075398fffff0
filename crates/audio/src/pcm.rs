//! Uncompressed samples, as the headers of WAV, AIFF, AU, CAF, MP4 and Matroska files describe them, to `f32`.

use std::path::Path;

use crate::error::AudioError;
use crate::g711;
use crate::raw::ByteOrder;
use crate::samples::Audio;

/// Samples of all channels: 18 hours at 16 kHz.
pub(crate) const MOST_SAMPLES: usize = 1 << 30;
pub(crate) const MOST_CHANNELS: usize = 64;
pub(crate) const MOST_RATE: u32 = 768_000;

/// How one sample is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) kind: Kind,
    /// Bytes that it takes, from 1 to 8.
    pub(crate) bytes: usize,
    /// Bits of them that count, at most `8 · bytes`.
    pub(crate) bits: usize,
    /// Whether the header says outright that the bits lie at the top.
    pub(crate) top: bool,
    pub(crate) order: ByteOrder,
}

/// The meaning of a sample's bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Signed integers; fewer bits than a sample's bytes have lie at the top, see [`Sample::interleaved`].
    Signed,
    /// Unsigned integers with silence in the middle.
    Unsigned,
    /// IEEE 754 of 4 or 8 bytes.
    Float,
    MuLaw,
    ALaw,
}

impl Sample {
    /// A sample all of whose bits count.
    fn whole(kind: Kind, bytes: usize, order: ByteOrder) -> Self {
        Self { kind, bytes, bits: 8 * bytes, top: true, order }
    }

    /// A signed sample of so many bits, which are the upper ones of whole bytes; those below are zeros.
    pub(crate) fn signed(bits: u32, order: ByteOrder) -> Option<Self> {
        let bytes = bits.div_ceil(8) as usize;
        (1..=4).contains(&bytes).then(|| Self::whole(Kind::Signed, bytes, order))
    }

    pub(crate) fn float(bits: u32, order: ByteOrder) -> Option<Self> {
        matches!(bits, 32 | 64).then(|| Self::whole(Kind::Float, bits as usize / 8, order))
    }

    /// A sample of one byte.
    pub(crate) fn byte(kind: Kind) -> Self {
        Self::whole(kind, 1, ByteOrder::Big)
    }

    /// The name of this coding in [`AudioInfo`](crate::AudioInfo).
    pub(crate) fn coding(self) -> &'static str {
        match self.kind {
            Kind::Signed | Kind::Unsigned => "pcm",
            Kind::Float => "float",
            Kind::MuLaw => "mu-law",
            Kind::ALaw => "A-law",
        }
    }

    /// Decodes samples, all channels interleaved. An incomplete last one is left out.
    ///
    /// Integers of fewer bits than their bytes have should lie at the top, zeros below; some recorders (ALSA's S24_LE)
    /// put them at the bottom, under copies of the sign. There they are taken if no sample has another sign above, and
    /// some sample has bits below or such a quiet sound at the top (less than −48 dB) is unlikely.
    pub(crate) fn interleaved(self, bytes: &[u8]) -> Vec<f32> {
        let each = bytes.chunks_exact(self.bytes.max(1));
        match self.kind {
            Kind::Signed => {
                let spare = (8 * self.bytes).saturating_sub(self.bits) as u32;
                let integer = |b: &[u8]| self.bits_of(b) as i64 >> (64 - 8 * self.bytes);
                let bottom = spare > 0 && {
                    let mut below = 0;
                    let fits = each.clone().all(|b| {
                        let value = integer(b);
                        below |= value & (i64::MAX >> (63 - spare));
                        let shift = 64 - self.bits;
                        value << shift >> shift == value
                    });
                    fits && (below != 0 || !self.top && spare >= 8)
                };
                let full = if bottom { self.bits } else { 8 * self.bytes } as i32 - 1;
                let step = 2f64.powi(-full);
                each.map(|b| (integer(b) as f64 * step) as f32).collect()
            }
            Kind::Unsigned => {
                let step = 2f64.powi(-63);
                each.map(|b| ((self.bits_of(b) ^ 1 << 63) as i64 as f64 * step) as f32).collect()
            }
            Kind::Float if self.bytes == 4 => {
                each.map(|b| f32::from_bits((self.bits_of(b) >> 32) as u32)).collect()
            }
            Kind::Float => each.map(|b| f64::from_bits(self.bits_of(b)) as f32).collect(),
            Kind::MuLaw => each.map(|b| f32::from(g711::mu_law(b[0])) / 32768.0).collect(),
            Kind::ALaw => each.map(|b| f32::from(g711::a_law(b[0])) / 32768.0).collect(),
        }
    }

    /// The bytes of a sample as the upper bits of a number.
    fn bits_of(self, sample: &[u8]) -> u64 {
        let mut all = [0; 8];
        match self.order {
            ByteOrder::Little => {
                all[8 - sample.len()..].copy_from_slice(sample);
                u64::from_le_bytes(all)
            }
            ByteOrder::Big => {
                all[..sample.len()].copy_from_slice(sample);
                u64::from_be_bytes(all)
            }
        }
    }
}

/// The format of a recording's samples; channels are interleaved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pcm {
    pub(crate) sample: Sample,
    pub(crate) channels: usize,
    /// In Hz.
    pub(crate) sample_rate: u32,
}

impl Pcm {
    /// Bytes of one sample of every channel.
    pub(crate) fn frame(&self) -> usize {
        self.sample.bytes * self.channels
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
        let frames = bytes.len() / self.frame();
        if frames.saturating_mul(self.channels) > MOST_SAMPLES {
            return Err(too_many(path));
        }
        let samples = self.sample.interleaved(&bytes[..frames * self.frame()]);
        Ok(Audio::from_interleaved(self.sample_rate, self.channels, &samples))
    }
}

/// The error of a file that is too long.
pub(crate) fn too_many(path: &Path) -> AudioError {
    AudioError::unsupported(path, format!("it has more than {MOST_SAMPLES} samples; split it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(bytes: usize, bits: usize, order: ByteOrder) -> Sample {
        Sample { kind: Kind::Signed, bytes, bits, top: false, order }
    }

    #[test]
    fn integers_of_every_width_in_both_orders() {
        for bytes in 1..=8 {
            for value in [-1i64, 0, 1, 77, i64::MIN >> (64 - 8 * bytes), i64::MAX >> (64 - 8 * bytes)] {
                let want = (value as f64 / 2f64.powi(8 * bytes as i32 - 1)) as f32;
                let little = &value.to_le_bytes()[..bytes];
                let big = &value.to_be_bytes()[8 - bytes..];
                assert_eq!(signed(bytes, 8 * bytes, ByteOrder::Little).interleaved(little), [want]);
                assert_eq!(signed(bytes, 8 * bytes, ByteOrder::Big).interleaved(big), [want]);
            }
        }
        let unsigned = Sample::byte(Kind::Unsigned);
        assert_eq!(unsigned.interleaved(&[0, 128, 255]), [-1.0, 0.0, 127.0 / 128.0]);
    }

    #[test]
    fn bits_count_from_the_top_unless_samples_show_that_they_lie_at_the_bottom() {
        let samples = [0x12_3456, -0x65_4321, 5, -1];
        let want = samples.map(|s| s as f32 / 8_388_608.0);
        let bytes = |samples: [i32; 4]| samples.map(i32::to_le_bytes).concat();
        let wide = signed(4, 24, ByteOrder::Little);
        assert_eq!(wide.interleaved(&bytes(samples)), want);
        assert_eq!(wide.interleaved(&bytes(samples.map(|s| s << 8))), want);
        // So quiet at the top that it must be the bottom, unless the header says so.
        let quiet = bytes([256, 512, 0, -256]);
        assert_eq!(wide.interleaved(&quiet), [256, 512, 0, -256].map(|s| s as f32 / 8_388_608.0));
        let told = Sample { top: true, ..wide };
        assert_eq!(told.interleaved(&quiet), [1, 2, 0, -1].map(|s| s as f32 / 8_388_608.0));
        assert_eq!(told.interleaved(&bytes(samples)), want);
        let narrow = signed(2, 12, ByteOrder::Little);
        assert_eq!(narrow.interleaved(&[0x50, 0x12, 0xf0, 0xff]), [0x125 as f32 / 2048.0, -1.0 / 2048.0]);
    }

    #[test]
    fn every_coding_has_the_same_scale() {
        for (sample, bytes) in [
            (Sample::signed(12, ByteOrder::Big), vec![0xc0, 0]),
            (Sample::signed(20, ByteOrder::Little), vec![0, 0, 0xc0]),
            (Sample::signed(32, ByteOrder::Big), vec![0xc0, 0, 0, 0]),
            (Sample::float(32, ByteOrder::Little), (-0.5f32).to_le_bytes().to_vec()),
            (Sample::float(64, ByteOrder::Big), (-0.5f64).to_be_bytes().to_vec()),
            (Some(Sample::byte(Kind::Unsigned)), vec![64]),
        ] {
            assert_eq!(sample.unwrap().interleaved(&bytes), [-0.5], "{sample:?}");
        }
        assert_eq!(Sample::byte(Kind::MuLaw).interleaved(&[0]), [-32124.0 / 32768.0]);
        assert_eq!([0, 33].map(|bits| Sample::signed(bits, ByteOrder::Big)), [None, None]);
        assert_eq!(Sample::float(16, ByteOrder::Big), None);
    }
}
