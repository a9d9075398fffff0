//! A corpus of tones, one for each letter, and what watches runs on it.
#![allow(dead_code, clippy::unwrap_used)] // No test needs all of it.

pub(crate) mod ranks;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use linnet_audio::{Audio, write_wav};
use linnet_corpus::Skipped;
use linnet_train::{EpochRecord, Observer, RunConfig, Start, StepReport, read_metrics};

/// Writes recordings in which each letter is a tone of its own, manifests and a token table; returns the configuration.
/// Memory that is read before it is written shows from here on.
pub(crate) fn corpus(folder: &Path, extra: &str) -> RunConfig {
    linnet_encoder::poison_memory();
    let texts = ["AB", "BA", "CAB", "ABC", "BCA", "AC", "CB", "A", "BAC", "CC"];
    let mut lines = String::new();
    for (i, text) in texts.iter().enumerate() {
        let mut samples = vec![0.0f32; 800];
        for letter in text.bytes() {
            let hz = 400.0 * f64::from(letter - b'A' + 1) + 7.0 * i as f64;
            let tone = |t: usize| 0.3 * (std::f64::consts::TAU * hz * t as f64 / 16_000.0).sin();
            samples.extend((0..2400).map(|t| tone(t) as f32));
            samples.extend([0.0; 800]);
        }
        write_wav(&folder.join(format!("u{i}.wav")), &Audio::new(16_000, vec![samples])).unwrap();
        lines += &format!("{{\"audio_filepath\": \"u{i}.wav\", \"text\": \"{text}\"}}\n");
    }
    fs::write(folder.join("all.jsonl"), lines).unwrap();
    fs::write(folder.join("tokens.txt"), "<blank> 0\nA 1\nB 2\nC 3\n").unwrap();
    let place = folder.display();
    let text = format!(
        "[data]\ntrain = \"{place}/all.jsonl\"\ndev = \"{place}/all.jsonl\"\ntokens = \"{place}/tokens.txt\"\nunit = \"char\"\n\
         [features]\nbands = 20\n[augment]\nspeeds = [1.0, 0.95]\n[augment.spec_augment]\n\
         [model]\nsubsampling = 2\nchannels = 4\nlayers = 1\ndim = 16\nheads = 2\nfeed_forward = 32\nconvolution = 3\n\
         [train]\nepochs = 3\nbatch_seconds = 1.5\naverage = 2\nregularise_after = 0\n{extra}"
    );
    let path = folder.join("run.toml");
    fs::write(&path, text).unwrap();
    RunConfig::read(&path, &[]).unwrap()
}

/// Interrupts the run after so many steps, and counts what it is told.
pub(crate) struct Watcher<'a> {
    stop_after: u64,
    interrupt: &'a AtomicBool,
    pub(crate) skipped: Vec<Skipped>,
}

impl<'a> Watcher<'a> {
    pub(crate) fn new(stop_after: u64, interrupt: &'a AtomicBool) -> Self {
        Self { stop_after, interrupt, skipped: Vec::new() }
    }

    /// The utterances that were left out.
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.skipped.iter().map(|skipped| skipped.id.as_str()).collect()
    }
}

impl Observer for Watcher<'_> {
    fn started(&mut self, start: &Start<'_>) {
        self.skipped.extend_from_slice(start.skipped);
    }
    fn step(&mut self, report: &StepReport) {
        self.interrupt.store(report.step == self.stop_after, Ordering::Relaxed);
    }
    fn epoch(&mut self, _: &EpochRecord) {}
    fn skipped(&mut self, skipped: &Skipped) {
        self.skipped.push(skipped.clone());
    }
}

/// The figures that don't depend on the clock.
pub(crate) fn figures(folder: &Path) -> Vec<(u64, u64, f64, f64, f64, f64)> {
    let records = read_metrics(&folder.join("metrics.jsonl")).unwrap();
    records.iter().map(|r| (r.epoch, r.step, r.loss, r.dev_loss, r.dev_error_rate, r.gradient_norm)).collect()
}
