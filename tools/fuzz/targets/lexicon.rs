//! Pronunciation lexicons.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use linnet_fuzz::as_file;
use linnet_text::{Lexicon, TokenTable, Tokenizer, Unit};

fuzz_target!(|bytes: &[u8]| {
    match Lexicon::parse(bytes, Path::new("f.dic")) {
        Ok(lexicon) => {
            assert!(!lexicon.is_empty());
            as_file(b"", |path| {
                lexicon.write(path).expect("room for it");
                assert_eq!(Lexicon::read(path).expect("what was written"), lexicon);
                Ok(())
            });
            let table = TokenTable::phones(&lexicon);
            let tokenizer = Tokenizer { unit: Unit::Phone, table, lexicon: Some(lexicon) };
            let text = String::from_utf8_lossy(bytes);
            let report = tokenizer.out_of_vocabulary(text.lines());
            let _ = report.to_string();
            if let Ok(ids) = tokenizer.encode(&text) {
                assert!(ids.iter().all(|&id| id > 0 && (id as usize) < tokenizer.table.len()));
            }
        }
        Err(error) => {
            let message = error.to_string();
            assert!(message.starts_with("f.dic:") && !message.contains(['\n', '\r']), "{message}");
        }
    }
});
