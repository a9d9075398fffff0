//! Models that say words, as files and as they are learnt from lexicons.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use linnet_text::Lexicon;
use linnet_text::g2p::{G2p, G2pEstimate, G2pOptions};
use linnet_text::ngram::NgramModel;

fn say(model: &G2p, word: &str) {
    match model.pronounce(word, 5) {
        Ok(said) => {
            assert!(!said.is_empty() && said.iter().all(|variant| !variant.phones.is_empty()));
            let sum: f64 = said.iter().map(|variant| variant.probability).sum();
            assert!((0.0..=1.0 + 1e-9).contains(&sum), "{said:?}");
        }
        Err(problem) => assert!(!problem.to_string().contains(['\n', '\r'])),
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(model) = NgramModel::parse(bytes, Path::new("f.arpa")) {
        match G2p::new(model, Path::new("f.arpa")) {
            Ok(model) => ["AB", "a=", "<TH", ""].iter().for_each(|word| say(&model, word)),
            Err(error) => {
                let message = error.to_string();
                assert!(message.starts_with("f.arpa: ") && !message.contains(['\n', '\r']), "{message}");
            }
        }
    }
    if let Ok(lexicon) = Lexicon::parse(bytes, Path::new("f.dic")) {
        if let Ok(estimate) = G2pEstimate::new(&lexicon, G2pOptions { order: 3 }) {
            let model = estimate.model().expect("a model of its own estimate");
            lexicon.entries().take(3).for_each(|(word, _)| say(&model, word));
        }
    }
});
