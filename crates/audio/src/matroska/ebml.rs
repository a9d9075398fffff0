//! EBML: elements within elements, each with an ID, a size and a body.
//!
//! From RFC 8794: numbers (4), elements (6).

use crate::bytes::Bytes;
use crate::error::AudioError;

/// The longest head of an element, in bytes, as long as its ID has four at most.
pub(super) const LONGEST_HEAD: usize = 12;

/// An element of a file: its ID, and where its body is, as far as the file has it.
pub(super) struct Element {
    pub(super) id: u32,
    pub(super) start: u64,
    pub(super) end: u64,
    /// Whether the file has all of it; elements of unknown size reach to the end.
    pub(super) whole: bool,
}

impl Element {
    /// The element that begins at a place; `None` if none can.
    pub(super) fn read(bytes: &mut Bytes, at: u64) -> Result<Option<Self>, AudioError> {
        let len = bytes.len();
        let Some((id, size, head)) = head(bytes.get(at, LONGEST_HEAD)?) else { return Ok(None) };
        let start = at + head as u64;
        let (end, whole) = match size {
            None => (len, true),
            Some(size) => (start.saturating_add(size).min(len), size <= len - start),
        };
        Ok(Some(Self { id, start, end, whole }))
    }
}

/// An element's ID, its size unless that is unknown, and the length of both.
fn head(bytes: &[u8]) -> Option<(u32, Option<u64>, usize)> {
    let (id, id_len) = variable(bytes, true)?;
    let (size, size_len) = variable(&bytes[id_len..], false)?;
    let unknown = size == (1 << (7 * size_len)) - 1;
    Some((u32::try_from(id).ok()?, Some(size).filter(|_| !unknown), id_len + size_len))
}

/// The elements of a body that is in memory: their IDs and bodies.
pub(super) fn elements(mut bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let (id, size, head) = head(bytes)?;
        let body = &bytes[head..];
        let len = size.map_or(body.len(), |size| usize::try_from(size).unwrap_or(usize::MAX).min(body.len()));
        let (body, rest) = body.split_at(len);
        bytes = rest;
        Some((id, body))
    })
}

/// A number: its first byte tells by leading zeros how many more follow. With `mark`, that mark stays.
pub(super) fn variable(bytes: &[u8], mark: bool) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let len = first.leading_zeros() as usize + 1;
    let rest = bytes.get(1..len)?;
    let kept = if mark { first } else { (u32::from(first) & ((1 << (8 - len.min(8))) - 1)) as u8 };
    (len <= 8).then(|| (rest.iter().fold(kept.into(), |value, &b| value << 8 | u64::from(b)), len))
}

/// The value of an element of an unsigned integer.
pub(super) fn number(body: &[u8]) -> u64 {
    body.iter().take(8).fold(0, |value, &b| value << 8 | u64::from(b))
}

/// The value of an element of a signed number.
pub(super) fn signed(body: &[u8]) -> i64 {
    let body = &body[..body.len().min(8)];
    let spare = 64 - 8 * body.len() as u32;
    (number(body).checked_shl(spare).unwrap_or(0) as i64) >> spare.min(63)
}

/// The value of an element of a float; 0 if it is none.
pub(super) fn float(body: &[u8]) -> f64 {
    match body.len() {
        4 => f32::from_bits(number(body) as u32).into(),
        8 => f64::from_bits(number(body)),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_numbers_keep_their_sign() {
        let numbers = [&[][..], &[0xff], &[0, 0xff], &[0xff, 0xff, 0xff, 0xfe], &[0x80, 0, 0, 0, 0, 0, 0, 0]];
        assert_eq!(numbers.map(signed), [0, -1, 255, -2, i64::MIN]);
    }
}
