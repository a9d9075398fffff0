//! The pages of an OGG file, counted before Symphonia sees them: it takes a page that is cut off for the end.

use std::path::Path;

use crate::error::{AudioError, Place};

/// Bytes of a page's header up to its table of segments, whose length is the last of them.
const HEAD: usize = 27;

/// Fails if the last page is cut off.
pub(crate) fn check(bytes: &[u8], path: &Path) -> Result<(), AudioError> {
    let mut at = 0;
    // What comes after the last page is no page, and not ours to judge.
    while at < bytes.len() && b"OggS".starts_with(&bytes[at..bytes.len().min(at + 4)]) {
        let table = bytes.get(at + HEAD - 1).map(|&n| at + HEAD..at + HEAD + usize::from(n));
        let end = table.and_then(|table| {
            let len: usize = bytes.get(table.clone())?.iter().map(|&len| usize::from(len)).sum();
            Some(table.end + len).filter(|&end| end <= bytes.len())
        });
        at = end.ok_or_else(|| {
            let problem = format!("OGG: the page from byte {at} on is cut off here; copy the file again");
            AudioError::damaged(path, Place::Byte(bytes.len()), problem)
        })?;
    }
    Ok(())
}
