//! Grammars of closed tasks.
#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use linnet_ctc::Grammar;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    match Grammar::parse(&text) {
        Ok(grammar) => {
            let words: Vec<&str> = grammar.words().iter().map(String::as_str).collect();
            assert_eq!(words.iter().collect::<HashSet<_>>().len(), words.len(), "words repeat");
            let _ = (grammar.allows(&[]), grammar.allows(&words[..words.len().min(3)]));
            assert!((1..=1 << 16).contains(&grammar.states()));
        }
        Err(error) => assert!(!error.to_string().contains(['\n', '\r']), "{error}"),
    }
});
