//! N-gram models in ARPA form, compressed by gzip or not.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use linnet_text::ngram::NgramModel;

fuzz_target!(|bytes: &[u8]| {
    match NgramModel::parse(bytes, Path::new("f.arpa")) {
        Ok(model) => {
            for word in model.sentence(&["A", "B", "A", "no-such-word", "B"]) {
                assert!(!word.log10.is_nan(), "{word:?}");
            }
        }
        Err(error) => {
            let message = error.to_string();
            assert!(message.starts_with("f.arpa") && !message.contains(['\n', '\r']), "{message}");
        }
    }
});
