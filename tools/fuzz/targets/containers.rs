//! AIFF, AU, CAF, MP4, Matroska and raw AAC files, but for Vorbis: over a damaged setup Symphonia may panic, which
//! reading turns into an error, and libFuzzer into an end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linnet_fuzz::heard;

fuzz_target!(|bytes: &[u8]| {
    // Other first bytes would lead to other decoders.
    let first = |at: usize, magic: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(magic));
    let known = [&b"FORM"[..], b".snd", b"caff", b"\x1a\x45\xdf\xa3", b"\xff\xf1", b"\xff\xf9"];
    if bytes.windows(8).any(|w| w == b"A_VORBIS") {
        return;
    }
    if known.iter().any(|magic| first(0, magic)) || first(4, b"ftyp") || first(4, b"moov") {
        heard(bytes, "f.m4a");
    }
});
