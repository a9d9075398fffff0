//! Boxes of MP4 files: a size, a kind of four letters, a body (ISO/IEC 14496-12, 4.2).

/// A box's kind, the bytes of its header, and its bytes with it; `None` where there is no box.
pub(super) fn header(bytes: &[u8]) -> Option<([u8; 4], usize, usize)> {
    let head = bytes.get(..8)?;
    let kind = [head[4], head[5], head[6], head[7]];
    let (header, len) = match u32::from_be_bytes([head[0], head[1], head[2], head[3]]) {
        0 => (8, bytes.len()),
        1 => (16, usize::try_from(long(bytes, 8)?).unwrap_or(usize::MAX)),
        len => (8, len as usize),
    };
    (len >= header).then_some((kind, header, len))
}

/// The boxes within one, as far as they are whole: where each starts, its kind, its body.
pub(super) fn placed(body: &[u8]) -> impl Iterator<Item = (usize, [u8; 4], &[u8])> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let (at, rest) = (next, body.get(next..)?);
        let (kind, header, len) = header(rest)?;
        let body = rest.get(header..len)?;
        next += len;
        Some((at, kind, body))
    })
}

/// The boxes within one, as far as they are whole: the kind and the body of each.
pub(super) fn children(body: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    placed(body).map(|(_, kind, body)| (kind, body))
}

/// The bodies of all boxes of a kind within one.
pub(super) fn all<'a>(body: &'a [u8], kind: &[u8; 4]) -> impl Iterator<Item = &'a [u8]> {
    children(body).filter(move |(found, _)| found == kind).map(|(_, body)| body)
}

pub(super) fn child<'a>(body: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    all(body, kind).next()
}

pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
}

pub(super) fn long(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(word(bytes, at)?) << 32 | u64::from(word(bytes, at + 4)?))
}
