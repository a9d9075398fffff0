//! Decoded audio.

use std::path::Path;

use crate::error::AudioError;
use crate::note::Note;
use crate::read::ReadOptions;
use crate::resample;

/// The largest magnitude on the scale of 1: 24 dB above full scale.
const MOST_PEAK: f32 = 16.0;

/// Decoded audio: one vector of samples a channel, all of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct Audio {
    /// Sampling rate, in Hz.
    pub sample_rate: u32,
    /// Samples of each channel, in [−1, 1).
    pub channels: Vec<Vec<f32>>,
    /// Notes on reading them that a person should hear.
    pub notes: Vec<Note>,
}

/// Which channel of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// One, counted from 0.
    Index(usize),
    /// The mean of all.
    Mix,
}

impl Audio {
    /// Samples of each channel, all of one length, at a sampling rate in Hz.
    pub fn new(sample_rate: u32, channels: Vec<Vec<f32>>) -> Self {
        Self { sample_rate, channels, notes: Vec::new() }
    }

    /// Splits interleaved samples.
    pub(crate) fn from_interleaved(sample_rate: u32, channels: usize, samples: &[f32]) -> Self {
        let of = |c: usize| samples.iter().skip(c).step_by(channels).copied().collect();
        Self::new(sample_rate, (0..channels).map(of).collect())
    }

    /// Puts the samples of another of as many channels behind these.
    pub(crate) fn append(&mut self, other: &Self) {
        for (channel, more) in self.channels.iter_mut().zip(&other.channels) {
            channel.extend_from_slice(more);
        }
    }

    /// Samples of each channel.
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Length, in seconds.
    pub fn duration_s(&self) -> f64 {
        self.frames() as f64 / f64::from(self.sample_rate.max(1))
    }

    /// The samples of one channel, or the mean of all.
    ///
    /// # Errors
    ///
    /// A channel that isn't there.
    pub fn channel(&self, channel: Channel) -> Result<Vec<f32>, AudioError> {
        match channel {
            Channel::Index(i) => self.channels.get(i).cloned().ok_or_else(|| {
                let count = self.channels.len();
                AudioError::Setting(format!("there is no channel {i}; there are {count}, counted from 0"))
            }),
            Channel::Mix => {
                let mut sum = self.channels.first().cloned().unwrap_or_default();
                for channel in self.channels.iter().skip(1) {
                    sum.iter_mut().zip(channel).for_each(|(sum, s)| *sum += s);
                }
                let count = self.channels.len().max(1) as f32;
                sum.iter_mut().for_each(|s| *s /= count);
                Ok(sum)
            }
        }
    }

    /// The same sound at another sampling rate, in Hz.
    ///
    /// # Errors
    ///
    /// As [`resample`](crate::resample): a rate, of the audio or asked for, that is not from 100 to 768,000 Hz.
    pub fn resample(&self, sample_rate: u32) -> Result<Self, AudioError> {
        let each = self.channels.iter().map(|c| resample::resample(c, self.sample_rate, sample_rate));
        Ok(Self { sample_rate, channels: each.collect::<Result<_, _>>()?, notes: self.notes.clone() })
    }

    /// Faster (above 1) and higher, or slower and lower, as a tape would be.
    ///
    /// # Errors
    ///
    /// As [`change_speed`](crate::change_speed): a factor that is not from 0.1 to 10.
    pub fn change_speed(&self, factor: f64) -> Result<Self, AudioError> {
        let each = self.channels.iter().map(|c| resample::change_speed(c, factor));
        let channels = each.collect::<Result<_, _>>()?;
        Ok(Self { sample_rate: self.sample_rate, channels, notes: self.notes.clone() })
    }

    /// Divides by 32768 where floating-point samples lie on the scale of 16-bit integers, and notes it.
    ///
    /// Sound on the scale of 1 may be some times as loud as full scale before it is written as integers, but not
    /// [`MOST_PEAK`] times; on the other scale that is silence. The error is a scale that is neither.
    pub(crate) fn rescale(&mut self, path: &Path) -> Result<(), AudioError> {
        let peak = self.channels.iter().flatten().fold(0f32, |peak, s| peak.max(s.abs()));
        if peak <= MOST_PEAK || !peak.is_finite() {
            return Ok(());
        }
        if peak > 2.0 * 32768.0 {
            let problem = format!(
                "its floating-point samples go up to {peak:.0}, neither to 1 nor to 32768; divide them by their full scale"
            );
            return Err(AudioError::unsupported(path, problem));
        }
        self.channels.iter_mut().flatten().for_each(|s| *s /= 32768.0);
        self.notes.push(Note::Scaled { peak });
        Ok(())
    }

    /// The part that is asked for of a file as it was decoded, if it is sound.
    pub(crate) fn checked(self, path: &Path, options: &ReadOptions) -> Result<Self, AudioError> {
        let length_s = self.duration_s();
        let part = self.part(options.offset_s, options.duration_s);
        if part.frames() == 0 {
            return Err(AudioError::NoSamples {
                path: path.to_path_buf(),
                from_s: options.offset_s,
                length_s,
            });
        }
        part.check_finite(0, path)?;
        Ok(part)
    }

    /// Fails where a sample is no finite number; so many come before these.
    pub(crate) fn check_finite(&self, before: usize, path: &Path) -> Result<(), AudioError> {
        for (channel, samples) in self.channels.iter().enumerate() {
            if let Some(sample) = samples.iter().position(|s| !s.is_finite()) {
                let sample = before + sample;
                return Err(AudioError::NotFinite { path: path.to_path_buf(), channel, sample });
            }
        }
        Ok(())
    }

    /// A part, from a time on, in seconds.
    pub(crate) fn part(mut self, offset_s: f64, duration_s: Option<f64>) -> Self {
        let frames = self.frames();
        let at =
            |seconds: f64| ((seconds * f64::from(self.sample_rate)).round().max(0.0) as usize).min(frames);
        let start = at(offset_s);
        let end = duration_s.map_or(frames, |d| at(offset_s + d)).max(start);
        if start > 0 || end < frames {
            for channel in &mut self.channels {
                channel.truncate(end);
                channel.drain(..start);
            }
        }
        self
    }
}
