//! OGG files: pages of one recording, or of several that follow each other (chained streams). Symphonia decodes
//! Vorbis and FLAC out of the pages of each, Opus is taken out of them here.
//!
//! Pages are checked before: Symphonia passes over damaged ones, and takes any, also one that is cut off, for the end.
//! From RFC 3533 (pages) and RFC 7845 (Opus in them).

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use symphonia::core::checksum::Crc32;
use symphonia::core::io::Monitor;

use crate::coded;
use crate::error::{AudioError, Place};
use crate::guard::guarded;
use crate::note::Note;
use crate::packets::{Codec, Packets, Span, unread};
use crate::pcm::{MOST_SAMPLES, too_many};
use crate::samples::Audio;
use crate::{opus, vorbis};

const MAGIC: &[u8] = b"OggS";
/// Bytes of a page's header up to its table of segments, whose length is the last of them.
const HEAD: usize = 27;
/// Where it has its flags, and the checksum of the page.
const FLAGS: usize = 5;
const SUM: Range<usize> = 22..26;
/// A page starts with the rest of a packet; it is the first of its stream, the last.
const CONTINUED: u8 = 1;
const FIRST: u8 = 2;
const LAST: u8 = 4;

/// The coding of a stream, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Vorbis,
    Flac,
    Opus,
    /// Sound that isn't read.
    Unread(&'static str),
    /// Pictures, texts.
    Other,
}

impl Coding {
    fn of(packet: &[u8]) -> Self {
        match packet {
            _ if packet.starts_with(b"\x01vorbis") => Self::Vorbis,
            _ if packet.starts_with(b"\x7fFLAC") => Self::Flac,
            _ if packet.starts_with(opus::Head::MAGIC) => Self::Opus,
            _ if packet.starts_with(b"Speex   ") => Self::Unread("Speex"),
            _ if packet.starts_with(b"CELT    ") => Self::Unread("CELT"),
            _ if packet.starts_with(b"PCM     ") => Self::Unread("PCM"),
            _ => Self::Other,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Vorbis => "vorbis",
            Self::Flac => "flac",
            Self::Opus => "opus",
            Self::Unread(name) => name,
            Self::Other => "unknown",
        }
    }

    fn is_sound(self) -> bool {
        self != Self::Other
    }
}

/// The coding inside, by a file's first bytes.
pub(crate) fn coding(head: &[u8]) -> &'static str {
    let mut at = 0;
    while let Some(page) = Page::read(head, at).filter(|page| page.flags & FIRST != 0) {
        if Coding::of(page.body).is_sound() {
            return Coding::of(page.body).name();
        }
        at = page.end;
    }
    "unknown"
}

#[derive(Debug, Clone, Copy)]
struct Page<'a> {
    whole: &'a [u8],
    /// Where it ends, in bytes.
    end: usize,
    flags: u8,
    /// The granule at which its last packet that ends here ends; −1 if none does.
    granule: i64,
    serial: u32,
    sequence: u32,
    segments: &'a [u8],
    body: &'a [u8],
}

impl<'a> Page<'a> {
    /// The page at a place, if all of it is there.
    fn read(bytes: &'a [u8], at: usize) -> Option<Self> {
        let head = bytes.get(at..at.checked_add(HEAD)?).filter(|head| head.starts_with(MAGIC))?;
        let table = at + HEAD..at + HEAD + usize::from(head[HEAD - 1]);
        let segments = bytes.get(table.clone())?;
        let end = table.end + segments.iter().map(|&len| usize::from(len)).sum::<usize>();
        let body = bytes.get(table.end..end)?;
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        Some(Self {
            whole: &bytes[at..end],
            end,
            flags: head[FLAGS],
            granule: (u64::from(word(10)) << 32 | u64::from(word(6))) as i64,
            serial: word(14),
            sequence: word(18),
            segments,
            body,
        })
    }

    /// Whether its checksum, of all its bytes with zeros in its own place, is what it tells.
    fn sum_is_right(&self) -> bool {
        let mut sum = Crc32::new(0);
        sum.process_buf_bytes(&self.whole[..SUM.start]);
        sum.process_buf_bytes(&[0; 4]);
        sum.process_buf_bytes(&self.whole[SUM.end..]);
        sum.crc().to_le_bytes() == self.whole[SUM]
    }
}

/// The pages of a file.
struct Pages<'a> {
    pages: Vec<Page<'a>>,
    /// Where bytes lie between and behind them.
    foreign: Vec<Range<usize>>,
    /// Where the last page starts, if it is cut off.
    cut: Option<usize>,
}

fn pages<'a>(bytes: &'a [u8], path: &Path) -> Result<Pages<'a>, AudioError> {
    let damaged = |at: usize, len: usize| {
        let problem = format!("OGG: the page of {len} bytes from here on is damaged; copy the file again");
        AudioError::damaged(path, Place::Byte(at), problem)
    };
    let (mut at, mut pages, mut foreign) = (0, Vec::new(), Vec::new());
    while at < bytes.len() {
        if let Some(page) = Page::read(bytes, at) {
            if !page.sum_is_right() {
                return Err(damaged(at, page.whole.len()));
            }
            at = page.end;
            pages.push(page);
            continue;
        }
        let is_page = |&next: &usize| Page::read(bytes, next).is_some_and(|page| page.sum_is_right());
        let starts = bytes[at..].windows(MAGIC.len()).enumerate().filter(|(_, w)| *w == MAGIC);
        let next = starts.map(|(i, _)| at + i).find(is_page).unwrap_or(bytes.len());
        if MAGIC.starts_with(&bytes[at..bytes.len().min(at + MAGIC.len())]) {
            match next == bytes.len() {
                true => return Ok(Pages { pages, foreign, cut: Some(at) }),
                false => return Err(damaged(at, next - at)),
            }
        }
        foreign.push(at..next);
        at = next;
    }
    Ok(Pages { pages, foreign, cut: None })
}

/// The pages of each recording: one ends where first pages come again.
fn links<'p, 'a>(pages: &'p [Page<'a>]) -> Vec<&'p [Page<'a>]> {
    let starts = |i: usize| pages[i].flags & FIRST != 0 && (i == 0 || pages[i - 1].flags & FIRST == 0);
    let mut links = Vec::new();
    let mut start = 0;
    for end in 1..=pages.len() {
        if end == pages.len() || starts(end) {
            links.push(&pages[start..end]);
            start = end;
        }
    }
    links
}

/// Decodes a whole file.
pub(crate) fn decode(bytes: &[u8], path: &Path) -> Result<Audio, AudioError> {
    let Pages { pages, foreign, cut } = pages(bytes, path)?;
    let (mut whole, mut parts, mut notes) = (None::<Audio>, 0, Vec::new());
    let links = links(&pages);
    for (link, left) in links.iter().zip((0..links.len()).rev()) {
        let is_cut = left == 0 && cut.is_some();
        let (audio, ends) = match decode_link(link, &mut notes, path) {
            // Headers alone are no recording.
            Ok((audio, _)) if is_cut && audio.frames() == 0 => break,
            Err(AudioError::Damaged { .. } | AudioError::NoSamples { .. }) if is_cut => break,
            decoded => decoded?,
        };
        parts += 1;
        let joined = match whole.take() {
            None => audio,
            Some(before) => join(before, audio, path)?,
        };
        if !ends && !is_cut {
            let told = "none of its pages is marked as the last".into();
            notes.push(Note::Length { told, read_s: joined.duration_s() });
        }
        whole = Some(joined);
    }
    let mut audio = whole.ok_or_else(|| match cut {
        Some(at) => {
            let problem = format!("OGG: the page from byte {at} on is cut off here; copy the file again");
            AudioError::damaged(path, Place::Byte(bytes.len()), problem)
        }
        None => AudioError::nothing(path),
    })?;
    let read_s = audio.duration_s();
    notes.extend(cut.map(|_| Note::Length { told: "its last page is cut off".into(), read_s }));
    if parts > 1 {
        notes.push(Note::Joined { parts, read_s });
    }
    notes.extend(foreign.into_iter().map(|at| Note::Skipped { at: at.start, bytes: at.len(), read_s }));
    audio.notes = notes;
    Ok(audio)
}

fn join(mut before: Audio, behind: Audio, path: &Path) -> Result<Audio, AudioError> {
    let of = |audio: &Audio| (audio.channels.len(), audio.sample_rate);
    let ((channels, rate), (other_channels, other_rate)) = (of(&before), of(&behind));
    if (channels, rate) != (other_channels, other_rate) {
        let problem = format!(
            "OGG: recordings of {channels} channels at {rate} Hz and of {other_channels} at {other_rate} Hz follow \
             each other; split it there"
        );
        return Err(AudioError::damaged(path, Place::Sample(before.frames()), problem));
    }
    if (before.frames() + behind.frames()).saturating_mul(channels) > MOST_SAMPLES {
        return Err(too_many(path));
    }
    before.append(&behind);
    Ok(before)
}

/// One recording, and whether its last page is marked as such.
fn decode_link(link: &[Page<'_>], notes: &mut Vec<Note>, path: &Path) -> Result<(Audio, bool), AudioError> {
    let firsts = || link.iter().take_while(|page| page.flags & FIRST != 0);
    let is_read =
        |page: &&Page<'_>| matches!(Coding::of(page.body), Coding::Vorbis | Coding::Flac | Coding::Opus);
    let Some(first) = firsts().find(is_read) else {
        return Err(match firsts().map(|page| Coding::of(page.body)).find(|coding| coding.is_sound()) {
            Some(coding) => unread("OGG", coding.name(), path),
            None => AudioError::unsupported(path, "OGG: there is no sound in it; leave it out"),
        });
    };
    let pages: Vec<&Page<'_>> = link.iter().filter(|page| page.serial == first.serial).collect();
    let missing: u32 =
        pages.windows(2).map(|two| two[1].sequence.saturating_sub(two[0].sequence).saturating_sub(1)).sum();
    if missing > 0 {
        let problem = format!("{missing} of its pages are missing; what is before and behind them was read");
        notes.push(Note::Header(problem));
    }
    let ends = pages.last().is_some_and(|page| page.flags & LAST != 0);
    // Vorbis has identification, comments and setup first.
    if packets(&pages).get(2).is_some_and(|(setup, _)| !vorbis::is_sound(setup)) {
        let problem = "OGG: the setup of its Vorbis stream is damaged; copy the file again";
        return Err(AudioError::damaged(path, Place::Byte(0), problem));
    }
    let audio = if Coding::of(first.body) == Coding::Opus {
        opus_packets(&pages, path)?.decode(path)?
    } else {
        let bytes = pages.iter().flat_map(|page| page.whole).copied().collect();
        guarded(|| coded::decode_ogg(bytes, path)).unwrap_or_else(|| {
            let problem = "OGG: the stream that starts here is damaged; copy the file again";
            Err(AudioError::damaged(path, Place::Byte(0), problem))
        })?
    };
    Ok((audio, ends))
}

/// The packets of a stream, each with the granule of the page that it is the last to end in.
fn packets<'a>(pages: &[&Page<'a>]) -> Vec<(Cow<'a, [u8]>, Option<i64>)> {
    let mut packets: Vec<(Cow<'a, [u8]>, Option<i64>)> = Vec::new();
    // The packet that goes on in the next page.
    let mut open: Option<Vec<u8>> = None;
    for page in pages {
        if page.flags & CONTINUED == 0 {
            open = None;
        }
        // A packet that is continued here may have begun in a page that is missing.
        let mut lost = page.flags & CONTINUED != 0 && open.is_none();
        let (mut start, mut end, before) = (0, 0, packets.len());
        for &segment in page.segments {
            end += usize::from(segment);
            if segment == 255 {
                continue;
            }
            let part = &page.body[start..end];
            start = end;
            match open.take() {
                _ if lost => lost = false,
                Some(begun) => packets.push(([&begun, part].concat().into(), None)),
                None => packets.push((part.into(), None)),
            }
        }
        if end > start && !lost {
            open.get_or_insert_default().extend(&page.body[start..end]);
        }
        if let Some((_, granule)) = packets[before..].last_mut() {
            *granule = Some(page.granule).filter(|&granule| granule >= 0);
        }
    }
    packets
}

/// Packets of Opus and the part of their samples that is the recording: behind what the header tells to leave out, up
/// to what the last page tells.
fn opus_packets<'a>(pages: &[&Page<'a>], path: &Path) -> Result<Packets<'a>, AudioError> {
    let mut packets = packets(pages).into_iter();
    let head = packets.next().map(|(packet, _)| packet).unwrap_or_default();
    let codec = Codec::opus(opus::Head::read(&head), path)?;
    // The second has comments.
    let packets: Vec<_> = packets.skip(1).collect();
    let (mut decoded, mut start, mut end) = (0i64, None, None);
    for (packet, granule) in &packets {
        decoded += opus::frames(packet) as i64;
        if let &Some(granule) = granule {
            // The recording of a stream that was joined while it ran doesn't start at 0. A first page that ends
            // before its packets do is the last one, too.
            start = start.or(Some((granule - decoded).max(0)));
            end = Some(granule);
        }
    }
    let skip = if let Codec::Opus(head) = &codec { u64::from(head.pre_skip) } else { 0 };
    let frames = end.zip(start).map(|(end, start)| (end.saturating_sub(start) as u64).saturating_sub(skip));
    let packets = packets.into_iter().map(|(packet, _)| packet).collect();
    Ok(Packets { codec, packets, span: Span { skip, frames, ..Span::default() } })
}
