//! The default search of a model folder: `search.toml`, then the search that it asks for, over small files that it may
//! name, and what that finds.
#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use linnet::{Search, SearchOptions};
use linnet_fuzz::log_probs;
use linnet_text::TokenTable;
use tempfile::TempDir;

/// Files beside it, as a packed model has them.
const FILES: [(&str, &str); 4] = [
    (
        "lm.arpa",
        "\\data\\\nngram 1=5\n\n\\1-grams:\n-1\t<unk>\n-99\t<s>\n-0.5\t</s>\n-0.7\tA\n-0.7\tBA\n\\end\\\n",
    ),
    ("lexicon.txt", "A A\nBA B A\nAB A B\n"),
    ("grammar.txt", "A (BA)*\n"),
    ("hotwords.txt", "BA\t2\nA BA\n"),
];

const FRAMES: usize = 24;
/// Beside the blank.
const TOKENS: [&str; 3] = ["<space>", "A", "B"];

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("search")).expect("room for a folder");
    for (name, text) in FILES {
        fs::write(folder.path().join("search").join(name), text).expect("room for a file");
    }
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let folder = FOLDER.path();
    fs::write(folder.join("search.toml"), bytes).expect("room for a file");
    let options = match SearchOptions::packed(folder) {
        Ok(options) => options.expect("the file is there"),
        Err(error) => return one_line(&error.to_string(), &folder.join("search.toml")),
    };
    for file in [&options.lm, &options.lexicon, &options.grammar, &options.hotwords].into_iter().flatten() {
        assert!(
            file.starts_with(folder) && !file.components().any(|part| part.as_os_str() == ".."),
            "{file:?}"
        );
    }
    let table = TokenTable::new(TOKENS.map(String::from).into());
    let found = Search::read(&options, &table, None);
    match found.and_then(|search| search.decode(&log_probs(FRAMES, table.len()))) {
        Ok(found) => assert!(!found.is_empty() && found.iter().all(|one| one.tokens.len() <= FRAMES)),
        Err(error) => {
            let message = error.to_string();
            assert!(!message.is_empty() && !message.contains(['\n', '\r']), "{message}");
        }
    }
});

fn one_line(message: &str, path: &Path) {
    let named = message.starts_with(&path.display().to_string());
    assert!(named && !message.contains(['\n', '\r']), "{message}");
}
