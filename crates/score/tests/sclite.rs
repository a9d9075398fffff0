//! Alignments, segments and the matched-pairs test against sclite's, see `data/golden/score`.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use linnet_score::{
    Edit, Material, ScoreOptions, ScoreUnit, Transcripts, Trn, Weights, align_with, compare_systems,
    material, score_with, tokens,
};
use serde::Deserialize;

const OPTIONS: ScoreOptions =
    ScoreOptions { unit: ScoreUnit::Word, weights: Weights::Sclite, ignore_case: false };

#[derive(Deserialize)]
struct Sclite {
    pairs: Vec<Pair>,
    systems: Vec<Systems>,
    mapsswe: Mapsswe,
    timed: Timed,
}

#[derive(Deserialize)]
struct Pair {
    reference: String,
    hypothesis: String,
    /// C, S, D or I for each step.
    steps: String,
}

#[derive(Deserialize)]
struct Systems {
    reference: String,
    a: String,
    b: String,
}

#[derive(Deserialize)]
struct Mapsswe {
    segments: usize,
    mean: f64,
    deviation: f64,
    statistic: f64,
}

#[derive(Deserialize)]
struct Timed {
    stm: Vec<String>,
    ctm: Vec<String>,
    /// For each segment that is scored, named by its speaker and its place among theirs.
    steps: BTreeMap<String, String>,
}

fn read() -> Sclite {
    serde_json::from_str(include_str!("../../../data/golden/score/sclite.json")).unwrap()
}

fn steps(reference: &str, hypothesis: &str) -> String {
    let alignment =
        align_with(&tokens(reference, OPTIONS.unit), &tokens(hypothesis, OPTIONS.unit), OPTIONS.weights);
    let letter = |edit: &Edit| match edit {
        Edit::Correct(..) => 'C',
        Edit::Substitution(..) => 'S',
        Edit::Deletion(_) => 'D',
        Edit::Insertion(_) => 'I',
    };
    alignment.edits.iter().map(letter).collect()
}

#[test]
fn alignments_are_sclites() {
    let cases = read().pairs;
    assert_eq!(cases.len(), 200);
    for Pair { reference, hypothesis, steps: want } in cases {
        assert_eq!(steps(&reference, &hypothesis), want, "{reference} | {hypothesis}");
    }
}

#[test]
fn words_are_in_sclites_segments() {
    let timed = read().timed;
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str, lines: &[String]| {
        let path = folder.path().join(name);
        std::fs::write(&path, lines.join("\n")).unwrap();
        Transcripts::read(&path).unwrap()
    };
    let (stm, ctm) = (read("r.stm", &timed.stm), read("h.ctm", &timed.ctm));
    let Material { references, hypotheses, speakers, notes } =
        material((Path::new("r.stm"), &stm), &[("h.ctm".into(), ctm)]).unwrap();
    assert_eq!(references.len(), timed.steps.len());
    assert!(notes[0].contains("4 segments are not scored"), "{notes:?}");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (reference, hypothesis) in references.iter().zip(&hypotheses[0]) {
        let speaker = speakers[&reference.id].as_str();
        let place = counts.entry(speaker).or_default();
        let want = &timed.steps[&format!("{speaker}-{place:03}")];
        *place += 1;
        assert_eq!(reference.id, hypothesis.id);
        assert_eq!(&steps(&reference.text, &hypothesis.text), want, "{}", reference.id);
    }
}

#[test]
fn the_matched_pairs_test_is_sc_stats() {
    let cases = read();
    let side = |of: fn(&Systems) -> &String| -> Vec<Trn> {
        let trn = |(i, system)| Trn { id: format!("u{i}"), text: of(system).clone() };
        cases.systems.iter().enumerate().map(trn).collect()
    };
    let (references, a, b) = (side(|s| &s.reference), side(|s| &s.a), side(|s| &s.b));
    let report = |h: &[Trn]| score_with(&references, h, OPTIONS, |_| None).unwrap();
    let result = compare_systems(&references, (&a, &report(&a)), (&b, &report(&b))).unwrap().matched_pairs;
    let want = cases.mapsswe;
    assert_eq!(result.segments, want.segments);
    for (is, want) in
        [(result.mean, want.mean), (result.deviation, want.deviation), (result.statistic, want.statistic)]
    {
        assert!((is - want).abs() <= 0.00051, "{is} {want}"); // sc_stats prints three decimals
    }
}
