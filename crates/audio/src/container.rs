//! Containers by their content, beside those that Symphonia opens by itself (`coded`).

use std::borrow::Cow;
use std::path::Path;

use crate::error::AudioError;
use crate::note::Note;
use crate::packets::Packets;
use crate::pcm::{Kind, Pcm};
use crate::probe::AudioInfo;
use crate::samples::Audio;
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
    /// The length that its header tells, where another was found, as [`Note::Length`] has it.
    pub(crate) short: Option<String>,
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

    pub(crate) fn open<'a>(self, bytes: &'a [u8], path: &Path) -> Result<Track<'a>, AudioError> {
        match self {
            Self::Aiff => aiff::open(bytes, path),
            Self::Au => au::open(bytes, path),
            Self::Caf => caf::open(bytes, path),
            Self::Mp4 => mp4::open(bytes, path),
            Self::Matroska => matroska::open(bytes, path),
            Self::Adts => aac::open_adts(bytes, path),
        }
    }

    /// What a whole file holds. Packets are decoded for it, since none but the last tells where it ends.
    pub(crate) fn describe(self, bytes: &[u8], path: &Path) -> Result<AudioInfo, AudioError> {
        let track = self.open(bytes, path)?;
        let (format, coding) = (self.name().to_owned(), track.coding());
        match &track.body {
            Body::Packets(_) => Ok(AudioInfo::of(&track.decode(path)?, &format, coding)),
            // Their scale shows in the samples.
            Body::Pcm(pcm, _) if pcm.sample.kind == Kind::Float => {
                let mut audio = track.decode(path)?;
                audio.rescale(path)?;
                Ok(AudioInfo::of(&audio, &format, coding))
            }
            Body::Pcm(pcm, bytes) => Ok(AudioInfo {
                format,
                coding: coding.into(),
                sample_rate: pcm.sample_rate,
                channels: pcm.channels,
                frames: bytes.len() / pcm.frame(),
                notes: track.all_notes(bytes.len() / pcm.frame(), pcm.sample_rate),
            }),
        }
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
        let Self { body, short, notes } = self;
        let mut audio = match body {
            Body::Pcm(pcm, bytes) => pcm.decode(&bytes, path)?,
            Body::Packets(packets) => packets.decode(path)?,
        };
        audio.notes = with_length(notes, short, audio.duration_s());
        Ok(audio)
    }

    fn all_notes(&self, frames: usize, sample_rate: u32) -> Vec<Note> {
        with_length(self.notes.clone(), self.short.clone(), frames as f64 / f64::from(sample_rate))
    }
}

fn with_length(mut notes: Vec<Note>, short: Option<String>, read_s: f64) -> Vec<Note> {
    notes.extend(short.map(|told| Note::Length { told, read_s }));
    notes
}

/// The bytes of whole samples of a body, where its header tells their number, and what it tells if they are fewer.
pub(crate) fn body<'a>(rest: &'a [u8], told: Option<u64>, pcm: &Pcm) -> (&'a [u8], Option<String>) {
    let there = rest.len() as u64;
    let short = told.filter(|&told| told > there || (told == 0 && there > 0));
    let len = if short.is_some() { there } else { told.unwrap_or(there).min(there) } as usize;
    let whole = len - len % pcm.frame();
    (&rest[..whole], short.map(|told| format!("its header tells {told} bytes of samples")))
}
