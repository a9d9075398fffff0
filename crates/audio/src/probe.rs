//! Files described, by their headers where those tell.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::bytes::Bytes;
use crate::coded::{self, Kind};
use crate::collect::Decode;
use crate::container::Container;
use crate::error::AudioError;
use crate::names::Unread;
use crate::note::Note;
use crate::read::{ReadOptions, all, empty, is_raw, read};
use crate::samples::Audio;
use crate::{flac, ogg, raw, sphere, tags, wave};

/// Bytes that are read first: most SPHERE headers have 1,024.
const HEAD: u64 = 1 << 14;

/// The description of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioInfo {
    /// The container, as `SPHERE`, `WAV`, `FLAC`, `MP4`; `raw` if there is none.
    pub format: String,
    /// How its samples are coded, as `pcm`, `aac` or `pcm, shorten-v2.00`.
    pub coding: String,
    /// Sampling rate, in Hz.
    pub sample_rate: u32,
    /// Channels.
    pub channels: usize,
    /// Samples a channel.
    pub frames: usize,
    /// Notes on reading it that a person should hear.
    pub notes: Vec<Note>,
}

impl AudioInfo {
    /// Length, in seconds.
    pub fn duration_s(&self) -> f64 {
        self.frames as f64 / f64::from(self.sample_rate.max(1))
    }

    /// Of a recording that is decoded to its end, of which nothing is kept.
    pub(crate) fn of_steps(
        mut recording: impl Decode,
        format: &str,
        coding: &str,
    ) -> Result<Self, AudioError> {
        let (mut sample_rate, mut channels, mut frames) = (0, 0, 0);
        while let Some(some) = recording.step()? {
            (sample_rate, channels) = (some.sample_rate, some.channels.len());
            frames += some.frames();
        }
        let notes = recording.notes(frames as f64 / f64::from(sample_rate.max(1)));
        Ok(Self { format: format.into(), coding: coding.into(), sample_rate, channels, frames, notes })
    }

    pub(crate) fn of(audio: &Audio, format: &str, coding: &str) -> Self {
        Self {
            format: format.into(),
            coding: coding.into(),
            sample_rate: audio.sample_rate,
            channels: audio.channels.len(),
            frames: audio.frames(),
            notes: audio.notes.clone(),
        }
    }
}

/// Describes a whole file, whatever part of it `options` ask for; it is decoded only where its header doesn't tell.
///
/// # Errors
///
/// As [`read`], as far as the header shows them.
pub fn probe(path: &Path, options: &ReadOptions) -> Result<AudioInfo, AudioError> {
    let info = found(path, options)?;
    if info.frames == 0 { Err(AudioError::nothing(path)) } else { Ok(info) }
}

/// Describes a file by its header or its samples, of which there may be none.
fn found(path: &Path, options: &ReadOptions) -> Result<AudioInfo, AudioError> {
    let io = |e| AudioError::io(path, e);
    let file = File::open(path).map_err(io)?;
    let file_len = file.metadata().map_err(io)?.len();
    let mut head = Vec::new();
    (&file).take(HEAD).read_to_end(&mut head).map_err(io)?;
    if head.is_empty() {
        return Err(empty(path));
    }
    let whole = ReadOptions { raw: options.raw, ..ReadOptions::default() };
    if sphere::is_sphere(&head) {
        return probe_sphere(&head, file_len, &whole, path);
    }
    if is_raw(&head, &whole, path) {
        let (format, frames) = raw::frames(&whole, file_len as usize, path)?;
        return Ok(AudioInfo {
            format: "raw".into(),
            coding: "pcm".into(),
            sample_rate: format.sample_rate,
            channels: format.channels,
            frames,
            notes: Vec::new(),
        });
    }
    // Tags may be longer than what is read first, and several.
    let mut tag = 0;
    while let more @ 1.. = tags::id3_len(&head) {
        tag += more;
        (&file).seek(SeekFrom::Start(tag as u64)).map_err(io)?;
        head.clear();
        (&file).take(HEAD).read_to_end(&mut head).map_err(io)?;
    }
    let content = || -> Result<Vec<u8>, AudioError> {
        let mut bytes = all(File::open(path).map_err(io)?, path)?;
        bytes.drain(..tag.min(bytes.len()));
        Ok(bytes)
    };
    let within =
        || Ok::<_, AudioError>(Bytes::of_file(File::open(path).map_err(io)?, path)?.behind(tag as u64));
    let kind = Kind::of(&head);
    let described = if let Some(container) = Container::of(&head) {
        match container.open_within(&within()?) {
            Some(track) => track.and_then(|track| container.describe_track(track, path)),
            None => container.describe(&content()?, path),
        }
    } else if kind == Kind::Flac {
        flac::probe(within()?)
    } else if wave::is_wave(&head) {
        // Headers tell where samples are from the file's start; behind a tag they are decoded.
        if tag == 0
            && let Some(info) = wave::probe(File::open(path).map_err(io)?, file_len, path)?
        {
            return Ok(info);
        }
        let (format, coding) = wave::names(&content()?, path).map_err(|error| error.behind(tag))?;
        return Ok(AudioInfo::of(&read(path, &whole)?, format, coding));
    } else if let Some(unread) = Unread::by_content(&head) {
        return Err(unread.error(path));
    } else {
        let coding = if kind == Kind::Ogg { ogg::coding(&head) } else { coded::layer(&head) };
        coded::recording(within()?, kind)
            .and_then(|recording| AudioInfo::of_steps(recording, kind.name(), coding))
    };
    let mut info = described.map_err(|error| error.behind(tag))?;
    info.notes = info.notes.into_iter().map(|note| note.behind(tag)).collect();
    Ok(info)
}

fn probe_sphere(
    head: &[u8],
    file_len: u64,
    whole: &ReadOptions,
    path: &Path,
) -> Result<AudioInfo, AudioError> {
    let header = match sphere::header(head, path) {
        Err(_) if head.len() as u64 == HEAD => {
            let file = File::open(path).map_err(|e| AudioError::io(path, e))?;
            sphere::header(&all(file, path)?, path)?
        }
        header => header?,
    };
    let mut coding = header.coding.name().to_string();
    if let Some(embedded) = &header.embedded {
        coding += &format!(", {embedded}");
    }
    let trusted = header.file_len().is_none_or(|told| told == file_len);
    let Some(frames) = header.samples.filter(|_| trusted) else {
        return Ok(AudioInfo::of(&read(path, whole)?, "SPHERE", &coding));
    };
    let (sample_rate, channels) = (header.sample_rate, header.channels);
    Ok(AudioInfo { format: "SPHERE".into(), coding, sample_rate, channels, frames, notes: Vec::new() })
}
