//! AIFF and AIFF-C files: chunks of big-endian numbers, of which COMM describes the samples and SSND has them.

use std::path::Path;

use crate::container::{Body, Track, body};
use crate::error::{AudioError, Place};
use crate::pcm::{Kind, Pcm, Sample};
use crate::raw::ByteOrder;

pub(crate) fn is_aiff(head: &[u8]) -> bool {
    head.starts_with(b"FORM") && matches!(head.get(8..12), Some(b"AIFF" | b"AIFC"))
}

pub(crate) fn open<'a>(bytes: &'a [u8], path: &Path) -> Result<Track<'a>, AudioError> {
    let damaged =
        |at: usize, problem: &str| AudioError::damaged(path, Place::Byte(at), format!("AIFF: {problem}"));
    let fail = |at: usize, problem: &str| damaged(at, &format!("{problem}; copy the file again"));
    let (mut at, mut common, mut sound) = (12, None, None);
    while let Some(chunk) = Chunk::read(bytes, at).filter(|chunk| sound.is_none() || chunk.fits(bytes)) {
        let rest = &bytes[chunk.start..];
        match &chunk.name {
            b"COMM" => {
                let body =
                    rest.get(..chunk.told).ok_or_else(|| fail(bytes.len(), "it ends in its COMM chunk"))?;
                let compressed = bytes.get(8..12) == Some(b"AIFC");
                common = Some(
                    describe(body, compressed, path)?
                        .ok_or_else(|| fail(at, "its COMM chunk is too short"))?,
                );
            }
            b"SSND" if sound.is_none() => {
                let offset = rest.get(..8).ok_or_else(|| fail(bytes.len(), "it ends in its SSND chunk"))?;
                let offset = 8 + u32::from_be_bytes([offset[0], offset[1], offset[2], offset[3]]) as usize;
                let start = chunk.start + offset;
                if start > bytes.len() {
                    return Err(fail(at, "its samples start behind its end"));
                }
                sound = Some((start, chunk.told.saturating_sub(offset), chunk.behind()));
            }
            b"FORM" => {
                return Err(damaged(at, "another recording follows from here on; split the file here"));
            }
            _ => {}
        }
        at = chunk.behind();
    }
    let missing = |chunk: &str| fail(bytes.len(), &format!("it ends before its {chunk} chunk"));
    let (pcm, frames) = common.ok_or_else(|| missing("COMM"))?;
    let (start, told, behind) = sound.ok_or_else(|| missing("SSND"))?;
    // Bytes behind it that are no chunk may be samples too, where its size is wrong.
    let end = if at == behind { bytes.len() } else { bytes.len().min(start.saturating_add(told)) };
    // SSND may be padded beyond the frames that COMM counts; a writer to a pipe leaves both open, at 0.
    let counted = u64::from(frames) * pcm.frame() as u64;
    let told = if counted == 0 { told as u64 } else { counted };
    let (samples, note) = body(&bytes[start..end], start, Some(told).filter(|&told| told > 0), &pcm);
    Ok(Track { body: Body::Pcm(pcm, samples.into()), notes: Vec::from_iter(note) })
}

/// A chunk as its header has it.
struct Chunk {
    name: [u8; 4],
    /// Where its content starts, and how long it should be.
    start: usize,
    told: usize,
}

impl Chunk {
    fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let &[a, b, c, d, s3, s2, s1, s0] = bytes.get(at..at.checked_add(8)?)? else { return None };
        let told = u32::from_be_bytes([s3, s2, s1, s0]) as usize;
        Some(Self { name: [a, b, c, d], start: at + 8, told })
    }

    /// Whether the file has room for it, and its name is one.
    fn fits(&self, bytes: &[u8]) -> bool {
        self.told <= bytes.len() - self.start && self.name.iter().all(|b| (b' '..=b'~').contains(b))
    }

    /// Where the next one starts: at an even place.
    fn behind(&self) -> usize {
        self.start.saturating_add(self.told + self.told % 2)
    }
}

/// The samples, and how many a channel, of a COMM chunk; `None` if it is too short.
fn describe(chunk: &[u8], compressed: bool, path: &Path) -> Result<Option<(Pcm, u32)>, AudioError> {
    let Some(common) = chunk.get(..18) else { return Ok(None) };
    let channels = u16::from_be_bytes([common[0], common[1]]).into();
    let frames = u32::from_be_bytes([common[2], common[3], common[4], common[5]]);
    let bits = u16::from_be_bytes([common[6], common[7]]).into();
    let coding = match (compressed, chunk.get(18..22)) {
        (false, _) => *b"NONE",
        (true, Some(&[a, b, c, d])) => [a, b, c, d],
        (true, _) => return Ok(None),
    };
    let sample = match &coding.map(|c| c.to_ascii_lowercase()) {
        b"none" | b"twos" => Sample::signed(bits, ByteOrder::Big),
        b"sowt" => Sample::signed(bits, ByteOrder::Little),
        b"raw " if bits == 8 => Some(Sample::byte(Kind::Unsigned)),
        b"in24" => Sample::signed(24, ByteOrder::Big),
        b"in32" => Sample::signed(32, ByteOrder::Big),
        b"42ni" => Sample::signed(24, ByteOrder::Little),
        b"23ni" => Sample::signed(32, ByteOrder::Little),
        b"fl32" => Sample::float(32, ByteOrder::Big),
        b"fl64" => Sample::float(64, ByteOrder::Big),
        b"ulaw" => Some(Sample::byte(Kind::MuLaw)),
        b"alaw" => Some(Sample::byte(Kind::ALaw)),
        _ => None,
    };
    let sample = sample.ok_or_else(|| {
        let coding = String::from_utf8_lossy(&coding).escape_debug().to_string();
        AudioError::unread(path, format!("AIFF of {bits}-bit {coding} samples"))
    })?;
    let sample_rate = extended(&common[8..18]);
    Pcm { sample, channels, sample_rate }.check(path).map(|pcm| Some((pcm, frames)))
}

/// A number of 80 bits, as whole Hz: sign and exponent in the first two bytes, then the mantissa with its highest one.
/// Zero if it is none that a sampling rate can be.
fn extended(bytes: &[u8]) -> u32 {
    let exponent = i32::from(u16::from_be_bytes([bytes[0], bytes[1]])) - 16383;
    let mantissa = bytes[2..].iter().fold(0u64, |value, &b| value << 8 | u64::from(b));
    match exponent {
        0..=31 => {
            let half = 1 << (62 - exponent);
            (mantissa.saturating_add(half) >> (63 - exponent)) as u32
        }
        _ => 0,
    }
}
