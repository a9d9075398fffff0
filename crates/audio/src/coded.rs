//! WAV, FLAC, MP3 and OGG Vorbis, through Symphonia.

use std::path::Path;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;

use crate::error::AudioError;
use crate::samples::Audio;

struct Opened {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    frames: Option<u64>,
}

fn open(source: Box<dyn MediaSource>, path: &Path) -> Result<Opened, AudioError> {
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|e| e.to_str()) {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(source, Default::default());
    let format = symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|e| match e {
            Error::IoError(source) if source.kind() != std::io::ErrorKind::UnexpectedEof => {
                AudioError::io(path, source)
            }
            e => AudioError::content(
                path,
                format!("no WAV, FLAC, MP3, OGG or SPHERE audio ({e}); convert it to one of them"),
            ),
        })?;
    let track = format
        .default_track(TrackType::Audio)
        .ok_or_else(|| AudioError::content(path, "there is no audio track in it"))?;
    let parameters = track
        .codec_params
        .as_ref()
        .and_then(|p| p.audio())
        .ok_or_else(|| AudioError::content(path, "its audio track tells no codec"))?;
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(|e| {
            AudioError::content(path, format!("its codec is not read: {e}; convert it to WAV or FLAC"))
        })?;
    let (track, frames) = (track.id, track.num_frames);
    Ok(Opened { format, decoder, track, frames })
}

/// Decodes a whole file. `source` holds its bytes, `path` names it.
pub(crate) fn decode(source: Box<dyn MediaSource>, path: &Path) -> Result<Audio, AudioError> {
    let mut opened = open(source, path)?;
    let fail = |done: usize, problem: String| {
        AudioError::content(path, format!("after {done} samples: {problem}; the file is damaged or cut off"))
    };
    let (mut rate, mut channels, mut done) = (0, Vec::<Vec<f32>>::new(), 0);
    let mut planes: Vec<Vec<f32>> = Vec::new();
    loop {
        let packet = match opened.format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(Error::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                // Streams of unknown length end like this; the count below catches the others.
                break;
            }
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
        buffer.copy_to_vecs_planar(&mut planes);
        for (channel, plane) in channels.iter_mut().zip(&planes) {
            channel.extend_from_slice(plane);
        }
        done = channels.first().map_or(0, Vec::len);
    }
    if let Some(told) = opened.frames.filter(|&told| told > done as u64) {
        let problem =
            format!("the header tells of {told} samples a channel, the file has {done}; it is cut off");
        return Err(AudioError::content(path, problem));
    }
    if rate == 0 {
        return Err(AudioError::content(path, "it has no samples; record it again or leave it out"));
    }
    Ok(Audio { sample_rate: rate, channels })
}

/// Rate, channels and, where the header tells it, the number of samples.
pub(crate) fn probe(
    source: Box<dyn MediaSource>,
    path: &Path,
) -> Result<Option<(u32, usize, usize)>, AudioError> {
    let opened = open(source, path)?;
    let parameters = opened.decoder.codec_params();
    let (rate, channels) = (parameters.sample_rate, parameters.channels.as_ref().map(|c| c.count()));
    Ok(match (rate, channels, opened.frames) {
        (Some(rate), Some(channels), Some(frames)) => Some((rate, channels, frames as usize)),
        _ => None,
    })
}
