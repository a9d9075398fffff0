//! Opus in OGG files, whose pages get their checksums first.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linnet_fuzz::heard;

#[path = "../../../crates/audio/tests/common/ogg.rs"]
mod ogg;

fuzz_target!(|bytes: &[u8]| {
    if !bytes.starts_with(b"OggS") {
        return;
    }
    let mut bytes = bytes.to_vec();
    ogg::sum_pages(&mut bytes);
    heard(&bytes, "f.opus");
});
