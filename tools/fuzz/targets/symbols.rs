//! Token tables of other toolkits.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use linnet_text::parse_symbols;

fuzz_target!(|bytes: &[u8]| {
    match parse_symbols(bytes, Path::new("f")) {
        Ok(symbols) => {
            assert!(!symbols.is_empty());
            assert!(symbols.iter().all(|symbol| !symbol.is_empty() && !symbol.contains(char::is_whitespace)));
        }
        Err(error) => {
            let message = error.to_string();
            assert!(message.starts_with("f:") && !message.contains(['\n', '\r']), "{message}");
        }
    }
});
