//! OGG files: pages of one recording, or of several that follow each other (chained streams). Symphonia decodes
//! Vorbis and FLAC out of the pages of each, Opus is taken out of them here.
//!
//! Pages are checked before: Symphonia passes over damaged ones, and takes any, also one that is cut off, for the end.
//! From RFC 3533 (pages) and RFC 7845 (Opus in them).

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use symphonia::core::checksum::Crc32;
use symphonia::core::io::Monitor;

use crate::bytes::Bytes;
use crate::coded::{self, Kind};
use crate::collect::{Decode, Guarded};
use crate::error::{AudioError, Place};
use crate::note::Note;
use crate::packets::{Codec, Decoded, Span, unread};
use crate::samples::Audio;
use crate::{opus, vorbis};

const MAGIC: &[u8] = b"OggS";
/// The most pages that are read: a day of ten a second, or half a day of one a packet.
const MOST_PAGES: usize = 1 << 22;
/// The longest page, in bytes.
const LONGEST: usize = HEAD + 255 + 255 * 255;
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
    while let Some((page, body)) = Page::read(head, at).filter(|(page, _)| page.flags & FIRST != 0) {
        if Coding::of(body).is_sound() {
            return Coding::of(body).name();
        }
        at += page.len as usize;
    }
    "unknown"
}

/// A page, by its header.
#[derive(Debug, Clone, Copy)]
struct Page {
    /// Where it is, in bytes, and how many it has.
    at: u64,
    len: u32,
    flags: u8,
    /// The granule at which its last packet that ends here ends; −1 if none does.
    granule: i64,
    serial: u32,
    sequence: u32,
}

impl Page {
    /// The page at a place in `bytes`, if all of it is there, and its body.
    fn read(bytes: &[u8], at: usize) -> Option<(Self, &[u8])> {
        let head = bytes.get(at..at.checked_add(HEAD)?).filter(|head| head.starts_with(MAGIC))?;
        let table = at + HEAD..at + HEAD + usize::from(head[HEAD - 1]);
        let segments = bytes.get(table.clone())?;
        let end = table.end + segments.iter().map(|&len| usize::from(len)).sum::<usize>();
        let body = bytes.get(table.end..end)?;
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let page = Self {
            at: at as u64,
            len: (end - at) as u32,
            flags: head[FLAGS],
            granule: (u64::from(word(10)) << 32 | u64::from(word(6))) as i64,
            serial: word(14),
            sequence: word(18),
        };
        Some((page, body))
    }

    /// The page at a place in a file.
    fn find(bytes: &mut Bytes, at: u64) -> Result<Option<Self>, AudioError> {
        let found = Self::read(bytes.get(at, LONGEST)?, 0);
        Ok(found.map(|(page, _)| Self { at, ..page }))
    }

    fn end(&self) -> u64 {
        self.at + u64::from(self.len)
    }

    /// Its body, behind the lengths of its segments.
    fn parts<'a>(&self, bytes: &'a mut Bytes) -> Result<(&'a [u8], &'a [u8]), AudioError> {
        let whole = bytes.get(self.at, self.len as usize)?;
        let segments = usize::from(whole.get(HEAD - 1).copied().unwrap_or(0));
        // It was whole when it was found.
        Ok(whole.get(HEAD..).and_then(|rest| rest.split_at_checked(segments)).unwrap_or_default())
    }

    fn coding(&self, bytes: &mut Bytes) -> Result<Coding, AudioError> {
        Ok(Coding::of(self.parts(bytes)?.1))
    }

    /// Whether its checksum, of all its bytes with zeros in its own place, is what it tells.
    fn sum_is_right(&self, bytes: &mut Bytes) -> Result<bool, AudioError> {
        let whole = bytes.get(self.at, self.len as usize)?;
        let mut sum = Crc32::new(0);
        sum.process_buf_bytes(&whole[..SUM.start]);
        sum.process_buf_bytes(&[0; 4]);
        sum.process_buf_bytes(&whole[SUM.end..]);
        Ok(sum.crc().to_le_bytes() == whole[SUM])
    }
}

/// The pages of a file.
struct Pages {
    pages: Vec<Page>,
    /// Where bytes lie between and behind them.
    foreign: Vec<Range<u64>>,
    /// Where the last page starts, if it is cut off.
    cut: Option<u64>,
}

impl Pages {
    fn find(bytes: &mut Bytes) -> Result<Self, AudioError> {
        let (mut at, mut pages, mut foreign) = (0, Vec::new(), Vec::new());
        let path = bytes.path().to_path_buf();
        let damaged = |at: u64, len: u64| {
            let problem =
                format!("OGG: the page of {len} bytes from here on is damaged; copy the file again");
            AudioError::damaged(&path, Place::Byte(at as usize), problem)
        };
        while at < bytes.len() {
            if let Some(page) = Page::find(bytes, at)? {
                if !page.sum_is_right(bytes)? {
                    return Err(damaged(at, page.len.into()));
                }
                at = page.end();
                pages.push(page);
                if pages.len() > MOST_PAGES {
                    let problem = format!("OGG: it has more than {MOST_PAGES} pages; split it");
                    return Err(AudioError::unsupported(&path, problem));
                }
                continue;
            }
            let next = next_page(bytes, at)?;
            if MAGIC.starts_with(bytes.get(at, MAGIC.len())?) {
                match next == bytes.len() {
                    true => return Ok(Self { pages, foreign, cut: Some(at) }),
                    false => return Err(damaged(at, next - at)),
                }
            }
            foreign.push(at..next);
            at = next;
        }
        Ok(Self { pages, foreign, cut: None })
    }
}

/// Where the next whole page starts, or the file ends.
fn next_page(bytes: &mut Bytes, mut at: u64) -> Result<u64, AudioError> {
    while at < bytes.len() {
        let seen = bytes.get(at, LONGEST)?;
        let found = seen.windows(MAGIC.len()).position(|w| w == MAGIC);
        let Some(found) = found else {
            at += (seen.len() + 1).saturating_sub(MAGIC.len()).max(1) as u64;
            continue;
        };
        at += found as u64;
        if let Some(page) = Page::find(bytes, at)?
            && page.sum_is_right(bytes)?
        {
            return Ok(at);
        }
        at += 1;
    }
    Ok(bytes.len())
}

/// The pages of each recording: one ends where first pages come again.
fn links(pages: &[Page]) -> Vec<Range<usize>> {
    let starts = |i: usize| pages[i].flags & FIRST != 0 && (i == 0 || pages[i - 1].flags & FIRST == 0);
    let mut links = Vec::new();
    let mut start = 0;
    for end in 1..=pages.len() {
        if end == pages.len() || starts(end) {
            links.push(start..end);
            start = end;
        }
    }
    links
}

/// A file that is decoded step by step.
pub(crate) struct Recording {
    bytes: Bytes,
    pages: Pages,
    links: Vec<Range<usize>>,
    /// The recording that comes next, and the one that is being decoded.
    next: usize,
    now: Option<Link>,
    /// Recordings that had samples, and what they are.
    parts: usize,
    layout: Option<(usize, u32)>,
    frames: u64,
    notes: Vec<Note>,
}

impl Recording {
    pub(crate) fn open(mut bytes: Bytes) -> Result<Self, AudioError> {
        let pages = Pages::find(&mut bytes)?;
        let links = links(&pages.pages);
        let (parts, frames) = (0, 0);
        Ok(Self { bytes, pages, links, next: 0, now: None, parts, layout: None, frames, notes: Vec::new() })
    }

    /// Whether the recording at hand is the last and cut off.
    fn is_cut(&self) -> bool {
        self.next + 1 == self.links.len() && self.pages.cut.is_some()
    }

    /// The next samples of the recording at hand; `None` where it ends.
    fn advance(&mut self) -> Result<Option<Audio>, AudioError> {
        let now = match &mut self.now {
            Some(now) => now,
            None => {
                let pages = &self.pages.pages[self.links[self.next].clone()];
                self.now.insert(Link::open(&mut self.bytes, pages, &mut self.notes)?)
            }
        };
        now.recording.step()
    }

    /// Ends the recording at hand.
    fn end(&mut self, had_samples: bool) {
        let is_cut = self.is_cut();
        self.next += 1;
        let Some(link) = self.now.take().filter(|_| had_samples) else { return };
        if !link.ends && !is_cut {
            let told = "none of its pages is marked as the last".into();
            let rate = self.layout.map_or(1, |(_, rate)| rate.max(1));
            self.notes.push(Note::Length { told, read_s: self.frames as f64 / f64::from(rate) });
        }
    }

    /// Fails where a recording follows of another kind than the one before.
    fn check(&self, samples: &Audio) -> Result<(usize, u32), AudioError> {
        let now = (samples.channels.len(), samples.sample_rate);
        match self.layout {
            Some(before) if before != now => {
                let ((channels, rate), (other_channels, other_rate)) = (before, now);
                let problem = format!(
                    "OGG: recordings of {channels} channels at {rate} Hz and of {other_channels} at {other_rate} Hz \
                     follow each other; split it there"
                );
                Err(AudioError::damaged(self.bytes.path(), Place::Sample(self.frames as usize), problem))
            }
            _ => Ok(now),
        }
    }
}

impl Decode for Recording {
    fn step(&mut self) -> Result<Option<Audio>, AudioError> {
        while self.next < self.links.len() {
            let had_samples = self.now.as_ref().is_some_and(|now| now.had_samples);
            match self.advance() {
                Ok(Some(samples)) => {
                    self.layout = Some(self.check(&samples)?);
                    if let Some(now) = self.now.as_mut().filter(|_| samples.frames() > 0 && !had_samples) {
                        now.had_samples = true;
                        self.parts += 1;
                    }
                    self.frames += samples.frames() as u64;
                    return Ok(Some(samples));
                }
                Ok(None) => self.end(had_samples),
                // Headers alone are no recording.
                Err(AudioError::Damaged { .. } | AudioError::NoSamples { .. }) if self.is_cut() => {
                    self.end(had_samples);
                }
                Err(error) => return Err(error),
            }
        }
        match self.pages.cut {
            Some(at) if self.parts == 0 => {
                let problem = format!("OGG: the page from byte {at} on is cut off here; copy the file again");
                let end = self.bytes.len() as usize;
                Err(AudioError::damaged(self.bytes.path(), Place::Byte(end), problem))
            }
            _ if self.parts == 0 => Err(AudioError::nothing(self.bytes.path())),
            _ => Ok(None),
        }
    }

    fn frames(&self) -> Option<u64> {
        // Of codings whose granules are samples, as all that are read.
        let last = self.pages.pages.iter().rev().find_map(|page| u64::try_from(page.granule).ok());
        last.filter(|_| self.links.len() == 1)
    }

    fn notes(&self, read_s: f64) -> Vec<Note> {
        let mut notes = self.notes.clone();
        notes
            .extend(self.pages.cut.map(|_| Note::Length { told: "its last page is cut off".into(), read_s }));
        if self.parts > 1 {
            notes.push(Note::Joined { parts: self.parts, read_s });
        }
        let skipped = |at: &Range<u64>| Note::Skipped {
            at: at.start as usize,
            bytes: (at.end - at.start) as usize,
            read_s,
        };
        notes.extend(self.pages.foreign.iter().map(skipped));
        notes
    }
}

/// One recording of a file.
struct Link {
    recording: Box<dyn Decode>,
    /// Whether its last page is marked as such.
    ends: bool,
    had_samples: bool,
}

impl Link {
    fn open(bytes: &mut Bytes, link: &[Page], notes: &mut Vec<Note>) -> Result<Self, AudioError> {
        let path = bytes.path().to_path_buf();
        let mut codings = Vec::new();
        for page in link.iter().take_while(|page| page.flags & FIRST != 0) {
            codings.push((page.serial, page.coding(bytes)?));
        }
        let is_read = |coding: &Coding| matches!(coding, Coding::Vorbis | Coding::Flac | Coding::Opus);
        let Some(&(serial, coding)) = codings.iter().find(|(_, coding)| is_read(coding)) else {
            return Err(match codings.iter().find(|(_, coding)| coding.is_sound()) {
                Some((_, coding)) => unread("OGG", coding.name(), &path),
                None => AudioError::unsupported(&path, "OGG: there is no sound in it; leave it out"),
            });
        };
        let pages: Arc<[Page]> = link.iter().filter(|page| page.serial == serial).copied().collect();
        let missing: u32 = pages
            .windows(2)
            .map(|two| two[1].sequence.saturating_sub(two[0].sequence).saturating_sub(1))
            .sum();
        if missing > 0 {
            let problem =
                format!("{missing} of its pages are missing; what is before and behind them was read");
            notes.push(Note::Header(problem));
        }
        let ends = pages.last().is_some_and(|page| page.flags & LAST != 0);
        // Vorbis has identification, comments and setup first.
        if let Some((setup, _)) = PagePackets::new(bytes, &pages).nth(2).transpose()?
            && !vorbis::is_sound(&setup)
        {
            let problem = "OGG: the setup of its Vorbis stream is damaged; copy the file again";
            return Err(AudioError::damaged(&path, Place::Byte(0), problem));
        }
        let recording: Box<dyn Decode> = if coding == Coding::Opus {
            Box::new(opus_packets(bytes, &pages)?)
        } else {
            let mut ranges: Vec<Range<u64>> = Vec::new();
            for page in pages.iter() {
                match ranges.last_mut() {
                    Some(range) if range.end == page.at => range.end = page.end(),
                    _ => ranges.push(page.at..page.end()),
                }
            }
            Box::new(Guarded { recording: Inner { bytes: bytes.clone(), ranges, now: None }, damaged })
        };
        Ok(Self { recording, ends, had_samples: false })
    }
}

fn damaged(inner: &Inner) -> AudioError {
    let problem = "OGG: the stream that starts here is damaged; copy the file again";
    AudioError::damaged(inner.bytes.path(), Place::Byte(0), problem)
}

/// A stream that Symphonia reads; opening may panic, too.
struct Inner {
    bytes: Bytes,
    ranges: Vec<Range<u64>>,
    now: Option<coded::Stream>,
}

impl Decode for Inner {
    fn step(&mut self) -> Result<Option<Audio>, AudioError> {
        let now = match &mut self.now {
            Some(now) => now,
            None => {
                let section = self.bytes.section(std::mem::take(&mut self.ranges));
                self.now.insert(coded::Stream::open(Box::new(section), Kind::Ogg, self.bytes.path())?)
            }
        };
        now.step()
    }

    fn frames(&self) -> Option<u64> {
        None
    }

    fn notes(&self, _: f64) -> Vec<Note> {
        Vec::new()
    }
}

/// A packet, and the granule of the page that it is the last to end in.
type Packet = (Vec<u8>, Option<i64>);

/// The packets of a stream, page by page.
struct PagePackets {
    bytes: Bytes,
    pages: Arc<[Page]>,
    next: usize,
    /// Packets of the page at hand.
    ready: VecDeque<Packet>,
    /// The packet that goes on in the next page.
    open: Option<Vec<u8>>,
}

impl PagePackets {
    fn new(bytes: &Bytes, pages: &Arc<[Page]>) -> Self {
        let (bytes, pages) = (bytes.clone(), Arc::clone(pages));
        Self { bytes, pages, next: 0, ready: VecDeque::new(), open: None }
    }

    fn page(&mut self, page: Page) -> Result<(), AudioError> {
        let (segments, body) = page.parts(&mut self.bytes)?;
        if page.flags & CONTINUED == 0 {
            self.open = None;
        }
        // A packet that is continued here may have begun in a page that is missing.
        let mut lost = page.flags & CONTINUED != 0 && self.open.is_none();
        let (mut start, mut end) = (0, 0);
        for &segment in segments {
            end += usize::from(segment);
            if segment == 255 {
                continue;
            }
            let part = &body[start..end];
            start = end;
            match self.open.take() {
                _ if lost => lost = false,
                Some(begun) => self.ready.push_back(([&begun, part].concat(), None)),
                None => self.ready.push_back((part.into(), None)),
            }
        }
        if end > start && !lost {
            self.open.get_or_insert_default().extend(&body[start..end]);
        }
        if let Some((_, granule)) = self.ready.back_mut() {
            *granule = Some(page.granule).filter(|&granule| granule >= 0);
        }
        Ok(())
    }
}

impl Iterator for PagePackets {
    type Item = Result<Packet, AudioError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(packet) = self.ready.pop_front() {
                return Some(Ok(packet));
            }
            let page = *self.pages.get(self.next)?;
            self.next += 1;
            if let Err(error) = self.page(page) {
                return Some(Err(error));
            }
        }
    }
}

/// Packets of Opus and the part of their samples that is the recording: behind what the header tells to leave out, up
/// to what the last page tells.
fn opus_packets(bytes: &Bytes, pages: &Arc<[Page]>) -> Result<Guarded<Decoded<'static>>, AudioError> {
    let path = bytes.path();
    let mut packets = PagePackets::new(bytes, pages);
    let head = packets.next().transpose()?.map(|(packet, _)| packet).unwrap_or_default();
    let codec = Codec::opus(opus::Head::read(&head), path)?;
    let (mut decoded, mut start, mut end) = (0i64, None, None);
    // The second has comments.
    for packet in packets.skip(1) {
        let (packet, granule) = packet?;
        decoded += opus::frames(&packet) as i64;
        if let Some(granule) = granule {
            // The recording of a stream that was joined while it ran doesn't start at 0. A first page that ends
            // before its packets do is the last one, too.
            start = start.or(Some((granule - decoded).max(0)));
            end = Some(granule);
        }
    }
    let skip = if let Codec::Opus(head) = &codec { u64::from(head.pre_skip) } else { 0 };
    let frames = end.zip(start).map(|(end, start)| (end.saturating_sub(start) as u64).saturating_sub(skip));
    let packets = PagePackets::new(bytes, pages).skip(2).map(|packet| Ok(packet?.0.into()));
    Ok(Decoded::new(codec, Box::new(packets), Span { skip, frames, ..Span::default() }, path))
}
