//! NIST SPHERE files.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::Path;

use crate::bytes::Bytes;
use crate::error::{AudioError, Place};
use crate::note::Note;
use crate::pcm::{Kind, Pcm, Sample};
use crate::raw::{ByteOrder, samples};
use crate::samples::Audio;
use crate::shorten::Decoded;
use crate::tags::{self, Rest};
use crate::wave::Plain;
use crate::{g711, shorten};

const MAGIC: &[u8] = b"NIST_1A\n";

/// The longest header that is read, in bytes.
const MOST_HEADER: usize = 1 << 20;

/// Whether a file's first bytes are those of a SPHERE file.
pub(crate) fn is_sphere(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The most samples a channel that a header may tell; nothing is allocated by it.
const MOST_SAMPLES: i64 = 1 << 40;

/// How a sample is coded, apart from what is embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Pcm,
    MuLaw,
    ALaw,
}

impl Coding {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pcm => "pcm",
            Self::MuLaw => "mu-law",
            Self::ALaw => "A-law",
        }
    }

    /// Bytes a sample.
    fn bytes(self) -> usize {
        if self == Self::Pcm { 2 } else { 1 }
    }
}

/// A header's fields.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Header {
    /// Where the samples start, in bytes.
    pub(crate) len: usize,
    pub(crate) sample_rate: u32,
    pub(crate) channels: usize,
    /// Samples a channel, where it is told.
    pub(crate) samples: Option<usize>,
    /// Bytes a sample.
    bytes: usize,
    order: ByteOrder,
    pub(crate) coding: Coding,
    /// `shorten-v2.00`, where something is embedded.
    pub(crate) embedded: Option<String>,
    checksum: Option<u16>,
}

impl Header {
    /// Bytes that the file has, where the samples are not compressed.
    pub(crate) fn file_len(&self) -> Option<u64> {
        let samples = self.samples.filter(|_| self.embedded.is_none())?;
        Some(self.len as u64 + samples as u64 * (self.channels * self.bytes) as u64)
    }
}

/// Reads a header from a file's first bytes.
pub(crate) fn header(bytes: &[u8], path: &Path) -> Result<Header, AudioError> {
    let fail_at = |at: usize, problem: String| {
        AudioError::damaged(path, Place::Byte(at), format!("SPHERE header: {problem}"))
    };
    let length = bytes.get(8..16).and_then(|b| std::str::from_utf8(b).ok()).map(str::trim);
    let len: usize = length
        .and_then(|l| l.parse().ok())
        .ok_or_else(|| fail_at(8, "there is no header length; copy the file again".into()))?;
    if !(16..=MOST_HEADER).contains(&len) {
        return Err(fail_at(8, format!("a length of {len} bytes is out of range; copy the file again")));
    }
    let text = bytes.get(16..len).ok_or_else(|| {
        fail_at(bytes.len(), format!("it should have {len} bytes, the file is cut off here; copy it again"))
    })?;
    let fields = fields(text).map_err(|(at, problem)| fail_at(16 + at, problem.to_string()))?;
    let at = |name: &str| fields.get(name).map_or(16, |f| 16 + f.at);
    let fail =
        |name: &str, problem: String| fail_at(at(name), problem + "; correct it or copy the file again");
    let number = |name: &str| -> Result<Option<i64>, AudioError> {
        let Some(text) = fields.get(name).map(|f| f.value.trim()) else { return Ok(None) };
        // Writers disagree about types: whole numbers come as -i, -r and -s.
        let real = || text.parse::<f64>().ok().filter(|x| x.fract() == 0.0).map(|x| x as i64);
        match text.parse::<i64>().ok().or_else(real) {
            None => Err(fail(name, format!("{name} is {text}, no whole number"))),
            number => Ok(number),
        }
    };
    let within =
        |name: &str, default: Option<i64>, range: RangeInclusive<i64>| match number(name)?.or(default) {
            Some(value) if range.contains(&value) => Ok(value as usize),
            Some(value) => {
                let (low, high) = (range.start(), range.end());
                Err(fail(name, format!("{name} is {value}, it must be from {low} to {high}")))
            }
            None => Err(fail(name, format!("{name} is missing"))),
        };
    let text = |name: &str| fields.get(name).map_or("", |f| f.value.trim());
    let (base, embedded) = match text("sample_coding").split_once(",embedded-") {
        Some((base, embedded)) => (base.trim().to_lowercase(), Some(embedded.trim().to_lowercase())),
        None => (text("sample_coding").to_lowercase(), None),
    };
    let coding = match base.as_str() {
        "" | "pcm" => Coding::Pcm,
        "ulaw" | "mu-law" => Coding::MuLaw,
        "alaw" | "a-law" => Coding::ALaw,
        other => {
            let problem = format!("sample_coding {other} is not read; convert the file to pcm with sph2pipe");
            return Err(AudioError::unsupported(path, problem));
        }
    };
    let bytes = within("sample_n_bytes", Some(coding.bytes() as i64), 1..=8)?;
    let order = match text("sample_byte_format") {
        "10" => ByteOrder::Big,
        "01" | "" => ByteOrder::Little,
        _ if coding != Coding::Pcm || embedded.is_some() => ByteOrder::Little,
        other => {
            return Err(fail(
                "sample_byte_format",
                format!("sample_byte_format is {other}, neither 01 nor 10"),
            ));
        }
    };
    let samples = match number("sample_count")? {
        Some(_) => Some(within("sample_count", None, 0..=MOST_SAMPLES)?),
        None => None,
    };
    Ok(Header {
        len,
        sample_rate: within("sample_rate", None, 1..=768_000)? as u32,
        channels: within("channel_count", Some(1), 1..=64)?,
        samples,
        bytes,
        order,
        coding,
        embedded,
        checksum: number("sample_checksum")?.map(|n| n as u16),
    })
}

/// A field of a header.
struct Field {
    value: String,
    /// Where its line starts, in bytes from the first line's start.
    at: usize,
}

/// The fields up to `end_head`; the error is the place and what is wrong there.
fn fields(text: &[u8]) -> Result<HashMap<String, Field>, (usize, &'static str)> {
    let (mut fields, mut at) = (HashMap::new(), 0);
    while at < text.len() {
        let rest = &text[at..];
        let line_len = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        let line = &rest[..line_len];
        let shown = String::from_utf8_lossy(line);
        let shown = shown.trim_end_matches(['\r', '\0']);
        if shown.trim() == "end_head" {
            return Ok(fields);
        }
        let mut parts = shown.splitn(3, ' ');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(""), None, None) => {}
            (Some(comment), ..) if comment.starts_with(';') => {}
            (Some(name), Some(kind), Some(value)) if kind.starts_with('-') => {
                let length = kind.strip_prefix("-s").and_then(|n| n.parse::<usize>().ok());
                let start = name.len() + kind.len() + 2;
                let value = match length.and_then(|n| line.get(start..start.checked_add(n)?)) {
                    Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                    None => value.to_string(),
                };
                fields.insert(name.to_string(), Field { value, at });
            }
            _ => return Err((at, "this line is no `name -type value`; copy the file again")),
        }
        at += line_len + 1;
    }
    Err((text.len(), "it has no end_head; copy the file again"))
}

/// Where the samples of a file are, if each can be read by itself; `None` where they are compressed, or the header is
/// wrong about their number or checksum, so that all of it has to be seen.
pub(crate) fn plain_samples(bytes: &mut Bytes) -> Result<Option<Plain>, AudioError> {
    let path = bytes.path().to_path_buf();
    let header = header(bytes.get(0, MOST_HEADER)?, &path)?;
    let (Some(frames), Some(len)) = (header.samples, header.file_len()) else { return Ok(None) };
    if frames == 0 || len != bytes.len() || header.bytes != header.coding.bytes() {
        return Ok(None);
    }
    let sample = match header.coding {
        Coding::MuLaw => Sample::byte(Kind::MuLaw),
        Coding::ALaw => Sample::byte(Kind::ALaw),
        Coding::Pcm => Sample { kind: Kind::Signed, bytes: 2, bits: 16, top: true, order: header.order },
    };
    if let Some(told) = header.checksum {
        let (mut sum, mut at) = (0u16, header.len as u64);
        while at < len {
            // Whole samples, and whole buffers of the file.
            let some = bytes.get(at, 1 << 16)?;
            sum = match header.coding {
                Coding::Pcm => samples(some, header.order).fold(sum, |sum, s| sum.wrapping_add(s as u16)),
                _ => some.iter().fold(sum, |sum, &code| sum.wrapping_add(code.into())),
            };
            at += some.len() as u64;
        }
        if sum != told {
            return Ok(None);
        }
    }
    let pcm = Pcm { sample, channels: header.channels, sample_rate: header.sample_rate };
    Ok(Some(Plain::at(pcm, header.len as u64, frames as u64)))
}

/// Decodes a whole file and checks its checksum.
pub(crate) fn decode(bytes: &[u8], path: &Path) -> Result<Audio, AudioError> {
    let header = header(bytes, path)?;
    let body = &bytes[header.len..];
    let mut notes = Vec::new();
    let Content { channels, sum } = match header.embedded.as_deref() {
        Some(e) if e.starts_with("shorten") => shortened(&header, body, path)?,
        Some(other) => {
            let problem = format!(
                "{} with embedded {other} is not read; convert the file to pcm with sph2pipe",
                header.coding.name()
            );
            return Err(AudioError::unsupported(path, problem));
        }
        None => plain(&header, body, path, &mut notes)?,
    };
    if channels.len() != header.channels {
        let problem = format!(
            "the header tells of {} channels, the Shorten stream of {}; correct channel_count",
            header.channels,
            channels.len()
        );
        return Err(AudioError::damaged(path, Place::Byte(header.len), problem));
    }
    let found = channels.first().map_or(0, Vec::len);
    let told = header.samples.filter(|&told| told != found);
    if let Some(told) = told.filter(|_| header.embedded.is_some()) {
        let problem = format!(
            "the header tells of {told} samples a channel, the stream has {found}; correct sample_count"
        );
        return Err(AudioError::damaged(path, Place::Byte(bytes.len()), problem));
    }
    // The sum is of as many samples as the header tells.
    if let Some(told) = header.checksum.filter(|&checksum| told.is_none() && checksum != sum) {
        let [found, told] = [sum, told].map(|sum| sum.to_string());
        return Err(AudioError::Checksum { path: path.to_path_buf(), found, told });
    }
    let scaled = |c: Vec<i16>| c.into_iter().map(|s| f32::from(s) / 32768.0).collect();
    let mut audio = Audio::new(header.sample_rate, channels.into_iter().map(scaled).collect());
    audio.notes = notes;
    Ok(audio)
}

/// The samples of a file.
struct Content {
    /// Of each channel.
    channels: Vec<Vec<i16>>,
    /// The sum of all as unsigned 16-bit numbers, or of all codes, modulo 2¹⁶.
    sum: u16,
}

impl Content {
    fn of_samples(channels: Vec<Vec<i16>>) -> Self {
        let sum = channels.iter().flatten().fold(0u16, |sum, &s| sum.wrapping_add(s as u16));
        Self { channels, sum }
    }

    fn of_codes(channels: &[Vec<u8>], expand: fn(u8) -> i16) -> Self {
        let sum = channels.iter().flatten().fold(0u16, |sum, &code| sum.wrapping_add(code.into()));
        let expanded = channels.iter().map(|c| c.iter().map(|&code| expand(code)).collect());
        Self { channels: expanded.collect(), sum }
    }
}

/// Samples or codes inside a Shorten stream.
fn shortened(header: &Header, body: &[u8], path: &Path) -> Result<Content, AudioError> {
    let decoded = shorten::decode(body, header.samples)
        .map_err(|e| AudioError::damaged(path, Place::Byte(header.len + e.at), e.problem))?;
    match (header.coding, decoded) {
        (Coding::Pcm, Decoded::Samples(channels)) => Ok(Content::of_samples(channels)),
        (Coding::MuLaw, Decoded::MuLaw(channels)) => Ok(Content::of_codes(&channels, g711::mu_law)),
        (told, decoded) => {
            let found = if matches!(decoded, Decoded::MuLaw(_)) { Coding::MuLaw } else { Coding::Pcm };
            let (told, found) = (told.name(), found.name());
            let problem = format!(
                "the header tells of {told} in the Shorten stream, it has {found}; correct sample_coding"
            );
            Err(AudioError::damaged(path, Place::Byte(header.len), problem))
        }
    }
}

/// Samples that are not compressed: as many as the header tells, or all that are there where it is wrong.
fn plain(header: &Header, body: &[u8], path: &Path, notes: &mut Vec<Note>) -> Result<Content, AudioError> {
    let width = header.coding.bytes();
    if header.bytes != width {
        let problem = format!(
            "{} of {} bytes a sample is not read; convert the file to 16 bits with sox",
            header.coding.name(),
            header.bytes
        );
        return Err(AudioError::unsupported(path, problem));
    }
    let frame = width * header.channels;
    let content = |frames: usize| {
        let body = &body[..frames * frame];
        let codes = || split(body.iter().copied(), header.channels);
        match header.coding {
            Coding::MuLaw => Content::of_codes(&codes(), g711::mu_law),
            Coding::ALaw => Content::of_codes(&codes(), g711::a_law),
            Coding::Pcm => Content::of_samples(split(samples(body, header.order), header.channels)),
        }
    };
    let seconds = |frames: usize| frames as f64 / f64::from(header.sample_rate);
    if let Some(told) = header.samples.filter(|&told| told > 0 && told <= body.len() / frame) {
        let (content, rest) = (content(told), &body[told * frame..]);
        // Files may be padded beyond their samples.
        let kind = Rest::of(rest, rest.len() as u64);
        if kind != Rest::Samples || header.checksum == Some(content.sum) {
            if kind != Rest::Tail {
                let (at, bytes) = (header.len + told * frame, rest.len());
                notes.push(Note::Skipped { at, bytes, read_s: seconds(told) });
            }
            return Ok(content);
        }
    }
    let bytes = tags::tagged(body);
    let frames = bytes / frame;
    let told = match header.samples {
        Some(told) => Some(format!("its header tells {told} samples")),
        None => (!bytes.is_multiple_of(frame)).then(|| "its last sample is incomplete".to_owned()),
    };
    notes.extend(told.filter(|_| frames > 0).map(|told| Note::Length { told, read_s: seconds(frames) }));
    Ok(content(frames))
}

/// The values of each channel, of several in turn.
fn split<T>(values: impl Iterator<Item = T>, channels: usize) -> Vec<Vec<T>> {
    let mut split: Vec<Vec<T>> = (0..channels).map(|_| Vec::new()).collect();
    for (i, value) in values.enumerate() {
        split[i % channels].push(value);
    }
    split
}
