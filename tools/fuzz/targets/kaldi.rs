//! Kaldi's tables: values of `wav.scp`, with the pipes that are read without a shell, and of `segments`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linnet_corpus::prepare::kaldi::{parse_segment, parse_wav_source};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines() {
        match parse_wav_source(line) {
            Ok(source) => {
                assert!(source.raw.is_none_or(|raw| raw.sample_rate > 0 && raw.channels > 0), "{source:?}");
                assert!(source.resampled != Some(0), "{source:?}");
            }
            Err(problem) => assert!(problem.contains("; ") && !problem.contains('\n'), "{problem}"),
        }
        if let Some(segment) = parse_segment(line) {
            assert!(segment.start_s >= 0.0 && segment.start_s.is_finite());
            assert!(segment.end_s.is_none_or(|end| end > segment.start_s && end.is_finite()));
        }
    }
});
