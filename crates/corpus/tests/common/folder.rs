//! Preparing a folder of files, or a table.

use std::collections::BTreeSet;
use std::path::Path;

use linnet_corpus::prepare::folder::{FolderOptions, Split, prepare};
use linnet_corpus::prepare::{Output, Report};
use linnet_corpus::{CorpusError, Manifest};
use linnet_text::Unit;

use super::{put, put_wav, tone};

/// All for training.
pub(crate) const WHOLE: Split = Split { dev: Some(0.0), test: Some(0.0), seed: 0 };

/// A split of the given shares.
pub(crate) fn split(dev: f64, test: f64, seed: u64) -> Split {
    Split { dev: Some(dev), test: Some(test), seed }
}

pub(crate) fn run(source: &Path, split: Split, dir: &Path) -> Result<Report, CorpusError> {
    let output = Output { dir: dir.into(), unit: Unit::Char, lexicons: vec![], pronounce: None, join: None };
    prepare(&options(source, split), &output, &|_, _| {})
}

pub(crate) fn options(source: &Path, split: Split) -> FolderOptions {
    FolderOptions { source: source.into(), split, normaliser: Default::default(), raw: None }
}

pub(crate) fn speakers(manifest: &Manifest) -> BTreeSet<String> {
    manifest.utterances.iter().filter_map(|u| u.speaker.clone()).collect()
}

/// The texts of a set.
pub(crate) fn sentences(manifest: &Manifest) -> BTreeSet<String> {
    manifest.utterances.iter().filter_map(|u| u.text.clone()).collect()
}

/// `id: reason` of all that was left out.
pub(crate) fn skipped(report: &Report) -> Vec<String> {
    let all = report.sets.iter().flat_map(|set| &set.skipped);
    all.map(|skipped| format!("{}: {}", skipped.id, skipped.reason)).collect()
}

/// Writes a recording of a twentieth of a second, and its text beside it.
pub(crate) fn put_pair(stem: &Path, text: &str) {
    put_sound(&with(stem, "wav"));
    put(&with(stem, "txt"), text);
}

pub(crate) fn put_sound(path: &Path) {
    put_wav(path, &tone(800, 0));
}

fn with(stem: &Path, extension: &str) -> std::path::PathBuf {
    let mut path = stem.as_os_str().to_owned();
    path.push(".");
    path.push(extension);
    path.into()
}
