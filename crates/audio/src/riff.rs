//! The chunks of a WAV file, checked before Symphonia sees them.
//!
//! Symphonia drops the last incomplete packet of a file that is cut off, trusts sizes that writers to a pipe leave
//! open, reserves whatever a comment chunk says it has, and computes with channel masks of any kind. So it gets a file
//! with nothing but a short format and the samples.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::{AudioError, Place};

/// Writers that can't go back say that they have this many bytes or more (SoX 0x7ffff000, FFmpeg 0xffffffff).
const OPEN_SIZE: u64 = 0x7fff_0000;

/// The longest format chunk that is read, in bytes.
const MOST_FORMAT: u64 = 1 << 12;
/// As many as Symphonia has names for.
const MOST_CHANNELS: u16 = 26;

const PCM: u16 = 1;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;
/// Bits a sample that are read, of each coding.
const BITS: [(u16, &[u16]); 4] = [(PCM, &[8, 16, 24, 32]), (FLOAT, &[32, 64]), (A_LAW, &[8]), (MU_LAW, &[8])];
const EXTENSIBLE: u16 = 0xfffe;
/// What follows one of the above in the name of an extensible format's coding.
const SAME_CODING: [u8; 14] = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];

/// Whether a file's first bytes are those of a WAV file.
pub(crate) fn is_wav(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WAVE")
}

/// Where a WAV file has what.
#[derive(Debug)]
pub(crate) struct Chunks {
    /// The format chunk, without what isn't needed.
    format: Vec<u8>,
    /// Where the samples start, in bytes.
    start: u64,
    /// Their bytes.
    len: u64,
}

impl Chunks {
    /// Finds the chunks of a WAV file of `file_len` bytes.
    pub(crate) fn find(
        source: &mut (impl Read + Seek),
        file_len: u64,
        path: &Path,
    ) -> Result<Self, AudioError> {
        let io = |e| AudioError::io(path, e);
        let fail = |at: u64, problem: String| {
            AudioError::damaged(
                path,
                Place::Byte(at as usize),
                format!("WAV: {problem}; copy the file again"),
            )
        };
        let mut read = |at: u64, buffer: &mut [u8]| -> Result<(), AudioError> {
            source.seek(SeekFrom::Start(at)).and_then(|_| source.read_exact(buffer)).map_err(io)
        };
        let mut whole = [0; 8];
        read(0, &mut whole)?;
        let (mut at, mut format) = (12, None);
        loop {
            if at + 8 > file_len {
                return Err(fail(file_len, "it ends before its data chunk".into()));
            }
            let mut head = [0; 8];
            read(at, &mut head)?;
            let told = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
            let (start, left) = (at + 8, file_len - at - 8);
            match &head[..4] {
                b"fmt " => {
                    if !(16..=MOST_FORMAT).contains(&told) {
                        return Err(fail(at, format!("a format chunk of {told} bytes is out of range")));
                    }
                    if told > left {
                        return Err(fail(file_len, "it ends in its format chunk".into()));
                    }
                    let mut chunk = vec![0; told as usize];
                    read(start, &mut chunk)?;
                    format = Some(short(chunk, start, path)?);
                }
                b"data" => {
                    let format =
                        format.ok_or_else(|| fail(at, "the samples come before any format chunk".into()))?;
                    let open = told >= OPEN_SIZE || (told == 0 && whole[4..] == [0; 4]);
                    if told > left && !open {
                        let problem =
                            format!("it should have {told} bytes of samples, it is cut off after {left}");
                        return Err(fail(file_len, problem));
                    }
                    return Ok(Self { format, start, len: if open { left } else { told } });
                }
                _ => {}
            }
            // Chunks start at even places.
            at = start + told + told % 2;
        }
    }

    /// Samples a channel, all that are there.
    pub(crate) fn frames(&self) -> u64 {
        let [channels, bits] = [2, 14].map(|at| u64::from(number(&self.format, at)));
        8 * self.len / (channels * bits).max(1)
    }

    /// A WAV file of the format and of these samples, at most 4 GiB.
    pub(crate) fn file(&self, samples: &[u8]) -> Vec<u8> {
        let samples = &samples[..samples.len().min(u32::MAX as usize - (1 << 16))];
        let sizes = [20 + self.format.len() + samples.len(), self.format.len(), samples.len()];
        let [riff, fmt, data] = sizes.map(|size| (size as u32).to_le_bytes());
        [b"RIFF", &riff[..], b"WAVEfmt ", &fmt, &self.format, b"data", &data, samples].concat()
    }
}

/// A file of the format and the samples of one that is in memory.
pub(crate) fn shortest(bytes: &[u8], path: &Path) -> Result<Vec<u8>, AudioError> {
    let chunks = Chunks::find(&mut std::io::Cursor::new(bytes), bytes.len() as u64, path)?;
    let start = chunks.start as usize;
    Ok(chunks.file(&bytes[start..start + chunks.len as usize]))
}

fn number(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// A format chunk (16 bytes or more) in its shortest form; of an extensible one, the coding that it names.
fn short(mut chunk: Vec<u8>, at: u64, path: &Path) -> Result<Vec<u8>, AudioError> {
    let channels = number(&chunk, 2);
    if !(1..=MOST_CHANNELS).contains(&channels) {
        let problem =
            format!("WAV: it has {channels} channels, from 1 to {MOST_CHANNELS} are read; split it");
        return Err(AudioError::damaged(path, Place::Byte(at as usize), problem));
    }
    if chunk[4..8] == [0; 4] {
        let problem = "WAV: a sampling rate of 0 Hz; write the file again from its source";
        return Err(AudioError::damaged(path, Place::Byte(at as usize), problem));
    }
    if number(&chunk, 0) == EXTENSIBLE && chunk.get(26..40) == Some(&SAME_CODING) {
        chunk.copy_within(24..26, 0);
    }
    chunk.truncate(16);
    let [coding, bits] = [0, 14].map(|at| number(&chunk, at));
    let unread = |what: String| {
        AudioError::unsupported(path, format!("WAV of {what} is not read; convert it to 16-bit pcm"))
    };
    match BITS.iter().find(|(known, _)| *known == coding) {
        None => return Err(unread(format!("coding {coding:#06x}"))),
        Some((_, read)) if !read.contains(&bits) => {
            return Err(unread(format!("{bits}-bit samples (coding {coding:#06x})")));
        }
        Some(_) => {}
    }
    if matches!(coding, A_LAW | MU_LAW) {
        chunk.extend([0, 0]); // no extension follows
    }
    Ok(chunk)
}
