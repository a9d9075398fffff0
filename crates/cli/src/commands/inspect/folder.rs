//! Folders: an experiment, a prepared corpus, a model, recordings.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use linnet::{Model, SearchOptions};
use linnet_audio::{AudioInfo, ReadOptions, is_audio_path, probe};
use linnet_files::io_problem;
use linnet_train::{RunConfig, read_metrics};
use rayon::prelude::*;
use walkdir::WalkDir;

use super::super::{bands, say_notes};
use super::duration;
use super::text::manifest;
use crate::talk::Talk;

/// Describes a folder. `whole` is false afterwards where some recordings can't be read.
pub(super) fn describe(
    path: &Path,
    options: &ReadOptions,
    talk: &Talk,
    whole: &mut bool,
) -> Result<String, Box<dyn Error>> {
    let has = |file: &str| path.join(file).is_file();
    if has("metrics.jsonl") {
        return experiment(path);
    }
    if has("config.toml") || has("model.safetensors") {
        return model(path);
    }
    if has("tokens.txt") && !manifests(path)?.is_empty() {
        return corpus(path);
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_audio_path(entry.path()) => {
                files.push(entry.into_path());
            }
            Ok(_) => {}
            Err(error) => {
                *whole = false;
                let at = error.path().unwrap_or(path).display().to_string();
                let problem = error.into_io_error().map(|error| io_problem(&error));
                talk.warn(format!(
                    "{at}: {}",
                    problem.unwrap_or_else(|| "its links lead in a circle".into())
                ));
            }
        }
    }
    if files.is_empty() {
        let problem = "this folder holds no recordings, and is no model, experiment or prepared corpus; give one of them, \
                       or a file";
        return Err(format!("{}: {problem}", path.display()).into());
    }
    let found: Vec<_> = files.par_iter().map(|file| (file, probe(file, options))).collect();
    let mut infos = Vec::new();
    for (file, info) in found {
        match info {
            Ok(info) => {
                say_notes(file, &info.notes, talk);
                infos.push(info);
            }
            Err(error) => {
                *whole = false;
                talk.warn(error.to_string());
            }
        }
    }
    if infos.is_empty() {
        let count = files.len();
        return Err(format!("{}: none of {count} recordings can be read; see above", path.display()).into());
    }
    Ok(recordings(&infos))
}

/// How many recordings there are, of which kinds, and how long they are.
fn recordings(infos: &[AudioInfo]) -> String {
    let lengths = || infos.iter().map(AudioInfo::duration_s);
    let (shortest, longest) = (lengths().fold(f64::MAX, f64::min), lengths().fold(0.0, f64::max));
    let mut kinds: BTreeMap<String, (usize, f64)> = BTreeMap::new();
    for info in infos {
        let channels =
            if info.channels == 1 { "1 channel".into() } else { format!("{} channels", info.channels) };
        let kind = kinds.entry(format!("{}, {} Hz, {channels}", info.format, info.sample_rate)).or_default();
        *kind = (kind.0 + 1, kind.1 + info.duration_s());
    }
    let mut lines = vec![format!(
        "{} recordings, {} in all, each of {shortest:.2} to {longest:.2} s",
        infos.len(),
        duration(lengths().sum())
    )];
    lines.extend(
        kinds.iter().map(|(kind, (count, seconds))| format!("{count:>7}  {kind}, {}", duration(*seconds))),
    );
    lines.join("\n")
}

/// The manifests in a folder, by name.
fn manifests(path: &Path) -> Result<Vec<std::path::PathBuf>, Box<dyn Error>> {
    let entries =
        std::fs::read_dir(path).map_err(|error| format!("{}: {}", path.display(), io_problem(&error)))?;
    let mut manifests: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    manifests.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    manifests.sort();
    Ok(manifests)
}

/// The manifests of a prepared corpus.
fn corpus(path: &Path) -> Result<String, Box<dyn Error>> {
    let manifests = manifests(path)?;
    let described = manifests.iter().map(|file| Ok(format!("{}: {}", file.display(), manifest(file)?)));
    Ok(described.collect::<Result<Vec<_>, Box<dyn Error>>>()?.join("\n"))
}

pub(super) fn model(path: &Path) -> Result<String, Box<dyn Error>> {
    let model = Model::read(path)?;
    let config = &model.config;
    let mut lines = vec![
        format!(
            "model        {} mixer, {} layers of {}",
            config.model.mixer.name(),
            config.model.layers,
            config.model.dim
        ),
        format!("parameters   {}", model.encoder.parameter_count()),
        format!("tokens       {} ({:?}), the blank included", model.tokens.len(), config.unit),
        format!("features     {} at {} Hz", bands(&config.features), config.features.sample_rate),
        // To the microsecond: a shift is whole samples.
        format!("frames       one of {} ms", (model.frame_s() * 1e6).round() / 1e3),
    ];
    lines.push(match model.waits_for() {
        None => "recordings   run through frame by frame".into(),
        Some(why) => format!(
            "recordings   in pieces of at most {:.1} s at pauses: {why}",
            linnet::Cutting::of(config).longest_s
        ),
    });
    if let Some(options) = SearchOptions::packed(path)? {
        lines.push(format!("search       {}", search(&options)));
    }
    lines.extend(model.encoder.groups().map(|group| format!("{:30} {:>9}", group.name, group.range.len())));
    Ok(lines.join("\n"))
}

/// The packed search of a model folder.
fn search(options: &SearchOptions) -> String {
    let second = options.rescoring.as_ref().map(|second| second.lm.clone());
    let files = [
        ("language model", &options.lm),
        ("lexicon", &options.lexicon),
        ("second language model", &second),
        ("grammar", &options.grammar),
        ("hotwords", &options.hotwords),
    ];
    let there = files.iter().filter(|(_, file)| file.is_some()).map(|(name, _)| *name);
    let parts: Vec<String> =
        std::iter::once(format!("beam {}", options.beam.beam)).chain(there.map(String::from)).collect();
    parts.join(", ")
}

pub(super) fn experiment(path: &Path) -> Result<String, Box<dyn Error>> {
    let config = RunConfig::read_resolved(&path.join("config.toml"))?;
    let mut lines = vec![
        format!("{} mixer, seed {}", config.model.mixer.name(), config.train.seed),
        format!(
            "{:>5} {:>8} {:>8} {:>8} {:>8} {:>9}",
            "epoch", "loss", "dev loss", "dev %", "seconds", "frames/s"
        ),
    ];
    lines.extend(read_metrics(&path.join("metrics.jsonl"))?.into_iter().map(|r| {
        format!(
            "{:>5} {:>8.3} {:>8.3} {:>8.2} {:>8.1} {:>9.0}",
            r.epoch, r.loss, r.dev_loss, r.dev_error_rate, r.seconds, r.frames_per_s
        )
    }));
    Ok(lines.join("\n"))
}
