//! WAV, FLAC, MP3 and OGG Vorbis, through Symphonia.

use std::fs::File;
use std::io::Cursor;
use std::path::Path;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::{Hint, Probe};
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadOnlySource};
use symphonia::core::meta::MetadataOptions;
use symphonia::default::formats::{FlacReader, MpaReader, OggReader, WavReader};

use crate::error::{AudioError, Place};
use crate::probe::AudioInfo;
use crate::samples::Audio;
use crate::{names, ogg, riff};

/// Samples of all channels: 18 hours at 16 kHz.
const MOST_SAMPLES: usize = 1 << 30;

/// Samples that an MP3 file may have fewer than its first frame tells: some encoders count that frame too.
const MP3_SLACK: u64 = 2 * 1152;

struct Opened {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    /// Samples a channel, where the file tells them.
    told: Option<u64>,
}

/// What a file's first bytes say that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Wav,
    Flac,
    Ogg,
    /// MP3, or nothing that is read.
    Other,
}

impl Kind {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        match bytes {
            _ if riff::is_wav(bytes) => Self::Wav,
            _ if bytes.starts_with(b"fLaC") => Self::Flac,
            _ if bytes.starts_with(b"OggS") => Self::Ogg,
            _ => Self::Other,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Wav => "WAV",
            Self::Flac => "FLAC",
            Self::Ogg => "OGG",
            Self::Other => "MP3",
        }
    }
}

fn open(source: Box<dyn MediaSource>, kind: Kind, path: &Path) -> Result<Opened, AudioError> {
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|e| e.to_str()) {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(source, Default::default());
    let unknown = |problem: String| AudioError::unsupported(path, problem);
    // Symphonia would look for any format at any place.
    let mut probe = Probe::default();
    match kind {
        Kind::Wav => probe.register_format::<WavReader<'_>>(),
        Kind::Flac => probe.register_format::<FlacReader<'_>>(),
        Kind::Ogg => probe.register_format::<OggReader<'_>>(),
        Kind::Other => probe.register_format::<MpaReader<'_>>(),
    }
    let format = probe.probe(&hint, stream, FormatOptions::default(), MetadataOptions::default()).map_err(
        |e| match (kind, e) {
            (Kind::Other, _) => names::no_audio(path),
            (kind, e @ Error::Unsupported(_)) => unknown(format!(
                "{} of a kind that is not read ({e}); convert it to WAV with ffmpeg",
                kind.name()
            )),
            (kind, e) => {
                let problem =
                    format!("the {} header is damaged or cut off ({e}); copy the file again", kind.name());
                AudioError::damaged(path, Place::Byte(0), problem)
            }
        },
    )?;
    let track = format
        .default_track(TrackType::Audio)
        .ok_or_else(|| unknown("there is no audio track in it; convert it to WAV or FLAC".into()))?;
    let parameters = track
        .codec_params
        .as_ref()
        .and_then(|p| p.audio())
        .ok_or_else(|| unknown("its audio track tells no codec; convert it to WAV or FLAC".into()))?;
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default().verify(kind == Kind::Flac))
        .map_err(|e| unknown(format!("its codec is not read ({e}); convert it to WAV or FLAC")))?;
    // The count of an OGG file starts where its recorder did, which need not be the file's start.
    let (track, told) = (track.id, track.num_frames.filter(|_| kind != Kind::Ogg));
    Ok(Opened { format, decoder, track, told })
}

/// The layer of MPEG audio that a file's first frame is of.
pub(crate) fn layer(head: &[u8]) -> &'static str {
    match head {
        [0xff, second, ..] if second & 0xe6 == 0xe4 => "mp2",
        [0xff, second, ..] if second & 0xe6 == 0xe6 => "mp1",
        _ => "mp3",
    }
}

/// The length of the ID3 tag that a file starts with, as its first ten bytes tell it, 0 if with none; it may hold
/// anything, pictures too.
pub(crate) fn id3_len(bytes: &[u8]) -> usize {
    match bytes {
        [b'I', b'D', b'3', _, _, flags, size @ ..] if size.len() >= 4 => {
            let size = size[..4].iter().fold(0, |size, &b| size << 7 | usize::from(b & 0x7f));
            let footer = if flags & 0x10 != 0 { 10 } else { 0 };
            10 + size + footer
        }
        _ => 0,
    }
}

/// Decodes a whole file. `bytes` is its content, `path` names it.
pub(crate) fn decode(mut bytes: Vec<u8>, path: &Path) -> Result<Audio, AudioError> {
    bytes.drain(..id3_len(&bytes).min(bytes.len()));
    let kind = Kind::of(&bytes);
    let source: Box<dyn MediaSource> = match kind {
        Kind::Wav => Box::new(Cursor::new(riff::shortest(&bytes, path)?)),
        Kind::Flac => Box::new(Cursor::new(bytes)),
        Kind::Ogg => return ogg::decode(&bytes, path),
        // Of an MP3 file that it can seek in, Symphonia guesses the length from the rate of bits and cuts it there.
        Kind::Other => Box::new(ReadOnlySource::new(Cursor::new(bytes))),
    };
    decode_all(source, kind, path)
}

/// Decodes the pages of one stream of Vorbis or FLAC.
pub(crate) fn decode_ogg(pages: Vec<u8>, path: &Path) -> Result<Audio, AudioError> {
    decode_all(Box::new(Cursor::new(pages)), Kind::Ogg, path)
}

fn decode_all(source: Box<dyn MediaSource>, kind: Kind, path: &Path) -> Result<Audio, AudioError> {
    let mut opened = open(source, kind, path)?;
    let fail = |done: usize, problem: String| {
        AudioError::damaged(path, Place::Sample(done), format!("{problem}; copy the file again"))
    };
    let (mut rate, mut channels, mut done) = (0, Vec::<Vec<f32>>::new(), 0);
    let mut planes: Vec<Vec<f32>> = Vec::new();
    loop {
        let packet = match opened.format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // Streams of unknown length end like this; the count below catches the others.
            Err(Error::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(e) => return Err(fail(done, e.to_string())),
        };
        if packet.track_id != opened.track {
            continue;
        }
        let buffer = opened.decoder.decode(&packet).map_err(|e| fail(done, e.to_string()))?;
        let (spec_rate, count) = (buffer.spec().rate(), buffer.num_planes());
        if channels.is_empty() {
            rate = spec_rate;
            channels = vec![Vec::new(); count];
        }
        if spec_rate != rate || count != channels.len() {
            return Err(fail(done, "the rate or the number of channels changes".into()));
        }
        if (done + buffer.frames()).saturating_mul(count) > MOST_SAMPLES {
            let problem = format!("it has more than {MOST_SAMPLES} samples; split it");
            return Err(AudioError::unsupported(path, problem));
        }
        buffer.copy_to_vecs_planar(&mut planes);
        for (channel, plane) in channels.iter_mut().zip(&planes) {
            channel.extend_from_slice(plane);
        }
        done = channels.first().map_or(0, Vec::len);
    }
    let slack = if kind == Kind::Other { MP3_SLACK } else { 0 };
    if let Some(told) = opened.told.filter(|&told| told > done as u64 + slack) {
        return Err(fail(done, format!("it ends here, its header tells of {told} samples")));
    }
    if opened.decoder.finalize().verify_ok == Some(false) {
        let [found, told] = ["another".to_string(), "the MD5 sum of what was encoded".to_string()];
        return Err(AudioError::Checksum { path: path.to_path_buf(), found, told });
    }
    if rate == 0 || done == 0 {
        return Err(AudioError::nothing(path));
    }
    Ok(Audio::new(rate, channels))
}

/// What the header of a WAV or FLAC file of `file_len` bytes tells of its samples, `None` where it doesn't.
pub(crate) fn probe(
    mut file: File,
    file_len: u64,
    kind: Kind,
    path: &Path,
) -> Result<Option<AudioInfo>, AudioError> {
    let mut frames = None;
    let source: Box<dyn MediaSource> = if kind == Kind::Wav {
        let chunks = riff::Chunks::find(&mut file, file_len, path)?;
        frames = Some(chunks.frames());
        Box::new(Cursor::new(chunks.file(&[])))
    } else {
        Box::new(file)
    };
    let opened = open(source, kind, path)?;
    let parameters = opened.decoder.codec_params();
    let channels = parameters.channels.as_ref().map(|c| c.count());
    let (Some(sample_rate), Some(channels), Some(frames)) =
        (parameters.sample_rate, channels, frames.or(opened.told))
    else {
        return Ok(None);
    };
    let (format, coding) = (kind.name().into(), opened.decoder.codec_info().short_name.into());
    Ok(Some(AudioInfo { format, coding, sample_rate, channels, frames: frames as usize, notes: Vec::new() }))
}
