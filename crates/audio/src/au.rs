//! Sun and NeXT audio files (AU, SND): a header of big-endian numbers, then the samples.

use std::path::Path;

use crate::container::{Body, Track, body};
use crate::error::{AudioError, Place};
use crate::pcm::{Kind, Pcm, Sample};
use crate::raw::ByteOrder;

const HEADER: usize = 24;
/// The number of bytes of samples that a writer gives who can't go back.
const OPEN: u32 = u32::MAX;

pub(crate) fn open<'a>(bytes: &'a [u8], path: &Path) -> Result<Track<'a>, AudioError> {
    let fail = |at: usize, problem: &str| {
        AudioError::damaged(path, Place::Byte(at), format!("AU: {problem}; copy the file again"))
    };
    let header = bytes.get(..HEADER).ok_or_else(|| fail(bytes.len(), "its header is cut off"))?;
    let word = |i: usize| {
        u32::from_be_bytes([header[4 * i], header[4 * i + 1], header[4 * i + 2], header[4 * i + 3]])
    };
    let [start, told, coding, sample_rate, channels] = [1, 2, 3, 4, 5].map(word);
    let start = start as usize;
    if start < HEADER || start > bytes.len() {
        return Err(fail(4, &format!("its samples start at byte {start}, which the file hasn't")));
    }
    let sample = match coding {
        1 => Some(Sample::byte(Kind::MuLaw)),
        2..=5 => Sample::signed(8 * (coding - 1), ByteOrder::Big),
        6 => Sample::float(32, ByteOrder::Big),
        7 => Sample::float(64, ByteOrder::Big),
        27 => Some(Sample::byte(Kind::ALaw)),
        _ => None,
    };
    let sample = sample.ok_or_else(|| {
        let name = match coding {
            8 | 18..=22 => "of the NeXT's own hardware",
            23..=26 => "G.721 to G.723 (ADPCM)",
            _ => "unknown",
        };
        AudioError::unread(path, format!("AU of coding {coding}, {name},"))
    })?;
    let pcm = Pcm { sample, channels: channels as usize, sample_rate }.check(path)?;
    let told = (told != OPEN).then_some(u64::from(told));
    let (samples, note) = body(&bytes[start..], start, told, &pcm);
    Ok(Track { body: Body::Pcm(pcm, samples.into()), notes: Vec::from_iter(note) })
}
