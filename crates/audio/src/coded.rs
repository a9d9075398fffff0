//! FLAC, MP3 and OGG Vorbis, through Symphonia.

use std::io::Cursor;
use std::path::Path;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::{Hint, Probe};
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;
use symphonia::default::formats::{FlacReader, MpaReader, OggReader};

use crate::collect::Collected;
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

/// A stream as Symphonia opened it.
pub(crate) struct Decoded {
    pub(crate) audio: Audio,
    /// Whether a checksum of all samples is right, where there is one.
    pub(crate) verified: Option<bool>,
}

/// The layer of MPEG audio that a file's first frame is of.
pub(crate) fn layer(head: &[u8]) -> &'static str {
    match head {
        [0xff, second, ..] if second & 0xe6 == 0xe4 => "mp2",
        [0xff, second, ..] if second & 0xe6 == 0xe6 => "mp1",
        _ => "mp3",
    }
}

/// Decodes a whole file of one of these kinds. `bytes` is its content, `path` names it.
pub(crate) fn decode(bytes: &[u8], path: &Path) -> Result<Audio, AudioError> {
    match Kind::of(bytes) {
        Kind::Flac => flac::decode(bytes, path),
        Kind::Ogg => ogg::decode(bytes, path),
        Kind::Other => mp3::decode(bytes, path),
    }
}

/// Decodes the pages of one stream of Vorbis or FLAC.
pub(crate) fn decode_ogg(pages: Vec<u8>, path: &Path) -> Result<Audio, AudioError> {
    Ok(decode_stream(Box::new(Cursor::new(pages)), Kind::Ogg, path)?.audio)
}

/// Decodes a stream in which nothing comes before, behind or between what belongs to it.
pub(crate) fn decode_stream(
    source: Box<dyn MediaSource>,
    kind: Kind,
    path: &Path,
) -> Result<Decoded, AudioError> {
    let mut opened = open(source, kind, path)?;
    let name = kind.name();
    let mut collected = Collected::default();
    let fail = |collected: &Collected| AudioError::damaged_from(path, collected.frames(), name);
    loop {
        let packet = match opened.format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // Streams of unknown length end like this; callers know how long the others are.
            Err(Error::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(_) => return Err(fail(&collected)),
        };
        if packet.track_id == opened.track {
            let buffer = opened.decoder.decode(&packet).map_err(|_| fail(&collected))?;
            collected.add(&buffer, path)?;
        }
    }
    if collected.frames() == 0 {
        return Err(AudioError::nothing(path));
    }
    Ok(Decoded { audio: collected.into_audio(), verified: opened.decoder.finalize().verify_ok })
}
