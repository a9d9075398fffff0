//! The chunks of WAV files and their relatives, and what their sizes are worth.
//!
//! Writers that are killed, or write to a pipe, leave sizes of 0, of 0xffffffff, or of what they meant to write. Where
//! a size contradicts the file, the samples go to the file's end, and a note says so.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::container::Container;
use super::format::{FORMAT_BYTES, Format};
use crate::error::{AudioError, Place};
use crate::tags::{self, Rest};

/// The longest format chunk that is read, in bytes.
const MOST_FORMAT: u64 = 1 << 12;
/// Bytes that are looked at behind the samples.
const TAIL: u64 = 1 << 12;

/// Where a file has what.
#[derive(Debug)]
pub(super) struct Chunks {
    pub(super) container: Container,
    pub(super) format: Format,
    /// Where the samples start, in bytes.
    pub(super) start: u64,
    /// Their bytes that are there.
    pub(super) len: u64,
    /// The header's words on the samples where they are wrong.
    pub(super) told: Option<String>,
    /// Samples a channel, as a `fact` chunk tells.
    pub(super) fact: Option<u64>,
    /// Where bytes that are no chunk follow, and how many.
    pub(super) garbage: Option<(u64, u64)>,
    /// Where another file follows.
    pub(super) next: Option<u64>,
}

/// A source of bytes with the file's name for errors.
pub(super) struct Source<'a, S> {
    pub(super) bytes: S,
    pub(super) len: u64,
    pub(super) path: &'a Path,
}

impl<S: Read + Seek> Source<'_, S> {
    /// At most `len` bytes from a place on; fewer where the file ends.
    pub(super) fn read(&mut self, at: u64, len: u64) -> Result<Vec<u8>, AudioError> {
        let mut buffer = Vec::new();
        let mut read = || {
            self.bytes.seek(SeekFrom::Start(at))?;
            (&mut self.bytes).take(len).read_to_end(&mut buffer)
        };
        read().map_err(|e| AudioError::io(self.path, e))?;
        Ok(buffer)
    }

    pub(super) fn fail(&self, at: u64, problem: String) -> AudioError {
        AudioError::damaged(self.path, Place::Byte(at as usize), problem)
    }
}

/// A chunk as its header has it.
struct Chunk {
    name: [u8; 4],
    /// Where its content starts, and how long it should be.
    start: u64,
    told: u64,
}

/// Finds the chunks of the file that starts at `from`.
pub(super) fn find<S: Read + Seek>(source: &mut Source<'_, S>, from: u64) -> Result<Chunks, AudioError> {
    let head = source.read(from, 64)?;
    let container = Container::of(&head).ok_or_else(|| {
        source.fail(from, "this is no WAV file; copy the file again or leave it out".to_owned())
    })?;
    let name = container.name();
    let mut at = from + container.head();
    let (mut format, mut data, mut fact, mut size_64) = (None, None, None, None);
    let (mut garbage, mut next) = (None, None);
    while let Some(chunk) = chunk(source, container, at)? {
        let left = source.len.saturating_sub(chunk.start);
        match &chunk.name {
            _ if Container::of(&source.read(at, 64)?).is_some() => {
                next = Some(at);
                break;
            }
            b"fmt " => {
                if !(FORMAT_BYTES..=MOST_FORMAT).contains(&chunk.told) {
                    let told = chunk.told;
                    let problem = format!(
                        "{name}: a format chunk of {told} bytes is out of range; write the file again from its source"
                    );
                    return Err(source.fail(at, problem));
                }
                let content = source.read(chunk.start, chunk.told)?;
                if (content.len() as u64) < chunk.told {
                    let problem = format!("{name}: it ends in its format chunk; copy the file again");
                    return Err(source.fail(source.len, problem));
                }
                if format.is_none() {
                    format = Some(Format::parse(&content, container.order(), chunk.start, source.path)?);
                }
            }
            b"ds64" => {
                let sizes = source.read(chunk.start, 16)?;
                size_64 = sizes.get(8..16).map(|b| container.order().u64(b));
            }
            b"fact" => {
                let count = source.read(chunk.start, chunk.told.min(8))?;
                fact = match count.len() {
                    8 => Some(container.order().u64(&count)),
                    4..8 => Some(container.order().u32(&count).into()),
                    _ => None,
                };
            }
            b"data" if data.is_none() => {
                let told = size_64.filter(|_| chunk.told == u64::from(u32::MAX)).unwrap_or(chunk.told);
                let found = Samples::find(source, container, &chunk, told)?;
                (garbage, data) = (found.garbage, Some((chunk.start, found.len, found.told)));
                if found.last {
                    break;
                }
                at = container.behind(chunk.start, found.len);
                at = unpadded(source, container, at, chunk.start + found.len)?;
                continue;
            }
            _ if chunk.told > left && data.is_none() => {
                let (what, told) = (String::from_utf8_lossy(&chunk.name), chunk.told);
                let problem = format!(
                    "{name}: chunk {} should have {told} bytes, the file has {left} more, and no samples come before; \
                     copy the file again",
                    what.escape_debug()
                );
                return Err(source.fail(at, problem));
            }
            _ => {}
        }
        let end = chunk.start.saturating_add(chunk.told);
        at = unpadded(source, container, container.behind(chunk.start, chunk.told), end)?;
    }
    let Some((start, len, told)) = data else {
        let problem = format!("{name}: it ends before its data chunk; copy the file again");
        return Err(source.fail(source.len, problem));
    };
    let Some(format) = format else {
        let problem =
            format!("{name}: it has samples and no format chunk; write the file again from its source");
        return Err(source.fail(start - container.chunk_head(), problem));
    };
    Ok(Chunks { container, format, start, len, told, fact, garbage, next })
}

/// The chunk that starts at a place, if one does.
fn chunk<S: Read + Seek>(
    source: &mut Source<'_, S>,
    container: Container,
    at: u64,
) -> Result<Option<Chunk>, AudioError> {
    let head = source.read(at, container.chunk_head())?;
    Ok(container.chunk(&head).map(|(name, told)| Chunk { name, start: at + container.chunk_head(), told }))
}

/// Where the next chunk starts: at the even place, or, as some writers forget the padding, right behind the last.
fn unpadded<S: Read + Seek>(
    source: &mut Source<'_, S>,
    container: Container,
    padded: u64,
    end: u64,
) -> Result<u64, AudioError> {
    if padded == end
        || chunk(source, container, padded)?.is_some()
        || chunk(source, container, end)?.is_none()
    {
        return Ok(padded);
    }
    Ok(end)
}

/// The samples of a data chunk.
struct Samples {
    len: u64,
    told: Option<String>,
    garbage: Option<(u64, u64)>,
    /// Whether no chunk can follow.
    last: bool,
}

impl Samples {
    fn find<S: Read + Seek>(
        source: &mut Source<'_, S>,
        container: Container,
        chunk: &Chunk,
        told: u64,
    ) -> Result<Self, AudioError> {
        let left = source.len - chunk.start.min(source.len);
        let wrong = |len: u64| Some(format!("its header tells {told} bytes of samples, {len} follow"));
        if told > left {
            let len = source.samples_end(chunk.start, left)?;
            return Ok(Self { len, told: wrong(len), garbage: None, last: true });
        }
        let end = chunk.start + told;
        let rest = source.read(end, TAIL)?;
        // Samples can look like a name, but hardly have a size that fits the file.
        let is_chunk = |at: u64| {
            let fits = |(_, size): &([u8; 4], u64)| *size <= left - told;
            let head = rest.get(at as usize..).unwrap_or_default();
            Container::of(head).is_some() || container.chunk(head).is_some_and(|chunk| fits(&chunk))
        };
        if told == left || is_chunk(container.behind(chunk.start, told) - end) || is_chunk(0) {
            return Ok(Self { len: told, told: None, garbage: None, last: told == left });
        }
        let garbage = match Rest::of(&rest, left - told) {
            _ if told == 0 => None,
            Rest::Samples => None,
            Rest::Garbage => Some(Some((end, left - told))),
            Rest::Tail => Some(None),
        };
        if let Some(garbage) = garbage {
            return Ok(Self { len: told, told: None, garbage, last: true });
        }
        let len = source.samples_end(chunk.start, left)?;
        Ok(Self { len, told: wrong(len), garbage: None, last: true })
    }
}

impl<S: Read + Seek> Source<'_, S> {
    /// How many of the `left` bytes up to the file's end are samples: all but tags behind them.
    fn samples_end(&mut self, start: u64, left: u64) -> Result<u64, AudioError> {
        let tail = left.min(TAIL);
        let bytes = self.read(start + left - tail, tail)?;
        Ok(left - tail + tags::tagged(&bytes) as u64)
    }
}
