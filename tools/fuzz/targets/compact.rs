//! The compact form of n-gram models, with the checksum that its bytes have: whoever forges one keeps it right.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use linnet_text::ngram::{NgramModel, WordId};

/// Where the checksum lies, which is of all that follows.
const SUM: std::ops::Range<usize> = 8..12;

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    if bytes.len() >= SUM.end {
        let sum = crc32c::crc32c(&bytes[SUM.end..]).to_le_bytes();
        bytes[SUM].copy_from_slice(&sum);
    }
    match NgramModel::parse_compact(bytes, Path::new("f.linnet")) {
        Ok(model) => {
            let mut state = model.start();
            for id in (0..9).chain([u32::MAX]) {
                let _ = (model.word(WordId(id)).len(), model.end(&state), model.unigram(WordId(id)));
                state = model.score(&state, WordId(id)).1;
            }
            let _ = (model.sentence(&["A", "B", "A", "no-such-word"]), model.index("A"), model.ngrams(2));
        }
        Err(error) => {
            let message = error.to_string();
            assert!(message.starts_with("f.linnet: ") && !message.contains(['\n', '\r']), "{message}");
        }
    }
});
