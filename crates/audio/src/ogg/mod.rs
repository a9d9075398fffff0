//! OGG files: pages of one recording, or of several that follow each other (chained streams). Symphonia decodes
//! Vorbis and FLAC out of the pages of each, Opus is taken out of them here.

mod packets;
mod pages;

use std::ops::Range;
use std::sync::Arc;

use self::packets::{PagePackets, opus_packets};
use self::pages::{FIRST, LAST, Page, Pages, links};
use crate::bytes::Bytes;
use crate::coded::{self, Kind};
use crate::collect::{Decode, Guarded};
use crate::error::{AudioError, Place};
use crate::note::Note;
use crate::packets::unread;
use crate::samples::Audio;
use crate::{opus, vorbis};

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
            codings.push((page.serial, Coding::of(page.parts(bytes)?.1)));
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
