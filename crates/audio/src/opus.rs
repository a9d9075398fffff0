//! Opus: the header that containers keep (RFC 7845, 5.1), and packets to samples at 48 kHz.

use opus_pure::{MAX_PACKET_SAMPLES, OpusDecoder, OpusMSDecoder, packet};

/// The sampling rate that packets are decoded at, in Hz, whatever was encoded.
pub(crate) const RATE: u32 = 48_000;

/// A header's fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) channels: usize,
    /// Samples to leave out at the start.
    pub(crate) pre_skip: u16,
    /// In 1/256 dB.
    gain: i16,
    /// How the channels are mapped: 0 is mono and stereo, 1 surround.
    family: u8,
}

impl Head {
    pub(crate) const MAGIC: &[u8] = b"OpusHead";

    /// Channels of the simplest mapping, without a header.
    pub(crate) fn plain(channels: usize) -> Result<Self, String> {
        Self { channels, pre_skip: 0, gain: 0, family: 0 }.check()
    }

    /// Reads a header; the error tells what is wrong or not read.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let fields = bytes.strip_prefix(Self::MAGIC).filter(|fields| fields.len() >= 11);
        let fields = fields.ok_or("its Opus header is damaged")?;
        if fields[0] >> 4 != 0 {
            return Err(format!("Opus of version {} is not read", fields[0]));
        }
        let head = Self {
            channels: fields[1].into(),
            pre_skip: u16::from_le_bytes([fields[2], fields[3]]),
            gain: i16::from_le_bytes([fields[8], fields[9]]),
            family: fields[10],
        };
        head.check()
    }

    fn check(self) -> Result<Self, String> {
        match (self.family, self.channels) {
            (0, 1..=2) | (1, 1..=8) => Ok(self),
            (family, channels) => Err(format!("Opus of {channels} channels (mapping {family}) is not read")),
        }
    }
}

/// The samples a channel that a packet decodes to, as its first bytes tell; 0 if it is damaged.
pub(crate) fn frames(packet: &[u8]) -> usize {
    packet::samples_48k(packet).unwrap_or(0)
}

enum Streams {
    One(Box<OpusDecoder>),
    Several(Box<OpusMSDecoder>),
}

/// Decodes packets in turn.
pub(crate) struct Decoder {
    streams: Streams,
    channels: usize,
    block: Vec<f32>,
}

impl Decoder {
    pub(crate) fn new(head: &Head) -> Option<Self> {
        let (rate, gain) = (RATE as i32, i32::from(head.gain));
        let streams = if head.family == 0 {
            let mut decoder = OpusDecoder::new(rate, head.channels).ok()?;
            decoder.gain_q8 = gain;
            Streams::One(Box::new(decoder))
        } else {
            let mut decoder = OpusMSDecoder::new(rate, head.channels, head.family).ok()?;
            decoder.streams_mut().iter_mut().for_each(|stream| stream.gain_q8 = gain);
            Streams::Several(Box::new(decoder))
        };
        Some(Self { streams, channels: head.channels, block: vec![0.0; MAX_PACKET_SAMPLES * head.channels] })
    }

    /// The samples of a packet, channels interleaved; `None` if it is damaged.
    pub(crate) fn decode(&mut self, packet: &[u8]) -> Option<&[f32]> {
        // The decoder would make up the sound of a packet without bytes.
        if packet.is_empty() {
            return None;
        }
        let frames = match &mut self.streams {
            Streams::One(decoder) => decoder.decode(packet, MAX_PACKET_SAMPLES, &mut self.block),
            Streams::Several(decoder) => decoder.decode(packet, MAX_PACKET_SAMPLES, &mut self.block),
        };
        self.block.get(..frames.ok()? * self.channels)
    }
}
