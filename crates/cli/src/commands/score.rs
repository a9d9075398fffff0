//! `linnet score`

use std::error::Error;
use std::path::PathBuf;
use std::slice::from_ref;

use linnet_score::{
    HtmlSystem, HtmlView, Material, ScoreOptions, ScoreReport, ScoreUnit as Unit, SystemComparison, Weights,
    aligned_utterances, alignments, compare_systems, material, score_with, short_names, write_html,
};
use serde_json::{Value, json};

use super::sides::{References, hypotheses};
use super::{Done, outputs};
use crate::args::{Score, ScoreUnit, ScoreWeights};
use crate::data;
use crate::talk::Talk;

/// Said where intervals are narrower than those of decoding, which knows speakers.
const UTTERANCES_ALONE: &str = "note: no speakers are known, so that intervals are of other utterances of the same speakers; \
    give a manifest with speakers as --ref for those of other speakers";

/// The scores of all systems, and how the later ones differ from the first.
struct Scored {
    names: Vec<String>,
    reports: Vec<ScoreReport>,
    comparisons: Vec<SystemComparison>,
}

pub(super) fn run(args: Score, talk: &Talk) -> Done {
    let options = options(&args);
    let inputs = [("--ref", from_ref(&args.reference)), ("--hyp", &args.hypotheses)];
    outputs::check(&[("--html", args.html.as_slice())], &inputs)?;
    let reference = References::read(&args.reference)?;
    let mut systems = Vec::new();
    for path in &args.hypotheses {
        systems.push((path.clone(), reference.scored(hypotheses(path)?)));
    }
    let mut material = material((&args.reference, &reference.transcripts), &systems)?;
    material.speakers.extend(reference.speakers);
    material.notes.extend(reference.note);
    material.notes.iter().for_each(|note| talk.warn(note));
    if material.speakers.is_empty() {
        talk.say(UTTERANCES_ALONE);
    }

    let scored = score(&args.hypotheses, &material, options)?;
    note_case(&scored, &material, options, talk)?;
    // First, as a reader of the tables may end them early.
    if let Some(path) = &args.html {
        let systems = scored.names.iter().zip(&material.hypotheses).zip(&scored.reports);
        let view = HtmlView {
            reference_name: &short_names(from_ref(&args.reference))[0],
            references: &material.references,
            systems: systems
                .map(|((name, hypotheses), report)| HtmlSystem { name, hypotheses, report })
                .collect(),
            comparisons: &scored.comparisons,
            audio: &reference.audio,
        };
        write_html(path, &view)?;
    }
    if args.json {
        data::print(serde_json::to_string_pretty(&value(&scored, &material, options, args.alignments)?)?)?;
    } else {
        print(&scored, &material, options, &args)?;
    }
    if let Some(path) = &args.html {
        talk.say(format!("{}: written", path.display()));
    }
    Ok(true)
}

/// Tells of systems most of whose errors are upper and lower case alone.
fn note_case(
    scored: &Scored,
    material: &Material,
    options: ScoreOptions,
    talk: &Talk,
) -> Result<(), Box<dyn Error>> {
    // Percent. Below it nobody would wonder.
    const MANY: f64 = 50.0;
    let alike = ScoreOptions { ignore_case: true, ..options };
    let many = |report: &&ScoreReport| !options.ignore_case && report.rate > MANY;
    for ((name, report), hypotheses) in scored
        .names
        .iter()
        .zip(&scored.reports)
        .zip(&material.hypotheses)
        .filter(|((_, report), _)| many(report))
    {
        let rate = score_with(&material.references, hypotheses, alike, |_| None)?.rate;
        if 2.0 * rate < report.rate {
            talk.say(format!(
                "note: {name}: most errors are upper and lower case alone, without which the rate is {rate:.2} %; score it so \
                 with --ignore-case"
            ));
        }
    }
    Ok(())
}

fn options(args: &Score) -> ScoreOptions {
    let unit = match args.unit {
        ScoreUnit::Phone => Unit::Phone,
        ScoreUnit::Word => Unit::Word,
        ScoreUnit::Char => Unit::Char,
    };
    let weights = match args.weights {
        ScoreWeights::Equal => Weights::Equal,
        ScoreWeights::Sclite => Weights::Sclite,
    };
    ScoreOptions { unit, weights, ignore_case: args.ignore_case }
}

fn score(paths: &[PathBuf], material: &Material, options: ScoreOptions) -> Result<Scored, Box<dyn Error>> {
    let Material { references, hypotheses, speakers, .. } = material;
    let mut reports = Vec::new();
    for hypotheses in hypotheses {
        reports.push(score_with(references, hypotheses, options, |id| speakers.get(id).cloned())?);
    }
    let mut comparisons = Vec::new();
    for (hypotheses, report) in material.hypotheses.iter().zip(&reports).skip(1) {
        let first = (material.hypotheses[0].as_slice(), &reports[0]);
        comparisons.push(compare_systems(references, first, (hypotheses, report))?);
    }
    Ok(Scored { names: short_names(paths), reports, comparisons })
}

fn print(
    scored: &Scored,
    material: &Material,
    options: ScoreOptions,
    args: &Score,
) -> Result<(), Box<dyn Error>> {
    for (i, ((name, hypotheses), report)) in
        scored.names.iter().zip(&material.hypotheses).zip(&scored.reports).enumerate()
    {
        if scored.names.len() > 1 {
            data::print(format_args!("{}{name}", if i > 0 { "\n" } else { "" }))?;
        }
        data::print(report.table().trim_end())?;
        if args.details {
            data::print(format_args!("\n{}", report.details_table(args.most).trim_end()))?;
        }
        if args.alignments {
            data::print(format_args!(
                "\n{}",
                alignments(&material.references, hypotheses, options)?.trim_end()
            ))?;
        }
    }
    for (comparison, name) in scored.comparisons.iter().zip(&scored.names[1..]) {
        data::print(format_args!(
            "\n{}",
            comparison.text(&scored.names[0], name, options.unit.rate_name()).trim_end()
        ))?;
    }
    Ok(())
}

/// One system's report; of several, each with its name, and the comparisons.
fn value(
    scored: &Scored,
    material: &Material,
    options: ScoreOptions,
    aligned: bool,
) -> Result<Value, Box<dyn Error>> {
    let mut reports = Vec::new();
    for (hypotheses, report) in material.hypotheses.iter().zip(&scored.reports) {
        let mut value = serde_json::to_value(report)?;
        if aligned {
            value["alignments"] =
                serde_json::to_value(aligned_utterances(&material.references, hypotheses, options)?)?;
        }
        reports.push(value);
    }
    if reports.len() == 1 {
        return Ok(reports.remove(0));
    }
    let systems: Vec<Value> = scored
        .names
        .iter()
        .zip(reports)
        .map(|(name, report)| json!({"name": name, "report": report}))
        .collect();
    let mut comparisons = Vec::new();
    for (comparison, name) in scored.comparisons.iter().zip(&scored.names[1..]) {
        comparisons.push(json!({"a": scored.names[0], "b": name, "comparison": comparison}));
    }
    Ok(json!({"systems": systems, "comparisons": comparisons}))
}
