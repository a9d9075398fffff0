//! Files of any kind: which decoder, and what every one promises.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use crate::error::AudioError;
use crate::raw::{self, RawFormat};
use crate::samples::Audio;
use crate::{coded, sphere};

/// Bytes of a SPHERE file that [`probe`] reads first: most headers have 1,024.
const HEAD: u64 = 1 << 16;

/// How a file is to be read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadOptions {
    /// What the samples of a file without header (`.raw`) are.
    pub raw: Option<RawFormat>,
    /// Where the part that is wanted starts, in seconds.
    pub offset_s: f64,
    /// How long it is, in seconds; `None`: to the end.
    pub duration_s: Option<f64>,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioInfo {
    /// The container, as `SPHERE` or `flac`.
    pub format: String,
    /// Sampling rate, in Hz.
    pub sample_rate: u32,
    /// Channels.
    pub channels: usize,
    /// Samples a channel.
    pub frames: usize,
}

impl AudioInfo {
    /// Length, in seconds.
    pub fn duration_s(&self) -> f64 {
        self.frames as f64 / f64::from(self.sample_rate.max(1))
    }
}

/// Whether a file's name ends like that of an audio file.
pub fn is_audio_path(path: &Path) -> bool {
    const EXTENSIONS: [&str; 10] = ["wav", "flac", "mp3", "ogg", "oga", "sph", "wv1", "wv2", "nist", "raw"];
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
}

fn is_raw(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("raw"))
}

/// Reads and decodes a file.
///
/// # Errors
///
/// Each names the file and what to do: a broken header or stream with its place, no samples, a sample that is no number.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Audio, AudioError> {
    let bytes = std::fs::read(path).map_err(|e| AudioError::io(path, e))?;
    decode(bytes, path, options)
}

/// Reads and decodes a stream; `name` stands for the file in errors, and its extension is a hint.
pub fn read_from(mut source: impl Read, name: &str, options: &ReadOptions) -> Result<Audio, AudioError> {
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes).map_err(|e| AudioError::io(Path::new(name), e))?;
    decode(bytes, Path::new(name), options)
}

fn decode(bytes: Vec<u8>, path: &Path, options: &ReadOptions) -> Result<Audio, AudioError> {
    let audio = if sphere::is_sphere(&bytes) {
        sphere::decode(&bytes, path)?
    } else if is_raw(path) {
        let format = options.raw.as_ref().ok_or_else(|| no_raw_format(path))?;
        raw::decode(&bytes, format, path)?
    } else {
        coded::decode(Box::new(Cursor::new(bytes)), path)?
    };
    check(&audio, path)?;
    let part = audio.part(options.offset_s, options.duration_s);
    if part.frames() == 0 {
        let problem = format!("there are no samples from {} s on; the file is shorter", options.offset_s);
        return Err(AudioError::content(path, problem));
    }
    Ok(part)
}

fn no_raw_format(path: &Path) -> AudioError {
    AudioError::content(path, "a .raw file has no header; give its sampling rate (and byte order)")
}

fn check(audio: &Audio, path: &Path) -> Result<(), AudioError> {
    if audio.frames() == 0 {
        return Err(AudioError::content(path, "it has no samples; record it again or leave it out"));
    }
    for (c, channel) in audio.channels.iter().enumerate() {
        if let Some(at) = channel.iter().position(|s| !s.is_finite()) {
            let problem =
                format!("sample {at} of channel {c} is no number; write the file again from its source");
            return Err(AudioError::content(path, problem));
        }
    }
    Ok(())
}

/// What a file holds, without decoding it where its header tells.
pub fn probe(path: &Path, options: &ReadOptions) -> Result<AudioInfo, AudioError> {
    let io = |e| AudioError::io(path, e);
    let file = File::open(path).map_err(io)?;
    let mut head = Vec::new();
    (&file).take(HEAD).read_to_end(&mut head).map_err(io)?;
    if sphere::is_sphere(&head) {
        let header = match sphere::header(&head, path) {
            Err(_) if head.len() as u64 == HEAD => sphere::header(&std::fs::read(path).map_err(io)?, path)?,
            header => header?,
        };
        let mut format = format!("SPHERE {}", header.coding);
        if let Some(embedded) = &header.embedded {
            format += &format!(", {embedded}");
        }
        if let Some(frames) = header.samples {
            return Ok(AudioInfo {
                format,
                sample_rate: header.sample_rate,
                channels: header.channels,
                frames,
            });
        }
        return Ok(info(format, &read(path, options)?));
    }
    if is_raw(path) {
        let raw = options.raw.ok_or_else(|| no_raw_format(path))?;
        let bytes = file.metadata().map_err(io)?.len() as usize;
        let frames = bytes / (2 * raw.channels.max(1));
        return Ok(AudioInfo {
            format: "raw".into(),
            sample_rate: raw.sample_rate,
            channels: raw.channels,
            frames,
        });
    }
    let format = path.extension().map_or_else(String::new, |e| e.to_string_lossy().to_lowercase());
    let file = File::open(path).map_err(io)?;
    match coded::probe(Box::new(file), path)? {
        Some((sample_rate, channels, frames)) => Ok(AudioInfo { format, sample_rate, channels, frames }),
        None => Ok(info(format, &read(path, &ReadOptions { raw: options.raw, ..ReadOptions::default() })?)),
    }
}

fn info(format: String, audio: &Audio) -> AudioInfo {
    AudioInfo {
        format,
        sample_rate: audio.sample_rate,
        channels: audio.channels.len(),
        frames: audio.frames(),
    }
}
