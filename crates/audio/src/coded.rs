//! FLAC, MP3 and OGG Vorbis, through Symphonia.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::{Hint, Probe};
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;
use symphonia::default::formats::{FlacReader, MpaReader, OggReader};

use crate::bytes::Bytes;
use crate::collect::{Decode, check_same, samples};
use crate::error::{AudioError, Place};
use crate::samples::Audio;
use crate::{flac, mp3, ogg};

struct Opened {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
}

/// The kind of a file, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Flac,
    Ogg,
    /// MP3, or nothing that is read.
    Other,
}

impl Kind {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        match bytes {
            _ if bytes.starts_with(b"fLaC") => Self::Flac,
            _ if bytes.starts_with(b"OggS") => Self::Ogg,
            _ => Self::Other,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Flac => "FLAC",
            Self::Ogg => "OGG",
            Self::Other => "MP3",
        }
    }
}

fn open(source: Box<dyn MediaSource>, kind: Kind, path: &Path) -> Result<Opened, AudioError> {
    let stream = MediaSourceStream::new(source, Default::default());
    // Symphonia would look for any format at any place.
    let mut probe = Probe::default();
    match kind {
        Kind::Flac => probe.register_format::<FlacReader<'_>>(),
        Kind::Ogg => probe.register_format::<OggReader<'_>>(),
        Kind::Other => probe.register_format::<MpaReader<'_>>(),
    }
    let name = kind.name();
    let format = probe
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|e| match e {
            Error::Unsupported(_) => AudioError::unread(path, format!("{name} of this kind")),
            _ => {
                let problem = format!("{name}: its header is damaged or cut off; copy the file again");
                AudioError::damaged(path, Place::Byte(0), problem)
            }
        })?;
    let track = format.default_track(TrackType::Audio);
    let parameters = track.and_then(|track| Some((track.id, track.codec_params.as_ref()?.audio()?)));
    let unread = || AudioError::unread(path, format!("the sound in {name}"));
    let (track, parameters) = parameters.ok_or_else(unread)?;
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default().verify(kind == Kind::Flac))
        .map_err(|_| unread())?;
    Ok(Opened { format, decoder, track })
}

/// The layer of MPEG audio that a file's first frame is of.
pub(crate) fn layer(head: &[u8]) -> &'static str {
    match head {
        [0xff, second, ..] if second & 0xe6 == 0xe4 => "mp2",
        [0xff, second, ..] if second & 0xe6 == 0xe6 => "mp1",
        _ => "mp3",
    }
}

/// Opens a file of one of these kinds.
pub(crate) fn recording(bytes: Bytes, kind: Kind) -> Result<Box<dyn Decode>, AudioError> {
    Ok(match kind {
        Kind::Flac => Box::new(flac::Recording::open(bytes)?),
        Kind::Ogg => Box::new(ogg::Recording::open(bytes)?),
        Kind::Other => Box::new(mp3::Recording::open(bytes)?),
    })
}

/// A stream in which nothing comes before, behind or between what belongs to it.
pub(crate) struct Stream {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    kind: Kind,
    path: PathBuf,
    /// The sampling rate and channels of what came.
    layout: Option<(u32, usize)>,
    /// Samples a channel that came.
    frames: u64,
}

impl Stream {
    pub(crate) fn open(source: Box<dyn MediaSource>, kind: Kind, path: &Path) -> Result<Self, AudioError> {
        let Opened { format, decoder, track } = open(source, kind, path)?;
        Ok(Self { format, decoder, track, kind, path: path.into(), layout: None, frames: 0 })
    }

    /// Samples a channel that came.
    pub(crate) fn frames(&self) -> u64 {
        self.frames
    }

    /// The samples of the next packet; `None` behind the last. The error is also a stream without any.
    pub(crate) fn step(&mut self) -> Result<Option<Audio>, AudioError> {
        let fail = |frames: u64| AudioError::damaged_from(&self.path, frames as usize, self.kind.name());
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => break,
                // Streams of unknown length end like this; callers know how long the others are.
                Err(Error::IoError(e)) if e.kind() == ErrorKind::UnexpectedEof => break,
                Err(Error::IoError(e)) if e.raw_os_error().is_some() => {
                    return Err(AudioError::io(&self.path, e));
                }
                Err(_) => return Err(fail(self.frames)),
            };
            if packet.track_id != self.track {
                continue;
            }
            let decoded = self.decoder.decode(&packet).map_err(|_| fail(self.frames))?;
            let audio = samples(&decoded);
            let layout = (audio.sample_rate, audio.channels.len());
            self.layout = Some(check_same(self.layout, layout, self.frames, &self.path)?);
            self.frames += audio.frames() as u64;
            return Ok(Some(audio));
        }
        if self.frames == 0 { Err(AudioError::nothing(&self.path)) } else { Ok(None) }
    }

    /// Whether a checksum of all samples is right, where there is one, behind the last.
    pub(crate) fn verified(&mut self) -> Option<bool> {
        self.decoder.finalize().verify_ok
    }
}
