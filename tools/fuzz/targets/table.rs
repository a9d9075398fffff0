//! Tables of recordings and texts: separated columns and JSON.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use linnet_corpus::prepare::folder::{Match, parse_table};

fuzz_target!(|bytes: &[u8]| {
    // The first byte chooses the kind of table.
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let name = ["t.csv", "t.tsv", "t.json", "t.jsonl", "t.txt"][usize::from(*kind) % 5];
    let find = |name: &str| match name {
        _ if name.ends_with(".wav") => Match::File,
        "a" | "b" => Match::Stem,
        _ => Match::None,
    };
    let lines = 1 + bytes.iter().filter(|&&b| b == b'\n' || b == b'\r').count();
    match parse_table(bytes, Path::new(name), &find) {
        Ok(table) => {
            // An array of objects may stand in one line.
            let most = if name == "t.json" { bytes.len() } else { lines };
            assert!(table.rows.len() + table.skipped.len() <= most);
            for row in &table.rows {
                assert!(!row.file.is_empty() && row.place.starts_with(name), "{row:?}");
                assert!(row.start_s >= 0.0 && row.start_s.is_finite(), "{row:?}");
                assert!(row.end_s.is_none_or(|end| end > row.start_s), "{row:?}");
            }
            for message in table.notes.iter().chain(table.skipped.iter().map(|skipped| &skipped.reason)) {
                assert!(!message.contains(['\n', '\r']), "{message}");
            }
        }
        Err(error) => {
            let message = error.to_string();
            assert!(message.starts_with(name) && !message.contains(['\n', '\r']), "{message}");
        }
    }
});
