//! The pages of an OGG file, counted before Symphonia sees them: it takes any page, also one that is cut off, for the
//! end.

use std::path::Path;

use crate::error::{AudioError, Place};

/// Bytes of a page's header up to its table of segments, whose length is the last of them.
const HEAD: usize = 27;
/// Where a page's header has its flags, and which of them says that its stream ends with it.
const FLAGS: usize = 5;
const LAST: u8 = 4;

/// Fails if the last page is cut off, or isn't the last of its stream.
pub(crate) fn check(bytes: &[u8], path: &Path) -> Result<(), AudioError> {
    let (mut at, mut ended) = (0, false);
    // What comes after the last page is no page, and not ours to judge.
    while at < bytes.len() && b"OggS".starts_with(&bytes[at..bytes.len().min(at + 4)]) {
        let table = bytes.get(at + HEAD - 1).map(|&n| at + HEAD..at + HEAD + usize::from(n));
        let end = table.and_then(|table| {
            let len: usize = bytes.get(table.clone())?.iter().map(|&len| usize::from(len)).sum();
            Some(table.end + len).filter(|&end| end <= bytes.len())
        });
        let end = end.ok_or_else(|| {
            let problem = format!("OGG: the page from byte {at} on is cut off here; copy the file again");
            AudioError::damaged(path, Place::Byte(bytes.len()), problem)
        })?;
        ended = bytes[at + FLAGS] & LAST != 0;
        at = end;
    }
    if !ended {
        let problem = "OGG: it is cut off here, before the page that ends it; copy the file again";
        return Err(AudioError::damaged(path, Place::Byte(at), problem));
    }
    Ok(())
}
