//! The boxes that a file consists of, of which only the indices are read.

use super::boxes::header;
use super::shown;
use crate::bytes::Bytes;
use crate::error::{AudioError, Place};

/// A file's boxes.
pub(super) struct Outline {
    /// The body of the box that describes the tracks (moov).
    pub(super) movie: Vec<u8>,
    /// The indices of fragments (moof): where each starts, and its body.
    pub(super) fragments: Vec<(u64, Vec<u8>)>,
    /// Whether a box tells the kind of file (ftyp).
    pub(super) has_type: bool,
    /// Where the file ends without a last fragment that is cut off.
    pub(super) end: u64,
}

impl Outline {
    pub(super) fn read(bytes: &mut Bytes) -> Result<Self, AudioError> {
        let (path, len) = (bytes.path().to_path_buf(), bytes.len());
        let fail = |problem: String| {
            AudioError::damaged(&path, Place::Byte(len as usize), format!("MP4: {problem}"))
        };
        // A fragment is an index (moof), then the packets (mdat).
        let (mut at, mut movie, mut fragment, mut packets) = (0, None, None, false);
        let (mut fragments, mut has_type) = (Vec::new(), false);
        while let Some((kind, header, size)) = header(bytes.get(at, 16)?, len - at) {
            if size > len - at {
                if movie.is_some() && packets && (fragment.is_some() || &kind == b"moof") {
                    fragment = fragment.or(Some(at));
                    break;
                }
                let (kind, there) = (shown(kind), len - at);
                let problem =
                    format!("its {kind} box should have {size} bytes, the file is cut off after {there}");
                return Err(fail(format!("{problem}; copy it again")));
            }
            let mut body = || -> Result<Vec<u8>, AudioError> {
                Ok(bytes.get(at + header, (size - header) as usize)?.to_vec())
            };
            match &kind {
                b"moov" if movie.is_some() => {
                    let problem =
                        "MP4: another recording follows, whose index starts here; split the file before it";
                    return Err(AudioError::damaged(&path, Place::Byte(at as usize), problem));
                }
                b"moov" => movie = Some(body()?),
                b"moof" => {
                    fragments.push((at, body()?));
                    fragment = fragment.or(Some(at));
                }
                b"mdat" => (fragment, packets) = (None, true),
                b"ftyp" => has_type = true,
                _ => {}
            }
            at += size;
        }
        let mend = "the recorder was stopped before it wrote one: repair it with untrunc, or record it again";
        let movie = movie.ok_or_else(|| fail(format!("it has no index (moov); {mend}")))?;
        let end = fragment.unwrap_or(len);
        fragments.retain(|(at, _)| *at < end);
        Ok(Self { movie, fragments, has_type, end })
    }
}
