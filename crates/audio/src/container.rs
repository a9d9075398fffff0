//! Containers by their content, beside those that Symphonia opens by itself (`coded`).

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use crate::bytes::Bytes;
use crate::collect::Noted;
use crate::error::AudioError;
use crate::note::Note;
use crate::packets::Packets;
use crate::pcm::{Kind, Pcm};
use crate::probe::AudioInfo;
use crate::samples::Audio;
use crate::tags::{self, Rest};
use crate::{aac, aiff, au, caf, matroska, mp4};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    Aiff,
    Au,
    Caf,
    Mp4,
    Matroska,
    Adts,
}

/// A recording inside a container.
pub(crate) struct Track<'a> {
    pub(crate) body: Body<'a>,
    /// Notes, whose seconds are filled in when it is decoded.
    pub(crate) notes: Vec<Note>,
}

pub(crate) enum Body<'a> {
    Pcm(Pcm, Cow<'a, [u8]>),
    Packets(Packets<'a>),
}

impl Container {
    /// The container of a file by its first bytes.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        match head {
            _ if aiff::is_aiff(head) => Some(Self::Aiff),
            _ if head.starts_with(b".snd") => Some(Self::Au),
            _ if head.starts_with(b"caff") => Some(Self::Caf),
            _ if mp4::is_mp4(head) => Some(Self::Mp4),
            _ if head.starts_with(&matroska::MAGIC) => Some(Self::Matroska),
            _ if aac::is_adts(head) => Some(Self::Adts),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Aiff => "AIFF",
            Self::Au => "AU",
            Self::Caf => "CAF",
            Self::Mp4 => "MP4",
            Self::Matroska => "Matroska",
            Self::Adts => "AAC",
        }
    }

    /// Finds the recording in a whole file, whatever tags end it.
    pub(crate) fn open<'a>(self, bytes: &'a [u8], path: &Path) -> Result<Track<'a>, AudioError> {
        let bytes = &bytes[..tags::tagged(bytes)];
        match self {
            Self::Aiff => aiff::open(bytes, path),
            Self::Au => au::open(bytes, path),
            Self::Caf => caf::open(bytes, path),
            Self::Mp4 | Self::Matroska | Self::Adts => {
                let bytes = Bytes::of_memory(Arc::new(bytes.to_vec()), path);
                self.open_within(&bytes).unwrap_or_else(|| Err(AudioError::nothing(path)))
            }
        }
    }

    /// Finds the recording in a file whose packets need not be in memory, whatever tags end it; `None` where they must.
    pub(crate) fn open_within(self, bytes: &Bytes) -> Option<Result<Track<'static>, AudioError>> {
        let open: Option<fn(Bytes) -> Result<Track<'static>, AudioError>> = match self {
            Self::Mp4 => Some(mp4::open),
            Self::Matroska => Some(matroska::open),
            Self::Adts => Some(aac::open_adts),
            Self::Aiff | Self::Au | Self::Caf => None,
        };
        let untagged = || {
            let mut bytes = bytes.clone();
            let end = bytes.tagged()?;
            Ok(bytes.until(end))
        };
        open.map(|open| untagged().and_then(open))
    }

    /// Describes a whole file.
    pub(crate) fn describe(self, bytes: &[u8], path: &Path) -> Result<AudioInfo, AudioError> {
        self.describe_track(self.open(bytes, path)?, path)
    }

    /// Describes its track. Packets are decoded for it, since none but the last tells where it ends.
    pub(crate) fn describe_track(self, track: Track<'_>, path: &Path) -> Result<AudioInfo, AudioError> {
        let (format, coding) = (self.name().to_owned(), track.coding());
        let Track { body, notes } = track;
        let (pcm, bytes) = match body {
            Body::Packets(packets) => {
                let recording = packets.into_owned().recording(path)?;
                return AudioInfo::of_steps(Noted { recording, notes }, &format, coding);
            }
            Body::Pcm(pcm, bytes) => (pcm, bytes),
        };
        // Their scale shows in the samples.
        if pcm.sample.kind == Kind::Float {
            let mut audio = Track { body: Body::Pcm(pcm, bytes), notes }.decode(path)?;
            audio.rescale(path)?;
            return Ok(AudioInfo::of(&audio, &format, coding));
        }
        let (sample_rate, channels, frames) = (pcm.sample_rate, pcm.channels, bytes.len() / pcm.frame());
        let notes = of_seconds(notes, frames as f64 / f64::from(sample_rate));
        Ok(AudioInfo { format, coding: coding.into(), sample_rate, channels, frames, notes })
    }
}

impl Track<'_> {
    pub(crate) fn coding(&self) -> &'static str {
        match &self.body {
            Body::Pcm(pcm, _) => pcm.sample.coding(),
            Body::Packets(packets) => packets.codec.name(),
        }
    }

    pub(crate) fn decode(self, path: &Path) -> Result<Audio, AudioError> {
        let Self { body, notes } = self;
        let mut audio = match body {
            Body::Pcm(pcm, bytes) => pcm.decode(&bytes, path)?,
            Body::Packets(packets) => packets.decode(path)?,
        };
        audio.notes = of_seconds(notes, audio.duration_s());
        Ok(audio)
    }
}

fn of_seconds(notes: Vec<Note>, read_s: f64) -> Vec<Note> {
    notes.into_iter().map(|note| note.of_seconds(read_s)).collect()
}

/// A note of a file that holds another length than is told; its seconds are filled in later.
pub(crate) fn length(told: impl Into<String>) -> Note {
    Note::Length { told: told.into(), read_s: 0.0 }
}

/// The bytes of whole samples among `rest`, the file's from byte `at` on, of which its header tells so many; all where
/// it doesn't tell, or tells too few or too many, with a note.
pub(crate) fn body<'a>(rest: &'a [u8], at: usize, told: Option<u64>, pcm: &Pcm) -> (&'a [u8], Option<Note>) {
    let there = rest.len() as u64;
    let differs = |told: u64| Some(length(format!("its header tells {told} bytes of samples")));
    let (len, note) = match told {
        None => (rest.len(), None),
        Some(told) if told > there => (rest.len(), differs(told)),
        Some(told) => {
            let end = told as usize;
            match Rest::of(&rest[end..], there - told) {
                Rest::Tail if told > 0 || there == 0 => (end, None),
                Rest::Garbage if told > 0 => {
                    (end, Some(Note::Skipped { at: at + end, bytes: rest.len() - end, read_s: 0.0 }))
                }
                _ => (rest.len(), differs(told)),
            }
        }
    };
    (&rest[..len - len % pcm.frame()], note)
}
