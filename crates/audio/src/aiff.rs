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
    let fail = |at: usize, problem: &str| {
        AudioError::damaged(path, Place::Byte(at), format!("AIFF: {problem}; copy the file again"))
    };
    let (mut at, mut common, mut sound) = (12, None, None);
    while common.is_none() || sound.is_none() {
        let Some(head) = bytes.get(at..at + 8) else {
            let missing = if common.is_none() { "COMM" } else { "SSND" };
            return Err(fail(bytes.len(), &format!("it ends before its {missing} chunk")));
        };
        let told = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let rest = &bytes[at + 8..];
        match &head[..4] {
            b"COMM" => {
                let chunk = rest.get(..told).ok_or_else(|| fail(bytes.len(), "it ends in its COMM chunk"))?;
                let compressed = bytes.get(8..12) == Some(b"AIFC");
                common = Some(
                    describe(chunk, compressed, path)?
                        .ok_or_else(|| fail(at, "its COMM chunk is too short"))?,
                );
            }
            b"SSND" => {
                let offset = rest.get(..8).ok_or_else(|| fail(bytes.len(), "it ends in its SSND chunk"))?;
                let offset = u32::from_be_bytes([offset[0], offset[1], offset[2], offset[3]]) as usize;
                let samples =
                    rest.get(8 + offset..).ok_or_else(|| fail(at, "its samples start behind its end"))?;
                sound = Some((samples, (told as u64).checked_sub(8 + offset as u64)));
                // A writer to a pipe can't go back to tell the size; nothing that is needed follows then.
                if common.is_some() {
                    break;
                }
            }
            _ => {}
        }
        // Chunks start at even places.
        at = at.saturating_add(8 + told + told % 2);
    }
    let (Some((pcm, frames)), Some((samples, told))) = (common, sound) else {
        return Err(fail(bytes.len(), "it has no samples"));
    };
    // SSND may be padded beyond the frames that COMM counts; a writer to a pipe leaves both open, at 0.
    let counted = u64::from(frames) * pcm.frame() as u64;
    let told = told.map(|told| if counted == 0 { told } else { told.min(counted) });
    let (samples, short) = body(samples, told.filter(|&told| told > 0), &pcm);
    Ok(Track { body: Body::Pcm(pcm, samples.into()), short, notes: Vec::new() })
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
