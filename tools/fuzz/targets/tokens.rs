//! Token tables of model folders.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linnet_fuzz::as_file;
use linnet_text::TokenTable;

fuzz_target!(|bytes: &[u8]| {
    as_file(bytes, |path| {
        let table = TokenTable::read(path).map_err(|error| error.to_string())?;
        assert!(!table.is_empty());
        for id in 0..table.len() as u32 {
            assert_eq!(table.symbol(id).and_then(|symbol| table.id(symbol)), Some(id));
        }
        table.write(path).expect("room for it");
        assert_eq!(TokenTable::read(path).expect("what was written"), table);
        Ok(())
    });
});
