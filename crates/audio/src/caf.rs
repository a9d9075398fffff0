//! Core Audio files: chunks of big-endian numbers, of which `desc` describes the coding, `pakt` cuts `data` into
//! packets, and `kuki` has what a decoder wants to know.

use std::path::Path;

use crate::container::{Body, Track, body};
use crate::error::{AudioError, Place};
use crate::packets::{Codec, Packed, Packets, Span};
use crate::pcm::{Kind, Pcm, Sample};
use crate::raw::ByteOrder;

const HEADER: usize = 8;
/// The size of `data` that a writer gives who can't go back.
const OPEN: u64 = u64::MAX;
/// Bytes in front of the samples of `data`, and of packets' sizes in `pakt`.
const EDITS: usize = 4;
const TABLE: usize = 24;

const FLOAT: u32 = 1;
const LITTLE: u32 = 2;

/// The contents of a `desc` chunk.
struct Description {
    sample_rate: u32,
    format: [u8; 4],
    flags: u32,
    /// 0 if they differ.
    packet_bytes: u32,
    packet_frames: u32,
    channels: u32,
    bits: u32,
}

pub(crate) fn open<'a>(bytes: &'a [u8], path: &Path) -> Result<Track<'a>, AudioError> {
    let fail = |at: usize, problem: &str| {
        AudioError::damaged(path, Place::Byte(at), format!("CAF: {problem}; copy the file again"))
    };
    let (mut at, mut description, mut table, mut cookie, mut data) = (HEADER, None, None, None, None);
    while let Some(head) = bytes.get(at..at + 12) {
        let told = number(&head[4..]);
        let rest = &bytes[at + 12..];
        let chunk = usize::try_from(told).ok().and_then(|told| rest.get(..told));
        match &head[..4] {
            b"data" => {
                let samples =
                    rest.get(EDITS..).ok_or_else(|| fail(bytes.len(), "it ends in its data chunk"))?;
                data = Some((at, samples, (told != OPEN).then_some(told.saturating_sub(EDITS as u64))));
            }
            kind => {
                let chunk = chunk.ok_or_else(|| {
                    let kind = String::from_utf8_lossy(kind).escape_debug().to_string();
                    fail(bytes.len(), &format!("it is cut off in its {kind} chunk"))
                })?;
                match kind {
                    b"desc" => {
                        description =
                            Some(describe(chunk).ok_or_else(|| fail(at, "its desc chunk is too short"))?);
                    }
                    b"pakt" => table = Some((at, chunk)),
                    b"kuki" => cookie = Some(chunk),
                    _ => {}
                }
            }
        }
        match chunk {
            Some(chunk) => at += 12 + chunk.len(),
            None => break,
        }
    }
    let description = description.ok_or_else(|| fail(HEADER, "it has no desc chunk"))?;
    let (data_at, data, told) = data.ok_or_else(|| fail(bytes.len(), "it ends before its data chunk"))?;
    if let Some(pcm) = description.pcm() {
        let pcm = pcm.check(path)?;
        // Other chunks may follow.
        let end = told.filter(|&told| told > 0).map_or(data.len(), |told| data.len().min(told as usize));
        let (samples, note) = body(&data[..end], data_at, told, &pcm);
        return Ok(Track { body: Body::Pcm(pcm, samples.into()), notes: Vec::from_iter(note) });
    }
    let codec = description.codec(cookie, path)?;
    let (table_at, table) =
        table.ok_or_else(|| fail(data_at, "it has no pakt chunk, which tells its packets"))?;
    let damaged = || fail(table_at, "its pakt chunk is damaged");
    let (packets, span) = description.packets(table, data).ok_or_else(damaged)?;
    let packets = Packed::Here(packets.into_iter().map(Into::into).collect());
    Ok(Track { body: Body::Packets(Packets { codec, packets, span }), notes: Vec::new() })
}

fn number(bytes: &[u8]) -> u64 {
    bytes[..8].iter().fold(0, |value, &b| value << 8 | u64::from(b))
}

fn describe(chunk: &[u8]) -> Option<Description> {
    let chunk = chunk.get(..32)?;
    let word = |at: usize| u32::from_be_bytes([chunk[at], chunk[at + 1], chunk[at + 2], chunk[at + 3]]);
    Some(Description {
        sample_rate: f64::from_bits(number(chunk)).round() as u32,
        format: [chunk[8], chunk[9], chunk[10], chunk[11]],
        flags: word(12),
        packet_bytes: word(16),
        packet_frames: word(20),
        channels: word(24),
        bits: word(28),
    })
}

impl Description {
    fn pcm(&self) -> Option<Pcm> {
        let order = if self.flags & LITTLE != 0 { ByteOrder::Little } else { ByteOrder::Big };
        let sample = match &self.format {
            b"lpcm" if self.flags & FLOAT != 0 => Sample::float(self.bits, order),
            b"lpcm" => Sample::signed(self.bits, order),
            b"ulaw" => Some(Sample::byte(Kind::MuLaw)),
            b"alaw" => Some(Sample::byte(Kind::ALaw)),
            _ => None,
        }?;
        let (channels, sample_rate) = (self.channels as usize, self.sample_rate);
        let pcm = Pcm { sample, channels, sample_rate };
        // Samples of fewer bits than their bytes have don't tell which bits are theirs.
        (pcm.frame() == self.packet_bytes as usize || channels == 0).then_some(pcm)
    }

    fn codec(&self, cookie: Option<&[u8]>, path: &Path) -> Result<Codec, AudioError> {
        let (cookie, channels) = (cookie.unwrap_or_default(), self.channels);
        match &self.format {
            b"alac" => Ok(Codec::alac(cookie, self.sample_rate, channels)),
            b"aac " => Codec::aac(crate::aac::config_of_esds(cookie).unwrap_or(cookie), "CAF", path),
            b"opus" => Codec::opus_without_header(channels, path),
            other => {
                let name = String::from_utf8_lossy(other).escape_debug().to_string();
                Err(AudioError::unread(path, format!("CAF of {}-bit {name}", self.bits)))
            }
        }
    }

    /// The packets of `data` that a table tells, and the part of their samples that is the recording.
    fn packets<'a>(&self, table: &[u8], data: &'a [u8]) -> Option<(Vec<&'a [u8]>, Span)> {
        let (head, mut sizes) = table.split_at_checked(TABLE)?;
        let (count, valid, priming) = (number(head), number(&head[8..]), &head[16..20]);
        let mut at = 0usize;
        let mut packets = Vec::new();
        for _ in 0..count {
            let size = match self.packet_bytes {
                0 => variable(&mut sizes)?,
                size => size,
            };
            if self.packet_frames == 0 {
                variable(&mut sizes)?;
            }
            // A packet without a byte would let a small file tell of endlessly many.
            let end = at.checked_add(size as usize).filter(|&end| end > at)?;
            packets.push(data.get(at..end)?);
            at = end;
        }
        let skip = u32::from_be_bytes([priming[0], priming[1], priming[2], priming[3]]);
        let frames = (valid > 0).then_some(valid);
        Some((packets, Span { skip: skip.into(), frames, timescale: self.sample_rate, behind_ns: 0 }))
    }
}

/// A number of 7 bits a byte, all but its last byte with the highest bit set.
fn variable(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0u32;
    for _ in 0..5 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value = value.checked_mul(128)? | u32::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
