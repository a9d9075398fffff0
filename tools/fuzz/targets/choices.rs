//! References with alternations and optional words: the first line; the second is the hypothesis.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linnet_score::{ScoreOptions, ScoreUnit, Trn, Weights, score_with};

/// Bytes of a text: alignment takes the product of both.
const LONGEST: usize = 2000;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (reference, hypothesis) = text.split_once('\n').unwrap_or((&text, ""));
    if reference.len().max(hypothesis.len()) > LONGEST {
        return;
    }
    let trn = |text: &str| [Trn { id: "u".into(), text: text.into() }];
    for unit in [ScoreUnit::Word, ScoreUnit::Char] {
        let errors = |weights| {
            let options = ScoreOptions { unit, weights, ignore_case: false };
            let report = score_with(&trn(reference), &trn(hypothesis), options, |_| None).expect("one utterance");
            assert!(report.counts.are_possible(), "{:?}", report.counts);
            report.counts.errors()
        };
        // No alignment has fewer errors than the one that is chosen for that.
        assert!(errors(Weights::Equal) <= errors(Weights::Sclite));
    }
});
