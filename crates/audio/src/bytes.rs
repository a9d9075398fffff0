//! The bytes of a file, of which a small window is in memory at a time, or of a stream that was read whole.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use symphonia::core::io::MediaSource;

use crate::error::AudioError;
use crate::tags;

/// Bytes that are read from a file at a time.
const WINDOW: usize = 1 << 18;

#[derive(Debug, Clone)]
enum Store {
    File(Arc<File>),
    Memory(Arc<Vec<u8>>),
}

/// Bytes that can be looked at anywhere.
#[derive(Debug)]
pub(crate) struct Bytes {
    store: Store,
    path: PathBuf,
    /// Where they begin in the store, and how many they are.
    base: u64,
    len: u64,
    /// The bytes that were read last from a file, and where they begin.
    window: Vec<u8>,
    at: u64,
}

impl Clone for Bytes {
    /// Another look at the same bytes.
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), path: self.path.clone(), window: Vec::new(), ..*self }
    }
}

impl Bytes {
    /// The bytes of a file; `path` names it in errors.
    pub(crate) fn of_file(file: File, path: &Path) -> Result<Self, AudioError> {
        let len = file.metadata().map_err(|error| AudioError::io(path, error))?.len();
        Ok(Self::new(Store::File(Arc::new(file)), len, path))
    }

    pub(crate) fn of_memory(bytes: Arc<Vec<u8>>, path: &Path) -> Self {
        let len = bytes.len() as u64;
        Self::new(Store::Memory(bytes), len, path)
    }

    fn new(store: Store, len: u64, path: &Path) -> Self {
        Self { store, path: path.into(), base: 0, len, window: Vec::new(), at: 0 }
    }

    /// All but the first.
    pub(crate) fn behind(mut self, count: u64) -> Self {
        let count = count.min(self.len);
        self.base += count;
        self.len -= count;
        self.window.clear();
        self
    }

    /// The first so many.
    pub(crate) fn until(mut self, end: u64) -> Self {
        self.len = self.len.min(end);
        self.window.clear();
        self
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// The file's name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// So many bytes from a place on, or as many as there are.
    pub(crate) fn get(&mut self, at: u64, count: usize) -> Result<&[u8], AudioError> {
        match self.look(at, count) {
            Ok(range) => Ok(self.seen(range)),
            Err(error) => Err(AudioError::io(&self.path, error)),
        }
    }

    fn seen(&self, range: Range<usize>) -> &[u8] {
        match &self.store {
            Store::Memory(bytes) => &bytes[range],
            Store::File(_) => &self.window[range],
        }
    }

    /// Makes bytes visible: where they are in memory.
    fn look(&mut self, at: u64, count: usize) -> io::Result<Range<usize>> {
        let at = at.min(self.len);
        let count = (count as u64).min(self.len - at) as usize;
        let Store::File(file) = &self.store else {
            let start = (self.base + at) as usize;
            return Ok(start..start + count);
        };
        let end = at + count as u64;
        if at < self.at || end > self.at + self.window.len() as u64 {
            self.window.clear();
            self.at = at;
            let wanted = (count.max(WINDOW) as u64).min(self.len - at);
            // One file may have several of these: each looks for its own place.
            let mut file: &File = file;
            file.seek(SeekFrom::Start(self.base + at))?;
            file.take(wanted).read_to_end(&mut self.window)?;
            if self.window.len() < count {
                self.window.clear();
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let start = (at - self.at) as usize;
        Ok(start..start + count)
    }

    /// Whether any of these bytes isn't zero.
    pub(crate) fn any_nonzero(&mut self, range: Range<u64>) -> Result<bool, AudioError> {
        let mut at = range.start;
        while at < range.end {
            let count = WINDOW.min((range.end - at) as usize);
            if self.get(at, count)?.iter().any(|&byte| byte != 0) {
                return Ok(true);
            }
            at += count as u64;
        }
        Ok(false)
    }

    /// Where the tags that end them start, see [`tags::tagged`].
    pub(crate) fn tagged(&mut self) -> Result<u64, AudioError> {
        let mut end = self.len;
        loop {
            let from = end.saturating_sub(tags::LONGEST_TAIL as u64);
            match tags::last_tag(self.get(from, (end - from) as usize)?) {
                Some(len) if len as u64 <= end => end -= len as u64,
                _ => return Ok(end),
            }
        }
    }

    /// Where the tags and padding that end them start, see [`tags::start`].
    pub(crate) fn tail(&mut self) -> Result<u64, AudioError> {
        let mut end = self.len;
        loop {
            let from = end.saturating_sub(WINDOW as u64);
            let (at, more) = tags::start_behind(self.get(from, (end - from) as usize)?, from);
            end = at;
            if !more {
                return Ok(end);
            }
        }
    }

    /// The length of the tags that stand at a place, of those that can stand between recordings, too: ID3 and APE.
    pub(crate) fn tag_len(&mut self, at: u64) -> Result<u64, AudioError> {
        let mut end = at;
        while end < self.len {
            match tags::one(self.get(end, tags::LONGEST_HEAD)?) {
                Some(len) => end = end.saturating_add(len).min(self.len),
                None => break,
            }
        }
        Ok(end - at)
    }

    /// All of the bytes, to be read as a file.
    pub(crate) fn as_file(&self) -> Section {
        self.section(std::iter::once(0..self.len).collect())
    }

    /// Parts of the bytes, one behind the other, to be read as a file.
    pub(crate) fn section(&self, ranges: Vec<Range<u64>>) -> Section {
        let mut starts = Vec::with_capacity(ranges.len());
        let mut len = 0;
        for range in &ranges {
            starts.push(len);
            len += range.end - range.start;
        }
        Section { bytes: self.clone(), ranges, starts, at: 0, len }
    }
}

/// Parts of a file, one behind the other, as a file of their own.
#[derive(Debug)]
pub(crate) struct Section {
    bytes: Bytes,
    ranges: Vec<Range<u64>>,
    /// Where each part starts in the section.
    starts: Vec<u64>,
    at: u64,
    len: u64,
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.len {
            return Ok(0);
        }
        let part = self.starts.partition_point(|&start| start <= self.at) - 1;
        let range = &self.ranges[part];
        let place = range.start + (self.at - self.starts[part]);
        let count = buffer.len().min((range.end - place).min(WINDOW as u64) as usize);
        let seen = self.bytes.look(place, count)?;
        buffer[..seen.len()].copy_from_slice(self.bytes.seen(seen.clone()));
        self.at += seen.len() as u64;
        Ok(seen.len())
    }
}

impl Seek for Section {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl MediaSource for Section {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of a file and the same in memory, behind the first 100.
    fn both(all: &[u8]) -> [Bytes; 2] {
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, all).unwrap();
        let path = Path::new("x");
        let both = [Bytes::of_file(file, path).unwrap(), Bytes::of_memory(Arc::new(all.to_vec()), path)];
        both.map(|bytes| bytes.behind(100))
    }

    #[test]
    fn any_place_is_seen_and_parts_follow_each_other() {
        let all: Vec<u8> = (0..3 * WINDOW).map(|i| (i * 7 + i / 251) as u8).collect();
        for mut bytes in both(&all) {
            let all = &all[100..];
            for (at, count) in
                [(0, 5), (WINDOW - 2, 9), (7, WINDOW + 3), (all.len() - 4, 100), (all.len(), 3)]
            {
                let wanted = &all[at..all.len().min(at + count)];
                assert!(bytes.get(at as u64, count).unwrap() == wanted, "{at} {count}");
            }
            let ranges = [10..2 * WINDOW as u64, 5..9, 700..all.len() as u64];
            let wanted: Vec<u8> = ranges
                .iter()
                .flat_map(|range| &all[range.start as usize..range.end as usize])
                .copied()
                .collect();
            let mut section = bytes.section(ranges.to_vec());
            let mut found = Vec::new();
            section.read_to_end(&mut found).unwrap();
            assert!(found == wanted);
            section.seek(SeekFrom::End(-3)).unwrap();
            section.seek(SeekFrom::Current(1)).unwrap();
            found.clear();
            section.read_to_end(&mut found).unwrap();
            assert_eq!(found, wanted[wanted.len() - 2..]);
        }
    }

    #[test]
    fn tags_and_padding_longer_than_the_window_are_seen() {
        let id3v1 = [&b"TAG"[..], &[b'x'; 125]].concat();
        let audio = [vec![9u8; 100], vec![7; 1000]].concat();
        for padding in [0, 5, WINDOW, 2 * WINDOW + 17] {
            let all = [audio.clone(), vec![0; padding], id3v1.clone(), vec![0; padding]].concat();
            for mut bytes in both(&all) {
                assert_eq!(bytes.tail().unwrap(), 1000, "{padding}");
            }
        }
        let head = [b'I', b'D', b'3', 3, 0, 0, 0, 0x20, 0, 0];
        let long = [vec![9u8; 100], head.to_vec(), vec![0; 0x20 << 14], id3v1, audio].concat();
        for mut bytes in both(&long) {
            assert_eq!(bytes.tag_len(0).unwrap(), 10 + (0x20 << 14) + 128);
            assert_eq!(bytes.tag_len(bytes.len() - 5).unwrap(), 0);
            assert!(bytes.any_nonzero(10..10 + (0x20 << 14) + 1).unwrap());
            assert!(!bytes.any_nonzero(10..10 + (0x20 << 14)).unwrap());
        }
    }
}
