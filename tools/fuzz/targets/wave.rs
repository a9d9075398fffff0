//! WAV files and their relatives: RIFF, RIFX, RF64, BW64 and Wave64.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Other first bytes would lead to other decoders.
    if ["RIFF", "RIFX", "RF64", "BW64", "riff"].iter().any(|magic| bytes.starts_with(magic.as_bytes())) {
        linnet_fuzz::as_audio(bytes);
    }
});
