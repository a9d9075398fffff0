//! Tags and padding that other programs put before and behind audio of any kind.

/// The length of the ID3v2 tags that bytes start with, as their heads tell it; a tag may hold anything, pictures too.
pub(crate) fn id3_len(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(len) = bytes.get(at..).and_then(one_id3) {
        at += len;
    }
    at
}

fn one_id3(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'I', b'D', b'3', version, revision, flags, size @ ..]
            if size.len() >= 4
                && *version < 0xff
                && *revision < 0xff
                && size[..4].iter().all(|b| b & 0x80 == 0) =>
        {
            let size = size[..4].iter().fold(0, |size, &b| size << 7 | usize::from(b));
            let footer = if flags & 0x10 != 0 { 10 } else { 0 };
            Some(10 + size + footer)
        }
        _ => None,
    }
}

/// Bytes that tell the length of any of these tags.
pub(crate) const LONGEST_HEAD: usize = 128;

/// The length of the one tag that bytes start with, as its head tells it.
pub(crate) fn one(bytes: &[u8]) -> Option<u64> {
    match bytes {
        _ if bytes.starts_with(b"TAG") && bytes.len() >= 128 => Some(128),
        // Of one that is cut off, all is tag.
        _ if bytes.starts_with(b"APETAGEX") => Some(match bytes.get(12..16) {
            Some(size) => 32 + size.iter().rev().fold(0, |size, &byte| size << 8 | u64::from(byte)),
            None => bytes.len() as u64,
        }),
        _ => one_id3(bytes).map(|len| len as u64),
    }
}

/// Bytes behind the samples that a header tells that may be garbage; recorders that were killed leave more samples.
const MOST_GARBAGE: u64 = 1 << 10;

/// The kind of bytes that lie behind the samples that a header tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing, tags or padding.
    Tail,
    Garbage,
    /// More samples.
    Samples,
}

impl Rest {
    /// The kind of `len` bytes, of which `bytes` are the first.
    pub(crate) fn of(bytes: &[u8], len: u64) -> Self {
        let whole = bytes.len() as u64 == len;
        if bytes.iter().all(|&b| b == 0) || whole && start(bytes) == 0 {
            Self::Tail
        } else if len <= MOST_GARBAGE {
            Self::Garbage
        } else {
            Self::Samples
        }
    }
}

/// Where the tags that bytes end with start: ID3v1, its extension, APE, Lyrics3, and ID3v2 with a footer, in any order.
pub(crate) fn tagged(bytes: &[u8]) -> usize {
    let mut end = bytes.len();
    while let Some(len) = last_tag(&bytes[..end]).filter(|&len| len <= end) {
        end -= len;
    }
    end
}

/// Where the tags and padding (zeros, line breaks, blanks) that bytes end with start.
pub(crate) fn start(bytes: &[u8]) -> usize {
    start_behind(bytes, 0).0 as usize
}

/// Bytes from a tag's end back that tell its length.
pub(crate) const LONGEST_TAIL: usize = 355;

/// The same of bytes that have so many more before them: the place counts from there, and bytes before these must be
/// seen to know more where the second value is true.
pub(crate) fn start_behind(bytes: &[u8], before: u64) -> (u64, bool) {
    let mut end = bytes.len();
    // One byte of padding at a time: a tag may end in zeros of its own.
    while let Some(last) = bytes[..end].last() {
        if before > 0 && end < LONGEST_TAIL {
            return (before + end as u64, true);
        }
        match last_tag(&bytes[..end]).filter(|&len| len as u64 <= before + end as u64) {
            Some(len) if len > end => return (before + end as u64 - len as u64, true),
            Some(len) => end -= len,
            None if matches!(last, 0 | b'\n' | b'\r' | b' ') => end -= 1,
            None => return (before + end as u64, false),
        }
    }
    (before + end as u64, before > 0)
}

/// The length of the one tag that bytes end with.
pub(crate) fn last_tag(bytes: &[u8]) -> Option<usize> {
    let ends = |back: usize, magic: &[u8]| {
        bytes.len().checked_sub(back).is_some_and(|at| bytes[at..].starts_with(magic))
    };
    let back = |back: usize, len: usize| &bytes[bytes.len() - back..][..len];
    if ends(128, b"TAG") {
        return Some(if ends(128 + 227, b"TAG+") { 128 + 227 } else { 128 });
    }
    if ends(32, b"APETAGEX") {
        let number = |at| back(at, 4).iter().rev().fold(0usize, |n, &b| n << 8 | usize::from(b));
        let header = if number(12) & 1 << 31 != 0 { 32 } else { 0 };
        return Some(number(20).max(32) + header);
    }
    if ends(9, b"LYRICS200") && bytes.len() >= 15 {
        let size = std::str::from_utf8(back(15, 6)).ok()?.parse::<usize>().ok()?;
        return Some(size + 15);
    }
    if ends(10, b"3DI") {
        let size = back(4, 4).iter().fold(0, |size, &b| size << 7 | usize::from(b & 0x7f));
        return Some(size + 20);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An APE tag of one item, with a header or without.
    fn ape(header: bool) -> Vec<u8> {
        let item = [&5u32.to_le_bytes()[..], &[0; 4], b"Title\0speak"].concat();
        let size = (item.len() + 32) as u32;
        let flags = if header { 1u32 << 31 } else { 0 };
        let block = |flags: u32| {
            let numbers = [2000, size, 1, flags].map(u32::to_le_bytes).concat();
            [b"APETAGEX", &numbers[..], &[0; 8]].concat()
        };
        let head = if header { block(flags | 1 << 29) } else { Vec::new() };
        [head, item, block(flags)].concat()
    }

    #[test]
    fn tags_at_the_end_are_found_in_any_order() {
        let id3v1 = [&b"TAG"[..], &[b'x'; 125]].concat();
        let lyrics = b"LYRICSBEGININD0000200000025LYRICS200".to_vec();
        let lyrics_len = lyrics.len() - 15;
        let lyrics =
            [&lyrics[..lyrics_len - 6], format!("{:06}LYRICS200", lyrics_len - 6).as_bytes()].concat();
        let audio = [7u8, 0, 9, b'A'];
        for tags in [
            vec![id3v1.clone()],
            vec![ape(true), id3v1.clone()],
            vec![ape(false)],
            vec![lyrics, id3v1.clone()],
            vec![b"\n".to_vec()],
            vec![vec![0; 500], ape(true), b"\r\n".to_vec(), id3v1.clone(), vec![0; 9]],
        ] {
            let bytes = [&audio[..], &tags.concat()].concat();
            assert_eq!(start(&bytes), 4, "{tags:?}");
        }
        assert_eq!((start(&[]), start(b"TAG"), start(b"APETAGEX")), (0, 3, 8));
        // A size that goes beyond the file is no tag's.
        let mut lie = ape(true);
        let at = lie.len() - 20;
        lie[at..at + 4].copy_from_slice(&[0xff; 4]);
        assert_eq!(start(&lie), lie.len() - 8);
    }

    #[test]
    fn tags_before_audio_may_be_many() {
        let tag =
            |size: u8| [&[b'I', b'D', b'3', 3, 0, 0, 0, 0, 0, size][..], &vec![b'I'; size.into()]].concat();
        assert_eq!(id3_len(&[tag(5), tag(0), b"fLaC".to_vec()].concat()), 25);
        assert_eq!(id3_len(b"ID3\xff\0\0\0\0\0\0"), 0);
        let between = [[&b"TAG"[..], &[b'x'; 125]].concat(), ape(true), tag(5), b"fLaC".to_vec()].concat();
        let of_memory = |bytes: &[u8]| {
            let all = std::sync::Arc::new(bytes.to_vec());
            crate::bytes::Bytes::of_memory(all, std::path::Path::new("x")).tag_len(0).unwrap()
        };
        assert_eq!(of_memory(&between), between.len() as u64 - 4);
        assert_eq!(of_memory(b"APETAGEX"), 8);
    }
}
