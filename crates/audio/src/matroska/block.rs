//! Blocks: packets of one track, one or several.
//!
//! From RFC 9559: structure and lacing (10).

use std::ops::Range;

use super::ebml::variable;

/// The longest head, in bytes.
pub(super) const LONGEST_HEAD: usize = 11;

/// The beginning of a block.
pub(super) struct Head {
    pub(super) track: u64,
    /// How several packets are told apart; 0 if there is one.
    pub(super) lacing: u8,
    /// Its length, in bytes.
    pub(super) len: usize,
}

impl Head {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let (track, len) = variable(body, false)?;
        // Two bytes of time, then flags.
        Some(Self { track, lacing: body.get(len + 2)? >> 1 & 3, len: len + 3 })
    }
}

/// The packets of a block's body, by their places in it; `None` if it is damaged.
pub(super) fn packets(body: &[u8]) -> Option<Vec<Range<usize>>> {
    let Head { lacing, len, .. } = Head::read(body)?;
    let mut rest = body.get(len..)?;
    if lacing == 0 {
        return Some(std::iter::once(len..body.len()).collect());
    }
    let (&count, behind) = rest.split_first()?;
    rest = behind;
    let count = usize::from(count) + 1;
    let mut sizes: Vec<usize> = Vec::with_capacity(count);
    match lacing {
        1 => {
            for _ in 1..count {
                sizes.push(xiph(&mut rest)?);
            }
        }
        2 => {
            if !rest.len().is_multiple_of(count) {
                return None;
            }
            sizes.resize(count - 1, rest.len() / count);
        }
        _ => {
            for i in 1..count {
                let (value, len) = variable(rest, false)?;
                rest = &rest[len..];
                let size = match sizes.last() {
                    None if i == 1 => i64::try_from(value).ok()?,
                    // Differences have a bias of half their range.
                    last => (*last? as i64)
                        .checked_add(i64::try_from(value).ok()? - ((1 << (7 * len - 1)) - 1))?,
                };
                sizes.push(usize::try_from(size).ok()?);
            }
        }
    }
    let mut packets = Vec::with_capacity(count);
    let mut at = body.len() - rest.len();
    for size in sizes {
        let end = at.checked_add(size).filter(|&end| end <= body.len())?;
        packets.push(at..end);
        at = end;
    }
    packets.push(at..body.len());
    Some(packets)
}

/// A size as a sum of bytes, of which the last is below 255.
pub(super) fn xiph(bytes: &mut &[u8]) -> Option<usize> {
    let mut size = 0usize;
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        size += usize::from(byte);
        if byte < 255 {
            return Some(size);
        }
    }
}
