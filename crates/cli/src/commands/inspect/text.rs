//! Files of text: manifests and other JSON, configurations, language models, transcripts, tables, lexicons.

use std::error::Error;
use std::path::Path;

use linnet::Calibrated;
use linnet_corpus::Manifest;
use linnet_files::{io_problem, json_problem};
use linnet_frontend::Cmvn;
use linnet_score::{ScoreReport, Transcripts};
use linnet_study::{Places, Study};
use linnet_text::{Lexicon, TokenTable};
use linnet_train::{RunConfig, read_metrics};
use serde_json::Value;

use super::{binary, counted, duration};

pub(super) fn describe(path: &Path, head: &[u8]) -> Result<String, Box<dyn Error>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let head = String::from_utf8_lossy(head);
    let first = head.trim_start_matches('\u{feff}').trim_start();
    match extension.as_str() {
        "trn" | "ctm" | "stm" => transcripts(path),
        "toml" => configuration(path, &head),
        "json" | "jsonl" => json(path, &name),
        "dic" | "dict" | "lexicon" => lexicon(path),
        "arpa" => binary::language_model(path),
        _ if first.starts_with("\\data\\") => binary::language_model(path),
        _ if name.contains("lexicon") || name.contains("cmudict") => lexicon(path),
        _ if name == "tokens.txt" || is_table(&head) => table(path),
        _ if first.starts_with('{') || first.starts_with('[') => json(path, &name),
        _ => transcripts(path),
    }
}

pub(super) fn manifest(path: &Path) -> Result<String, Box<dyn Error>> {
    let manifest = Manifest::read(path)?;
    let texts = || manifest.utterances.iter().filter_map(|u| u.text.as_deref());
    let words: usize = texts().map(|text| text.split_whitespace().count()).sum();
    let without = match manifest.utterances.len() - texts().count() {
        0 => String::new(),
        count => format!(", {} without a transcript", counted(count, "utterance")),
    };
    let untimed = match manifest.utterances.iter().filter(|utterance| utterance.duration_s.is_none()).count()
    {
        0 => String::new(),
        count => format!(" ({count} have no duration)"),
    };
    Ok(format!(
        "{}, {} as the manifest tells{untimed}, {}, {}{without}",
        counted(manifest.utterances.len(), "utterance"),
        duration(3600.0 * manifest.hours()),
        counted(manifest.speakers(), "speaker"),
        counted(words, "word")
    ))
}

/// A manifest, or one of the files that Linnet writes as JSON.
fn json(path: &Path, name: &str) -> Result<String, Box<dyn Error>> {
    if name == "metrics.jsonl" {
        let records = read_metrics(path)?;
        let lowest = records.iter().map(|record| record.dev_error_rate).fold(f64::INFINITY, f64::min);
        let epochs = counted(records.len(), "epoch");
        return Ok(format!("a run's {epochs}, the lowest development error rate {lowest:.2} %"));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {}", path.display(), io_problem(&error)))?;
    let Ok(value) = serde_json::from_slice::<Value>(&bytes) else { return manifest(path) };
    let has = |keys: &[&str]| keys.iter().all(|key| value.get(key).is_some());
    if has(&["scale", "offset"]) {
        let read = Calibrated::read(path)?;
        return Ok(format!("calibration of confidences: scale {:.4}, offset {:.4}", read.scale, read.offset));
    }
    if has(&["mean", "std"]) {
        let cmvn = Cmvn::read(path)?;
        return Ok(format!("mean and deviation of {} feature dimensions", cmvn.dim()));
    }
    if name == "score.json" {
        let reports: Vec<ScoreReport> = serde_json::from_slice(&bytes)
            .map_err(|error| format!("{}: {}; decode again", path.display(), json_problem(&error)))?;
        let tables: Vec<String> =
            reports.iter().map(|report| report.table().trim_end().to_string()).collect();
        return Ok(tables.join("\n"));
    }
    manifest(path)
}

/// A study, or a configuration with what it extends.
fn configuration(path: &Path, head: &str) -> Result<String, Box<dyn Error>> {
    if head.lines().any(|line| line.trim() == "[[kind]]") {
        let study = Study::read(path, &Places::default(), &[])?;
        let runs: Vec<String> = study
            .runs
            .iter()
            .map(|run| format!("  {:24} {:>9} parameters", run.name, run.parameters))
            .collect();
        return Ok(format!("study of {}\n{}", counted(runs.len(), "run"), runs.join("\n")));
    }
    let config = RunConfig::read(path, &[])?;
    Ok(format!(
        "configuration: {} mixer, {} of {}, {}, seed {}, trains on {}",
        config.model.mixer.name(),
        counted(config.model.layers, "layer"),
        config.model.dim,
        counted(config.train.epochs as usize, "epoch"),
        config.train.seed,
        config.data.train.display()
    ))
}

fn transcripts(path: &Path) -> Result<String, Box<dyn Error>> {
    let words = |text: &str| text.split_whitespace().count();
    Ok(match Transcripts::read(path)? {
        Transcripts::Texts(texts) => format!(
            "transcripts: {} with {}",
            counted(texts.len(), "utterance"),
            counted(texts.iter().map(|text| words(&text.text)).sum(), "word")
        ),
        Transcripts::Words(found) => {
            let mut files: Vec<&str> = found.iter().map(|word| word.file.as_str()).collect();
            files.sort_unstable();
            files.dedup();
            let (count, files) = (counted(found.len(), "word"), counted(files.len(), "recording"));
            format!("words with their times (ctm): {count} of {files}")
        }
        Transcripts::Segments(segments) => {
            let seconds: f64 = segments.iter().map(|segment| segment.end_s - segment.start_s).sum();
            let count = counted(segments.len(), "segment");
            let said = segments.iter().filter_map(|segment| segment.text.as_deref()).map(words).sum();
            format!("segments (stm): {count}, {}, {}", duration(seconds), counted(said, "word"))
        }
        Transcripts::Lines(lines) => {
            let said = lines.iter().map(|line| words(line)).sum();
            format!("text: {} with {}", counted(lines.len(), "line"), counted(said, "word"))
        }
    })
}

/// Whether lines are symbols and the ids 0, 1, 2 …
fn is_table(head: &str) -> bool {
    let ids =
        head.lines().take(3).map(|line| line.rsplit_once([' ', '\t']).map(|(_, id)| id.trim().parse().ok()));
    head.lines().count() > 1 && ids.enumerate().all(|(line, id)| id == Some(Some(line)))
}

fn table(path: &Path) -> Result<String, Box<dyn Error>> {
    Ok(format!("token table: {}", counted(TokenTable::read(path)?.len(), "token")))
}

fn lexicon(path: &Path) -> Result<String, Box<dyn Error>> {
    let lexicon = Lexicon::read(path)?;
    let phones = counted(lexicon.phones().len(), "phone");
    Ok(format!("lexicon: {}, {phones}", counted(lexicon.len(), "word")))
}
