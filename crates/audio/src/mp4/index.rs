//! Whether the index tells of packets within the file. Symphonia asserts that none lies far behind its end.
//!
//! From ISO/IEC 14496-12: sizes and places of packets in a whole file (8.7) and in fragments (8.8).

use super::boxes::{all, child, long, word};
use super::outline::Outline;

/// Bits of a `tfhd` box's flags: the fields that it has.
const BASE: u32 = 1;
const DESCRIPTION: u32 = 2;
const DURATION: u32 = 8;
const SIZE: u32 = 16;
/// And of a `trun` box's; each packet has a field for each bit of the last two.
const OFFSET: u32 = 1;
const FIRST_FLAGS: u32 = 4;
const PACKET_DURATION: u32 = 0x100;
const PACKET_SIZE: u32 = 0x200;
const PACKET_FIELDS: u32 = 0xf00;

/// Whether all places and sizes that a file's index tells are at most the file's length.
pub(super) fn is_within(outline: &Outline) -> bool {
    let Outline { movie, fragments, end: len, .. } = outline;
    let mut tables = all(movie, b"trak")
        .flat_map(|track| all(track, b"mdia"))
        .flat_map(|media| all(media, b"minf"))
        .flat_map(|media| all(media, b"stbl"));
    let usual: Vec<Usual> = all(movie, b"mvex")
        .flat_map(|extends| all(extends, b"trex"))
        .filter_map(|body| Some(Usual { track: word(body, 4)?, size: word(body, 16)? }))
        .collect();
    tables.all(|tables| table_is_within(tables, *len))
        && fragments.iter().all(|(at, body)| {
            all(body, b"traf").all(|track| fragment_is_within(track, *at, &usual, *len).unwrap_or(false))
        })
}

/// Whether no run has flags of its first packet that Symphonia takes for flags of the run: it then looks for a duration or
/// a size that isn't there.
pub(super) fn has_plain_runs(outline: &Outline) -> bool {
    let tracks = outline.fragments.iter().flat_map(|(_, body)| all(body, b"traf"));
    tracks.flat_map(|track| all(track, b"trun")).all(|run| {
        let flags = word(run, 0).unwrap_or(0);
        let first = word(run, if flags & OFFSET != 0 { 12 } else { 8 }).filter(|_| flags & FIRST_FLAGS != 0);
        let missing = [(FIRST_FLAGS, PACKET_DURATION), (PACKET_SIZE, PACKET_SIZE)];
        first.is_none_or(|first| missing.iter().all(|(bit, field)| first & bit == 0 || flags & field != 0))
    })
}

/// How many bytes a packet of a track has where its fragment doesn't tell.
struct Usual {
    track: u32,
    size: u32,
}

/// Places of chunks of packets, and sizes of packets; those of one size are told once.
fn table_is_within(tables: &[u8], len: u64) -> bool {
    let words = |table: &[u8], from: usize| {
        let entries = table.get(from..).unwrap_or_default().chunks_exact(4);
        entries.into_iter().all(|entry| word(entry, 0).is_none_or(|value| u64::from(value) <= len))
    };
    all(tables, b"stco").all(|table| words(table, 8))
        && all(tables, b"co64").all(|table| {
            let places = table.get(8..).unwrap_or_default().chunks_exact(8);
            places.into_iter().all(|place| long(place, 0).is_none_or(|place| place <= len))
        })
        && all(tables, b"stsz").all(|table| match word(table, 4) {
            Some(0) => words(table, 12),
            Some(size) => u64::from(size) <= len,
            None => false,
        })
}

/// Runs of packets of one track in the fragment at a place. `None`: a box is cut off.
fn fragment_is_within(track: &[u8], at: u64, usual: &[Usual], len: u64) -> Option<bool> {
    let head = child(track, b"tfhd")?;
    let (flags, id) = (word(head, 0)?, word(head, 4)?);
    let mut field = 8;
    let base = if flags & BASE != 0 { long(head, field)? } else { at };
    for (bit, bytes) in [(BASE, 8), (DESCRIPTION, 4), (DURATION, 4)] {
        field += if flags & bit != 0 { bytes } else { 0 };
    }
    let usual = usual.iter().find(|usual| usual.track == id).map_or(0, |usual| usual.size);
    let size = u64::from(if flags & SIZE != 0 { word(head, field)? } else { usual });
    let mut within = base <= len;
    for run in all(track, b"trun") {
        let (flags, count) = (word(run, 0)?, u64::from(word(run, 4)?));
        let mut field = 8;
        if flags & OFFSET != 0 {
            within &=
                base.checked_add_signed(i64::from(word(run, field)? as i32)).is_some_and(|at| at <= len);
            field += 4;
        }
        field += if flags & FIRST_FLAGS != 0 { 4 } else { 0 };
        let entry = 4 * (flags & PACKET_FIELDS).count_ones() as usize;
        if flags & PACKET_SIZE != 0 {
            let before = if flags & PACKET_DURATION != 0 { 4 } else { 0 };
            let mut packets = run.get(field..)?.chunks_exact(entry);
            within &= packets.all(|packet| word(packet, before).is_some_and(|size| u64::from(size) <= len));
        } else {
            within &= count * size <= len;
        }
    }
    Some(within)
}
