//! A recording in packets of a codec, as a container hands them over.

use std::borrow::Cow;
use std::path::Path;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_ALAC};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoderOptions};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};

use crate::collect::Collected;
use crate::error::{AudioError, Place};
use crate::guard::guarded;
use crate::samples::Audio;
use crate::{aac, opus};

pub(crate) struct Packets<'a> {
    pub(crate) codec: Codec,
    pub(crate) packets: Vec<Cow<'a, [u8]>>,
    pub(crate) span: Span,
}

/// The decoder of packets, with its configuration.
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
        head.map(Self::Opus).map_err(|problem| AudioError::to_convert(path, problem))
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
    AudioError::unread(path, within)
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
        let mut decoded = Collected::default();
        let name = self.codec.name();
        let fail = |decoded: &Collected| AudioError::damaged_from(path, decoded.frames(), name);
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
        let Audio { sample_rate: rate, mut channels, .. } = decoded.into_audio();
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
