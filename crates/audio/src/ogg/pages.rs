//! The pages of an OGG file (RFC 3533).
//!
//! They are checked: Symphonia passes over damaged ones, and takes any, also one that is cut off, for the end.

use std::ops::Range;

use symphonia::core::checksum::Crc32;
use symphonia::core::io::Monitor;

use crate::bytes::Bytes;
use crate::error::{AudioError, Place};

const MAGIC: &[u8] = b"OggS";
/// The most pages that are read: a day of ten a second, or half a day of one a packet.
const MOST_PAGES: usize = 1 << 22;
/// The longest page, in bytes.
const LONGEST: usize = HEAD + 255 + 255 * 255;
/// Bytes of a page's header up to its table of segments, whose length is the last of them.
const HEAD: usize = 27;
/// Where it has its flags, and the checksum of the page.
const FLAGS: usize = 5;
const SUM: Range<usize> = 22..26;
/// A page starts with the rest of a packet; it is the first of its stream, the last.
pub(super) const CONTINUED: u8 = 1;
pub(super) const FIRST: u8 = 2;
pub(super) const LAST: u8 = 4;

/// A page, by its header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    /// Where it is, in bytes, and how many it has.
    pub(super) at: u64,
    pub(super) len: u32,
    pub(super) flags: u8,
    /// The granule at which its last packet that ends here ends; −1 if none does.
    pub(super) granule: i64,
    pub(super) serial: u32,
    pub(super) sequence: u32,
}

impl Page {
    /// The page at a place in `bytes`, if all of it is there, and its body.
    pub(super) fn read(bytes: &[u8], at: usize) -> Option<(Self, &[u8])> {
        let head = bytes.get(at..at.checked_add(HEAD)?).filter(|head| head.starts_with(MAGIC))?;
        let table = at + HEAD..at + HEAD + usize::from(head[HEAD - 1]);
        let segments = bytes.get(table.clone())?;
        let end = table.end + segments.iter().map(|&len| usize::from(len)).sum::<usize>();
        let body = bytes.get(table.end..end)?;
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let page = Self {
            at: at as u64,
            len: (end - at) as u32,
            flags: head[FLAGS],
            granule: (u64::from(word(10)) << 32 | u64::from(word(6))) as i64,
            serial: word(14),
            sequence: word(18),
        };
        Some((page, body))
    }

    /// The page at a place in a file.
    fn find(bytes: &mut Bytes, at: u64) -> Result<Option<Self>, AudioError> {
        let found = Self::read(bytes.get(at, LONGEST)?, 0);
        Ok(found.map(|(page, _)| Self { at, ..page }))
    }

    pub(super) fn end(&self) -> u64 {
        self.at + u64::from(self.len)
    }

    /// Its body, behind the lengths of its segments.
    pub(super) fn parts<'a>(&self, bytes: &'a mut Bytes) -> Result<(&'a [u8], &'a [u8]), AudioError> {
        let whole = bytes.get(self.at, self.len as usize)?;
        let segments = usize::from(whole.get(HEAD - 1).copied().unwrap_or(0));
        // It was whole when it was found.
        Ok(whole.get(HEAD..).and_then(|rest| rest.split_at_checked(segments)).unwrap_or_default())
    }

    /// Whether its checksum, of all its bytes with zeros in its own place, is what it tells.
    fn sum_is_right(&self, bytes: &mut Bytes) -> Result<bool, AudioError> {
        let whole = bytes.get(self.at, self.len as usize)?;
        let mut sum = Crc32::new(0);
        sum.process_buf_bytes(&whole[..SUM.start]);
        sum.process_buf_bytes(&[0; 4]);
        sum.process_buf_bytes(&whole[SUM.end..]);
        Ok(sum.crc().to_le_bytes() == whole[SUM])
    }
}

/// The pages of a file.
pub(super) struct Pages {
    pub(super) pages: Vec<Page>,
    /// Where bytes lie between and behind them.
    pub(super) foreign: Vec<Range<u64>>,
    /// Where the last page starts, if it is cut off.
    pub(super) cut: Option<u64>,
}

impl Pages {
    pub(super) fn find(bytes: &mut Bytes) -> Result<Self, AudioError> {
        let (mut at, mut pages, mut foreign) = (0, Vec::new(), Vec::new());
        let path = bytes.path().to_path_buf();
        let damaged = |at: u64, len: u64| {
            let problem =
                format!("OGG: the page of {len} bytes from here on is damaged; copy the file again");
            AudioError::damaged(&path, Place::Byte(at as usize), problem)
        };
        while at < bytes.len() {
            if let Some(page) = Page::find(bytes, at)? {
                if !page.sum_is_right(bytes)? {
                    return Err(damaged(at, page.len.into()));
                }
                at = page.end();
                pages.push(page);
                if pages.len() > MOST_PAGES {
                    let problem = format!("OGG: it has more than {MOST_PAGES} pages; split it");
                    return Err(AudioError::unsupported(&path, problem));
                }
                continue;
            }
            let next = next_page(bytes, at)?;
            if MAGIC.starts_with(bytes.get(at, MAGIC.len())?) {
                match next == bytes.len() {
                    true => return Ok(Self { pages, foreign, cut: Some(at) }),
                    false => return Err(damaged(at, next - at)),
                }
            }
            foreign.push(at..next);
            at = next;
        }
        Ok(Self { pages, foreign, cut: None })
    }
}

/// Where the next whole page starts, or the file ends.
fn next_page(bytes: &mut Bytes, mut at: u64) -> Result<u64, AudioError> {
    while at < bytes.len() {
        let seen = bytes.get(at, LONGEST)?;
        let found = seen.windows(MAGIC.len()).position(|w| w == MAGIC);
        let Some(found) = found else {
            at += (seen.len() + 1).saturating_sub(MAGIC.len()).max(1) as u64;
            continue;
        };
        at += found as u64;
        if let Some(page) = Page::find(bytes, at)?
            && page.sum_is_right(bytes)?
        {
            return Ok(at);
        }
        at += 1;
    }
    Ok(bytes.len())
}

/// The pages of each recording: one ends where first pages come again.
pub(super) fn links(pages: &[Page]) -> Vec<Range<usize>> {
    let starts = |i: usize| pages[i].flags & FIRST != 0 && (i == 0 || pages[i - 1].flags & FIRST == 0);
    let mut links = Vec::new();
    let mut start = 0;
    for end in 1..=pages.len() {
        if end == pages.len() || starts(end) {
            links.push(start..end);
            start = end;
        }
    }
    links
}
