//! A recording in blocks: a long one needn't be in memory as a whole.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::error::AudioError;
use crate::note::Note;
use crate::read::{ReadOptions, check_part, read, read_from};
use crate::samples::Audio;
use crate::wave::{self, Plain};

/// The length of a block, in seconds.
const BLOCK_S: usize = 10;

/// A recording that is read block by block.
///
/// Of WAV files and their relatives with samples of integers, mu-law or A-law, each block is read from the file when it
/// is asked for. Other files are decoded as a whole first.
#[derive(Debug)]
pub struct Blocks {
    path: PathBuf,
    source: Source,
    sample_rate: u32,
    channels: usize,
    notes: Vec<Note>,
    /// The sample of each channel that comes next, and the one behind the last.
    next: u64,
    end: u64,
}

#[derive(Debug)]
enum Source {
    File(File, Plain),
    Memory(Audio),
}

impl Blocks {
    /// Opens a file; blocks are of the part that the options ask for.
    ///
    /// # Errors
    ///
    /// As [`read`], as far as the headers show them where blocks are read from the file.
    pub fn open(path: &Path, options: &ReadOptions) -> Result<Self, AudioError> {
        let io = |error| AudioError::io(path, error);
        let mut file = File::open(path).map_err(io)?;
        let found = file.metadata().map_err(io)?;
        let mut head = Vec::new();
        if found.is_file() {
            (&mut file).take(64).read_to_end(&mut head).map_err(io)?;
        }
        if wave::is_wave(&head)
            && let Some(plain) = wave::plain(&mut file, found.len(), path)?
        {
            return Self::of_file(path, file, plain, options);
        }
        Ok(Self::of_memory(read(path, options)?))
    }

    /// Reads a stream as a whole; `name` stands for the file in errors, and its extension is a hint.
    ///
    /// # Errors
    ///
    /// As [`read_from`].
    pub fn read_from(source: impl Read, name: &str, options: &ReadOptions) -> Result<Self, AudioError> {
        Ok(Self::of_memory(read_from(source, name, options)?))
    }

    fn of_file(path: &Path, file: File, plain: Plain, options: &ReadOptions) -> Result<Self, AudioError> {
        check_part(path, options)?;
        let (pcm, frames) = (plain.pcm, plain.frames());
        let rate = f64::from(pcm.sample_rate);
        let at = |seconds: f64| ((seconds * rate).round().max(0.0) as u64).min(frames);
        let next = at(options.offset_s);
        let end = options.duration_s.map_or(frames, |duration| at(options.offset_s + duration)).max(next);
        if next == end {
            let length_s = frames as f64 / rate;
            return Err(AudioError::NoSamples { path: path.into(), from_s: options.offset_s, length_s });
        }
        let notes = plain.notes.clone();
        let (sample_rate, channels) = (pcm.sample_rate, pcm.channels);
        Ok(Self {
            path: path.into(),
            source: Source::File(file, plain),
            sample_rate,
            channels,
            notes,
            next,
            end,
        })
    }

    fn of_memory(mut audio: Audio) -> Self {
        let (sample_rate, channels, end) = (audio.sample_rate, audio.channels.len(), audio.frames() as u64);
        let notes = std::mem::take(&mut audio.notes);
        Self {
            path: PathBuf::new(),
            source: Source::Memory(audio),
            sample_rate,
            channels,
            notes,
            next: 0,
            end,
        }
    }

    /// Sampling rate, in Hz.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Seconds that are still to come.
    pub fn left_s(&self) -> f64 {
        (self.end - self.next) as f64 / f64::from(self.sample_rate.max(1))
    }

    /// Notes on opening the file, for a person.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The next block, of at most 10 s; `None` behind the last.
    ///
    /// # Errors
    ///
    /// A file that can't be read any more.
    pub fn read_block(&mut self) -> Result<Option<Audio>, AudioError> {
        let count = (BLOCK_S as u64 * u64::from(self.sample_rate)).max(1).min(self.end - self.next);
        if count == 0 {
            return Ok(None);
        }
        let from = self.next;
        self.next += count;
        let block = match &mut self.source {
            Source::Memory(audio) => {
                let range = from as usize..(from + count) as usize;
                let channels = audio.channels.iter().map(|channel| channel[range.clone()].to_vec());
                Audio::new(self.sample_rate, channels.collect())
            }
            Source::File(file, plain) => {
                let mut bytes = Vec::new();
                let mut gather = || {
                    for (place, len) in plain.ranges(from, count) {
                        file.seek(SeekFrom::Start(place))?;
                        let start = bytes.len();
                        bytes.resize(start + len as usize, 0);
                        file.read_exact(&mut bytes[start..])?;
                    }
                    Ok(())
                };
                gather().map_err(|error| AudioError::io(&self.path, error))?;
                plain.pcm.decode(&bytes, &self.path)?
            }
        };
        Ok(Some(block))
    }
}
