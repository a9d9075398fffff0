//! FLAC files: which bytes are frames, before Symphonia sees them.
//!
//! Symphonia takes all bytes behind a frame for a part of it, so that a tag at the end costs the last frame, and stops
//! at a second stream. Frames carry checksums and count their samples, so that the last whole one is found from the
//! end. Formats of headers: RFC 9639.

use std::ops::Range;

use crate::bytes::Bytes;
use crate::coded::{self, Kind};
use crate::collect::Decode;
use crate::error::{AudioError, Place};
use crate::note::Note;
use crate::probe::AudioInfo;
use crate::samples::Audio;
use crate::tags;

const MAGIC: &[u8] = b"fLaC";
/// Bytes of the magic and of STREAMINFO with its head.
const HEAD: usize = 42;
/// Frame headers that are tried before the file counts as damaged: false ones have wrong checksums.
const MOST_TRIED: usize = 256;

/// The fields of STREAMINFO.
#[derive(Debug, Clone, Copy, PartialEq)]
struct StreamInfo {
    most_block: u64,
    /// Whether all blocks but the last have the same length.
    fixed: bool,
    sample_rate: u32,
    channels: usize,
    bits: u32,
    /// Samples a channel, where they are told.
    samples: Option<u64>,
}

impl StreamInfo {
    /// Of a stream's first bytes.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let block = bytes.get(..HEAD)?.strip_prefix(MAGIC)?;
        let number =
            |at: usize, len: usize| block[at..at + len].iter().fold(0, |n: u64, &b| n << 8 | u64::from(b));
        if block[0] & 0x7f != 0 || number(1, 3) != 34 {
            return None;
        }
        let packed = number(14, 8);
        let samples = packed & ((1 << 36) - 1);
        let info = Self {
            most_block: number(6, 2),
            fixed: number(4, 2) == number(6, 2),
            sample_rate: (packed >> 44) as u32,
            channels: (packed >> 41 & 7) as usize + 1,
            bits: (packed >> 36 & 31) as u32 + 1,
            samples: Some(samples).filter(|&samples| samples > 0),
        };
        (info.sample_rate > 0 && info.most_block > 0).then_some(info)
    }
}

/// A frame as its header has it.
struct Frame {
    /// Bytes of the header.
    len: usize,
    /// Samples a channel up to the frame's end.
    end: u64,
}

impl Frame {
    /// The frame that starts with these bytes, if its header is whole and fits the stream.
    fn parse(bytes: &[u8], info: &StreamInfo) -> Option<Self> {
        let &[0xff, second, sizes, layout, ..] = bytes else { return None };
        if second & 0xfe != 0xf8 || layout & 1 != 0 || (second & 1 == 0) != info.fixed {
            return None;
        }
        let first = *bytes.get(4)?;
        let more = match first.leading_ones() {
            0 => 0,
            ones @ 2..=7 => ones as usize - 1,
            _ => return None,
        };
        let low = if more == 0 { 0x7f } else { 0x3fu8.checked_shr(more as u32).unwrap_or(0) };
        let mut count = u64::from(first & low);
        for &byte in bytes.get(5..5 + more)? {
            count = count << 6 | u64::from(byte & 0x3f);
        }
        let mut at = 5 + more;
        let mut number = |len: usize| -> Option<u64> {
            let bytes = bytes.get(at..at + len)?;
            at += len;
            Some(bytes.iter().fold(0, |n, &b| n << 8 | u64::from(b)))
        };
        let block = match sizes >> 4 {
            1 => 192,
            code @ 2..=5 => 576 << (code - 2),
            6 => number(1)? + 1,
            7 => number(2)? + 1,
            code @ 8..=15 => 256 << (code - 8),
            _ => return None,
        };
        let rate = match sizes & 15 {
            0 => u64::from(info.sample_rate),
            code @ 1..=11 => {
                let known =
                    [88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];
                known[usize::from(code) - 1]
            }
            12 => number(1)? * 1000,
            13 => number(2)?,
            14 => number(2)? * 10,
            _ => return None,
        };
        let bits = match layout >> 1 & 7 {
            0 => info.bits,
            code => [8, 12, 0, 16, 20, 24, 32][usize::from(code) - 1],
        };
        let channels = match layout >> 4 {
            code @ 0..=7 => usize::from(code) + 1,
            8..=10 => 2,
            _ => return None,
        };
        let fits = rate == u64::from(info.sample_rate) && bits == info.bits && channels == info.channels;
        if !fits || block > info.most_block || crc8(bytes.get(..at)?) != *bytes.get(at)? {
            return None;
        }
        let start = if info.fixed { count.checked_mul(info.most_block)? } else { count };
        Some(Self { len: at + 1, end: start.checked_add(block)? })
    }
}

/// CRC-8 of polynomial 0x07, as of frame headers.
fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ byte, |crc, _| crc << 1 ^ if crc & 0x80 != 0 { 0x07 } else { 0 })
    })
}

/// CRC-16 of polynomial 0x8005, as of frames, byte by byte.
const CRC16: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = ((byte as u16) << 8, 0);
        while bit < 8 {
            crc = crc << 1 ^ if crc & 0x8000 != 0 { 0x8005 } else { 0 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// Where the frame that `bytes` start with may end: the last place up to which they and their checksum cancel out. What
/// lies between its true end and that place, zeros or a chance hit, no decoder reads.
fn frame_end(bytes: &[u8], header: usize) -> Option<usize> {
    let (mut crc, mut end) = (0u16, None);
    for (i, &byte) in bytes.iter().enumerate() {
        crc = crc << 8 ^ CRC16[usize::from((crc >> 8) as u8 ^ byte)];
        if crc == 0 && i >= header + 2 {
            end = Some(i + 1);
        }
    }
    end
}

/// A stream in a file.
#[derive(Debug)]
struct Stream {
    info: StreamInfo,
    /// From its head to the end of its last whole frame.
    place: Range<u64>,
    /// Samples a channel up to there.
    samples: u64,
    /// The bytes behind it that are no audio (where, how many), and whether a frame is cut off.
    rest: Option<(u64, u64)>,
    cut: bool,
}

/// The last frames of a stream, as far as its end shows them.
enum Last {
    /// Where the last whole frame ends, the samples up to there, and whether another one is cut off.
    Frame { end: usize, samples: u64, cut: bool },
    /// No whole frame is there: whether a head of one is, and whether it is of no use to look further.
    None { cut: bool, hopeless: bool },
}

impl Last {
    /// Looks from the end of `bytes` on, in which headers of the stream end at `head`.
    fn find(bytes: &[u8], head: usize, info: &StreamInfo) -> Self {
        let (mut from, mut cut, mut tried) = (bytes.len(), false, 0);
        while let Some(start) = bytes[head..from].iter().rposition(|&b| b == 0xff).map(|at| at + head) {
            from = start;
            let Some(frame) = Frame::parse(&bytes[start..], info) else { continue };
            if let Some(len) = frame_end(&bytes[start..], frame.len) {
                return Self::Frame { end: start + len, samples: frame.end, cut };
            }
            cut = true;
            tried += 1;
            if tried == MOST_TRIED {
                break;
            }
        }
        Self::None { cut, hopeless: tried == MOST_TRIED }
    }
}

impl Stream {
    /// The stream that lies at a place in a file.
    fn find(bytes: &mut Bytes, place: Range<u64>) -> Result<Self, AudioError> {
        let path = bytes.path().to_path_buf();
        let damaged = |problem: &str| {
            AudioError::damaged(&path, Place::Byte(place.start as usize), format!("FLAC: {problem}"))
        };
        let whole = place.end - place.start;
        let info = StreamInfo::parse(bytes.get(place.start, HEAD.min(whole as usize))?)
            .ok_or_else(|| damaged("its header is damaged or cut off; copy the file again"))?;
        // A frame is some kilobytes long, and what follows the last one may be longer.
        let mut seen = whole.min(FIRST_LOOK);
        loop {
            let from = place.end - seen;
            let tail = bytes.get(from, seen as usize)?;
            let head = if seen == whole { HEAD } else { 0 };
            match Last::find(tail, head, &info) {
                Last::Frame { end, samples, cut } => {
                    let rest = &tail[end..];
                    let garbage = !cut && tags::start(rest) > 0;
                    let end = from + end as u64;
                    return Ok(Self {
                        info,
                        place: place.start..end,
                        samples,
                        rest: garbage.then_some((end, place.end - end)),
                        cut,
                    });
                }
                Last::None { hopeless: false, .. } if seen < whole.min(LAST_LOOK) => {
                    seen = whole.min(4 * seen).min(LAST_LOOK);
                }
                Last::None { cut: false, .. } if info.samples.is_none() => {
                    return Err(AudioError::nothing(&path));
                }
                Last::None { .. } => {
                    return Err(damaged("there is no whole frame in it; copy the file again"));
                }
            }
        }
    }

    /// The notes that a person should hear; `read_s`: seconds of the whole file.
    fn notes(&self, read_s: f64) -> impl Iterator<Item = Note> {
        let told = match self.info.samples {
            Some(told) if told != self.samples => Some(format!("its header tells {told} samples")),
            _ => self.cut.then(|| "its last frame is cut off".to_owned()),
        };
        let length = told.map(|told| Note::Length { told, read_s });
        let rest =
            self.rest.map(|(at, bytes)| Note::Skipped { at: at as usize, bytes: bytes as usize, read_s });
        length.into_iter().chain(rest)
    }
}

/// Bytes from the end of a stream in which its last frame is looked for first, and at most.
const FIRST_LOOK: u64 = 1 << 17;
const LAST_LOOK: u64 = 1 << 27;

/// Where streams start: a stream's start looks like nothing else, the magic and the head of STREAMINFO.
fn starts(bytes: &mut Bytes) -> Result<Vec<u64>, AudioError> {
    const LOOK: usize = 1 << 16;
    const LONG: usize = 8;
    let (mut starts, mut at) = (vec![0], 0);
    while at < bytes.len() {
        let seen = bytes.get(at, LOOK + LONG - 1)?;
        let found = seen
            .windows(LONG)
            .enumerate()
            .filter(|(_, w)| w.starts_with(MAGIC) && w[4] & 0x7f == 0 && w[5..] == [0, 0, 34]);
        starts.extend(found.map(|(i, _)| at + i as u64).filter(|&start| start > 0));
        at += LOOK as u64;
    }
    Ok(starts)
}

/// The streams that follow each other in a file, mostly one; all are alike.
fn streams(bytes: &mut Bytes) -> Result<Vec<Stream>, AudioError> {
    let starts = starts(bytes)?;
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let places: Vec<_> = starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect();
    let streams =
        places.into_iter().map(|place| Stream::find(bytes, place)).collect::<Result<Vec<_>, _>>()?;
    let alike = |info: &StreamInfo| (info.sample_rate, info.channels);
    let first = alike(&streams[0].info);
    if let Some(other) = streams.iter().find(|stream| alike(&stream.info) != first) {
        let problem = "FLAC: another stream of another sampling rate or number of channels follows; split the file here";
        return Err(AudioError::damaged(bytes.path(), Place::Byte(other.place.start as usize), problem));
    }
    Ok(streams)
}

fn notes(streams: &[Stream], read_s: f64) -> Vec<Note> {
    let mut notes: Vec<Note> = streams.iter().flat_map(|stream| stream.notes(read_s)).collect();
    if streams.len() > 1 {
        notes.push(Note::Joined { parts: streams.len(), read_s });
    }
    notes
}

/// A file that is decoded step by step.
pub(crate) struct Recording {
    bytes: Bytes,
    streams: Vec<Stream>,
    /// The stream that comes next, and the one that is being decoded.
    next: usize,
    now: Option<coded::Stream>,
}

impl Recording {
    pub(crate) fn open(mut bytes: Bytes) -> Result<Self, AudioError> {
        let streams = streams(&mut bytes)?;
        Ok(Self { bytes, streams, next: 0, now: None })
    }

    /// Fails where a stream that has ended is not what was coded.
    fn check(&self, stream: &Stream, done: u64, verified: Option<bool>) -> Result<(), AudioError> {
        let path = self.bytes.path();
        if done != stream.samples {
            let problem =
                format!("FLAC: frames up to sample {} are damaged; copy the file again", stream.samples);
            return Err(AudioError::damaged(path, Place::Sample(done as usize), problem));
        }
        // The sum is of all samples.
        if verified == Some(false) && stream.info.samples.is_none_or(|told| told == stream.samples) {
            let [found, told] = ["another".to_string(), "the MD5 sum of what was encoded".to_string()];
            return Err(AudioError::Checksum { path: path.to_path_buf(), found, told });
        }
        Ok(())
    }
}

impl Decode for Recording {
    fn step(&mut self) -> Result<Option<Audio>, AudioError> {
        loop {
            let Some(now) = &mut self.now else {
                let Some(stream) = self.streams.get(self.next) else { return Ok(None) };
                let section = self.bytes.section(vec![stream.place.clone()]);
                self.now = Some(coded::Stream::open(Box::new(section), Kind::Flac, self.bytes.path())?);
                continue;
            };
            if let Some(samples) = now.step()? {
                return Ok(Some(samples));
            }
            let (done, verified) = (now.frames(), now.verified());
            self.check(&self.streams[self.next], done, verified)?;
            self.now = None;
            self.next += 1;
        }
    }

    fn frames(&self) -> Option<u64> {
        Some(self.streams.iter().map(|stream| stream.samples).sum())
    }

    fn notes(&self, read_s: f64) -> Vec<Note> {
        notes(&self.streams, read_s)
    }
}

/// Describes a file by its frames' headers.
pub(crate) fn probe(mut bytes: Bytes) -> Result<AudioInfo, AudioError> {
    let streams = streams(&mut bytes)?;
    let info = &streams[0].info;
    let mut probed = AudioInfo {
        format: Kind::Flac.name().into(),
        coding: "flac".into(),
        sample_rate: info.sample_rate,
        channels: info.channels,
        frames: streams.iter().map(|stream| stream.samples).sum::<u64>() as usize,
        notes: Vec::new(),
    };
    probed.notes = notes(&streams, probed.duration_s());
    Ok(probed)
}
