//! Matroska and WebM files: elements of EBML, of which `TrackEntry` describes the tracks and `SimpleBlock` and `Block`
//! have the packets. Read here since the recording's start and end (`CodecDelay`, `DiscardPadding`) and the names of
//! codecs get lost in Symphonia's reader.
//!
//! From RFC 8794 (EBML) and RFC 9559 (Matroska): blocks and lacing (10), elements (5).

use std::path::Path;

use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_FLAC, CODEC_ID_MP2, CODEC_ID_MP3, CODEC_ID_VORBIS,
};

use crate::container::{Body, Track, length};
use crate::error::{AudioError, Place};
use crate::note::Note;
use crate::packets::{Codec, Packed, Packets, Span, unread};
use crate::pcm::{Kind, MOST_CHANNELS, MOST_RATE, Pcm, Sample, too_many};
use crate::raw::ByteOrder;
use crate::{opus, vorbis};

pub(crate) const MAGIC: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];

const SEGMENT: u32 = 0x1853_8067;
const HEADER: u32 = u32::from_be_bytes(MAGIC);
const CLUSTER: u32 = 0x1f43_b675;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK: u32 = 0xae;
const BLOCK_GROUP: u32 = 0xa0;
const BLOCK: u32 = 0xa1;
const SIMPLE_BLOCK: u32 = 0xa3;
const DISCARD_PADDING: u32 = 0x75a2;
const AUDIO: u32 = 0xe1;

/// The longest head of an element, in bytes.
const LONGEST_HEAD: usize = 12;
/// The largest number of packets: 38 days of AAC at 16 kHz.
const MOST_PACKETS: usize = 1 << 25;
const SOUND: u64 = 2;
const NANOSECONDS: u32 = 1_000_000_000;

/// The fields of a track entry.
#[derive(Debug, Default)]
struct Entry<'a> {
    number: u64,
    kind: u64,
    codec: &'a [u8],
    private: &'a [u8],
    /// Nanoseconds to leave out at the start.
    delay: u64,
    encoded: bool,
    sample_rate: f64,
    channels: u64,
    bits: u64,
}

/// An element: its ID, where its body starts in bytes, and its body as far as the file has it.
struct Element<'a> {
    id: u32,
    start: usize,
    body: &'a [u8],
    /// Whether the file has all of it; elements of unknown size reach to the end.
    whole: bool,
}

/// A number of EBML: its first byte tells by leading zeros how many more follow. With `mark`, that mark stays.
fn variable(bytes: &[u8], mark: bool) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let len = first.leading_zeros() as usize + 1;
    let rest = bytes.get(1..len)?;
    let kept = if mark { first } else { (u32::from(first) & ((1 << (8 - len.min(8))) - 1)) as u8 };
    (len <= 8).then(|| (rest.iter().fold(kept.into(), |value, &b| value << 8 | u64::from(b)), len))
}

fn element(bytes: &[u8], at: usize) -> Option<Element<'_>> {
    let (id, id_len) = variable(bytes.get(at..)?, true)?;
    let (size, size_len) = variable(&bytes[at + id_len..], false)?;
    let start = at + id_len + size_len;
    let left = bytes.len() - start;
    let unknown = size == (1 << (7 * size_len)) - 1;
    let len = usize::try_from(size).unwrap_or(usize::MAX).min(left);
    let whole = unknown || size <= left as u64;
    Some(Element { id: u32::try_from(id).ok()?, start, body: &bytes[start..start + len], whole })
}

fn elements(bytes: &[u8]) -> impl Iterator<Item = Element<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let found = element(bytes, at)?;
        at = found.start + found.body.len();
        Some(found)
    })
}

fn number(body: &[u8]) -> u64 {
    body.iter().take(8).fold(0, |value, &b| value << 8 | u64::from(b))
}

fn float(body: &[u8]) -> f64 {
    match body.len() {
        4 => f32::from_bits(number(body) as u32).into(),
        8 => f64::from_bits(number(body)),
        _ => 0.0,
    }
}

impl<'a> Entry<'a> {
    fn read(body: &'a [u8]) -> Self {
        let mut entry = Self { channels: 1, sample_rate: 8000.0, ..Self::default() };
        for Element { id, body, .. } in elements(body) {
            match id {
                0xd7 => entry.number = number(body),
                0x83 => entry.kind = number(body),
                0x86 => entry.codec = body.split(|&b| b == 0).next().unwrap_or_default(),
                0x63a2 => entry.private = body,
                0x56aa => entry.delay = number(body),
                0x6d80 => entry.encoded = true,
                AUDIO => {
                    for Element { id, body, .. } in elements(body) {
                        match id {
                            0xb5 => entry.sample_rate = float(body),
                            0x9f => entry.channels = number(body),
                            0x6264 => entry.bits = number(body),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        entry
    }

    /// Whether packets of both can be decoded as one track's.
    fn is_like(&self, other: &Self) -> bool {
        (self.codec, self.private, self.sample_rate, self.channels, self.bits)
            == (other.codec, other.private, other.sample_rate, other.channels, other.bits)
    }

    fn pcm(&self) -> Option<Pcm> {
        let bits = u32::try_from(self.bits).ok()?;
        let sample = match self.codec {
            b"A_PCM/INT/LIT" if bits == 8 => Some(Sample::byte(Kind::Unsigned)),
            b"A_PCM/INT/LIT" => Sample::signed(bits, ByteOrder::Little),
            b"A_PCM/INT/BIG" => Sample::signed(bits, ByteOrder::Big),
            b"A_PCM/FLOAT/IEEE" => Sample::float(bits, ByteOrder::Little),
            _ => None,
        }?;
        let (rate, channels) = (self.sample_rate.round() as u32, self.channels.min(1 << 16) as usize);
        Some(Pcm { sample, channels, sample_rate: rate })
    }

    /// The codec of its packets, if they are read.
    fn codec(&self, path: &Path) -> Result<Codec, AudioError> {
        let rate = self.sample_rate.round().clamp(0.0, MOST_RATE.into()) as u32;
        let channels = self.channels.min(MOST_CHANNELS as u64) as u32;
        let of = |name, id, config: &[u8]| Ok(Codec::of(name, id, config, rate, channels));
        let damaged = || {
            AudioError::damaged(
                path,
                Place::Byte(0),
                "Matroska: its codec's header is damaged; copy the file again",
            )
        };
        if self.encoded {
            return Err(unread("Matroska", "a compressed or encrypted track", path));
        }
        match self.codec {
            b"A_OPUS" => Codec::opus(opus::Head::read(self.private), path),
            b"A_VORBIS" => of("vorbis", CODEC_ID_VORBIS, &vorbis_headers(self.private).ok_or_else(damaged)?),
            b"A_FLAC" => of("flac", CODEC_ID_FLAC, self.private.get(8..42).ok_or_else(damaged)?),
            b"A_ALAC" => Ok(Codec::alac(self.private, rate, channels)),
            b"A_MPEG/L3" => of("mp3", CODEC_ID_MP3, &[]),
            b"A_MPEG/L2" => of("mp2", CODEC_ID_MP2, &[]),
            codec if codec.starts_with(b"A_AAC") => Codec::aac(self.private, "Matroska", path),
            codec => {
                let name = match codec {
                    _ if codec.starts_with(b"A_AC3") || codec.starts_with(b"A_EAC3") => "AC-3".into(),
                    _ if codec.starts_with(b"A_DTS") => "DTS".into(),
                    _ => format!("sound of coding {}", String::from_utf8_lossy(codec).escape_debug()),
                };
                Err(unread("Matroska", &name, path))
            }
        }
    }
}

/// The first and the third of Vorbis's headers, which lie in a row behind their sizes.
fn vorbis_headers(private: &[u8]) -> Option<Vec<u8>> {
    let (&count, mut rest) = private.split_first()?;
    let sizes = (0..count).map(|_| xiph(&mut rest)).collect::<Option<Vec<usize>>>()?;
    let &[identification, comment] = &sizes[..] else { return None };
    let setup = rest.get(identification.checked_add(comment)?..).filter(|setup| vorbis::is_sound(setup))?;
    Some([rest.get(..identification)?, setup].concat())
}

/// A size as a sum of bytes, of which the last is below 255.
fn xiph(bytes: &mut &[u8]) -> Option<usize> {
    let mut size = 0usize;
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        size += usize::from(byte);
        if byte < 255 {
            return Some(size);
        }
    }
}

/// The track of a block and its packets; `None` if it is damaged.
fn block(body: &[u8]) -> Option<(u64, Vec<&[u8]>)> {
    let (track, len) = variable(body, false)?;
    // Two bytes of time, then flags.
    let lacing = body.get(len + 2)? >> 1 & 3;
    let mut rest = body.get(len + 3..)?;
    if lacing == 0 {
        return Some((track, vec![rest]));
    }
    let (&count, behind) = rest.split_first()?;
    rest = behind;
    let count = usize::from(count) + 1;
    let mut sizes: Vec<usize> = Vec::with_capacity(count);
    match lacing {
        1 => {
            for _ in 1..count {
                sizes.push(xiph(&mut rest)?);
            }
        }
        2 => {
            if !rest.len().is_multiple_of(count) {
                return None;
            }
            sizes.resize(count - 1, rest.len() / count);
        }
        _ => {
            for i in 1..count {
                let (value, len) = variable(rest, false)?;
                rest = &rest[len..];
                let size = match sizes.last() {
                    None if i == 1 => i64::try_from(value).ok()?,
                    // Differences have a bias of half their range.
                    last => (*last? as i64)
                        .checked_add(i64::try_from(value).ok()? - ((1 << (7 * len - 1)) - 1))?,
                };
                sizes.push(usize::try_from(size).ok()?);
            }
        }
    }
    let mut packets = Vec::with_capacity(count);
    for size in sizes {
        let (packet, behind) = rest.split_at_checked(size)?;
        packets.push(packet);
        rest = behind;
    }
    packets.push(rest);
    Some((track, packets))
}

/// Where a cluster starts behind a place that is damaged, or the file ends.
fn next_cluster(bytes: &[u8], at: usize) -> usize {
    let found = bytes[at + 1..].windows(4).position(|w| w == CLUSTER.to_be_bytes());
    found.map_or(bytes.len(), |behind| at + 1 + behind)
}

pub(crate) fn open<'a>(bytes: &'a [u8], path: &Path) -> Result<Track<'a>, AudioError> {
    let fail = |at: usize, problem: &str| {
        AudioError::damaged(path, Place::Byte(at), format!("Matroska: {problem}; copy the file again"))
    };
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut chosen: Option<u64> = None;
    let (mut packets, mut discard, mut ours, mut cut) = (Vec::new(), 0i64, false, false);
    let (mut at, mut parts, mut notes) = (0, 0, Vec::new());
    while at < bytes.len() {
        let Some(Element { id, start, body, whole }) = element(bytes, at) else {
            let next = next_cluster(bytes, at);
            let is_end = next == bytes.len();
            match next - at {
                // Zeros at the end are padding.
                _ if is_end && bytes[at..].iter().all(|&b| b == 0) => {}
                left if is_end && left < LONGEST_HEAD => cut = true,
                bytes => notes.push(Note::Skipped { at, bytes, read_s: 0.0 }),
            }
            at = next;
            continue;
        };
        cut |= !whole;
        at = start + body.len();
        match id {
            // Their children come as if they were beside them, so that it doesn't matter where they end.
            SEGMENT | CLUSTER | TRACKS | BLOCK_GROUP => at = start,
            HEADER => parts += 1,
            TRACK if whole => {
                let entry = Entry::read(body);
                let before = entries.iter().find(|before| Some(before.number) == chosen);
                if before.is_some_and(|before| before.number == entry.number && !entry.is_like(before)) {
                    let problem =
                        "Matroska: another recording of another format follows; split the file here";
                    return Err(AudioError::damaged(path, Place::Byte(start), problem));
                }
                if entry.kind == SOUND
                    && chosen.is_none()
                    && entry.codec(path).is_ok() | entry.pcm().is_some()
                {
                    chosen = Some(entry.number);
                }
                entries.push(entry);
            }
            SIMPLE_BLOCK | BLOCK if whole => {
                let (track, found) =
                    block(body).ok_or_else(|| fail(start, "a block of packets is damaged"))?;
                ours = Some(track) == chosen;
                if ours {
                    packets.extend(found);
                    discard = 0;
                }
                if packets.len() > MOST_PACKETS {
                    return Err(too_many(path));
                }
            }
            DISCARD_PADDING if ours => discard = number(body) as i64,
            _ => {}
        }
    }
    let Some(entry) = entries.iter().find(|entry| Some(entry.number) == chosen) else {
        return Err(match entries.iter().find(|entry| entry.kind == SOUND) {
            Some(entry) => match entry.codec(path) {
                Err(error) => error,
                Ok(_) => unread("Matroska", "a track of sound", path),
            },
            None if entries.is_empty() => fail(bytes.len(), "it ends before it describes its tracks"),
            None => AudioError::unsupported(path, "Matroska: there is no sound in it; leave it out"),
        });
    };
    notes.extend(cut.then(|| length("it is cut off in its last block")));
    notes.extend((parts > 1).then_some(Note::Joined { parts, read_s: 0.0 }));
    if let Some(pcm) = entry.pcm() {
        let body = Body::Pcm(pcm.check(path)?, packets.concat().into());
        return Ok(Track { body, notes });
    }
    let codec = entry.codec(path)?;
    // The samples that the encoder put in front: Opus tells them exactly, others in nanoseconds.
    let (skip, timescale) = match &codec {
        Codec::Opus(head) => (head.pre_skip.into(), 0),
        Codec::Other(..) => (entry.delay, NANOSECONDS),
    };
    let span = Span { skip, frames: None, timescale, behind_ns: u64::try_from(discard).unwrap_or(0) };
    let packets = Packed::Here(packets.into_iter().map(Into::into).collect());
    Ok(Track { body: Body::Packets(Packets { codec, packets, span }), notes })
}
