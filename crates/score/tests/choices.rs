//! References with alternations and optional words against sclite's alignments, see `data/golden/score`.
#![allow(clippy::unwrap_used)]

use linnet_score::{
    ScoreOptions, ScoreUnit, Trn, Weights, aligned_utterances, alignments, compare_systems, score_with,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    reference: String,
    hypothesis: String,
    /// C, S, D or I for each step.
    steps: String,
    /// Optional words that are left out, which count as right there.
    skipped: usize,
}

fn options(weights: Weights) -> ScoreOptions {
    ScoreOptions { unit: ScoreUnit::Word, weights, ignore_case: false }
}

fn trn(text: &str) -> Vec<Trn> {
    vec![Trn { id: "u".into(), text: text.into() }]
}

#[test]
fn alignments_cost_what_sclites_cost() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../../data/golden/score/choices.json")).unwrap();
    assert_eq!(cases.len(), 300);
    for Case { reference, hypothesis, steps, skipped } in cases {
        let report =
            score_with(&trn(&reference), &trn(&hypothesis), options(Weights::Sclite), |_| None).unwrap();
        let counts = report.counts;
        let left_out = match reference.contains('(') {
            true => reference.split_whitespace().count() - counts.reference,
            false => 0,
        };
        let of = |letter: char| steps.chars().filter(|&step| step == letter).count();
        let want = 4 * of('S') + 3 * (of('D') + of('I')) + 2 * skipped;
        let is = 4 * counts.substitutions + 3 * (counts.deletions + counts.insertions) + 2 * left_out;
        assert_eq!(is, want, "{reference} | {hypothesis}");
        let fewest =
            score_with(&trn(&reference), &trn(&hypothesis), options(Weights::Equal), |_| None).unwrap();
        assert!(fewest.counts.errors() <= of('S') + of('D') + of('I'), "{reference} | {hypothesis}");
    }
}

#[test]
fn tables_and_alignments_show_what_was_chosen() {
    let (r, h) = (trn("to { him / her } now (please)"), trn("to HER now"));
    let options = ScoreOptions { ignore_case: true, ..options(Weights::Equal) };
    let report = score_with(&r, &h, options, |_| None).unwrap();
    assert_eq!((report.counts.errors(), report.counts.reference), (0, 3));
    assert!(report.details.tokens.is_empty());
    assert!(alignments(&r, &h, options).unwrap().contains("REF:  to her now\nHYP:  to HER now\n"));
    let pairs = aligned_utterances(&r, &h, options).unwrap().remove(0).pairs;
    assert_eq!(pairs[1], (Some("her".into()), Some("HER".into())));
    let report = score_with(&r, &trn("to hem now"), options, |_| None).unwrap();
    assert_eq!((report.details.confusions[0].reference.as_str(), report.counts.errors()), ("him", 1));
    let chars = ScoreOptions { unit: ScoreUnit::Char, ..options };
    let report = score_with(&trn("{ um / @ } yes"), &trn("yes"), chars, |_| None).unwrap();
    assert_eq!((report.counts.errors(), report.counts.reference), (0, 3));
}

#[test]
fn systems_may_have_chosen_differently() {
    let (r, a, b) = (trn("x { him / her } y z"), trn("x him y z"), trn("x her y w"));
    let report = |h: &[Trn]| score_with(&r, h, options(Weights::Equal), |_| None).unwrap();
    let result = compare_systems(&r, (&a, &report(&a)), (&b, &report(&b))).unwrap();
    assert_eq!((result.matched_pairs.segments, result.worse, result.difference), (1, 1, 25.0));
}
