//! Recordings that are decoded step by step.

use std::path::Path;

use symphonia::core::audio::GenericAudioBufferRef;

use crate::error::{AudioError, Place};
use crate::guard::guarded;
use crate::note::Note;
use crate::pcm::{MOST_SAMPLES, too_many};
use crate::samples::Audio;

/// A recording that is decoded step by step; sampling rate and channels are the same in all steps.
pub(crate) trait Decode: Send {
    /// The next samples, of a packet or so; `None` behind the last. Nothing may be asked for behind an error.
    fn step(&mut self) -> Result<Option<Audio>, AudioError>;

    /// How many samples a channel there are in all, about, where that is known before the end.
    fn frames(&self) -> Option<u64>;

    /// The notes on what was read, of so many seconds in all; whole behind the last samples.
    fn notes(&self, read_s: f64) -> Vec<Note>;
}

/// A recording as a whole.
pub(crate) fn collect(mut recording: impl Decode, path: &Path) -> Result<Audio, AudioError> {
    let mut all: Option<Audio> = None;
    while let Some(some) = recording.step()? {
        let all =
            all.get_or_insert_with(|| Audio::new(some.sample_rate, vec![Vec::new(); some.channels.len()]));
        if (all.frames() + some.frames()).saturating_mul(all.channels.len()) > MOST_SAMPLES {
            return Err(too_many(path));
        }
        all.append(&some);
    }
    let mut all = all.ok_or_else(|| AudioError::nothing(path))?;
    all.notes = recording.notes(all.duration_s());
    Ok(all)
}

/// Fails where the samples that follow `frames` others have another sampling rate or number of channels.
pub(crate) fn check_same(
    before: Option<(u32, usize)>,
    now: (u32, usize),
    frames: u64,
    path: &Path,
) -> Result<(u32, usize), AudioError> {
    if before.is_some_and(|before| before != now) {
        let problem = "the sampling rate or the number of channels changes; split the file there";
        return Err(AudioError::damaged(path, Place::Sample(frames as usize), problem));
    }
    Ok(now)
}

/// The samples of one packet.
pub(crate) fn samples(buffer: &GenericAudioBufferRef<'_>) -> Audio {
    let mut planes = Vec::new();
    buffer.copy_to_vecs_planar(&mut planes);
    Audio::new(buffer.spec().rate(), planes)
}

/// A recording whose decoder may panic: that becomes an error, which says what is damaged.
pub(crate) struct Guarded<D> {
    pub(crate) recording: D,
    pub(crate) damaged: fn(&D) -> AudioError,
}

impl<D: Decode> Decode for Guarded<D> {
    fn step(&mut self) -> Result<Option<Audio>, AudioError> {
        let recording = &mut self.recording;
        match guarded(|| recording.step()) {
            Some(step) => step,
            None => Err((self.damaged)(&self.recording)),
        }
    }

    fn frames(&self) -> Option<u64> {
        self.recording.frames()
    }

    fn notes(&self, read_s: f64) -> Vec<Note> {
        self.recording.notes(read_s)
    }
}

/// A recording that has so many more bytes before it in its file, which places in errors and notes count from.
pub(crate) struct Behind<D> {
    pub(crate) recording: D,
    pub(crate) bytes: usize,
}

impl<D: Decode> Decode for Behind<D> {
    fn step(&mut self) -> Result<Option<Audio>, AudioError> {
        self.recording.step().map_err(|error| error.behind(self.bytes))
    }

    fn frames(&self) -> Option<u64> {
        self.recording.frames()
    }

    fn notes(&self, read_s: f64) -> Vec<Note> {
        self.recording.notes(read_s).into_iter().map(|note| note.behind(self.bytes)).collect()
    }
}

impl<D: Decode + ?Sized> Decode for Box<D> {
    fn step(&mut self) -> Result<Option<Audio>, AudioError> {
        (**self).step()
    }

    fn frames(&self) -> Option<u64> {
        (**self).frames()
    }

    fn notes(&self, read_s: f64) -> Vec<Note> {
        (**self).notes(read_s)
    }
}

/// A recording with notes of its container.
pub(crate) struct Noted<D> {
    pub(crate) recording: D,
    /// Their seconds are filled in at the end.
    pub(crate) notes: Vec<Note>,
}

impl<D: Decode> Decode for Noted<D> {
    fn step(&mut self) -> Result<Option<Audio>, AudioError> {
        self.recording.step()
    }

    fn frames(&self) -> Option<u64> {
        self.recording.frames()
    }

    fn notes(&self, read_s: f64) -> Vec<Note> {
        self.notes.iter().map(|note| note.clone().of_seconds(read_s)).collect()
    }
}
