//! A recording in blocks: a long one needn't be in memory as a whole.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::bytes::Bytes;
use crate::coded::{self, Kind};
use crate::collect::{Behind, Decode};
use crate::container::Container;
use crate::error::AudioError;
use crate::names::Unread;
use crate::note::Note;
use crate::read::{Opened, ReadOptions, all, check_part, empty, is_raw, of_track, opened};
use crate::samples::Audio;
use crate::wave::{self, Plain};
use crate::{sphere, tags};

/// The length of a block, in seconds.
const BLOCK_S: usize = 10;

/// Bytes that show of which kind a file is.
const HEAD: usize = 1 << 14;

/// A recording that is read block by block.
///
/// Memory doesn't grow with the recording where the file is WAV or a relative (samples of integers, mu-law or A-law),
/// SPHERE that isn't compressed, FLAC, MP3, OGG (Vorbis, Opus, FLAC), AAC, or MP4, Matroska and their
/// relatives, whose index alone is in memory. Of CAF with packets, and streams, all bytes are in memory, and what they
/// decode to isn't. Other files, as samples of floating point, AIFF, AU and Shorten, are decoded as a whole.
#[derive(Debug)]
pub struct Blocks {
    path: PathBuf,
    source: Source,
    sample_rate: u32,
    channels: usize,
    notes: Vec<Note>,
    /// The sample of each channel that comes next, and the one behind the last, as far as that is known.
    next: u64,
    end: u64,
}

enum Source {
    /// Samples that can be read from any place on.
    File(Bytes, Plain),
    Memory(Audio),
    Steps(Steps),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File(..) => "File",
            Self::Memory(_) => "Memory",
            Self::Steps(_) => "Steps",
        })
    }
}

/// A recording that is decoded step by step.
struct Steps {
    recording: Box<dyn Decode>,
    /// Samples that were decoded and not handed over; the first is the recording's sample `at`.
    pending: Audio,
    at: u64,
    /// The part that is asked for; the second is `None` where it reaches to the end.
    from: u64,
    until: Option<u64>,
    ended: bool,
}

impl Blocks {
    /// Opens a file; blocks are of the part that the options ask for.
    ///
    /// # Errors
    ///
    /// As [`read`](crate::read), as far as the beginning shows them where blocks are read from the file.
    pub fn open(path: &Path, options: &ReadOptions) -> Result<Self, AudioError> {
        let io = |error| AudioError::io(path, error);
        let file = File::open(path).map_err(io)?;
        if !file.metadata().map_err(io)?.is_file() {
            return Self::read_whole(path, options);
        }
        check_part(path, options)?;
        let mut bytes = Bytes::of_file(file, path)?;
        if bytes.len() == 0 {
            return Err(empty(path));
        }
        let tag = id3_len(&mut bytes)?;
        let is_raw = is_raw(bytes.get(0, HEAD)?, options, path);
        let mut content = bytes.clone().behind(tag);
        let head = content.get(0, HEAD)?.to_vec();
        if sphere::is_sphere(&head) || wave::is_wave(&head) {
            let plain = match tag {
                0 if sphere::is_sphere(&head) => sphere::plain_samples(&mut content)?,
                0 => wave::plain(&mut content)?,
                _ => None,
            };
            return match plain {
                Some(plain) => Self::of_file(content, plain, options),
                None => Self::read_whole(path, options),
            };
        }
        let container = Container::of(&head).filter(|_| !is_raw);
        let track = container.and_then(|container| container.open_within(&content));
        if let Some(track) = track {
            let behind = |error: AudioError| error.behind(tag as usize);
            let track = track.map_err(behind)?;
            return Self::of_opened(of_track(track, path).map_err(behind)?, tag as usize, path, options);
        }
        if is_raw || container.is_some() || Unread::by_content(&head).is_some() {
            return Self::read_whole(path, options);
        }
        let recording =
            coded::recording(content, Kind::of(&head)).map_err(|error| error.behind(tag as usize))?;
        Self::of_steps(path, Box::new(Behind { recording, bytes: tag as usize }), options)
    }

    /// Reads a stream as a whole; `name` stands for the file in errors, and its extension is a hint.
    ///
    /// # Errors
    ///
    /// As [`read_from`](crate::read_from).
    pub fn read_from(source: impl Read, name: &str, options: &ReadOptions) -> Result<Self, AudioError> {
        Self::of_bytes(source, Path::new(name), options)
    }

    /// Of a file whose bytes must all be seen.
    fn read_whole(path: &Path, options: &ReadOptions) -> Result<Self, AudioError> {
        Self::of_bytes(File::open(path).map_err(|error| AudioError::io(path, error))?, path, options)
    }

    fn of_bytes(source: impl Read, path: &Path, options: &ReadOptions) -> Result<Self, AudioError> {
        check_part(path, options)?;
        Self::of_opened(opened(all(source, path)?, path, options)?, 0, path, options)
    }

    /// Of a recording that has so many more bytes before it in its file.
    fn of_opened(
        opened: Opened,
        bytes: usize,
        path: &Path,
        options: &ReadOptions,
    ) -> Result<Self, AudioError> {
        match opened {
            Opened::Steps(recording) => Self::of_steps(path, Box::new(Behind { recording, bytes }), options),
            Opened::Whole(mut audio) => {
                audio.notes = audio.notes.into_iter().map(|note| note.behind(bytes)).collect();
                audio.rescale(path)?;
                Ok(Self::of_memory(audio.checked(path, options)?))
            }
        }
    }

    fn of_file(bytes: Bytes, plain: Plain, options: &ReadOptions) -> Result<Self, AudioError> {
        let path = bytes.path().to_path_buf();
        let (pcm, frames) = (plain.pcm, plain.frames());
        let rate = f64::from(pcm.sample_rate);
        let at = |seconds: f64| ((seconds * rate).round().max(0.0) as u64).min(frames);
        let next = at(options.offset_s);
        let end = options.duration_s.map_or(frames, |duration| at(options.offset_s + duration)).max(next);
        if next == end {
            let length_s = frames as f64 / rate;
            return Err(AudioError::NoSamples { path, from_s: options.offset_s, length_s });
        }
        let notes = plain.notes.clone();
        let (sample_rate, channels) = (pcm.sample_rate, pcm.channels);
        Ok(Self { path, source: Source::File(bytes, plain), sample_rate, channels, notes, next, end })
    }

    fn of_memory(mut audio: Audio) -> Self {
        let (sample_rate, channels, end) = (audio.sample_rate, audio.channels.len(), audio.frames() as u64);
        let notes = std::mem::take(&mut audio.notes);
        let (path, source) = (PathBuf::new(), Source::Memory(audio));
        Self { path, source, sample_rate, channels, notes, next: 0, end }
    }

    fn of_steps(
        path: &Path,
        mut recording: Box<dyn Decode>,
        options: &ReadOptions,
    ) -> Result<Self, AudioError> {
        // The first samples tell what they are.
        let first = loop {
            match recording.step()? {
                Some(samples) if samples.frames() > 0 => break samples,
                Some(_) => {}
                None => return Err(AudioError::nothing(path)),
            }
        };
        let (sample_rate, channels) = (first.sample_rate, first.channels.len());
        let at = |seconds: f64| (seconds * f64::from(sample_rate)).round().max(0.0) as u64;
        let from = at(options.offset_s);
        let until = options.duration_s.map(|duration| at(options.offset_s + duration).max(from));
        let told = recording.frames().unwrap_or(from);
        let steps = Steps { recording, pending: first, at: 0, from, until, ended: false };
        let end = until.map_or(told, |until| until.min(told)).max(from);
        let mut blocks = Self {
            path: path.into(),
            source: Source::Steps(steps),
            sample_rate,
            channels,
            notes: Vec::new(),
            next: from,
            end,
        };
        // A part without samples is refused at once.
        if let Source::Steps(steps) = &mut blocks.source
            && steps.fill(1)? == 0
        {
            let length_s = (steps.at + steps.pending.frames() as u64) as f64 / f64::from(sample_rate.max(1));
            return Err(AudioError::NoSamples { path: path.into(), from_s: options.offset_s, length_s });
        }
        Ok(blocks)
    }

    /// Sampling rate, in Hz.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Seconds that are still to come, about; 0 also where the file doesn't tell.
    pub fn left_s(&self) -> f64 {
        self.end.saturating_sub(self.next) as f64 / f64::from(self.sample_rate.max(1))
    }

    /// Notes on reading the file, for a person; whole behind the last block.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The next block, of at most 10 s; `None` behind the last.
    ///
    /// # Errors
    ///
    /// A file that can't be read any more, or is damaged from here on.
    pub fn read_block(&mut self) -> Result<Option<Audio>, AudioError> {
        let most = (BLOCK_S as u64 * u64::from(self.sample_rate)).max(1);
        let count = most.min(self.end.saturating_sub(self.next));
        let from = self.next;
        let block = match &mut self.source {
            Source::Steps(steps) => {
                let count = steps.fill(most)?;
                if count < most && steps.ended {
                    self.notes = steps.notes();
                }
                let before = steps.at.saturating_sub(steps.from) as usize;
                let block = steps.take(count);
                block.check_finite(before, &self.path)?;
                block
            }
            _ if count == 0 => return Ok(None),
            Source::Memory(audio) => {
                let range = from as usize..(from + count) as usize;
                let channels = audio.channels.iter().map(|channel| channel[range.clone()].to_vec());
                Audio::new(self.sample_rate, channels.collect())
            }
            Source::File(bytes, plain) => {
                let mut all = Vec::new();
                for (place, len) in plain.ranges(from, count) {
                    all.extend_from_slice(bytes.get(place, len as usize)?);
                }
                plain.pcm.decode(&all, &self.path)?
            }
        };
        if block.frames() == 0 {
            return Ok(None);
        }
        self.next += block.frames() as u64;
        Ok(Some(block))
    }
}

/// The length of the ID3 tags that a file starts with.
fn id3_len(bytes: &mut Bytes) -> Result<u64, AudioError> {
    let mut tag = 0;
    while let more @ 1.. = tags::id3_len(bytes.get(tag, HEAD)?) as u64 {
        tag += more;
    }
    Ok(tag.min(bytes.len()))
}

impl Steps {
    /// Decodes until there are so many samples of the part, or all of them; how many there are, at most so many.
    fn fill(&mut self, count: u64) -> Result<u64, AudioError> {
        loop {
            let there = self.pending.frames() as u64;
            if self.at < self.from {
                let drop = there.min(self.from - self.at);
                self.drop(drop);
            }
            let there = self.pending.frames() as u64;
            let left = self.until.map_or(u64::MAX, |until| until.saturating_sub(self.at.max(self.from)));
            let wanted = count.min(left);
            if wanted == 0 || self.at >= self.from && there >= wanted {
                return Ok(wanted);
            }
            if self.ended {
                return Ok(there);
            }
            match self.recording.step()? {
                Some(samples) => self.pending.append(&samples),
                None => self.ended = true,
            }
        }
    }

    fn drop(&mut self, count: u64) {
        self.pending.channels.iter_mut().for_each(|channel| drop(channel.drain(..count as usize)));
        self.at += count;
    }

    /// Hands over samples, which are there.
    fn take(&mut self, count: u64) -> Audio {
        let rest =
            self.pending.channels.iter_mut().map(|channel| channel.split_off(count as usize)).collect();
        let rest = Audio::new(self.pending.sample_rate, rest);
        self.at += count;
        std::mem::replace(&mut self.pending, rest)
    }

    /// The notes on a recording that has ended.
    fn notes(&self) -> Vec<Note> {
        let frames = self.at + self.pending.frames() as u64;
        self.recording.notes(frames as f64 / f64::from(self.pending.sample_rate.max(1)))
    }
}
