//! Error rates against jiwer's, see `data/golden/score`.
#![allow(clippy::unwrap_used)]

use linnet_score::{ErrorCounts, ScoreUnit, Trn, count_errors, score, tokens};
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    pairs: Vec<Pair>,
    all: Measures,
}

#[derive(Deserialize)]
struct Pair {
    reference: String,
    hypothesis: String,
    #[serde(flatten)]
    measures: Measures,
}

#[derive(Deserialize)]
struct Measures {
    words: Measure,
    characters: Measure,
}

#[derive(Deserialize)]
struct Measure {
    errors: usize,
    /// As a fraction.
    rate: f64,
}

impl Measures {
    fn of(&self, unit: ScoreUnit) -> &Measure {
        if unit == ScoreUnit::Char { &self.characters } else { &self.words }
    }
}

fn check(counts: &ErrorCounts, want: &Measure, what: &str) {
    assert_eq!(counts.errors(), want.errors, "{what}");
    assert!((counts.rate() - 100.0 * want.rate).abs() < 1e-10, "{what}: {} {}", counts.rate(), want.rate);
}

#[test]
fn rates_are_jiwers() {
    let cases: Cases = serde_json::from_str(include_str!("../../../data/golden/score/cases.json")).unwrap();
    assert_eq!(cases.pairs.len(), 205);
    for unit in [ScoreUnit::Word, ScoreUnit::Char] {
        for pair in &cases.pairs {
            let counts = count_errors(&tokens(&pair.reference, unit), &tokens(&pair.hypothesis, unit));
            check(&counts, pair.measures.of(unit), &format!("{} | {}", pair.reference, pair.hypothesis));
        }
        let side = |of: fn(&Pair) -> &String| -> Vec<Trn> {
            let trn = |(i, pair)| Trn { id: format!("u{i}"), text: of(pair).clone() };
            cases.pairs.iter().enumerate().map(trn).collect()
        };
        let report = score(&side(|p| &p.reference), &side(|p| &p.hypothesis), unit, |_| None).unwrap();
        check(&report.counts, cases.all.of(unit), "all");
    }
}
