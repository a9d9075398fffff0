//! Lines of WSJ's `.dot` files, and the words that they become.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linnet_corpus::prepare::wsj::{Style, kaldi_text, label_words, parse_dot_line, parse_index_line};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines() {
        let _ = parse_index_line(line);
        let dot = parse_dot_line(line);
        if let Some(dot) = &dot {
            assert!(dot.id.len() == 8 && dot.id.is_ascii(), "{dot:?}");
        }
        let words = dot.map_or(line, |dot| dot.text);
        let _ = kaldi_text(words);
        for style in [Style::Words, Style::Letters] {
            for word in label_words(words, style) {
                assert!(!word.is_empty() && !word.contains(char::is_whitespace), "{word:?}");
            }
        }
    }
});
