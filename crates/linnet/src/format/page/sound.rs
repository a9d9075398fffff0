//! A recording's sound, as a page shows and plays it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use linnet_audio::{Audio, Channel, MuLawWav, Resampler};
use linnet_page::escape;

use crate::error::ModelError;
use crate::recognizer::Channels;

/// Peaks of the waveform in a second.
pub(super) const PEAKS_PER_S: u64 = 50;

/// The highest sampling rate of sound within a page, in Hz.
const RATE: u32 = 16_000;

/// The sound of a recording for [`Format::Html`](crate::Format::Html): its waveform, and what a browser can play.
///
/// It takes the recording's blocks, as [`Recording`](crate::Recording) does. It keeps 50 bytes a second, and where sound
/// is embedded 16,000 more: mu-law, all channels mixed, at 16 kHz or the recording's rate if that is lower.
pub struct Sound {
    channel: Channel,
    sample_rate: u32,
    /// Samples that came.
    frames: u64,
    peaks: Vec<u8>,
    /// The highest sample of the peak that isn't whole.
    peak: f32,
    playable: Playable,
}

enum Playable {
    Nothing,
    /// So many samples at most are kept.
    Embedded {
        resampler: Option<Box<Resampler>>,
        wav: MuLawWav,
        most: usize,
    },
    Linked(String),
}

impl Sound {
    /// Of a recording at this sampling rate, in Hz; its sound is embedded if it lasts at most so many seconds.
    ///
    /// # Errors
    ///
    /// A sampling rate that can't be resampled.
    pub fn new(sample_rate: u32, channels: Channels, embedded_s: f64) -> Result<Self, ModelError> {
        let channel = match channels {
            Channels::Mix | Channels::Each => Channel::Mix,
            Channels::One(number) => Channel::Index(number),
        };
        let to = RATE.min(sample_rate);
        let most = (embedded_s * f64::from(to)) as usize;
        let playable = match most {
            0 => Playable::Nothing,
            most => {
                let resampler = Some(Box::new(Resampler::new(sample_rate, to)?));
                Playable::Embedded { resampler, wav: MuLawWav::new(to), most }
            }
        };
        Ok(Self { channel, sample_rate, frames: 0, peaks: Vec::new(), peak: 0.0, playable })
    }

    /// Takes the next block.
    ///
    /// # Errors
    ///
    /// A channel that isn't there.
    pub fn accept(&mut self, block: &Audio) -> Result<(), ModelError> {
        let samples = block.channel(self.channel)?;
        for sample in &samples {
            self.peak = self.peak.max(sample.abs());
            self.frames += 1;
            // Rates that are no multiple of the peaks' rate have peaks of unequal lengths.
            if self.frames * PEAKS_PER_S / u64::from(self.sample_rate.max(1)) > self.peaks.len() as u64 {
                self.end_peak();
            }
        }
        if let Playable::Embedded { resampler: Some(resampler), wav, most } = &mut self.playable {
            wav.accept(&resampler.accept(&samples)?);
            if wav.len() > *most {
                self.playable = Playable::Nothing;
            }
        }
        Ok(())
    }

    /// Ends the recording.
    ///
    /// # Errors
    ///
    /// Samples that can't be resampled.
    pub fn finish(&mut self) -> Result<(), ModelError> {
        if self.peak > 0.0 {
            self.end_peak();
        }
        if let Playable::Embedded { resampler, wav, .. } = &mut self.playable
            && let Some(resampler) = resampler.take()
        {
            wav.accept(&resampler.finish()?);
        }
        Ok(())
    }

    /// Lets the page play a file at this address, instead of anything embedded.
    pub fn link(&mut self, address: String) {
        self.playable = Playable::Linked(address);
    }

    /// Whether the page can play anything.
    pub fn plays(&self) -> bool {
        !matches!(self.playable, Playable::Nothing)
    }

    fn end_peak(&mut self) {
        // Steps are finer for quiet sound.
        self.peaks.push((self.peak.clamp(0.0, 1.0).sqrt() * 255.0).round() as u8);
        self.peak = 0.0;
    }

    /// The peaks in base64.
    pub(super) fn peaks(&self) -> String {
        STANDARD.encode(&self.peaks)
    }

    /// The player; of a part of a recording, embedded sound begins where the part does.
    pub(super) fn player(&self) -> String {
        let source = match &self.playable {
            Playable::Nothing => return String::new(),
            Playable::Embedded { wav, .. } => {
                format!("data:audio/wav;base64,{}", STANDARD.encode(wav.to_bytes()))
            }
            Playable::Linked(address) => escape(address),
        };
        format!("<audio id=player controls preload=auto src=\"{source}\"></audio>\n")
    }

    /// Where the sound that the page plays begins, in seconds of a recording whose part begins at `offset`.
    pub(super) fn begins(&self, offset: f64) -> f64 {
        if matches!(self.playable, Playable::Embedded { .. }) { offset } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_follow_the_loudest_samples_at_any_rate() {
        for rate in [8_000, 11_025, 44_100] {
            let mut sound = Sound::new(rate, Channels::Mix, 0.0).unwrap();
            // A second of silence, a second of 0.25, and half a second of full scale, in odd pieces.
            let rate = rate as usize;
            let samples: Vec<f32> = (0..rate * 5 / 2)
                .map(|i| {
                    if i < rate {
                        0.0
                    } else if i < 2 * rate {
                        -0.25
                    } else {
                        1.0
                    }
                })
                .collect();
            for piece in samples.chunks(777) {
                sound.accept(&Audio::new(rate as u32, vec![piece.to_vec()])).unwrap();
            }
            sound.finish().unwrap();
            assert_eq!(sound.peaks.len(), 125, "{rate}");
            assert_eq!([0, 49, 51, 98, 101, 124].map(|i| sound.peaks[i]), [0, 0, 128, 128, 255, 255]);
            assert!(!sound.plays() && sound.player().is_empty());
        }
    }

    #[test]
    fn sound_is_embedded_up_to_its_limit_or_linked() {
        let second = Audio::new(48_000, vec![vec![0.1; 48_000]; 2]);
        let mut sound = Sound::new(48_000, Channels::Mix, 2.0).unwrap();
        sound.accept(&second).unwrap();
        sound.accept(&second).unwrap();
        sound.finish().unwrap();
        assert!(sound.plays() && (sound.begins(7.0), sound.frames) == (7.0, 96_000));
        // 32,000 bytes and a header, in base64.
        let player = sound.player();
        assert!(
            player.contains("src=\"data:audio/wav;base64,UklGR") && player.len() > 42_600,
            "{}",
            player.len()
        );

        let mut long = Sound::new(48_000, Channels::One(1), 2.0).unwrap();
        (0..3).for_each(|_| long.accept(&second).unwrap());
        long.finish().unwrap();
        assert!(!long.plays());
        long.link("a\"b.wav".into());
        assert!(long.player().contains("src=\"a&quot;b.wav\"") && long.begins(7.0) == 0.0);
        assert!(Sound::new(48_000, Channels::One(2), 2.0).unwrap().accept(&second).is_err());
    }
}
