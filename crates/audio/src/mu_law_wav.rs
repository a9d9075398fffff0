//! WAV files of one byte a sample, in memory.

use crate::g711::mu_law_code;

/// A WAV file of one channel in mu-law (ITU-T G.711), which holds speech in half of the bytes and which browsers play.
#[derive(Debug, Clone)]
pub struct MuLawWav {
    sample_rate: u32,
    codes: Vec<u8>,
}

impl MuLawWav {
    /// Of no samples yet, at this rate in Hz.
    pub fn new(sample_rate: u32) -> Self {
        Self { sample_rate, codes: Vec::new() }
    }

    /// Appends samples, rounded and clipped; those that are no number become silence.
    pub fn accept(&mut self, samples: &[f32]) {
        let code = |sample: &f32| mu_law_code((sample * 32768.0).round().clamp(-32768.0, 32767.0) as i16);
        self.codes.extend(samples.iter().map(code));
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The file: its header, then the samples. Of more than 4 GiB the header can't tell the size.
    pub fn to_bytes(&self) -> Vec<u8> {
        const MU_LAW: u16 = 7;
        let size = |len: usize| u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes();
        let (rate, count) = (self.sample_rate.to_le_bytes(), self.codes.len());
        let mut bytes = Vec::with_capacity(count + 64);
        // RIFF, then fmt with an empty extension, fact with the number of samples, data with a byte to make it even.
        for part in
            [&b"RIFF"[..], &size(50 + count + count % 2), b"WAVEfmt ", &size(18), &MU_LAW.to_le_bytes()]
        {
            bytes.extend_from_slice(part);
        }
        for part in [&[1, 0][..], &rate, &rate, &[1, 0, 8, 0, 0, 0], b"fact", &size(4), &size(count), b"data"]
        {
            bytes.extend_from_slice(part);
        }
        bytes.extend_from_slice(&size(count));
        bytes.extend_from_slice(&self.codes);
        bytes.extend((0..count % 2).map(|_| 0));
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{ReadOptions, read_from};

    #[test]
    fn files_are_read_as_they_were_written() {
        let samples = [0.0, 0.5, -0.5, 2.0, f32::NAN];
        let mut wav = MuLawWav::new(16_000);
        assert!(wav.is_empty());
        wav.accept(&samples[..2]);
        wav.accept(&samples[2..]);
        let audio = read_from(&wav.to_bytes()[..], "a.wav", &ReadOptions::default()).unwrap();
        assert_eq!((audio.sample_rate, wav.len(), audio.notes.len()), (16_000, 5, 0));
        let [wanted, read] = [[0.0, 0.5, -0.5, 1.0, 0.0], [0, 1, 2, 3, 4].map(|i| audio.channels[0][i])];
        let near = wanted.iter().zip(read).all(|(a, b)| (a - b).abs() < 0.02);
        assert!(near && audio.frames() == 5, "{read:?}");
    }
}
