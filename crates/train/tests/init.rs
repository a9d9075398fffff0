//! Runs that start from the weights of a model.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::corpus;
use linnet_corpus::Skipped;
use linnet_frontend::Normalisation;
use linnet_train::{EpochRecord, Observer, Options, RunConfig, Start, StepReport, train};

/// Keeps a run's notes.
#[derive(Default)]
struct Notes(Vec<String>);

impl Observer for Notes {
    fn started(&mut self, start: &Start<'_>) {
        self.0.extend_from_slice(start.notes);
    }
    fn step(&mut self, _: &StepReport) {}
    fn epoch(&mut self, _: &EpochRecord) {}
    fn skipped(&mut self, _: &Skipped) {}
}

#[test]
fn weights_come_with_their_statistics_and_for_their_features_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = corpus(folder.path(), "");
    config.train.epochs = 1;
    let first = folder.path().join("first");
    train(&config, &first, &Options::default(), &mut ()).unwrap();
    let statistics = |run: &Path| fs::read(run.join("model/cmvn.json")).unwrap();
    let before = statistics(&first);
    // As long as it was, and silent.
    let path = folder.path().join("u2.wav");
    let mut bytes = fs::read(&path).unwrap();
    bytes[44..].fill(0);
    fs::write(&path, bytes).unwrap();
    let options = Options { init: Some(first.join("model")), ..Options::default() };
    let run = |name: &str, change: &dyn Fn(&mut RunConfig)| {
        let mut changed = config.clone();
        change(&mut changed);
        let (out, mut notes) = (folder.path().join(name), Notes::default());
        let ended = train(&changed, &out, &options, &mut notes).map_err(|error| error.to_string());
        // Here the development set is the training set, which is told.
        notes.0.retain(|note| !note.contains("10 of its 10 utterances are trained on, too"));
        (ended, notes.0, out)
    };
    let (ended, notes, out) = run("same", &|_| ());
    assert!(ended.is_ok() && notes.is_empty() && statistics(&out) == before);
    // Their shapes fit other heads as well.
    let (ended, notes, _) = run("heads", &|config| config.model.heads = 4);
    assert!(ended.is_ok() && notes.len() == 1, "{ended:?}, {notes:?}");
    assert!(notes[0].ends_with("another encoder: model.heads is 2 there and 4 here"), "{notes:?}");
    let (ended, notes, _) = run("bare", &|config| config.train.regularise_after = 300);
    assert!(ended.is_ok() && notes.len() == 1, "{ended:?}, {notes:?}");
    assert!(
        notes[0].starts_with("masks and dropout begin after 300 steps, which is for new weights"),
        "{notes:?}"
    );
    let refused = |name: &str, change: &dyn Fn(&mut RunConfig), key: &str| {
        let (ended, _, out) = run(name, change);
        let error = ended.unwrap_err();
        assert!(error.contains("model/config.toml: ") && error.contains(key), "{error}");
        assert!(!out.exists());
    };
    refused(
        "by-utterance",
        &|config| config.train.normalisation = Normalisation::Utterance,
        "train.normalisation",
    );
    refused(
        "rate",
        &|config| config.features.sample_rate = 8000,
        "features.sample_rate is 16000 there and 8000 here",
    );
}
