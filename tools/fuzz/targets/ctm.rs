//! ctm files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linnet_fuzz::as_file;
use linnet_score::{CtmWord, read_ctm, write_ctm};

fuzz_target!(|bytes: &[u8]| {
    as_file(bytes, |path| {
        let words = read_ctm(path).map_err(|error| error.to_string())?;
        assert!(words.iter().all(|w| w.start_s.is_finite() && w.duration_s.is_finite()), "{words:?}");
        // What can be written reads alike again, but for digits that are rounded off.
        if write_ctm(path, &words).is_ok() {
            let again = read_ctm(path).expect("what was written");
            let names = |words: &[CtmWord]| -> Vec<[String; 3]> {
                words.iter().map(|w| [&w.file, &w.channel, &w.word].map(String::clone)).collect()
            };
            assert_eq!(names(&words), names(&again));
        }
        Ok(())
    });
});
