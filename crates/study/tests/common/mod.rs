//! Made-up runs: folders as training and decoding leave them.
#![allow(dead_code, clippy::unwrap_used)] // No test needs all of it.

use std::fs;
use std::path::Path;

use linnet_score::{ScoreUnit, Trn, score, write_trn};
use linnet_study::{Places, PlannedRun, Study, StudyError};
use linnet_train::{EpochRecord, RunConfig};

const BASE: &str = "[features]\nbands = 20\n[model]\nlayers = 2\ndim = 16\nheads = 2\nfeed_forward = 64\n[train]\nepochs = 6\n";
/// Three kinds, two seeds each.
pub(crate) const STUDY: &str = "base = \"../conf/base.toml\"\nseeds = [0, 1]\nbudget = { like = \"linear\", within = 0.02 }\n\
                     sets = { test = [\"test\"] }\n[model]\nconvolution = 0\n\
                     [[kind]]\nname = \"softmax\"\nmodel.mixer = \"softmax\"\n\
                     [[kind]]\nname = \"linear\"\nmodel.mixer = \"linear\"\n\
                     [[kind]]\nname = \"convolution\"\nbudget = true\nmodel = { mixer = \"linear\", convolution = 7 }\n";
/// How most runs went.
pub(crate) const COURSE: Course = Course { end: 20.0, decay: 2.0, seconds: 10.0, noise: 1 };

/// A recipe with this study and a base configuration.
pub(crate) fn recipe(study: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("conf/base.toml"), BASE);
    put(&folder.path().join("studies/kinds.toml"), study);
    folder
}

/// The recipe's study, with these settings.
pub(crate) fn read(folder: &Path, settings: &[&str]) -> Result<Study, StudyError> {
    let settings: Vec<String> = settings.iter().map(|s| s.to_string()).collect();
    Study::read(&folder.join("studies/kinds.toml"), &Places::default(), &settings)
}

/// Writes a finished run of the study into a folder of runs.
pub(crate) fn finish(folder: &Path, run: &PlannedRun) {
    finished(&folder.join(&run.name), &run.config, &COURSE, &["dev", "test"]);
}

/// How a made-up run went.
#[derive(Clone, Copy)]
pub(crate) struct Course {
    /// The error rate in the end, in percent.
    pub(crate) end: f64,
    /// Epochs in which the rest of the error falls to a third.
    pub(crate) decay: f64,
    /// Seconds of an epoch.
    pub(crate) seconds: f64,
    /// What varies the run.
    pub(crate) noise: u64,
}

/// Writes the files of a finished run with these sets.
pub(crate) fn finished(folder: &Path, config: &RunConfig, course: &Course, sets: &[&str]) {
    started(folder, config, course, config.train.epochs);
    for set in sets {
        decoded(&folder.join("decode").join(set), set, course);
    }
}

/// Writes configuration and metrics of a run after so many epochs.
pub(crate) fn started(folder: &Path, config: &RunConfig, course: &Course, epochs: u64) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("config.toml"), config.to_toml().unwrap()).unwrap();
    let mut random = Random::new(course.noise);
    let line = |epoch: u64| {
        let wobble = 1.0 + 0.2 * (random.next() - 0.5);
        let rest = (100.0 - course.end) * (-((epoch - 1) as f64) / course.decay).exp();
        let record = EpochRecord {
            epoch,
            step: 40 * epoch,
            loss: 1.0,
            dev_loss: 1.0,
            dev_error_rate: (course.end + rest) * wobble,
            dev_skipped: 0,
            learning_rate: 1e-3,
            gradient_norm: 1.0,
            parameters: config.parameters(40).unwrap(),
            utterances: 800,
            skipped: 0,
            frames: 130_000,
            seconds: course.seconds,
            total_seconds: course.seconds * epoch as f64,
            frames_per_s: 130_000.0 / course.seconds,
            data_wait: 0.0,
            data_work: 0.0,
            subsampling: 0.1,
            ranks_wait: 0.0,
            ranks_sum: 0.0,
            peak_mb: 200.0 + course.seconds,
        };
        serde_json::to_string(&record).unwrap() + "\n"
    };
    fs::write(folder.join("metrics.jsonl"), (1..=epochs).map(line).collect::<String>()).unwrap();
}

/// Writes references, hypotheses with about the course's errors, and scores.
fn decoded(folder: &Path, set: &str, course: &Course) {
    fs::create_dir_all(folder).unwrap();
    let (mut texts, mut errors) = (Random::new(3), Random::new(course.noise + 100));
    let (mut references, mut hypotheses, mut durations) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..60 {
        let length = 4 + (30.0 * texts.next()) as usize;
        durations.push(0.09 * length as f64 + 0.4);
        let (reference, heard): (Vec<&str>, Vec<&str>) = (0..length)
            .map(|_| if errors.next() < course.end / 100.0 { ("A", "B") } else { ("A", "A") })
            .unzip();
        let trn = |words: Vec<&str>| Trn { id: format!("{set}-s{}-{i:02}", i % 10), text: words.join(" ") };
        references.push(trn(reference));
        hypotheses.push(trn(heard));
    }
    let speaker = |id: &str| id.split('-').nth(1).map(|s| format!("{set}-{s}"));
    let mut report = score(&references, &hypotheses, ScoreUnit::Phone, speaker).unwrap();
    for (utterance, duration) in report.utterances.iter_mut().zip(durations) {
        utterance.duration_s = Some(duration);
    }
    write_trn(&folder.join("ref.trn"), &references).unwrap();
    write_trn(&folder.join("hyp.trn"), &hypotheses).unwrap();
    fs::write(folder.join("score.json"), serde_json::to_string(&[report]).unwrap()).unwrap();
}

/// A small generator (Knuth's constants), so that files are the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    /// Neighbouring seeds give unlike numbers.
    pub(crate) fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// From 0 to below 1.
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Writes a file, and its folder.
pub(crate) fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
