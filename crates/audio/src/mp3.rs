//! MP3 files: which bytes are frames and where recordings start, before Symphonia sees them.
//!
//! Symphonia cuts a file at the length that its first frame tells, so that a second recording behind it is lost, and
//! takes bytes that only look like a frame's head for one. Here frames are followed from one to the next; a recording
//! starts at an information frame (Xing, LAME), or where the one before has told its end. Headers: ISO 11172-3,
//! 13818-3.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use symphonia::core::io::ReadOnlySource;

use crate::bytes::Bytes;
use crate::coded::{self, Kind};
use crate::collect::{Decode, collect};
use crate::error::{AudioError, Place};
use crate::names;
use crate::note::Note;
use crate::samples::Audio;

/// Bytes from a frame's start that tell all that is asked of it: no frame has as many.
const LOOK: usize = 1 << 13;

/// Frames that a recording may have fewer or more than its first frame tells: some encoders count that frame too.
const SLACK: usize = 2;

/// A frame as its head has it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Frame {
    /// Bytes of the frame.
    len: usize,
    /// Samples a channel.
    samples: usize,
    sample_rate: u32,
    channels: usize,
    /// Where an information frame of its layer has its name.
    info_at: Option<usize>,
}

impl Frame {
    /// The frame of any layer that starts with these bytes.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let &[0xff, second, third, fourth, ..] = bytes else { return None };
        if second & 0xe0 != 0xe0 {
            return None;
        }
        // Versions: 3 is MPEG 1, 2 is MPEG 2, 0 is MPEG 2.5.
        let version = second >> 3 & 3;
        let (first, layer) = (version == 3, 4 - (second >> 1 & 3));
        let kilobits: [usize; 14] = match (first, layer) {
            (true, 1) => [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
            (true, 2) => [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
            (true, _) => [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
            (false, 1) => [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
            (false, _) => [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        };
        let bit_rate = 1000 * kilobits.get(usize::from(third >> 4).checked_sub(1)?)?;
        let base = *[44_100u32, 48_000, 32_000].get(usize::from(third >> 2 & 3))?;
        let sample_rate = match version {
            3 => base,
            2 => base / 2,
            0 => base / 4,
            _ => return None,
        };
        let samples = match (layer, first) {
            (1, _) => 384,
            (2, _) | (3, true) => 1152,
            (3, false) => 576,
            _ => return None,
        };
        let channels = if fourth >> 6 == 3 { 1 } else { 2 };
        let side = match (first, channels) {
            (true, 2) => 32,
            (true, _) | (false, 2) => 17,
            _ => 9,
        };
        let padding = usize::from(third >> 1 & 1);
        let len = match layer {
            1 => 4 * (12 * bit_rate / sample_rate as usize + padding),
            _ => samples / 8 * bit_rate / sample_rate as usize + padding,
        };
        let info_at = (layer == 3).then_some(4 + side);
        Some(Self { len, samples, sample_rate, channels, info_at })
    }

    /// Whether both can belong to one recording.
    fn is_like(&self, other: &Self) -> bool {
        (self.samples, self.sample_rate, self.channels) == (other.samples, other.sample_rate, other.channels)
    }

    /// Whether this frame, of these bytes, holds information about the recording, and how many frames it tells.
    fn information(&self, bytes: &[u8]) -> Option<Option<usize>> {
        let number = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
        let at = self.info_at?;
        let name = bytes.get(at..at + 4)?;
        if name == b"Xing" || name == b"Info" {
            let told = number(at + 4).filter(|flags| flags & 1 != 0);
            return Some(told.and_then(|_| number(at + 8)).map(|n| n as usize));
        }
        // Fraunhofer's lies at the same place whatever the frame is.
        (bytes.get(36..40)? == b"VBRI").then(|| number(50).map(|n| n as usize))
    }
}

/// A recording in a file.
struct Part {
    /// Where its frames are; what lies between is no audio.
    ranges: Vec<Range<u64>>,
    frame: Frame,
    /// Frames, that of the information not counted; and how many that tells.
    frames: usize,
    told: Option<usize>,
}

/// The recordings of a file, and its other bytes.
#[derive(Default)]
struct Survey {
    parts: Vec<Part>,
    /// Bytes that are no audio.
    skipped: Vec<Range<u64>>,
    /// Whether the last frame is cut off.
    cut: bool,
}

/// The bytes before a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Frame,
    Tag,
    /// Bytes that are no audio, from this place on.
    Garbage(u64),
}

impl Survey {
    fn of(bytes: &mut Bytes) -> Result<Self, AudioError> {
        let mut survey = Self::default();
        // Looked for once: each frame may be the last.
        let tail = bytes.tail()?;
        let (mut at, mut before) = (0, Before::Tag);
        while at < bytes.len() {
            let left = bytes.len() - at;
            let tag = bytes.tag_len(at)?;
            if tag > 0 {
                survey.skip(bytes, before, at)?;
                before = Before::Tag;
                at = at.saturating_add(tag).min(bytes.len());
                continue;
            }
            let frame = match Frame::parse(bytes.get(at, LOOK)?) {
                Some(frame)
                    if (tail..=bytes.len()).contains(&(at + frame.len as u64))
                        || survey.is_frame(bytes, at, &frame, before)? =>
                {
                    Some(frame)
                }
                _ => None,
            };
            match (frame, before) {
                (Some(frame), _) if frame.len as u64 <= left => {
                    survey.skip(bytes, before, at)?;
                    survey.add(frame, bytes.get(at, frame.len)?, at, before);
                    before = Before::Frame;
                    at += frame.len as u64;
                }
                (Some(_), _) => {
                    survey.cut = true;
                    return Ok(survey);
                }
                (None, Before::Garbage(_)) => {
                    let seen = bytes.get(at, LOOK)?;
                    let next = seen[1..].iter().position(|&b| matches!(b, 0xff | b'I' | b'T' | b'A'));
                    at += next.map_or(seen.len(), |next| next + 1) as u64;
                }
                (None, _) if at >= tail => return Ok(survey),
                (None, _) => before = Before::Garbage(at),
            }
        }
        // Garbage ends where padding begins.
        survey.skip(bytes, before, tail)?;
        Ok(survey)
    }

    /// Whether a head is a frame's that isn't the last: it follows a frame that is like it, or is followed by one.
    fn is_frame(
        &self,
        bytes: &mut Bytes,
        at: u64,
        frame: &Frame,
        before: Before,
    ) -> Result<bool, AudioError> {
        if before == Before::Frame && self.parts.last().is_some_and(|part| part.frame.is_like(frame)) {
            return Ok(true);
        }
        let next = at + frame.len as u64;
        let is_like = Frame::parse(bytes.get(next, LOOK)?).is_some_and(|next| next.is_like(frame));
        Ok(is_like || bytes.tag_len(next)? > 0)
    }

    /// Garbage ends; zeros are padding.
    fn skip(&mut self, bytes: &mut Bytes, before: Before, at: u64) -> Result<(), AudioError> {
        if let Before::Garbage(from) = before
            && bytes.any_nonzero(from..at)?
        {
            self.skipped.push(from..at);
        }
        Ok(())
    }

    fn add(&mut self, frame: Frame, bytes: &[u8], at: u64, before: Before) {
        let (end, information) = (at + frame.len as u64, frame.information(bytes));
        if let (Some(part), None) = (self.parts.last_mut(), information)
            && before != Before::Tag
            && part.frame.is_like(&frame)
            && part.told.is_none_or(|told| part.frames < told)
        {
            part.frames += 1;
            match part.ranges.last_mut() {
                Some(range) if range.end == at => range.end = end,
                _ => part.ranges.push(at..end),
            }
            return;
        }
        let (frames, told) = (usize::from(information.is_none()), information.flatten());
        self.parts.push(Part { ranges: std::iter::once(at..end).collect(), frame, frames, told });
    }

    /// The recordings: an information frame alone is none, nor are a few frames more than it tells.
    fn recordings(mut self) -> Self {
        self.parts.retain(|part| part.frames > 0);
        let mut i = 1;
        while i < self.parts.len() {
            let [before, part] = [&self.parts[i - 1], &self.parts[i]];
            let more = part.told.is_none() && part.frames <= SLACK && before.told == Some(before.frames);
            if more && before.ranges.last().map(|r| r.end) == part.ranges.first().map(|r| r.start) {
                self.parts.remove(i);
            } else {
                i += 1;
            }
        }
        self
    }

    fn notes(&self, read_s: f64) -> Vec<Note> {
        let mut notes = Vec::new();
        let short = self.parts.iter().find_map(|p| p.told.filter(|&told| told > p.frames + SLACK));
        let told = match short {
            Some(told) => Some(format!("its first frame tells {told} frames")),
            None => self.cut.then(|| "its last frame is cut off".to_owned()),
        };
        notes.extend(told.map(|told| Note::Length { told, read_s }));
        if self.parts.len() > 1 {
            notes.push(Note::Joined { parts: self.parts.len(), read_s });
        }
        let skipped = |range: &Range<u64>| Note::Skipped {
            at: range.start as usize,
            bytes: (range.end - range.start) as usize,
            read_s,
        };
        notes.extend(self.skipped.iter().map(skipped));
        notes
    }
}

/// Decodes the samples of a WAV file.
pub(crate) fn decode(bytes: &[u8], path: &Path) -> Result<Audio, AudioError> {
    collect(Recording::open(Bytes::of_memory(Arc::new(bytes.to_vec()), path))?, path)
}

/// A file that is decoded step by step.
pub(crate) struct Recording {
    bytes: Bytes,
    survey: Survey,
    /// The part that comes next, and the one that is being decoded.
    next: usize,
    now: Option<coded::Stream>,
    /// The channels of what came.
    channels: Option<usize>,
}

impl Recording {
    pub(crate) fn open(mut bytes: Bytes) -> Result<Self, AudioError> {
        let survey = Survey::of(&mut bytes)?.recordings();
        let garbage: u64 = survey.skipped.iter().map(|range| range.end - range.start).sum();
        // Any bytes have what looks like a frame somewhere.
        if survey.parts.is_empty() || garbage >= bytes.len() / 2 {
            return Err(names::no_audio(bytes.path()));
        }
        Ok(Self { bytes, survey, next: 0, now: None, channels: None })
    }

    fn changes(&self, part: &Part) -> AudioError {
        let problem = "MP3: the sampling rate or the number of channels changes; split the file here";
        AudioError::damaged(self.bytes.path(), Place::Byte(part.ranges[0].start as usize), problem)
    }
}

impl Decode for Recording {
    fn step(&mut self) -> Result<Option<Audio>, AudioError> {
        loop {
            let Some(now) = &mut self.now else {
                let Some(part) = self.survey.parts.get(self.next) else { return Ok(None) };
                let layout = |part: &Part| (part.frame.sample_rate, part.frame.channels);
                if layout(part) != layout(&self.survey.parts[0]) {
                    return Err(self.changes(part));
                }
                // Of a file that it can seek in, Symphonia guesses the length from the rate of bits and cuts it there.
                let source = ReadOnlySource::new(self.bytes.section(part.ranges.clone()));
                self.now = Some(coded::Stream::open(Box::new(source), Kind::Other, self.bytes.path())?);
                continue;
            };
            let Some(samples) = now.step()? else {
                self.now = None;
                self.next += 1;
                continue;
            };
            // Damaged frames may be decoded as others than their headers tell.
            if *self.channels.get_or_insert(samples.channels.len()) != samples.channels.len() {
                return Err(self.changes(&self.survey.parts[self.next]));
            }
            return Ok(Some(samples));
        }
    }

    fn frames(&self) -> Option<u64> {
        Some(self.survey.parts.iter().map(|part| (part.frames * part.frame.samples) as u64).sum())
    }

    fn notes(&self, read_s: f64) -> Vec<Note> {
        self.survey.notes(read_s)
    }
}
