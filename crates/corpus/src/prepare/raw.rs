//! The byte order of a corpus of headerless files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use linnet_audio::ByteOrder;

use crate::CorpusError;

/// Files that are looked at: one may be silent or odd, many are not.
const FILES: usize = 20;
/// Bytes of each that are looked at.
const BYTES: u64 = 1 << 16;

/// The byte order in which neighbouring 16-bit samples of the first files differ less. All files of a corpus have the
/// same, so that they decide together, where one alone may mislead.
pub(super) fn byte_order_of<'a>(files: impl Iterator<Item = &'a Path>) -> Result<ByteOrder, CorpusError> {
    let (mut little, mut big) = (0u64, 0u64);
    for path in files.take(FILES) {
        let mut bytes = Vec::new();
        let read = |mut file: File| file.by_ref().take(BYTES).read_to_end(&mut bytes);
        File::open(path).and_then(read).map_err(CorpusError::io(path))?;
        little += roughness(&bytes, i16::from_le_bytes);
        big += roughness(&bytes, i16::from_be_bytes);
    }
    Ok(if big < little { ByteOrder::Big } else { ByteOrder::Little })
}

fn roughness(bytes: &[u8], sample: fn([u8; 2]) -> i16) -> u64 {
    let samples: Vec<i16> = bytes.chunks_exact(2).map(|pair| sample([pair[0], pair[1]])).collect();
    samples.windows(2).map(|pair| u64::from(pair[0].abs_diff(pair[1]))).sum()
}
