//! Texts brought to one spelling, which must stay when it is done again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linnet_text::{Case, Lexicon, Normaliser, Punctuation};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for case in [Case::Upper, Case::Lower, Case::Keep] {
        for punctuation in [Punctuation::Keep, Punctuation::Drop] {
            let rule = Normaliser { case, punctuation };
            let once = rule.apply(&text);
            assert_eq!(rule.apply(&once), once, "{rule:?}");
            for word in text.split_whitespace().map(|word| rule.word(word)).filter(|word| !word.is_empty()) {
                assert!(!word.contains(char::is_whitespace), "{rule:?} {word:?}");
                assert_eq!(rule.word(&word), word, "{rule:?}");
            }
            // What punctuation leaves, a lexicon finds whatever its case.
            if punctuation == Punctuation::Keep {
                let mut lexicon = Lexicon::new();
                text.split_whitespace().for_each(|word| lexicon.add(word, vec!["A".into()]));
                assert!(
                    once.split(' ').all(|word| word.is_empty() || !lexicon.lookup(word).is_empty()),
                    "{once:?}"
                );
            }
        }
    }
});
