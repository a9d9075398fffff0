//! Files of any kind: which decoder, and what every one promises.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::bytes::Bytes;
use crate::coded::{self, Kind};
use crate::collect::{Behind, Decode, Noted, collect};
use crate::container::{Body, Container, Track};
use crate::error::AudioError;
use crate::names::{Unread, has_extension, is_audio_path};
use crate::raw::{self, RawFormat};
use crate::samples::Audio;
use crate::{sphere, tags, wave};

/// The most bytes that are read: 4 GiB.
const MOST_BYTES: u64 = 1 << 32;

/// How a file is to be read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadOptions {
    /// The samples of a file without header (`.raw`).
    pub raw: Option<RawFormat>,
    /// Where the part that is wanted starts, in seconds.
    pub offset_s: f64,
    /// How long it is, in seconds; `None`: to the end.
    pub duration_s: Option<f64>,
}

/// Whether a file that starts with `head` has no header: its content is of no other kind, and its name says it or,
/// where that says nothing (as of standard input), the caller does.
pub(crate) fn is_raw(head: &[u8], options: &ReadOptions, path: &Path) -> bool {
    let says_otherwise = is_audio_path(path) || head.starts_with(b"ID3");
    Kind::of(head) == Kind::Other
        && !wave::is_wave(head)
        && !sphere::is_sphere(head)
        && Container::of(head).is_none()
        && Unread::by_content(head).is_none()
        && (has_extension(path, "raw") || options.raw.is_some() && !says_otherwise)
}

/// Reads and decodes a file, of the kind that its content shows.
///
/// # Errors
///
/// Each names the file, the place and what to do: a file that can't be opened, is damaged, cut off or of a coding that
/// isn't read, a wrong checksum, no samples, a sample that is no finite number, a part that makes no sense.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Audio, AudioError> {
    let file = File::open(path).map_err(|e| AudioError::io(path, e))?;
    decode(all(file, path)?, path, options)
}

/// Reads and decodes a stream; `name` stands for the file in errors, and its extension is a hint.
///
/// # Errors
///
/// As [`read`].
pub fn read_from(source: impl Read, name: &str, options: &ReadOptions) -> Result<Audio, AudioError> {
    let path = Path::new(name);
    decode(all(source, path)?, path, options)
}

/// All bytes of a source that isn't endless.
pub(crate) fn all(source: impl Read, path: &Path) -> Result<Vec<u8>, AudioError> {
    let mut bytes = Vec::new();
    source.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|e| AudioError::io(path, e))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(AudioError::unsupported(path, "it has more than 4 GiB; split it"));
    }
    Ok(bytes)
}

/// The error of a file without a byte.
pub(crate) fn empty(path: &Path) -> AudioError {
    AudioError::unsupported(path, "the file is empty; copy it again or leave it out")
}

/// Fails unless the part that is asked for makes sense.
pub(crate) fn check_part(path: &Path, options: &ReadOptions) -> Result<(), AudioError> {
    let wrong = |seconds: f64| !seconds.is_finite() || seconds < 0.0;
    if wrong(options.offset_s) || options.duration_s.is_some_and(wrong) {
        let problem = "offset and duration must be numbers of seconds that are not negative";
        return Err(AudioError::Setting(format!("{}: {problem}", path.display())));
    }
    Ok(())
}

/// A recording whose bytes are in memory.
pub(crate) enum Opened {
    /// It is decoded.
    Whole(Audio),
    /// It is decoded step by step.
    Steps(Box<dyn Decode>),
}

/// Opens a recording of which these are all bytes.
pub(crate) fn opened(bytes: Vec<u8>, path: &Path, options: &ReadOptions) -> Result<Opened, AudioError> {
    if bytes.is_empty() {
        return Err(empty(path));
    }
    let tag = tags::id3_len(&bytes).min(bytes.len());
    let bytes = Arc::new(bytes);
    let within = || Bytes::of_memory(Arc::clone(&bytes), path).behind(tag as u64);
    let behind = |error: AudioError| error.behind(tag);
    let whole = |audio: Result<Audio, AudioError>| -> Result<Opened, AudioError> {
        let mut audio = audio.map_err(behind)?;
        audio.notes = audio.notes.into_iter().map(|note| note.behind(tag)).collect();
        Ok(Opened::Whole(audio))
    };
    let content = &bytes[tag..];
    if sphere::is_sphere(content) {
        return whole(sphere::decode(content, path));
    }
    if wave::is_wave(content) {
        return whole(wave::decode(content, path));
    }
    if is_raw(&bytes, options, path) {
        return whole(raw::decode(&bytes, options, path));
    }
    let recording: Box<dyn Decode> = match (Container::of(content), Unread::by_content(content)) {
        (Some(container), _) => {
            let track = container.open_within(&within()).unwrap_or_else(|| container.open(content, path));
            match of_track(track.map_err(behind)?, path).map_err(behind)? {
                Opened::Whole(audio) => return whole(Ok(audio)),
                Opened::Steps(recording) => recording,
            }
        }
        (None, Some(kind)) => return Err(kind.error(path)),
        (None, None) => {
            let kind = Kind::of(content);
            coded::recording(within(), kind).map_err(behind)?
        }
    };
    Ok(Opened::Steps(Box::new(Behind { recording, bytes: tag })))
}

/// Opens a recording in a container.
pub(crate) fn of_track(track: Track<'_>, path: &Path) -> Result<Opened, AudioError> {
    let Track { body, notes } = track;
    Ok(match body {
        Body::Packets(packets) => {
            let recording = packets.into_owned().recording(path)?;
            Opened::Steps(Box::new(Noted { recording, notes }))
        }
        body => Opened::Whole(Track { body, notes }.decode(path)?),
    })
}

fn decode(bytes: Vec<u8>, path: &Path, options: &ReadOptions) -> Result<Audio, AudioError> {
    check_part(path, options)?;
    let audio = match opened(bytes, path, options)? {
        Opened::Whole(mut audio) => {
            audio.rescale(path)?;
            audio
        }
        Opened::Steps(recording) => collect(recording, path)?,
    };
    audio.checked(path, options)
}
