//! CMUdict and AN4's transcripts, where they are at hand.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use linnet_text::{Lexicon, SPACE, TokenTable, Tokenizer, Unit, arpabet39};

fn shared(path: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = std::env::var_os("LINNET_SHARED").map_or_else(beside, PathBuf::from).join(path);
    if !path.exists() {
        eprintln!("skipped: {} is absent; LINNET_SHARED names its folder", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn cmudict_is_read_whole() {
    let Some(path) = shared("lexicon/cmudict.dict") else { return };
    let start = Instant::now();
    let lexicon = Lexicon::read(&path).unwrap();
    eprintln!("{} words in {:.0} ms", lexicon.len(), start.elapsed().as_secs_f64() * 1e3);
    let text = std::fs::read_to_string(&path).unwrap();
    let words: Vec<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(lexicon.len(), words.iter().filter(|word| !word.ends_with(')')).count());
    let phones = arpabet39();
    for word in words.iter().filter(|word| !word.ends_with(')')) {
        let all = lexicon.lookup(word);
        assert!(all.iter().flatten().all(|phone| phones.contains(&&**phone)), "{word}");
    }
    let spoken: Vec<String> = lexicon.lookup("Aalborg").iter().map(|p| p.join(" ")).collect();
    assert_eq!(spoken, ["AO L B AO R G", "AA L B AO R G"]);
    let signs = Lexicon::read(&shared("lexicon/cmudict.vp").unwrap()).unwrap();
    for sign in ["#SHARP-SIGN", ";SEMI-COLON", "(PAREN", ")RIGHT-PAREN", ",COMMA", "\"DOUBLE-QUOTE"] {
        assert!(!signs.lookup(sign).is_empty(), "{sign}");
    }
    assert_eq!(signs.lookup(";SEMI-COLON").len(), 2);
}

/// The transcripts without `<s>`, `</s>` and ids.
fn transcripts(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let words = |line: &str| {
        let (words, _id) = line.rsplit_once('(').unwrap();
        words.replace("<s>", "").replace("</s>", "").trim().to_string()
    };
    text.lines().map(words).collect()
}

#[test]
fn an4s_transcripts_have_their_known_sizes() {
    let Some(etc) = shared("corpora/an4/etc") else { return };
    let lexicon = Lexicon::read(&etc.join("an4.dic")).unwrap();
    let phones = arpabet39().into_iter().map(String::from).collect();
    let phones = Tokenizer { unit: Unit::Phone, table: TokenTable::new(phones), lexicon: Some(lexicon) };
    let letters = [SPACE.to_string()].into_iter().chain(('A'..='Z').map(String::from)).collect();
    let letters = Tokenizer { unit: Unit::Char, table: TokenTable::new(letters), lexicon: None };
    for (file, words, characters, said) in
        [("an4_train.transcription", 5442, 17854, 14313), ("an4_test.transcription", 773, 2565, 2040)]
    {
        let texts = transcripts(&etc.join(file));
        let sum =
            |tokenizer: &Tokenizer| texts.iter().map(|t| tokenizer.encode(t).unwrap().len()).sum::<usize>();
        assert_eq!(texts.iter().map(|t| t.split_whitespace().count()).sum::<usize>(), words);
        assert_eq!((sum(&letters), sum(&phones)), (characters, said), "{file}");
        assert_eq!(phones.out_of_vocabulary(texts.iter().map(String::as_str)).oov, []);
    }
}
