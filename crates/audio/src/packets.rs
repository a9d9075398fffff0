//! A recording in packets of a codec, as a container hands them over.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_ALAC};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};

use crate::bytes::Bytes;
use crate::collect::{Decode, Guarded, check_same, collect, samples};
use crate::error::{AudioError, Place};
use crate::note::Note;
use crate::samples::Audio;
use crate::{aac, opus};

pub(crate) struct Packets<'a> {
    pub(crate) codec: Codec,
    pub(crate) packets: Packed<'a>,
    pub(crate) span: Span,
}

/// The bytes of packets.
pub(crate) enum Packed<'a> {
    /// All of them.
    Here(Vec<Cow<'a, [u8]>>),
    /// As they are read from a file.
    Coming(Box<dyn Iterator<Item = Result<Vec<u8>, AudioError>> + Send>),
}

/// A packet's place in a file and its length, in 40 and 24 bits: an hour has 180,000 of them.
#[derive(Clone, Copy)]
pub(crate) struct Stretch(u64);

impl Stretch {
    /// `None` for one that lies or reaches too far.
    pub(crate) fn new(at: u64, len: u64) -> Option<Self> {
        (at < 1 << 40 && len < 1 << 24).then_some(Self(at << 24 | len))
    }

    pub(crate) fn read(self, bytes: &mut Bytes) -> Result<Vec<u8>, AudioError> {
        bytes.get(self.0 >> 24, (self.0 & 0xff_ffff) as usize).map(<[u8]>::to_vec)
    }
}

impl Packed<'static> {
    /// Packets of a file, read as they are decoded.
    pub(crate) fn at(packets: Vec<Stretch>, mut bytes: Bytes) -> Self {
        Self::Coming(Box::new(packets.into_iter().map(move |packet| packet.read(&mut bytes))))
    }
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

impl Span {
    /// A value in samples at a rate, in Hz.
    fn scaled(&self, value: u64, rate: u32) -> u64 {
        match self.timescale {
            0 => value,
            scale => (u128::from(value) * u128::from(rate)).div_ceil(u128::from(scale)) as u64,
        }
    }
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

/// The bytes of packets as they come.
type Source<'a> = Box<dyn Iterator<Item = Result<Cow<'a, [u8]>, AudioError>> + Send + 'a>;

impl<'a> Packets<'a> {
    /// Decodes all packets and cuts the recording out.
    pub(crate) fn decode(self, path: &Path) -> Result<Audio, AudioError> {
        collect(self.recording(path)?, path)
    }

    /// Decodes packets step by step.
    pub(crate) fn recording(self, path: &Path) -> Result<Guarded<Decoded<'a>>, AudioError> {
        let Self { codec, packets, span } = self;
        let mut packets: Source<'a> = match packets {
            Packed::Here(packets) => Box::new(packets.into_iter().map(Ok)),
            Packed::Coming(packets) => Box::new(packets.map(|packet| packet.map(Cow::Owned))),
        };
        if codec.name() == "aac" {
            let first = packets.by_ref().take(aac::SEEN).collect::<Result<Vec<_>, AudioError>>()?;
            if aac::has_spectral_bands(first.iter().map(AsRef::as_ref)) {
                return Err(unread("AAC", "HE-AAC", path));
            }
            packets = Box::new(first.into_iter().map(Ok).chain(packets));
        }
        Ok(Decoded::new(codec, packets, span, path))
    }

    /// The same packets, of bytes of their own.
    pub(crate) fn into_owned(self) -> Packets<'static> {
        let own = |packet: Cow<'a, [u8]>| Cow::Owned(packet.into_owned());
        let packets = match self.packets {
            Packed::Here(packets) => Packed::Here(packets.into_iter().map(own).collect()),
            Packed::Coming(packets) => Packed::Coming(packets),
        };
        Packets { codec: self.codec, packets, span: self.span }
    }
}

/// The decoder of one packet after the other.
enum Decoder {
    Opus(opus::Decoder, usize),
    Other(Box<dyn AudioDecoder>),
}

/// Packets that are decoded step by step, and the recording cut out of their samples.
pub(crate) struct Decoded<'a> {
    codec: Codec,
    packets: Source<'a>,
    span: Span,
    path: PathBuf,
    decoder: Option<Decoder>,
    layout: Option<(u32, usize)>,
    /// Samples that were decoded, and those of the recording that were handed over.
    frames: u64,
    given: u64,
    /// Samples that may lie behind the recording.
    held: Option<Audio>,
}

/// The most seconds behind a recording that are left out: no encoder puts more there.
const MOST_BEHIND_S: u64 = 60;

impl<'a> Decoded<'a> {
    pub(crate) fn new(codec: Codec, packets: Source<'a>, span: Span, path: &Path) -> Guarded<Self> {
        let (decoder, layout, held) = (None, None, None);
        let recording =
            Self { codec, packets, span, path: path.into(), decoder, layout, frames: 0, given: 0, held };
        Guarded { recording, damaged: Self::damaged }
    }

    fn damaged(&self) -> AudioError {
        let problem = format!("{}: it is damaged; copy the file again", self.codec.name());
        AudioError::damaged(&self.path, Place::Byte(0), problem)
    }

    fn decoder(&self) -> Result<Decoder, AudioError> {
        Ok(match &self.codec {
            Codec::Opus(head) => {
                let decoder = opus::Decoder::new(head);
                Decoder::Opus(decoder.ok_or_else(|| self.fail())?, head.channels)
            }
            Codec::Other(name, parameters) => {
                let decoder = symphonia::default::get_codecs()
                    .make_audio_decoder(parameters, &AudioDecoderOptions::default());
                Decoder::Other(
                    decoder.map_err(|_| unread(name, &format!("{name} of this kind"), &self.path))?,
                )
            }
        })
    }

    fn fail(&self) -> AudioError {
        AudioError::damaged_from(&self.path, self.frames as usize, self.codec.name())
    }

    /// The samples of the next packet.
    fn packet(&mut self) -> Result<Option<Audio>, AudioError> {
        if self.decoder.is_none() {
            self.decoder = Some(self.decoder()?);
        }
        let Some(packet) = self.packets.next().transpose()? else { return Ok(None) };
        let decoded = match &mut self.decoder {
            Some(Decoder::Opus(decoder, channels)) => decoder
                .decode(&packet)
                .map(|interleaved| Audio::from_interleaved(opus::RATE, *channels, interleaved)),
            Some(Decoder::Other(decoder)) => {
                let packet = PacketRef::new(0, Timestamp::ZERO, Duration::ZERO, &packet);
                decoder.decode_ref(&packet).ok().map(|buffer| samples(&buffer))
            }
            None => None,
        };
        let audio = decoded.ok_or_else(|| self.fail())?;
        let layout = (audio.sample_rate, audio.channels.len());
        self.layout = Some(check_same(self.layout, layout, self.frames, &self.path)?);
        self.frames += audio.frames() as u64;
        Ok(Some(audio))
    }

    /// Without the samples that may lie behind the recording, which are held back.
    fn held_back(&mut self, audio: Audio) -> Audio {
        let rate = u64::from(audio.sample_rate);
        let behind_ns = self.span.behind_ns.min(MOST_BEHIND_S * 1_000_000_000);
        let behind = ((behind_ns * rate + 500_000_000) / 1_000_000_000) as usize;
        if behind == 0 {
            return audio;
        }
        let mut all = match self.held.take() {
            Some(mut held) => {
                held.append(&audio);
                held
            }
            None => audio,
        };
        let count = all.frames().saturating_sub(behind);
        let rest = all.channels.iter_mut().map(|channel| channel.split_off(count)).collect();
        self.held = Some(Audio::new(all.sample_rate, rest));
        all
    }

    /// The part of samples that is the recording's; those before them were `before` many.
    fn cut_out(&mut self, mut audio: Audio, before: u64) -> Audio {
        let scaled = |value| self.span.scaled(value, audio.sample_rate);
        let skip = scaled(self.span.skip).saturating_sub(before);
        let left = self.span.frames.map_or(u64::MAX, |frames| scaled(frames).saturating_sub(self.given));
        for channel in &mut audio.channels {
            channel.drain(..channel.len().min(usize::try_from(skip).unwrap_or(usize::MAX)));
            channel.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        }
        self.given += audio.frames() as u64;
        audio
    }
}

impl Decode for Decoded<'_> {
    fn step(&mut self) -> Result<Option<Audio>, AudioError> {
        let Some(audio) = self.packet()? else { return Ok(None) };
        let held = self.held.as_ref().map_or(0, Audio::frames) as u64;
        let before = self.frames - audio.frames() as u64 - held;
        let audio = self.held_back(audio);
        Ok(Some(self.cut_out(audio, before)))
    }

    fn frames(&self) -> Option<u64> {
        let (rate, _) = self.layout?;
        self.span.frames.map(|frames| self.span.scaled(frames, rate))
    }

    fn notes(&self, _: f64) -> Vec<Note> {
        Vec::new()
    }
}
