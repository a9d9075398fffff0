//! Files of hotwords, over a token table that spells words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linnet::{Search, SearchOptions};
use linnet_fuzz::{as_file, log_probs};
use linnet_text::TokenTable;

fuzz_target!(|bytes: &[u8]| {
    as_file(bytes, |path| {
        let table = TokenTable::new(["<space>", "A", "B", "'"].map(String::from).into());
        let options = SearchOptions { hotwords: Some(path.into()), ..SearchOptions::default() };
        let search = Search::read(&options, &table, None).map_err(|error| error.to_string())?;
        let named =
            |line: &String| line.starts_with(&format!("{}:", path.display())) && !line.contains(['\n', '\r']);
        assert!(search.left_out().iter().all(named), "{:?}", search.left_out());
        let found = search.decode(&log_probs(8, table.len())).expect("a plain beam finds something");
        assert!(found.iter().all(|one| one.score.is_finite()));
        Ok(())
    });
});
