//! AAC: what its configuration tells, and the frames of a raw `.aac` file (ADTS).
//!
//! From ISO/IEC 14496-3: AudioSpecificConfig (1.6.2.1), ADTS (1.A.2), raw data blocks (4.4.2).

use crate::bits::Bits;
use crate::bytes::Bytes;
use crate::container::{Body, Track, length};
use crate::error::AudioError;
use crate::note::Note;
use crate::packets::{Codec, Packed, Packets, Span, Stretch};
use crate::pcm::too_many;

const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

const LOW_COMPLEXITY: u32 = 2;
const SPECTRAL_BANDS: u32 = 5;
const PARAMETRIC_STEREO: u32 = 29;
/// The first bits of an extension with either of the two, behind a configuration that doesn't know it.
const SYNC: u32 = 0x2b7;

/// The parts of a configuration that the decoder needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) sample_rate: u32,
    pub(crate) channels: u32,
}

impl Config {
    /// Reads a configuration; the error is the name of what isn't read.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut bits = Bits::new(bytes);
        Self::parse(&mut bits).unwrap_or_else(|_| Err("AAC without configuration".into()))
    }

    fn parse(bits: &mut Bits<'_>) -> Result<Result<Self, String>, crate::bits::EndOfStream> {
        let kind = object_type(bits)?;
        let sample_rate = match bits.take(4)? {
            15 => bits.take(24)?,
            index => RATES.get(index as usize).copied().unwrap_or(0),
        };
        let channels = bits.take(4)?;
        let name = match kind {
            LOW_COMPLEXITY => None,
            1 => Some("AAC Main"),
            3 => Some("AAC SSR"),
            4 => Some("AAC LTP"),
            SPECTRAL_BANDS => Some("HE-AAC"),
            PARAMETRIC_STEREO => Some("HE-AAC v2"),
            23 => Some("AAC-LD"),
            39 => Some("AAC-ELD"),
            42 => Some("xHE-AAC (USAC)"),
            _ => Some("AAC of an unknown kind"),
        };
        if let Some(name) = name {
            return Ok(Err(name.into()));
        }
        let short_frames = bits.take(1)? == 1;
        if bits.take(1)? == 1 {
            bits.take(14)?;
        }
        bits.take(1)?;
        if channels == 0 || channels > 2 {
            let layout =
                if channels == 0 { "a layout of its own".into() } else { format!("{channels} channels") };
            return Ok(Err(format!("AAC with {layout}")));
        }
        if short_frames {
            return Ok(Err("AAC with frames of 960 samples".into()));
        }
        if sample_rate == 0 {
            return Ok(Err("AAC without sampling rate".into()));
        }
        // An old decoder stops before this.
        let spectral_bands = |bits: &mut Bits<'_>| -> Result<bool, crate::bits::EndOfStream> {
            Ok(bits.take(11)? == SYNC && object_type(bits)? == SPECTRAL_BANDS && bits.take(1)? == 1)
        };
        if spectral_bands(bits).unwrap_or(false) {
            return Ok(Err("HE-AAC".into()));
        }
        Ok(Ok(Self { sample_rate, channels }))
    }
}

fn object_type(bits: &mut Bits<'_>) -> Result<u32, crate::bits::EndOfStream> {
    match bits.take(5)? {
        31 => Ok(32 + bits.take(6)?),
        kind => Ok(kind),
    }
}

/// The configuration inside an `esds` description (ISO/IEC 14496-1, 7.2.6), which QuickTime and CAF files wrap it in.
pub(crate) fn config_of_esds(mut bytes: &[u8]) -> Option<&[u8]> {
    const STREAM: u8 = 3;
    const DECODER: u8 = 4;
    const CONFIG: u8 = 5;
    loop {
        let (&tag, rest) = bytes.split_first()?;
        let (mut len, mut rest) = (0usize, rest);
        for _ in 0..4 {
            let (&byte, behind) = rest.split_first()?;
            rest = behind;
            len = len << 7 | usize::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                break;
            }
        }
        bytes = match tag {
            STREAM => rest.get(3..)?,
            DECODER => rest.get(13..)?,
            CONFIG => return rest.get(..len),
            _ => rest.get(len..)?,
        };
    }
}

/// Bytes of a frame's header, without a checksum.
const HEAD: usize = 7;

/// Bytes that show whether three frames stand in a row: a frame has 8,191 at most.
const SEVERAL: usize = 3 << 13;

/// A frame's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Frame {
    /// Audio object type, index of the sampling rate, channels: the same in all frames.
    fixed: (u32, u32, u32),
    /// Bytes, the header's own among them.
    len: usize,
    header: usize,
    blocks: u32,
}

impl Frame {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut bits = Bits::new(bytes.get(..HEAD)?);
        let mut take = |n| bits.take(n).unwrap_or(0);
        let (sync, _version, layer, unprotected) = (take(12), take(1), take(2), take(1) == 1);
        let (kind, rate, _private, channels) = (take(2) + 1, take(4), take(1), take(3));
        let _copyright = take(4);
        let (len, _fullness, blocks) = (take(13) as usize, take(11), take(2) + 1);
        let header = if unprotected { 7 } else { 9 };
        (sync == 0xfff && layer == 0 && (rate as usize) < RATES.len() && len >= header).then_some(Self {
            fixed: (kind, rate, channels),
            len,
            header,
            blocks,
        })
    }
}

/// Whether a file starts with frames: three in a row, or as many as there are.
pub(crate) fn is_adts(head: &[u8]) -> bool {
    let Some(first) = Frame::read(head) else { return false };
    let mut at = first.len;
    for _ in 0..2 {
        match head.get(at..) {
            Some(rest) if rest.len() >= HEAD => match Frame::read(rest) {
                Some(next) if next.fixed == first.fixed => at += next.len,
                _ => return false,
            },
            _ => return head.len() == at,
        }
    }
    true
}

/// The frames of a file. They are read as they are decoded.
pub(crate) fn open_adts(mut bytes: Bytes) -> Result<Track<'static>, AudioError> {
    let path = bytes.path().to_path_buf();
    let first = Frame::read(bytes.get(0, HEAD)?).ok_or_else(|| AudioError::nothing(&path))?;
    let alike = |head: &[u8]| Frame::read(head).filter(|frame| frame.fixed == first.fixed);
    let (mut at, mut packets, mut notes) = (0, Vec::new(), Vec::new());
    while at < bytes.len() {
        let left = bytes.len() - at;
        let frame = alike(bytes.get(at, HEAD)?);
        let tag = if frame.is_some() { 0 } else { bytes.tag_len(at)? };
        match frame {
            _ if tag > 0 => at += tag,
            Some(frame) if frame.blocks > 1 => {
                return Err(AudioError::unread(&path, "AAC with several blocks a frame"));
            }
            Some(frame) if frame.len as u64 <= left => {
                let packet = Stretch::new(at + frame.header as u64, (frame.len - frame.header) as u64);
                packets.push(packet.ok_or_else(|| too_many(&path))?);
                at += frame.len as u64;
            }
            frame => {
                // Frames go on where several in a row are like the first.
                let mut next = at + 1;
                while next < bytes.len()
                    && (alike(bytes.get(next, HEAD)?).is_none() || !is_adts(bytes.get(next, SEVERAL)?))
                {
                    next += 1;
                }
                let is_end = next == bytes.len();
                if is_end && (frame.is_some() || left < HEAD as u64) {
                    notes.push(length("its last frame is cut off"));
                } else if !is_end || bytes.any_nonzero(at..next)? {
                    let (at, bytes) = (at as usize, (next - at) as usize);
                    notes.push(Note::Skipped { at, bytes, read_s: 0.0 });
                }
                at = next;
            }
        }
    }
    let (kind, rate, channels) = first.fixed;
    let config = (kind << 11 | rate << 7 | channels << 3) as u16;
    let codec = Codec::aac(&config.to_be_bytes(), "AAC", &path)?;
    let packets = Packed::at(packets, bytes);
    Ok(Track { body: Body::Packets(Packets { codec, packets, span: Span::default() }), notes })
}

/// So many first packets show whether there are spectral bands.
pub(crate) const SEEN: usize = 200;

/// Whether packets have spectral band replication (HE-AAC) that their configuration doesn't tell: nearly all end in a
/// fill element with its mark. One that happens to look so is rare, about one packet in ten.
pub(crate) fn has_spectral_bands<'a>(packets: impl Iterator<Item = &'a [u8]>) -> bool {
    let (mut count, mut marked) = (0, 0);
    for packet in packets.take(SEEN) {
        count += 1;
        marked += usize::from(ends_in_spectral_bands(packet));
    }
    count > 0 && 10 * marked >= 9 * count
}

/// Whether a fill element that fills the packet up to its end mark is one of spectral bands.
fn ends_in_spectral_bands(packet: &[u8]) -> bool {
    const FILL: u32 = 6;
    const END: u32 = 7;
    let bit = |at: usize| u32::from(packet[at / 8] >> (7 - at % 8) & 1);
    let number = |at: usize, n: usize| (at..at + n).fold(0, |value, at| value << 1 | bit(at));
    let total = 8 * packet.len();
    // The end mark is followed by zeros up to a whole byte.
    let ends: Vec<usize> = (3..=10)
        .filter_map(|back| total.checked_sub(back))
        .filter(|&at| number(at, 3) == END && (at + 3..total).all(|at| bit(at) == 0))
        .collect();
    ends.iter().any(|&end| {
        // An element has at most 4 + 8 bits of length and 269 bytes; the bytes are not aligned.
        (1..=269usize).any(|len| {
            let head = if len < 15 { 7 } else { 15 };
            let Some(at) = end.checked_sub(head + 8 * len) else { return false };
            let told = match number(at + 3, 4) as usize {
                15 if len >= 15 => 14 + number(at + 7, 8) as usize,
                told => told,
            };
            number(at, 3) == FILL && told == len && matches!(number(at + head, 4), 0xd | 0xe)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_name_what_is_not_read() {
        // 16 kHz, mono: object type, rate index 8, one channel.
        let config = |kind: u16| Config::read(&(kind << 11 | 8 << 7 | 1 << 3).to_be_bytes());
        assert_eq!(config(2), Ok(Config { sample_rate: 16_000, channels: 1 }));
        assert_eq!(config(5), Err("HE-AAC".into()));
        assert_eq!(config(29), Err("HE-AAC v2".into()));
        assert_eq!(config(23), Err("AAC-LD".into()));
        // The extension behind a plain one: sync 0x2b7, type 5, present.
        assert_eq!(Config::read(&[0x14, 0x08, 0x56, 0xe5, 0x80]), Err("HE-AAC".into()));
        assert_eq!(
            Config::read(&[0x14, 0x08, 0x56, 0xe5, 0x00]),
            Ok(Config { sample_rate: 16_000, channels: 1 })
        );
        assert_eq!(Config::read(&[0x14]), Err("AAC without configuration".into()));
        assert_eq!(Config::read(&[0x14, 0x30]), Err("AAC with 6 channels".into()));
    }

    #[test]
    fn spectral_bands_are_seen_at_the_end_of_packets() {
        // 5 bits of something, then a fill element of 4 bytes with mark 1101, then the end mark.
        let text = "10110".to_owned() + "110" + "0100" + "1101" + &"0110".repeat(7) + "111";
        let text = text.clone() + &"0".repeat(text.len().next_multiple_of(8) - text.len());
        let packet: Vec<u8> = text
            .as_bytes()
            .chunks(8)
            .map(|b| u8::from_str_radix(std::str::from_utf8(b).unwrap(), 2).unwrap())
            .collect();
        assert!(ends_in_spectral_bands(&packet));
        let mut other = packet.clone();
        other[1] ^= 0b0010; // the mark becomes 1111
        assert!(
            !ends_in_spectral_bands(&other) && !ends_in_spectral_bands(&[]) && !ends_in_spectral_bands(&[7])
        );
        let packets = |marked: usize| (0..10).map(move |i| if i < marked { 0 } else { 1 });
        let both = [&packet[..], &other];
        assert!(has_spectral_bands(packets(9).map(|i| both[i])));
        assert!(!has_spectral_bands(packets(8).map(|i| both[i])));
    }
}
