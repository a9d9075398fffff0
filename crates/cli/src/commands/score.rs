//! `linnet score`

use std::collections::HashMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::slice::from_ref;

use linnet_corpus::Manifest;
use linnet_score::{
    AudioSpan, HtmlSystem, HtmlView, Material, ScoreOptions, ScoreReport, ScoreUnit as Unit,
    SystemComparison, Transcripts, Trn, Weights, aligned_utterances, alignments, compare_systems, material,
    score_with, short_names, write_html,
};
use serde_json::{Value, json};

use super::{Done, outputs};
use crate::args::{Score, ScoreUnit, ScoreWeights};
use crate::data;
use crate::talk::Talk;

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
    let (reference, manifest) = read(&args.reference)?;
    let mut systems = Vec::new();
    for path in &args.hypotheses {
        systems.push((path.clone(), read(path)?.0));
    }
    let mut material = material((&args.reference, &reference), &systems)?;
    material.speakers.extend(manifest.speakers);
    material.notes.iter().for_each(|note| talk.warn(note));

    let scored = score(&args.hypotheses, &material, options)?;
    if args.json {
        data::print(serde_json::to_string_pretty(&value(&scored, &material, options, args.alignments)?)?)?;
    } else {
        print(&scored, &material, options, &args)?;
    }
    if let Some(path) = &args.html {
        let systems = scored.names.iter().zip(&material.hypotheses).zip(&scored.reports);
        let view = HtmlView {
            reference_name: &short_names(from_ref(&args.reference))[0],
            references: &material.references,
            systems: systems
                .map(|((name, hypotheses), report)| HtmlSystem { name, hypotheses, report })
                .collect(),
            comparisons: &scored.comparisons,
            audio: &manifest.audio,
        };
        write_html(path, &view)?;
        talk.say(format!("{}: written", path.display()));
    }
    Ok(true)
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

/// What a manifest says besides the texts.
#[derive(Default)]
struct Sides {
    speakers: HashMap<String, String>,
    audio: HashMap<String, AudioSpan>,
}

/// A manifest (`.json`, `.jsonl`), or another file of transcripts.
fn read(path: &Path) -> Result<(Transcripts, Sides), Box<dyn Error>> {
    if !path.extension().is_some_and(|e| e == "json" || e == "jsonl") {
        return Ok((Transcripts::read(path)?, Sides::default()));
    }
    let mut sides = Sides::default();
    let mut texts = Vec::new();
    for u in Manifest::read(path)?.utterances {
        sides.speakers.extend(u.speaker.map(|speaker| (u.id.clone(), speaker)));
        let audio = AudioSpan { path: u.audio, start_s: u.offset_s, duration_s: u.duration_s };
        sides.audio.insert(u.id.clone(), audio);
        texts.push(Trn { id: u.id, text: u.text });
    }
    Ok((Transcripts::Texts(texts), sides))
}
