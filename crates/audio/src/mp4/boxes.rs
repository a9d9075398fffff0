//! Boxes of MP4 files: a size, a kind of four letters, a body (ISO/IEC 14496-12, 4.2).

/// A box's kind, the bytes of its header, and its bytes with it, by the bytes that it starts with; `None` where there
/// is no box. `rest`: the bytes from its start on.
pub(super) fn header(head: &[u8], rest: u64) -> Option<([u8; 4], u64, u64)> {
    let kind = *head.get(4..)?.first_chunk()?;
    let (header, len) = match word(head, 0)? {
        0 => (8, rest),
        1 => (16, long(head, 8)?),
        len => (8, len.into()),
    };
    (len >= header).then_some((kind, header, len))
}

/// The boxes within one, as far as they are whole: the kind and the body of each.
pub(super) fn children(body: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let rest = body.get(next..)?;
        let (kind, header, len) = header(rest, rest.len() as u64)?;
        let len = usize::try_from(len).ok()?;
        let body = rest.get(header as usize..len)?;
        next += len;
        Some((kind, body))
    })
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
