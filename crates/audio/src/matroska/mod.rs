//! Matroska and WebM files: elements of EBML, of which `TrackEntry` describes the tracks and `SimpleBlock` and `Block`
//! have the packets. Read here since the recording's start and end (`CodecDelay`, `DiscardPadding`) and the names of
//! codecs get lost in Symphonia's reader.
//!
//! From RFC 9559: elements (5). A file is walked through once, element by element, for the places of the packets; these
//! are read as they are decoded.

mod block;
mod ebml;
mod track;

use std::ops::Range;

use self::block::Head;
use self::ebml::{Element, LONGEST_HEAD, signed};
use self::track::Entry;
use crate::bytes::Bytes;
use crate::container::{Body, Track, length};
use crate::error::{AudioError, Place};
use crate::note::Note;
use crate::packets::{Codec, Packed, Packets, Span, Stretch, unread};
use crate::pcm::too_many;

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

/// The largest number of packets: 38 days of AAC at 16 kHz.
const MOST_PACKETS: usize = 1 << 25;
/// The longest entry of a track, and the longest block of sound, in bytes.
const LONGEST_BODY: u64 = 1 << 24;
/// Bytes that are searched at a time.
const WINDOW: usize = 1 << 18;
const SOUND: u64 = 2;
const NANOSECONDS: u32 = 1_000_000_000;

/// Where a cluster starts behind a place that is damaged, or the file ends.
fn next_cluster(bytes: &mut Bytes, at: u64) -> Result<u64, AudioError> {
    let mut at = at + 1;
    while at < bytes.len() {
        let seen = bytes.get(at, WINDOW)?;
        if let Some(behind) = seen.windows(4).position(|w| w == CLUSTER.to_be_bytes()) {
            return Ok(at + behind as u64);
        }
        // It may begin in the last three bytes.
        let more = (seen.len() as u64).saturating_sub(3).max(1);
        at += more;
    }
    Ok(bytes.len())
}

/// The packets of a block of a track, if it is that track's.
fn packets_of(
    bytes: &mut Bytes,
    block: &Element,
    track: Option<u64>,
) -> Result<Option<Vec<Stretch>>, AudioError> {
    let (start, len) = (block.start, block.end - block.start);
    let problem = "Matroska: a block of packets is damaged; copy the file again";
    let damaged = AudioError::damaged(bytes.path(), Place::Byte(start as usize), problem);
    let Some(head) = Head::read(bytes.get(start, block::LONGEST_HEAD.min(len as usize))?) else {
        return Err(damaged);
    };
    if Some(head.track) != track {
        return Ok(None);
    }
    let places = if len > LONGEST_BODY {
        None
    } else if head.lacing == 0 {
        Some(std::iter::once(head.len..len as usize).collect())
    } else {
        block::packets(bytes.get(start, len as usize)?)
    };
    let stretch = |place: Range<usize>| Stretch::new(start + place.start as u64, place.len() as u64);
    let stretches: Option<Vec<Stretch>> = places.and_then(|places| places.into_iter().map(stretch).collect());
    stretches.map(Some).ok_or(damaged)
}

/// Opens a file. Its packets are read as they are decoded.
pub(crate) fn open(mut bytes: Bytes) -> Result<Track<'static>, AudioError> {
    let path = bytes.path().to_path_buf();
    let fail = |at: u64, problem: &str| {
        let place = Place::Byte(at as usize);
        AudioError::damaged(&path, place, format!("Matroska: {problem}; copy the file again"))
    };
    let mut entries: Vec<Entry> = Vec::new();
    let mut chosen: Option<u64> = None;
    let (mut packets, mut discard, mut ours, mut cut) = (Vec::new(), 0i64, false, false);
    let (mut at, mut parts, mut notes) = (0, 0, Vec::new());
    while at < bytes.len() {
        let Some(element) = Element::read(&mut bytes, at)? else {
            let next = next_cluster(&mut bytes, at)?;
            let is_end = next == bytes.len();
            match (next - at) as usize {
                // Zeros at the end are padding.
                _ if is_end && !bytes.any_nonzero(at..next)? => {}
                left if is_end && left < LONGEST_HEAD => cut = true,
                bytes => notes.push(Note::Skipped { at: at as usize, bytes, read_s: 0.0 }),
            }
            at = next;
            continue;
        };
        let Element { id, start, end, whole } = element;
        cut |= !whole;
        at = end;
        match id {
            // Their children come as if they were beside them, so that it doesn't matter where they end.
            SEGMENT | CLUSTER | TRACKS | BLOCK_GROUP => at = start,
            HEADER => parts += 1,
            TRACK if whole => {
                if end - start > LONGEST_BODY {
                    return Err(fail(start, "the entry of a track is damaged"));
                }
                let entry = Entry::read(bytes.get(start, (end - start) as usize)?);
                let before = entries.iter().find(|before| Some(before.number) == chosen);
                if before.is_some_and(|before| before.number == entry.number && !entry.is_like(before)) {
                    let problem =
                        "Matroska: another recording of another format follows; split the file here";
                    return Err(AudioError::damaged(&path, Place::Byte(start as usize), problem));
                }
                if entry.kind == SOUND
                    && chosen.is_none()
                    && entry.codec(&path).is_ok() | entry.pcm().is_some()
                {
                    chosen = Some(entry.number);
                }
                entries.push(entry);
            }
            SIMPLE_BLOCK | BLOCK if whole => {
                let found = packets_of(&mut bytes, &element, chosen)?;
                ours = found.is_some();
                if let Some(found) = found {
                    packets.extend(found);
                    discard = 0;
                }
                if packets.len() > MOST_PACKETS {
                    return Err(too_many(&path));
                }
            }
            DISCARD_PADDING if ours => discard = signed(bytes.get(start, 8.min((end - start) as usize))?),
            _ => {}
        }
    }
    let Some(entry) = entries.iter().find(|entry| Some(entry.number) == chosen) else {
        return Err(match entries.iter().find(|entry| entry.kind == SOUND) {
            Some(entry) => match entry.codec(&path) {
                Err(error) => error,
                Ok(_) => unread("Matroska", "a track of sound", &path),
            },
            None if entries.is_empty() => fail(bytes.len(), "it ends before it describes its tracks"),
            None => AudioError::unsupported(&path, "Matroska: there is no sound in it; leave it out"),
        });
    };
    notes.extend(cut.then(|| length("it is cut off in its last block")));
    notes.extend((parts > 1).then_some(Note::Joined { parts, read_s: 0.0 }));
    if let Some(pcm) = entry.pcm() {
        let mut samples = Vec::new();
        for packet in packets {
            samples.extend(packet.read(&mut bytes)?);
        }
        return Ok(Track { body: Body::Pcm(pcm.check(&path)?, samples.into()), notes });
    }
    let codec = entry.codec(&path)?;
    // The samples that the encoder put in front: Opus tells them exactly, others in nanoseconds.
    let (skip, timescale) = match &codec {
        Codec::Opus(head) => (head.pre_skip.into(), 0),
        Codec::Other(..) => (entry.delay, NANOSECONDS),
    };
    let span = Span { skip, frames: None, timescale, behind_ns: u64::try_from(discard).unwrap_or(0) };
    let packets = Packed::at(packets, bytes);
    Ok(Track { body: Body::Packets(Packets { codec, packets, span }), notes })
}
