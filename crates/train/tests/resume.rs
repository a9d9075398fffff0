//! Runs that were interrupted or ended and go on.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Watcher, corpus, figures};
use linnet_corpus::Skipped;
use linnet_train::{
    Environment, EpochRecord, Extension, Observer, Options, Outcome, RunConfig, Start, StepReport,
    read_metrics, train,
};

#[test]
fn an_interrupted_run_continues_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let config = corpus(folder.path(), "");
    let (straight, broken) = (folder.path().join("straight"), folder.path().join("broken"));
    assert!(matches!(train(&config, &straight, &Options::default(), &mut ()), Ok(Outcome::Finished { .. })));

    let interrupt = AtomicBool::new(false);
    let mut resume = false;
    // In the middle of the first epoch, and of the second.
    for stop_after in [2, 6] {
        let mut watcher = Watcher::new(stop_after, &interrupt);
        let options = Options { resume, interrupt: Some(&interrupt), ..Options::default() };
        let outcome = train(&config, &broken, &options, &mut watcher).unwrap();
        assert!(matches!(outcome, Outcome::Interrupted { step, .. } if step == stop_after), "{outcome:?}");
        interrupt.store(false, Ordering::Relaxed);
        resume = true;
    }
    let options = Options { resume: true, ..Options::default() };
    assert!(matches!(train(&config, &broken, &options, &mut ()), Ok(Outcome::Finished { .. })));
    assert_eq!(figures(&straight), figures(&broken));
    let weights = |run: &Path| fs::read(run.join("model/model.safetensors")).unwrap();
    assert!(weights(&straight) == weights(&broken), "the models differ");
}

#[test]
fn a_run_continues_where_its_data_are_now_and_tells_what_it_ran_on() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (config, out) = (corpus(first.path(), ""), first.path().join("exp"));
    let interrupt = AtomicBool::new(false);
    let mut watcher = Watcher::new(2, &interrupt);
    let options = Options { interrupt: Some(&interrupt), version: Some("1"), ..Options::default() };
    train(&config, &out, &options, &mut watcher).unwrap();
    let moved = RunConfig { data: corpus(second.path(), "").data, ..config.clone() };
    let options = Options { resume: true, version: Some("2"), ..Options::default() };
    let outcome = train(&moved, &out, &options, &mut ()).unwrap();
    assert!(matches!(outcome, Outcome::Finished { .. }), "{outcome:?}");
    assert_eq!(RunConfig::read_resolved(&out.join("config.toml")).unwrap(), moved);
    let environment = || {
        let text = fs::read_to_string(out.join("env.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let found = environment();
    assert_eq!((&found["linnet"], &found["later"][0]["linnet"]), (&"1".into(), &"2".into()), "{found}");
    // Another corpus of the same names is refused.
    let other = tempfile::tempdir().unwrap();
    let other_config = corpus(other.path(), "");
    let lines = fs::read_to_string(other.path().join("all.jsonl")).unwrap();
    let few: String = lines.lines().take(3).map(|line| format!("{line}\n")).collect();
    fs::write(other.path().join("all.jsonl"), few).unwrap();
    let error = train(&RunConfig { data: other_config.data, ..config.clone() }, &out, &options, &mut ());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("started on other utterances") && error.contains("all.jsonl"), "{error}");
    // The same again adds nothing.
    let names = |folder: &Path| fs::read_dir(folder).unwrap().count();
    let before = names(&out);
    train(&moved, &out, &options, &mut ()).unwrap();
    assert_eq!((environment(), names(&out)), (found, before));
}

#[test]
fn a_run_goes_on_with_its_own_tokens_and_records_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (config, out) = (corpus(folder.path(), ""), folder.path().join("exp"));
    let interrupt = AtomicBool::new(false);
    let mut watcher = Watcher::new(6, &interrupt);
    let options = Options { interrupt: Some(&interrupt), ..Options::default() };
    train(&config, &out, &options, &mut watcher).unwrap();
    let options = Options { resume: true, ..Options::default() };
    let refused = || train(&config, &out, &options, &mut ()).unwrap_err().to_string();
    let (tokens, metrics) = (folder.path().join("tokens.txt"), out.join("metrics.jsonl"));
    let (own, records) = (fs::read_to_string(&tokens).unwrap(), fs::read_to_string(&metrics).unwrap());
    fs::write(&tokens, "<blank> 0\nB 1\nA 2\nC 3\n").unwrap();
    assert!(refused().contains("other utterances, transcripts or tokens"), "{}", refused());
    // No weights fit more tokens, but the cause is the tokens.
    fs::write(&tokens, format!("{own}D 4\n")).unwrap();
    assert!(refused().contains("other utterances, transcripts or tokens"), "{}", refused());
    fs::write(&tokens, own).unwrap();
    fs::remove_file(&metrics).unwrap();
    assert!(refused().contains("metrics.jsonl"), "{}", refused());
    fs::write(&metrics, "").unwrap();
    assert!(refused().contains("it has 0 epochs, and the checkpoint 1"), "{}", refused());
    fs::write(&metrics, records).unwrap();
    fs::write(out.join("checkpoints/.latest.safetensors.abc.part"), "half").unwrap();
    assert!(matches!(train(&config, &out, &options, &mut ()), Ok(Outcome::Finished { .. })));
    assert!(!out.join("checkpoints/.latest.safetensors.abc.part").exists());
}

#[test]
fn an_interrupt_before_the_first_step_ends_the_run_too() {
    let folder = tempfile::tempdir().unwrap();
    // Statistics of the training set are the part of reading that can be interrupted.
    let config = corpus(folder.path(), "normalisation = \"none\"\n");
    let out = folder.path().join("exp");
    let interrupt = AtomicBool::new(true);
    let options = Options { interrupt: Some(&interrupt), ..Options::default() };
    let outcome = train(&config, &out, &options, &mut ()).unwrap();
    assert_eq!(outcome, Outcome::Interrupted { epoch: 1, step: 0 });
    let options = Options { resume: true, ..Options::default() };
    assert!(matches!(train(&config, &out, &options, &mut ()), Ok(Outcome::Finished { .. })));
}

#[test]
fn wrong_starts_are_refused_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let config = corpus(folder.path(), "");
    let out = folder.path().join("run");
    let resume = Options { resume: true, ..Options::default() };
    assert!(train(&config, &out, &resume, &mut ()).is_err());
    train(&config, &out, &Options::default(), &mut ()).unwrap();
    let before = fs::read(out.join("metrics.jsonl")).unwrap();
    let message = train(&config, &out, &Options::default(), &mut ()).unwrap_err().to_string();
    assert!(message.contains("--resume"), "{message}");
    let mut other = config.clone();
    other.model.dim = 20;
    let message = train(&other, &out, &resume, &mut ()).unwrap_err().to_string();
    assert!(message.contains("model.dim"), "{message}");
    assert_eq!(fs::read(out.join("metrics.jsonl")).unwrap(), before);
}

/// A run of the configuration with other epochs.
fn with_epochs(config: &RunConfig, epochs: u64) -> RunConfig {
    let mut config = config.clone();
    config.train.epochs = epochs;
    config
}

/// The learning rate of each epoch's last step.
fn learning_rates(folder: &Path) -> Vec<f64> {
    read_metrics(&folder.join("metrics.jsonl")).unwrap().iter().map(|r| r.learning_rate).collect()
}

#[test]
fn a_run_that_ended_goes_on_to_a_later_end() {
    let folder = tempfile::tempdir().unwrap();
    // Without a share of the run in its schedule, it is the run that would have had these epochs from the start.
    let config = corpus(folder.path(), "schedule = \"constant\"\nwarmup = 0\n");
    let (straight, extended) = (folder.path().join("straight"), folder.path().join("extended"));
    train(&with_epochs(&config, 4), &straight, &Options::default(), &mut ()).unwrap();
    let resume = Options { resume: true, ..Options::default() };
    train(&with_epochs(&config, 2), &extended, &Options::default(), &mut ()).unwrap();
    let outcome = train(&with_epochs(&config, 4), &extended, &resume, &mut ()).unwrap();
    assert!(matches!(outcome, Outcome::Finished { .. }), "{outcome:?}");
    assert_eq!(figures(&extended), figures(&straight));
    let weights = |run: &Path| fs::read(run.join("model/model.safetensors")).unwrap();
    assert!(weights(&straight) == weights(&extended), "the models differ");
    let readme = fs::read_to_string(extended.join("model/README.md")).unwrap();
    assert!(readme.contains("epochs 3 to 4"), "{readme}");
    // The earlier value is told, and once.
    train(&with_epochs(&config, 4), &extended, &resume, &mut ()).unwrap();
    let told = Environment::read(&extended).unwrap().unwrap().extended;
    assert_eq!(told, [Extension { epoch: 3, epochs_before: 2, epochs: 4 }]);
    assert!(Environment::read(&straight).unwrap().unwrap().extended.is_empty());
    assert_eq!(RunConfig::read_resolved(&extended.join("config.toml")).unwrap().train.epochs, 4);
}

#[test]
fn a_cosine_goes_on_along_the_longer_curve_and_its_warm_up_stays() {
    let folder = tempfile::tempdir().unwrap();
    let config = corpus(folder.path(), "");
    let (straight, extended) = (folder.path().join("straight"), folder.path().join("extended"));
    let with_warmup = |epochs: u64, warmup: f64| {
        let mut config = with_epochs(&config, epochs);
        config.train.warmup = warmup;
        config
    };
    train(&with_warmup(6, 0.1), &straight, &Options::default(), &mut ()).unwrap();
    // Interrupted in its last epoch of three.
    let interrupt = AtomicBool::new(false);
    let options = Options { interrupt: Some(&interrupt), ..Options::default() };
    // A share of 0.2 of three epochs is one of 0.1 of six.
    train(&with_warmup(3, 0.2), &extended, &options, &mut Watcher::new(10, &interrupt)).unwrap();
    let resume = Options { resume: true, ..Options::default() };
    let outcome = train(&with_warmup(6, 0.2), &extended, &resume, &mut ()).unwrap();
    assert!(matches!(outcome, Outcome::Finished { .. }), "{outcome:?}");
    let (curve, found) = (learning_rates(&straight), learning_rates(&extended));
    assert_eq!(found[2..], curve[2..], "{found:?}");
    assert!(found[1] < curve[1], "the second epoch was on the shorter curve: {found:?}");
}

#[test]
fn an_end_that_is_past_or_that_stopping_early_forbids_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (config, out) = (corpus(folder.path(), ""), folder.path().join("run"));
    let interrupt = AtomicBool::new(false);
    let options = Options { interrupt: Some(&interrupt), ..Options::default() };
    // In the middle of the second epoch.
    train(&config, &out, &options, &mut Watcher::new(6, &interrupt)).unwrap();
    let resume = Options { resume: true, ..Options::default() };
    let message = train(&with_epochs(&config, 1), &out, &resume, &mut ()).unwrap_err().to_string();
    let mend =
        "the run has begun epoch 2 of 3, so that it can't end after 1; give train.epochs of at least 2";
    assert!(message.contains("config.toml: ") && message.ends_with(mend), "{message}");
    let outcome = train(&with_epochs(&config, 2), &out, &resume, &mut ()).unwrap();
    assert!(matches!(outcome, Outcome::Finished { .. }), "{outcome:?}");
    assert_eq!(learning_rates(&out).len(), 2);
    let told = Environment::read(&out).unwrap().unwrap().extended;
    assert_eq!(told, [Extension { epoch: 2, epochs_before: 3, epochs: 2 }]);

    // Steps too short to improve anything.
    let mut still = corpus(folder.path(), "learning_rate = 1e-12\nstop_after = 1\n");
    let out = folder.path().join("still");
    train(&still, &out, &Options::default(), &mut ()).unwrap();
    assert_eq!(learning_rates(&out).len(), 2);
    still.train.epochs = 5;
    let message = train(&still, &out, &resume, &mut ()).unwrap_err().to_string();
    assert!(message.contains("ended early, after epoch 2, by train.stop_after = 1;"), "{message}");
    still.train.stop_after = 2;
    train(&still, &out, &resume, &mut ()).unwrap();
    assert_eq!(learning_rates(&out).len(), 3);
}

/// Interrupts the run once an epoch is recorded.
struct AtEpoch<'a>(u64, &'a AtomicBool);

impl Observer for AtEpoch<'_> {
    fn started(&mut self, _: &Start<'_>) {}
    fn step(&mut self, _: &StepReport) {}
    fn epoch(&mut self, record: &EpochRecord) {
        self.1.store(record.epoch == self.0, Ordering::Relaxed);
    }
    fn skipped(&mut self, _: &Skipped) {}
}

#[test]
fn an_interrupt_while_the_model_is_judged_ends_the_run_too() {
    let folder = tempfile::tempdir().unwrap();
    let (config, out) = (corpus(folder.path(), ""), folder.path().join("exp"));
    let interrupt = AtomicBool::new(false);
    let options = Options { interrupt: Some(&interrupt), ..Options::default() };
    let outcome = train(&config, &out, &options, &mut AtEpoch(3, &interrupt)).unwrap();
    assert!(matches!(outcome, Outcome::Interrupted { epoch: 3, .. }), "{outcome:?}");
    assert!(!out.join("model").exists());
    let options = Options { resume: true, ..Options::default() };
    assert!(matches!(train(&config, &out, &options, &mut ()), Ok(Outcome::Finished { .. })));
}

#[test]
fn an_interrupt_while_the_data_are_read_leaves_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (config, out) = (corpus(folder.path(), ""), folder.path().join("exp"));
    let interrupt = AtomicBool::new(true);
    let options = Options { interrupt: Some(&interrupt), ..Options::default() };
    assert_eq!(train(&config, &out, &options, &mut ()).unwrap(), Outcome::NotBegun);
    assert!(!out.exists());
    train(&config, &out, &Options::default(), &mut ()).unwrap();
    let before = fs::read(out.join("config.toml")).unwrap();
    let options = Options { resume: true, ..options };
    assert_eq!(train(&with_epochs(&config, 5), &out, &options, &mut ()).unwrap(), Outcome::NotBegun);
    assert_eq!(fs::read(out.join("config.toml")).unwrap(), before);
}

#[test]
fn a_run_keeps_the_statistics_of_its_features() {
    let folder = tempfile::tempdir().unwrap();
    let (config, out) = (corpus(folder.path(), ""), folder.path().join("exp"));
    train(&with_epochs(&config, 1), &out, &Options::default(), &mut ()).unwrap();
    let statistics = || fs::read(out.join("model/cmvn.json")).unwrap();
    let before = statistics();
    // As long as it was, and silent.
    let path = folder.path().join("u2.wav");
    let mut bytes = fs::read(&path).unwrap();
    bytes[44..].fill(0);
    fs::write(&path, bytes).unwrap();
    let options = Options { resume: true, ..Options::default() };
    train(&with_epochs(&config, 2), &out, &options, &mut ()).unwrap();
    assert!(statistics() == before);
}

#[test]
fn a_run_is_neither_written_over_nor_guessed_at() {
    let folder = tempfile::tempdir().unwrap();
    let (config, out) = (with_epochs(&corpus(folder.path(), ""), 1), folder.path().join("exp"));
    train(&config, &out, &Options::default(), &mut ()).unwrap();
    let resumed = Options { resume: true, ..Options::default() };
    let environment = fs::read(out.join("env.json")).unwrap();
    fs::write(out.join("env.json"), "{").unwrap();
    let error = train(&with_epochs(&config, 2), &out, &resumed, &mut ()).unwrap_err().to_string();
    assert!(error.contains("env.json: ") && error.contains("bring it back"), "{error}");
    fs::write(out.join("env.json"), environment).unwrap();

    fs::rename(out.join("config.toml"), folder.path().join("config.toml")).unwrap();
    let error = train(&config, &out, &resumed, &mut ()).unwrap_err().to_string();
    assert!(error.contains("config.toml: it is missing") && error.contains("bring it back"), "{error}");
    let error = train(&config, &out, &Options::default(), &mut ()).unwrap_err().to_string();
    assert!(error.contains("holds a run already"), "{error}");
    // The kept files of a run are one, too.
    let kept = folder.path().join("kept");
    fs::create_dir_all(kept.join("decode/test")).unwrap();
    let error = train(&config, &kept, &Options::default(), &mut ()).unwrap_err().to_string();
    assert!(error.contains("holds a run already"), "{error}");
}

#[test]
fn other_parts_of_the_same_recordings_are_other_data() {
    let folder = tempfile::tempdir().unwrap();
    let (config, out) = (with_epochs(&corpus(folder.path(), ""), 1), folder.path().join("exp"));
    let manifest = folder.path().join("all.jsonl");
    let text = fs::read_to_string(&manifest).unwrap();
    let at = |offset: &str| {
        text.replace("\"text\"", &format!("\"duration\": 0.2, \"offset\": {offset}, \"text\""))
    };
    fs::write(&manifest, at("0.05")).unwrap();
    let config =
        RunConfig { train: linnet_train::TrainConfig { shortest_s: 0.05, ..config.train }, ..config };
    train(&config, &out, &Options::default(), &mut ()).unwrap();
    fs::write(&manifest, at("0.01")).unwrap();
    let options = Options { resume: true, ..Options::default() };
    let error = train(&with_epochs(&config, 2), &out, &options, &mut ()).unwrap_err().to_string();
    assert!(error.contains("started on other utterances, transcripts or tokens"), "{error}");
}

#[test]
fn a_run_that_lost_its_statistics_is_not_continued() {
    let folder = tempfile::tempdir().unwrap();
    let (config, out) = (corpus(folder.path(), ""), folder.path().join("exp"));
    train(&with_epochs(&config, 1), &out, &Options::default(), &mut ()).unwrap();
    let [own, models] = ["checkpoints", "model"].map(|folder| out.join(folder).join("cmvn.json"));
    let before = fs::read(&own).unwrap();
    fs::remove_file(&own).unwrap();
    let options = Options { resume: true, ..Options::default() };
    // The model's are the same.
    train(&with_epochs(&config, 2), &out, &options, &mut ()).unwrap();
    assert!(fs::read(&own).unwrap() == before);
    [&own, &models].iter().for_each(|path| fs::remove_file(path).unwrap());
    let error = train(&with_epochs(&config, 3), &out, &options, &mut ()).unwrap_err().to_string();
    assert!(
        error.contains("checkpoints/cmvn.json: it is missing")
            && error.ends_with("start anew in another folder"),
        "{error}"
    );
    assert!(!error.contains("  "), "{error}");
}

#[test]
fn a_finished_run_without_checkpoints_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (config, out) = (with_epochs(&corpus(folder.path(), ""), 2), folder.path().join("exp"));
    let ended = train(&config, &out, &Options::default(), &mut ()).unwrap();
    fs::remove_dir_all(out.join("checkpoints")).unwrap();
    let weights = || fs::read(out.join("model/model.safetensors")).unwrap();
    let before = weights();
    let options = Options { resume: true, ..Options::default() };
    let again =
        |config: &RunConfig| train(config, &out, &options, &mut ()).map_err(|error| error.to_string());
    assert_eq!(again(&config), Ok(ended));
    let error = again(&with_epochs(&config, 3)).unwrap_err();
    assert!(
        error.contains("latest.safetensors: it is missing, and without it the run can't be trained on"),
        "{error}"
    );
    let mut other = config.clone();
    other.train.learning_rate *= 2.0;
    assert!(again(&other).unwrap_err().contains("started with other settings: train.learning_rate"));
    let manifest = folder.path().join("all.jsonl");
    let lines = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, lines.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    assert!(
        again(&config).unwrap_err().contains("model.safetensors: the run was started on other utterances")
    );
    assert!(weights() == before && !out.join("checkpoints").exists());
}
