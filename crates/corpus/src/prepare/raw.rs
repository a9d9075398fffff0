//! The format of a corpus's headerless files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use linnet_audio::{ByteOrder, RawFormat, roughness};

use super::draft::SetDraft;
use crate::Utterance;
use crate::files::has_extension;

/// Files that are looked at: one may be silent or odd, many are not.
const FILES: usize = 20;
/// Bytes of each that are looked at.
const BYTES: u64 = 1 << 16;

/// Sets the format of all `.raw` files of the sets, where nothing has told it yet. All have the same byte order: the
/// format's, or the likelier one.
pub(super) fn set_format<'a>(sets: impl IntoIterator<Item = &'a mut SetDraft>, format: RawFormat) {
    let all = sets.into_iter().flat_map(|set| &mut set.utterances);
    let mut raw: Vec<&mut Utterance> =
        all.filter(|utterance| utterance.raw.is_none() && has_extension(&utterance.audio, "raw")).collect();
    let files = raw.iter().map(|utterance| utterance.audio.as_path());
    let byte_order = format.byte_order.unwrap_or_else(|| likelier_order(files, format.channels));
    for utterance in &mut raw {
        utterance.raw = Some(RawFormat { byte_order: Some(byte_order), ..format });
    }
}

/// The byte order in which neighbouring samples of the first files differ less. All files of a corpus have the same, so
/// that they decide together, where one alone may mislead.
fn likelier_order<'a>(files: impl Iterator<Item = &'a Path>, channels: usize) -> ByteOrder {
    let (mut little, mut big) = (0, 0);
    for path in files.take(FILES) {
        let mut bytes = Vec::new();
        let read = |mut file: File| file.by_ref().take(BYTES).read_to_end(&mut bytes);
        // A file that isn't there is told with its utterance.
        if File::open(path).and_then(read).is_ok() {
            little += roughness(&bytes, ByteOrder::Little, channels);
            big += roughness(&bytes, ByteOrder::Big, channels);
        }
    }
    if big < little { ByteOrder::Big } else { ByteOrder::Little }
}
