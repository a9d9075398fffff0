//! `linnet inspect`

use std::error::Error;
use std::path::Path;

use linnet::Model;
use linnet_audio::probe;
use linnet_corpus::Manifest;
use linnet_train::{RunConfig, read_metrics};

use super::{Done, bands, say_notes};
use crate::args::Inspect;
use crate::data::print;
use crate::talk::Talk;

pub(super) fn run(args: Inspect, talk: &Talk) -> Done {
    let path = args.path;
    let described = if path.join("metrics.jsonl").is_file() {
        experiment(&path)?
    } else if path.is_dir() && path.join("tokens.txt").is_file() && !path.join("config.toml").is_file() {
        corpus(&path)?
    } else if path.is_dir() {
        model(&path)?
    } else if path.extension().is_some_and(|e| e == "json" || e == "jsonl") {
        manifest(&path)?
    } else {
        let info = probe(&path, &args.raw.read_options())?;
        say_notes(&path, &info.notes, talk);
        format!(
            "{}\n{} Hz, {} channels, {} samples, {:.3} s",
            info.format,
            info.sample_rate,
            info.channels,
            info.frames,
            info.duration_s()
        )
    };
    print(described)?;
    Ok(true)
}

/// The manifests of a prepared corpus.
fn corpus(path: &Path) -> Result<String, Box<dyn Error>> {
    let mut manifests: Vec<_> = std::fs::read_dir(path)?.flatten().map(|entry| entry.path()).collect();
    manifests.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    manifests.sort();
    let described = manifests.iter().map(|file| Ok(format!("{}: {}", file.display(), manifest(file)?)));
    Ok(described.collect::<Result<Vec<_>, Box<dyn Error>>>()?.join("\n"))
}

fn model(path: &Path) -> Result<String, Box<dyn Error>> {
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
    lines.extend(model.encoder.groups().map(|group| format!("{:30} {:>9}", group.name, group.range.len())));
    Ok(lines.join("\n"))
}

fn experiment(path: &Path) -> Result<String, Box<dyn Error>> {
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

fn manifest(path: &Path) -> Result<String, Box<dyn Error>> {
    let manifest = Manifest::read(path)?;
    let texts = || manifest.utterances.iter().filter_map(|u| u.text.as_deref());
    let words: usize = texts().map(|text| text.split_whitespace().count()).sum();
    let without = match manifest.utterances.len() - texts().count() {
        0 => String::new(),
        count => format!(", {count} utterances without a transcript"),
    };
    Ok(format!(
        "{} utterances, {:.2} hours, {} speakers, {words} words{without}",
        manifest.utterances.len(),
        manifest.hours(),
        manifest.speakers()
    ))
}
