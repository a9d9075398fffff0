//! Lines of text, compressed or not, of limited length.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use linnet_files::not_utf8;

use super::packed;
use crate::error::TextError;

/// The longest line, in bytes: a longer one is no text.
const LONGEST_LINE: usize = 1 << 20;

/// The most bytes of a text that is read whole.
const MOST_BYTES: u64 = 1 << 30;

/// The numbered lines of something that is read.
pub(super) struct Lines<'a> {
    reader: Box<dyn BufRead + 'a>,
    name: &'a Path,
    line: Vec<u8>,
    number: usize,
}

impl<'a> Lines<'a> {
    /// The lines of a file.
    pub(super) fn open(path: &'a Path) -> Result<Self, TextError> {
        let file = File::open(path).map_err(|source| io(path, source))?;
        Self::new(file, path)
    }

    /// The lines of a reader, decompressed if it begins as gzip, bzip2 or xz do; errors name the path.
    pub(super) fn new(reader: impl Read + 'a, name: &'a Path) -> Result<Self, TextError> {
        let reader = BufReader::with_capacity(packed::BUFFER, reader);
        Ok(Self { reader: packed::unpacked(reader, name)?, name, line: Vec::new(), number: 0 })
    }

    /// The next line without its end; `None` behind the last one.
    pub(super) fn next(&mut self) -> Result<Option<&str>, TextError> {
        self.line.clear();
        self.number += 1;
        let mut limited = self.reader.by_ref().take(LONGEST_LINE as u64 + 1);
        limited.read_until(b'\n', &mut self.line).map_err(|source| io(self.name, source))?;
        if self.line.is_empty() {
            return Ok(None);
        }
        if self.line.len() > LONGEST_LINE {
            return Err(
                self.error(format!("the line is longer than {LONGEST_LINE} bytes; give a file of text"))
            );
        }
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = if self.number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
        match std::str::from_utf8(line) {
            Ok(line) => Ok(Some(line)),
            Err(_) => Err(TextError::line(self.name, self.number, not_utf8(&self.line))),
        }
    }

    /// Whether a JSON array begins here.
    pub(super) fn begin_array(&mut self) -> Result<bool, TextError> {
        let begin = self.reader.fill_buf().map_err(|source| io(self.name, source))?;
        let begin = begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin);
        Ok(begin.trim_ascii_start().first() == Some(&b'['))
    }

    /// All bytes that haven't been read as lines.
    pub(super) fn rest(&mut self) -> Result<Vec<u8>, TextError> {
        let mut bytes = Vec::new();
        let mut limited = self.reader.by_ref().take(MOST_BYTES + 1);
        limited.read_to_end(&mut bytes).map_err(|source| io(self.name, source))?;
        match bytes.len() as u64 > MOST_BYTES {
            true => {
                Err(self
                    .error_at(1, "the JSON array has more than 1 GiB; write a record a line, by `jq -c .[]`"))
            }
            false => Ok(bytes),
        }
    }

    /// The line that was read last, with its end; empty if it isn't UTF-8.
    pub(super) fn current(&self) -> &str {
        std::str::from_utf8(&self.line).unwrap_or_default()
    }

    /// An error at the line that was read last.
    pub(super) fn error(&self, problem: impl Into<String>) -> TextError {
        self.error_at(self.number, problem)
    }

    /// An error at another line.
    pub(super) fn error_at(&self, line: usize, problem: impl Into<String>) -> TextError {
        TextError::line(self.name, line, problem)
    }
}

pub(super) fn io(path: &Path, source: std::io::Error) -> TextError {
    TextError::Io { path: path.to_path_buf(), source }
}
