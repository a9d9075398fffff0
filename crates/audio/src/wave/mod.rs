//! WAV files and their relatives: RIFF, RIFX, RF64, BW64 and Wave64.

mod adpcm;
mod chunks;
mod container;
mod format;

use std::io::{Cursor, Read, Seek};
use std::path::Path;

use self::chunks::{Chunks, Source, find};
use self::container::Container;
use self::format::{Coding, Format};
use crate::bytes::Bytes;
use crate::error::AudioError;
use crate::mp3;
use crate::note::Note;
use crate::pcm::{Kind, MOST_SAMPLES, Pcm, too_many};
use crate::probe::AudioInfo;
use crate::samples::Audio;

/// Whether a file's first bytes are those of a WAV file or a relative.
pub(crate) fn is_wave(bytes: &[u8]) -> bool {
    Container::of(bytes).is_some()
}

/// Decodes a whole file; files that follow each other in one are joined where their formats are the same.
pub(crate) fn decode(bytes: &[u8], path: &Path) -> Result<Audio, AudioError> {
    let mut source = Source { bytes: Cursor::new(bytes), len: bytes.len() as u64, path };
    let parts = Parts::find(&mut source)?;
    let samples = |part: &Chunks| &bytes[part.start as usize..][..part.len as usize];
    if let Coding::Mp3 = parts.format().coding {
        let (part, start) = (samples(&parts.parts[0]), parts.parts[0].start as usize);
        let mut audio = mp3::decode(part, path).map_err(|error| error.behind(start))?;
        audio.notes = audio.notes.into_iter().map(|note| note.behind(start)).collect();
        audio.notes.extend(parts.notes(audio.duration_s()));
        return Ok(audio);
    }
    let (format, mut all) = (parts.format(), Vec::new());
    let count: u64 = parts.parts.iter().map(frames).sum();
    if count.saturating_mul(format.channels as u64) > MOST_SAMPLES as u64 {
        return Err(too_many(path));
    }
    for part in &parts.parts {
        let from = all.len();
        all.extend(match &format.coding {
            Coding::Pcm(sample) => sample.interleaved(samples(part)),
            Coding::Adpcm(adpcm) => adpcm.interleaved(samples(part)),
            Coding::Mp3 => Vec::new(),
        });
        all.truncate(from + frames(part) as usize * format.channels);
    }
    let mut audio = Audio::from_interleaved(format.sample_rate, format.channels, &all);
    audio.notes = parts.notes(audio.duration_s());
    Ok(audio)
}

/// Describes a file of `len` bytes by its headers, as far as they are right; `None` where the samples have to be seen.
pub(crate) fn probe(bytes: impl Read + Seek, len: u64, path: &Path) -> Result<Option<AudioInfo>, AudioError> {
    let parts = Parts::find(&mut Source { bytes, len, path })?;
    let format = parts.format();
    match &format.coding {
        Coding::Mp3 => return Ok(None),
        // Their scale shows in the samples.
        Coding::Pcm(sample) if sample.kind == Kind::Float => return Ok(None),
        _ => {}
    }
    let frames = parts.parts.iter().map(frames).sum::<u64>() as usize;
    let (sample_rate, channels) = (format.sample_rate, format.channels);
    let [container, coding] = [parts.parts[0].container.name(), format.coding.name()].map(String::from);
    let mut info = AudioInfo { format: container, coding, sample_rate, channels, frames, notes: Vec::new() };
    info.notes = parts.notes(info.duration_s());
    Ok(Some(info))
}

/// Samples that can be read from any place on without those before.
#[derive(Debug)]
pub(crate) struct Plain {
    pub(crate) pcm: Pcm,
    /// Where the samples of each part are, in bytes, and how many a channel.
    parts: Vec<(u64, u64)>,
    pub(crate) notes: Vec<Note>,
}

impl Plain {
    /// So many samples a channel from a byte of the file on.
    pub(crate) fn at(pcm: Pcm, start: u64, frames: u64) -> Self {
        Self { pcm, parts: vec![(start, frames)], notes: Vec::new() }
    }

    /// Samples a channel.
    pub(crate) fn frames(&self) -> u64 {
        self.parts.iter().map(|(_, frames)| frames).sum()
    }

    /// Where the bytes of so many samples a channel from one on are, and how many.
    pub(crate) fn ranges(&self, mut from: u64, mut count: u64) -> Vec<(u64, u64)> {
        let frame = self.pcm.frame() as u64;
        let mut ranges = Vec::new();
        for &(start, frames) in &self.parts {
            let here = count.min(frames.saturating_sub(from));
            if here > 0 {
                ranges.push((start + from * frame, here * frame));
            }
            from = from.saturating_sub(frames);
            count -= here;
        }
        ranges
    }
}

/// Where the samples of a file are, if each can be read by itself: integers that fill their bytes, mu-law or A-law.
pub(crate) fn plain(bytes: &mut Bytes) -> Result<Option<Plain>, AudioError> {
    let (len, path) = (bytes.len(), bytes.path().to_path_buf());
    // A range of all bytes is one.
    let source = bytes.section(std::iter::once(0..len).collect());
    let parts = Parts::find(&mut Source { bytes: source, len, path: &path })?;
    let &Format { ref coding, channels, sample_rate, .. } = parts.format();
    let sample = match coding {
        Coding::Pcm(sample) if sample.kind != Kind::Float && sample.bits == 8 * sample.bytes => *sample,
        _ => return Ok(None),
    };
    let each: Vec<(u64, u64)> = parts.parts.iter().map(|part| (part.start, frames(part))).collect();
    let seconds = each.iter().map(|(_, frames)| frames).sum::<u64>() as f64 / f64::from(sample_rate);
    let pcm = Pcm { sample, channels, sample_rate };
    Ok(Some(Plain { pcm, parts: each, notes: parts.notes(seconds) }))
}

/// The names of the container and of the coding of a file.
pub(crate) fn names(bytes: &[u8], path: &Path) -> Result<(&'static str, &'static str), AudioError> {
    let chunks = find(&mut Source { bytes: Cursor::new(bytes), len: bytes.len() as u64, path }, 0)?;
    Ok((chunks.container.name(), chunks.format.coding.name()))
}

/// Samples a channel of a part.
fn frames(part: &Chunks) -> u64 {
    match &part.format.coding {
        Coding::Pcm(sample) => part.len / (sample.bytes * part.format.channels) as u64,
        Coding::Adpcm(adpcm) => {
            let found = adpcm.frames(part.len);
            // A last block is filled up with samples that the header knows not to count.
            let filled = |told: &u64| (found.saturating_sub(adpcm.block_frames())..=found).contains(told);
            part.fact.filter(filled).unwrap_or(found)
        }
        Coding::Mp3 => 0,
    }
}

/// The files that follow each other in one, at least one; all have the format of the first.
struct Parts {
    parts: Vec<Chunks>,
    /// Bytes that are no samples: where, and how many.
    passed: Vec<(u64, u64)>,
}

impl Parts {
    fn find<S: Read + Seek>(source: &mut Source<'_, S>) -> Result<Self, AudioError> {
        let (mut parts, mut passed) = (Vec::<Chunks>::new(), Vec::new());
        let mut next = Some(0);
        while let Some(at) = next {
            let part = match find(source, at) {
                Ok(part) => part,
                Err(error) if parts.is_empty() => return Err(error),
                Err(_) => {
                    passed.push((at, source.len - at));
                    break;
                }
            };
            next = part.next;
            passed.extend(part.garbage);
            if parts.first().is_some_and(|first| !first.format.joins(&part.format)) {
                let problem = "WAV: another recording of another format follows; split the file here";
                return Err(source.fail(at, problem.to_owned()));
            }
            parts.push(part);
        }
        Ok(Self { parts, passed })
    }

    fn format(&self) -> &Format {
        &self.parts[0].format
    }

    /// The notes on a file of which so much was read.
    fn notes(&self, read_s: f64) -> Vec<Note> {
        let mut notes: Vec<Note> = self.parts.iter().flat_map(|part| part.format.notes.clone()).collect();
        let told = self.parts.iter().filter_map(|part| part.told.clone());
        notes.extend(told.map(|told| Note::Length { told, read_s }));
        if self.parts.len() > 1 {
            notes.push(Note::Joined { parts: self.parts.len(), read_s });
        }
        let passed = self.passed.iter();
        notes.extend(passed.map(|&(at, bytes)| Note::Skipped {
            at: at as usize,
            bytes: bytes as usize,
            read_s,
        }));
        notes
    }
}

impl Format {
    /// Whether samples of another format can follow this one's.
    fn joins(&self, other: &Self) -> bool {
        self.coding != Coding::Mp3
            && (&self.coding, self.channels, self.sample_rate)
                == (&other.coding, other.channels, other.sample_rate)
    }
}
