//! FLAC files.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Other first bytes would lead to other decoders.
    if bytes.starts_with(b"fLaC") {
        linnet_fuzz::as_audio(bytes);
    }
});
