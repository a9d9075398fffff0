//! Format chunks: what a sample is, and which of the fields to believe where they disagree.

use std::path::Path;

use super::adpcm::{Adpcm, Variant};
use crate::error::{AudioError, Place};
use crate::note::Note;
use crate::pcm::{Kind, MOST_CHANNELS, Sample};
use crate::raw::ByteOrder;

/// Bytes of a format chunk that every coding has.
pub(super) const FORMAT_BYTES: u64 = 16;

const EXTENSIBLE: u16 = 0xfffe;
/// The bytes behind a coding's number in the name of an extensible format's coding.
const SAME_CODING: [u8; 14] = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];

/// Codings that aren't read, by name.
const UNREAD: [(u16, &str); 8] = [
    (0x0031, "GSM 6.10"),
    (0x0040, "G.721 ADPCM"),
    (0x0045, "G.726 ADPCM"),
    (0x0064, "G.726 ADPCM"),
    (0x00ff, "AAC"),
    (0x0161, "Windows Media Audio"),
    (0x1610, "AAC"),
    (0xa109, "Speex"),
];

/// The format of a file's samples.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Format {
    pub(super) coding: Coding,
    pub(super) channels: usize,
    pub(super) sample_rate: u32,
    pub(super) notes: Vec<Note>,
}

/// How samples are coded.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Coding {
    Pcm(Sample),
    Adpcm(Adpcm),
    Mp3,
}

impl Coding {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Pcm(sample) => sample.coding(),
            Self::Adpcm(adpcm) => adpcm.name(),
            Self::Mp3 => "mp3",
        }
    }
}

/// The fields of a format chunk.
struct Fields {
    tag: u16,
    channels: u16,
    sample_rate: u32,
    byte_rate: u32,
    /// Bytes of a sample of all channels, or of a block of a coding that has blocks.
    block: u16,
    bits: u16,
    /// Bits that count, where an extensible format tells them.
    valid_bits: Option<u16>,
    /// Samples a channel of a block, for a coding that has blocks.
    block_samples: Option<u16>,
}

impl Fields {
    fn of(chunk: &[u8], order: ByteOrder) -> Self {
        let number = |at: usize| order.u16(&chunk[at..]);
        let more = |at: usize| chunk.get(at..at + 2).map(|b| order.u16(b));
        let mut fields = Self {
            tag: number(0),
            channels: number(2),
            sample_rate: order.u32(&chunk[4..]),
            byte_rate: order.u32(&chunk[8..]),
            block: number(12),
            bits: number(14),
            valid_bits: None,
            block_samples: more(18),
        };
        // A name of 16 bytes starts with the coding's number as 32 bits.
        let coding = match order {
            ByteOrder::Little => more(24),
            ByteOrder::Big => more(26),
        };
        if let (EXTENSIBLE, Some(tag), Some(_)) =
            (fields.tag, coding, chunk.get(26..40).filter(|name| name[2..] == SAME_CODING[2..]))
        {
            fields.tag = tag;
            fields.valid_bits = more(18).filter(|&bits| (1..=fields.bits).contains(&bits));
        }
        fields
    }
}

impl Format {
    /// Parses a format chunk of at least 16 bytes, which starts at byte `at`.
    pub(super) fn parse(chunk: &[u8], order: ByteOrder, at: u64, path: &Path) -> Result<Self, AudioError> {
        let fields = Fields::of(chunk, order);
        let damaged = |problem: String| {
            let problem = format!("WAV: {problem}; write the file again from its source");
            AudioError::damaged(path, Place::Byte(at as usize), problem)
        };
        if !(1..=MOST_CHANNELS).contains(&fields.channels.into()) {
            let channels = fields.channels;
            return Err(damaged(format!("it has {channels} channels, from 1 to {MOST_CHANNELS} are read")));
        }
        if fields.sample_rate == 0 {
            return Err(damaged("a sampling rate of 0 Hz".to_owned()));
        }
        let mut notes = Vec::new();
        let coding = match fields.tag {
            1 => Coding::Pcm(fields.pcm(Kind::Signed, order, &mut notes).map_err(damaged)?),
            3 => Coding::Pcm(fields.pcm(Kind::Float, order, &mut notes).map_err(damaged)?),
            6 => Coding::Pcm(fields.pcm(Kind::ALaw, order, &mut notes).map_err(damaged)?),
            7 => Coding::Pcm(fields.pcm(Kind::MuLaw, order, &mut notes).map_err(damaged)?),
            0x02 => Coding::Adpcm(fields.adpcm(Variant::Microsoft).map_err(damaged)?),
            0x11 => Coding::Adpcm(fields.adpcm(Variant::Ima).map_err(damaged)?),
            0x55 => Coding::Mp3,
            tag => {
                let name =
                    UNREAD.iter().find(|(known, _)| *known == tag).map(|(_, name)| format!(" ({name})"));
                let coding = format!("WAV of coding {tag:#06x}{}", name.unwrap_or_default());
                return Err(AudioError::unread(path, coding));
            }
        };
        Ok(Self { coding, channels: fields.channels.into(), sample_rate: fields.sample_rate, notes })
    }
}

impl Fields {
    /// Uncompressed samples. A block that fits the channels tells the bytes of a sample, or else its bits do.
    fn pcm(&self, kind: Kind, order: ByteOrder, notes: &mut Vec<Note>) -> Result<Sample, String> {
        let (channels, block) = (usize::from(self.channels), usize::from(self.block));
        let bits = match kind {
            Kind::MuLaw | Kind::ALaw => 8,
            _ => usize::from(self.bits),
        };
        let known = match kind {
            Kind::Signed => (1..=64).contains(&bits),
            Kind::Float => matches!(bits, 32 | 64),
            _ => true,
        };
        if !known {
            return Err(format!("{bits}-bit samples (coding {:#06x}) are not read", self.tag));
        }
        let least = bits.div_ceil(8);
        let (rate, byte_rate) = (u64::from(self.sample_rate), u64::from(self.byte_rate));
        let agree = |bytes: usize| byte_rate == rate * (bytes * channels) as u64;
        // 24 bits are often put into 4 bytes, and odd numbers of bits into what is at hand; 16 bits never are.
        let wide = block / channels;
        let is_wide = kind == Kind::Signed && (bits % 8 != 0 || bits == 24) && (least..=8).contains(&wide);
        let bytes = if is_wide && wide * channels == block && !agree(least) { wide } else { least };
        if bytes * channels != block {
            let its = format!("a block of {block} bytes, where {channels} channels of {bits} bits take");
            let its = format!("its header tells {its} {}", least * channels);
            if block > 0 && !agree(bytes) {
                return Err(format!("{its}, and {byte_rate} bytes a second"));
            }
            notes.push(Note::Header(format!("{its}; it was read as {bytes} bytes a sample")));
        } else if byte_rate != 0 && !agree(bytes) {
            notes.push(Note::Header(format!(
                "its header tells {rate} Hz, but {byte_rate} bytes a second, which is {:.0} Hz; it was read at {rate} Hz",
                f64::from(self.byte_rate) / block as f64
            )));
        }
        let valid = self.valid_bits.filter(|_| kind == Kind::Signed).map(usize::from);
        let kind = if kind == Kind::Signed && bytes == 1 { Kind::Unsigned } else { kind };
        Ok(Sample { kind, bytes, bits: valid.unwrap_or(bits), top: valid.is_some(), order })
    }

    fn adpcm(&self, variant: Variant) -> Result<Adpcm, String> {
        let (channels, block) = (self.channels.into(), self.block.into());
        Adpcm::new(variant, channels, block, self.block_samples.map(usize::from)).ok_or_else(|| {
            format!("blocks of {block} bytes hold no {} of {channels} channels", variant.name())
        })
    }
}
