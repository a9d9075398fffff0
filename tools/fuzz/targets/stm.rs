//! stm files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linnet_fuzz::as_file;
use linnet_score::{StmSegment, read_stm, write_stm};

fuzz_target!(|bytes: &[u8]| {
    as_file(bytes, |path| {
        let segments = read_stm(path).map_err(|error| error.to_string())?;
        assert!(segments.iter().all(|s| s.start_s <= s.end_s && s.end_s.is_finite()), "{segments:?}");
        // What can be written reads alike again, but for digits that are rounded off.
        if write_stm(path, &segments).is_ok() {
            let again = read_stm(path).expect("what was written");
            let names = |segments: &[StmSegment]| -> Vec<_> {
                let name = |s: &StmSegment| {
                    let words = s.text.as_ref().map(|t| t.split_whitespace().map(String::from).collect::<Vec<_>>());
                    (s.file.clone(), s.channel.clone(), s.speaker.clone(), s.label.clone(), words)
                };
                segments.iter().map(name).collect()
            };
            assert_eq!(names(&segments), names(&again));
        }
        Ok(())
    });
});
