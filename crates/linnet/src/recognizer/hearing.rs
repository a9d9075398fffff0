//! A recording's channels, from blocks at its own sampling rate.

use linnet_audio::{Audio, AudioError, Channel, Resampler};

use super::recognition::Recognizer;
use super::stream::{Saved, Stream};
use crate::error::ModelError;
use crate::transcript::Transcript;

/// The channels to transcribe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channels {
    /// All of them, mixed.
    #[default]
    Mix,
    /// Each by itself; a segment has its channel's number.
    Each,
    /// This one, from 0.
    One(usize),
}

impl Channels {
    /// The channels of so many that are transcribed.
    fn of(self, count: usize) -> Vec<Channel> {
        match self {
            Self::Mix => vec![Channel::Mix],
            Self::Each => (0..count).map(Channel::Index).collect(),
            Self::One(number) => vec![Channel::Index(number)],
        }
    }
}

/// A recording in progress, block by block, at its own sampling rate and with its own channels.
///
/// Memory doesn't grow with it, apart from the transcript.
pub struct Recording<'a> {
    channels: Channels,
    each: Vec<(Channel, Resampler, Stream<'a>)>,
    sample_rate: u32,
    /// Samples a channel that came.
    frames: usize,
}

impl<'a> Recording<'a> {
    /// Of a recording of so many channels at this rate, in Hz.
    pub(super) fn new(
        recognizer: &'a Recognizer,
        sample_rate: u32,
        count: usize,
        channels: Channels,
    ) -> Result<Self, ModelError> {
        let to = recognizer.model().config.features.sample_rate;
        let one = |channel| Ok((channel, Resampler::new(sample_rate, to)?, recognizer.stream()?));
        let each = channels.of(count).into_iter().map(one).collect::<Result<_, ModelError>>()?;
        Ok(Self { channels, each, sample_rate, frames: 0 })
    }

    /// Goes on where [`save`](Self::save) of the same recording, model and options was: what is done by then is taken
    /// from `saved`, all of it in order, and is neither encoded nor searched again. All blocks still have to come.
    pub fn resume(&mut self, saved: impl IntoIterator<Item = Saved>) {
        for saved in saved {
            if let Some((.., stream)) = self.each.get_mut(saved.stream) {
                stream.resume(saved);
            }
        }
    }

    /// Takes the next block.
    ///
    /// # Errors
    ///
    /// A channel that isn't there; a sample that is no finite number; a search that was made for other tokens.
    pub fn accept(&mut self, block: &Audio) -> Result<(), ModelError> {
        self.frames += block.frames();
        for (channel, resampler, stream) in &mut self.each {
            stream.accept(&resampler.accept(&block.channel(*channel)?)?)?;
        }
        Ok(())
    }

    /// Whether [`save`](Self::save) has anything to save: not of a model that runs through a recording, whose state stays
    /// within the encoder. It transcribes one anew, which takes as long as it took before.
    pub fn saves(&self) -> bool {
        self.each.iter().all(|(.., stream)| stream.saves())
    }

    /// The text that has become sure since the last time, to be kept for [`resume`](Self::resume). There is nothing where
    /// no pause has come, and where a model doesn't [save](Self::saves).
    pub fn save(&mut self) -> Vec<Saved> {
        let streams = self.each.iter_mut().enumerate();
        streams.filter_map(|(place, (.., stream))| stream.save(place)).collect()
    }

    /// Seconds that came.
    pub fn seconds(&self) -> f64 {
        self.frames as f64 / f64::from(self.sample_rate.max(1))
    }

    /// Ends the recording.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept); a recording that is too short for a frame of features.
    pub fn finish(self) -> Result<Transcript, ModelError> {
        let duration = self.seconds();
        let mut transcripts = Vec::with_capacity(self.each.len());
        for (_, resampler, mut stream) in self.each {
            let last: Result<Vec<f32>, AudioError> = resampler.finish();
            stream.accept(&last?)?;
            transcripts.push(stream.finish_at(duration)?);
        }
        Ok(match (self.channels, transcripts.pop()) {
            (Channels::Mix | Channels::One(_), Some(one)) => one,
            (_, last) => Transcript::of_channels(transcripts.into_iter().chain(last)),
        })
    }
}
