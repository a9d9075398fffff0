//! SPHERE files, Shorten streams in them included.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linnet_audio::{ReadOptions, read_from};

fuzz_target!(|bytes: &[u8]| {
    // Other first bytes would lead to other decoders.
    if !bytes.starts_with(b"NIST_1A\n") {
        return;
    }
    match read_from(bytes, "f.sph", &ReadOptions::default()) {
        Ok(audio) => {
            let frames = audio.frames();
            assert!(frames > 0 && audio.sample_rate > 0);
            assert!(audio.channels.iter().all(|c| c.len() == frames && c.iter().all(|s| s.abs() <= 1.0)));
        }
        Err(error) => {
            let message = error.to_string();
            assert!(message.starts_with("f.sph: ") && !message.contains('\n'), "{message}");
        }
    }
});
