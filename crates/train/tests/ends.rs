//! Ends of epochs that something comes in the way of.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use common::{Watcher, corpus, figures};
use linnet_corpus::Skipped;
use linnet_train::{EpochRecord, Observer, Options, Outcome, Start, StepReport, train};

/// Takes a folder away at the first step.
struct Taking<'a>(&'a Path);

impl Observer for Taking<'_> {
    fn started(&mut self, _: &Start<'_>) {}
    fn step(&mut self, _: &StepReport) {
        let _ = fs::rename(self.0, self.0.with_extension("away"));
    }
    fn epoch(&mut self, _: &EpochRecord) {}
    fn skipped(&mut self, _: &Skipped) {}
}

#[test]
fn an_epoch_is_kept_where_the_development_set_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = corpus(folder.path(), "");
    let dev = folder.path().join("dev");
    fs::create_dir(&dev).unwrap();
    for i in 0..3 {
        fs::copy(folder.path().join(format!("u{i}.wav")), dev.join(format!("u{i}.wav"))).unwrap();
    }
    let lines = fs::read_to_string(folder.path().join("all.jsonl")).unwrap().replace("\"u", "\"dev/u");
    let lines: String = lines.lines().take(3).map(|line| format!("{line}\n")).collect();
    config.data.dev = folder.path().join("dev.jsonl");
    fs::write(&config.data.dev, lines).unwrap();
    let (straight, out) = (folder.path().join("straight"), folder.path().join("exp"));
    train(&config, &straight, &Options::default(), &mut ()).unwrap();

    let error = train(&config, &out, &Options::default(), &mut Taking(&dev)).unwrap_err().to_string();
    assert!(error.contains("dev.jsonl: no recording of it can be read"), "{error}");
    fs::rename(dev.with_extension("away"), &dev).unwrap();
    let first_steps = AtomicBool::new(false);
    let options = Options { resume: true, interrupt: Some(&first_steps), ..Options::default() };
    // The first step after it is the second epoch's.
    let mut watcher = Watcher::new(figures(&straight)[0].1 + 1, &first_steps);
    let outcome = train(&config, &out, &options, &mut watcher).unwrap();
    assert!(matches!(outcome, Outcome::Interrupted { epoch: 2, .. }), "{outcome:?}");
    train(&config, &out, &Options { resume: true, ..Options::default() }, &mut ()).unwrap();
    assert_eq!(figures(&straight), figures(&out));
}

#[test]
fn an_end_that_comes_within_an_epoch_waits_for_the_epochs_end() {
    let folder = tempfile::tempdir().unwrap();
    // Steps too short to improve anything.
    let mut config = corpus(folder.path(), "learning_rate = 1e-12\nselect = \"last\"\n");
    config.train.epochs = 9;
    let (out, interrupt) = (folder.path().join("exp"), AtomicBool::new(false));
    let whole = folder.path().join("whole");
    let mut two_epochs = config.clone();
    two_epochs.train.epochs = 2;
    train(&two_epochs, &whole, &Options::default(), &mut ()).unwrap();
    let options = Options { interrupt: Some(&interrupt), ..Options::default() };
    let mut watcher = Watcher::new(figures(&whole)[1].1 + 1, &interrupt);
    let outcome = train(&config, &out, &options, &mut watcher).unwrap();
    assert!(matches!(outcome, Outcome::Interrupted { epoch: 3, .. }), "{outcome:?}");
    // By this it would have ended after the second.
    config.train.stop_after = 1;
    train(&config, &out, &Options { resume: true, ..Options::default() }, &mut ()).unwrap();
    assert_eq!(figures(&out).len(), 3);
}
