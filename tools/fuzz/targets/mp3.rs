//! MP3 files, and bytes around their frames.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Other first bytes would lead to other decoders.
    if bytes.starts_with(b"ID3") || bytes.starts_with(&[0xff]) {
        linnet_fuzz::as_audio(bytes);
    }
});
