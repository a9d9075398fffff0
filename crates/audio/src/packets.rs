//! A recording in packets of a codec, as a container hands them over.

use std::borrow::Cow;
use std::path::Path;

use symphonia::core::audio::{Channels, GenericAudioBufferRef};
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_ALAC};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoderOptions};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};

use crate::error::{AudioError, Place};
use crate::guard::guarded;
use crate::pcm::{MOST_SAMPLES, too_many};
use crate::samples::Audio;
use crate::{aac, opus};

pub(crate) struct Packets<'a> {
    pub(crate) codec: Codec,
    pub(crate) packets: Vec<Cow<'a, [u8]>>,
    pub(crate) span: Span,
}

/// What packets are decoded by.
#[derive(Debug)]
pub(crate) enum Codec {
    Opus(opus::Head),
    /// By Symphonia, with this name.
    Other(&'static str, Box<AudioCodecParameters>),
}

/// The part of the decoded samples that is the recording: encoders put some before and some behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    /// Where it starts.
    pub(crate) skip: u64,
    /// How long it is; `None` to the end.
    pub(crate) frames: Option<u64>,
    /// How many of both are a second; 0 if they are samples.
    pub(crate) timescale: u32,
    /// Nanoseconds behind the recording.
    pub(crate) behind_ns: u64,
}

impl Codec {
    /// A codec of Symphonia's with its configuration.
    pub(crate) fn of(
        name: &'static str,
        id: AudioCodecId,
        config: &[u8],
        sample_rate: u32,
        channels: u32,
    ) -> Self {
        let mut parameters = AudioCodecParameters::new();
        parameters.for_codec(id).with_sample_rate(sample_rate);
        parameters.with_channels(Channels::Discrete(channels.min(64) as u16));
        if !config.is_empty() {
            parameters.with_extra_data(config.into());
        }
        Self::Other(name, Box::new(parameters))
    }

    /// AAC with its configuration, if it is of a kind that is read. `container` is for the error.
    pub(crate) fn aac(config: &[u8], container: &str, path: &Path) -> Result<Self, AudioError> {
        match aac::Config::read(config) {
            Ok(read) => Ok(Self::of("aac", CODEC_ID_AAC, config, read.sample_rate, read.channels)),
            Err(name) => Err(unread(container, &name, path)),
        }
    }

    pub(crate) fn alac(cookie: &[u8], sample_rate: u32, channels: u32) -> Self {
        Self::of("alac", CODEC_ID_ALAC, cookie, sample_rate, channels)
    }

    /// Opus with its header, or as it is without one where channels are given.
    pub(crate) fn opus(head: Result<opus::Head, String>, path: &Path) -> Result<Self, AudioError> {
        let mend =
            |problem| AudioError::unsupported(path, format!("{problem}; convert it to WAV with ffmpeg"));
        head.map(Self::Opus).map_err(mend)
    }

    pub(crate) fn opus_without_header(channels: u32, path: &Path) -> Result<Self, AudioError> {
        Self::opus(opus::Head::plain(channels as usize), path)
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Opus(_) => "opus",
            Self::Other(name, _) => name,
        }
    }
}

/// The error of a coding that isn't read, by name.
pub(crate) fn unread(container: &str, coding: &str, path: &Path) -> AudioError {
    let within = if container == coding || coding.starts_with(container) {
        coding.to_string()
    } else {
        format!("{coding} in {container}")
    };
    AudioError::unsupported(path, format!("{within} is not read; convert it to WAV with ffmpeg"))
}

/// What was decoded so far.
#[derive(Default)]
struct Decoded {
    rate: u32,
    channels: Vec<Vec<f32>>,
    planes: Vec<Vec<f32>>,
}

impl Decoded {
    fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Makes room for channels of so many more samples; the error says why there is none.
    fn room(&mut self, rate: u32, channels: usize, frames: usize, path: &Path) -> Result<(), AudioError> {
        if self.channels.is_empty() {
            self.rate = rate;
            self.channels = vec![Vec::new(); channels];
        }
        if self.rate != rate || self.channels.len() != channels {
            let problem = "the rate or the number of channels changes; split it there";
            return Err(AudioError::damaged(path, Place::Sample(self.frames()), problem));
        }
        if (self.frames() + frames).saturating_mul(channels) > MOST_SAMPLES {
            return Err(too_many(path));
        }
        Ok(())
    }

    fn add(&mut self, buffer: &GenericAudioBufferRef<'_>, path: &Path) -> Result<(), AudioError> {
        self.room(buffer.spec().rate(), buffer.num_planes(), buffer.frames(), path)?;
        buffer.copy_to_vecs_planar(&mut self.planes);
        for (channel, plane) in self.channels.iter_mut().zip(&self.planes) {
            channel.extend_from_slice(plane);
        }
        Ok(())
    }

    fn add_interleaved(
        &mut self,
        rate: u32,
        channels: usize,
        samples: &[f32],
        path: &Path,
    ) -> Result<(), AudioError> {
        self.room(rate, channels, samples.len() / channels, path)?;
        for (c, channel) in self.channels.iter_mut().enumerate() {
            channel.extend(samples.iter().skip(c).step_by(channels));
        }
        Ok(())
    }
}

impl Packets<'_> {
    /// Decodes all packets and cuts the recording out.
    pub(crate) fn decode(self, path: &Path) -> Result<Audio, AudioError> {
        let name = self.codec.name();
        guarded(|| self.decode_all(path)).unwrap_or_else(|| {
            let problem = format!("{name}: it is damaged; copy the file again");
            Err(AudioError::damaged(path, Place::Byte(0), problem))
        })
    }

    fn decode_all(self, path: &Path) -> Result<Audio, AudioError> {
        let mut decoded = Decoded::default();
        let name = self.codec.name();
        let fail = |decoded: &Decoded| {
            let mend =
                "copy the file again, or convert it to WAV with a program that passes over damage (ffmpeg)";
            AudioError::damaged(
                path,
                Place::Sample(decoded.frames()),
                format!("{name}: what follows is damaged; {mend}"),
            )
        };
        match &self.codec {
            Codec::Opus(head) => {
                let mut decoder = opus::Decoder::new(head).ok_or_else(|| fail(&decoded))?;
                for packet in &self.packets {
                    let samples = decoder.decode(packet).ok_or_else(|| fail(&decoded))?;
                    decoded.add_interleaved(opus::RATE, head.channels, samples, path)?;
                }
            }
            Codec::Other(_, parameters) => {
                if name == "aac" && aac::has_spectral_bands(self.packets.iter().map(AsRef::as_ref)) {
                    return Err(unread("AAC", "HE-AAC", path));
                }
                let mut decoder = symphonia::default::get_codecs()
                    .make_audio_decoder(parameters, &AudioDecoderOptions::default())
                    .map_err(|_| unread(name, &format!("{name} of this kind"), path))?;
                for packet in &self.packets {
                    let packet = PacketRef::new(0, Timestamp::ZERO, Duration::ZERO, packet);
                    let buffer = decoder.decode_ref(&packet).map_err(|_| fail(&decoded))?;
                    decoded.add(&buffer, path)?;
                }
            }
        }
        let Decoded { rate, mut channels, .. } = decoded;
        let scaled = |value: u64| match self.span.timescale {
            0 => value,
            scale => (u128::from(value) * u128::from(rate)).div_ceil(u128::from(scale)) as u64,
        };
        let (skip, frames) = (scaled(self.span.skip), self.span.frames.map(scaled));
        let behind = (u128::from(self.span.behind_ns) * u128::from(rate) + 500_000_000) / 1_000_000_000;
        for channel in &mut channels {
            channel.truncate(channel.len().saturating_sub(behind as usize));
            channel.drain(..channel.len().min(skip as usize));
            channel.truncate(frames.map_or(usize::MAX, |frames| frames as usize));
        }
        Ok(Audio::new(rate, channels))
    }
}
