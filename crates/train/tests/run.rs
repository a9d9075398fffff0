//! Whole runs on a corpus of tones, one for each letter.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use linnet_audio::{Audio, write_wav};
use linnet_corpus::Skipped;
use linnet_train::{
    EpochRecord, Observer, Options, Outcome, RunConfig, Select, Start, StepReport, StepTimer, read_metrics,
    train,
};

/// Writes recordings in which each letter is a tone of its own, manifests and a token table; returns the configuration.
fn corpus(folder: &Path, extra: &str) -> RunConfig {
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
         [train]\nepochs = 3\nbatch_seconds = 1.5\naverage = 2\n{extra}"
    );
    let path = folder.join("run.toml");
    fs::write(&path, text).unwrap();
    RunConfig::read(&path, &[]).unwrap()
}

/// Interrupts the run after so many steps, and counts what it is told.
struct Watcher<'a> {
    stop_after: u64,
    interrupt: &'a AtomicBool,
    skipped: Vec<String>,
}

impl Observer for Watcher<'_> {
    fn started(&mut self, _: &Start<'_>) {}
    fn step(&mut self, report: &StepReport) {
        self.interrupt.store(report.step == self.stop_after, Ordering::Relaxed);
    }
    fn epoch(&mut self, _: &EpochRecord) {}
    fn skipped(&mut self, skipped: &Skipped) {
        self.skipped.push(skipped.id.clone());
    }
}

/// The figures that don't depend on the clock.
fn figures(folder: &Path) -> Vec<(u64, u64, f64, f64, f64, f64)> {
    let records = read_metrics(&folder.join("metrics.jsonl")).unwrap();
    records.iter().map(|r| (r.epoch, r.step, r.loss, r.dev_loss, r.dev_error_rate, r.gradient_norm)).collect()
}

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
        let mut watcher = Watcher { stop_after, interrupt: &interrupt, skipped: Vec::new() };
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
fn a_run_starts_with_likely_blanks_and_never_undoes_what_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    // Steps too short to move a weight by more than a millionth.
    let config = corpus(folder.path(), "learning_rate = 1e-9\n");
    let biases = |run: &Path| {
        let path = run.join("model/model.safetensors");
        let tensors = candle_core::safetensors::load(path, &candle_core::Device::Cpu).unwrap();
        tensors["head.bias"].to_vec1::<f32>().unwrap()
    };
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    train(&config, &first, &Options::default(), &mut ()).unwrap();
    let expected = [27f32.ln(), 0.0, 0.0, 0.0];
    let near = biases(&first).iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-5);
    assert!(near, "{:?}", biases(&first));

    let trained = corpus(folder.path(), "learning_rate = 1e-1\n");
    let moved = folder.path().join("moved");
    train(&trained, &moved, &Options::default(), &mut ()).unwrap();
    // A gradient of next to no length moves nothing.
    let clipped = corpus(folder.path(), "learning_rate = 1e-1\nweight_decay = 0\nclip = 1e-14\n");
    let still = folder.path().join("still");
    train(&clipped, &still, &Options::default(), &mut ()).unwrap();
    assert!(biases(&still).iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-4));
    assert!(biases(&moved).iter().zip(expected).any(|(found, expected)| (found - expected).abs() > 1e-2));
    let options = Options { init: Some(moved.join("model")), ..Options::default() };
    train(&config, &second, &options, &mut ()).unwrap();
    let near = biases(&second).iter().zip(biases(&moved)).all(|(found, given)| (found - given).abs() < 1e-5);
    assert!(near, "{:?}, {:?}", biases(&second), biases(&moved));
}

#[test]
fn a_run_continues_where_its_data_are_now_and_tells_what_it_ran_on() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (config, out) = (corpus(first.path(), ""), first.path().join("exp"));
    let interrupt = AtomicBool::new(false);
    let mut watcher = Watcher { stop_after: 2, interrupt: &interrupt, skipped: Vec::new() };
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
    let mut watcher = Watcher { stop_after: 6, interrupt: &interrupt, skipped: Vec::new() };
    let options = Options { interrupt: Some(&interrupt), ..Options::default() };
    train(&config, &out, &options, &mut watcher).unwrap();
    let options = Options { resume: true, ..Options::default() };
    let refused = || train(&config, &out, &options, &mut ()).unwrap_err().to_string();
    let (tokens, metrics) = (folder.path().join("tokens.txt"), out.join("metrics.jsonl"));
    let (own, records) = (fs::read_to_string(&tokens).unwrap(), fs::read_to_string(&metrics).unwrap());
    fs::write(&tokens, "<blank> 0\nB 1\nA 2\nC 3\n").unwrap();
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
fn recordings_that_cannot_be_read_are_told_and_sets_of_nothing_else_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let config = corpus(folder.path(), "");
    let place = |name: &str| folder.path().join(name);
    let line = |i: usize| {
        format!(
            "{{\"audio_filepath\": \"u{i}.wav\", \"text\": \"AB\", \"duration\": 0.6, \"id\": \"u{i}\"}}\n"
        )
    };
    // A batch of its own each, or nothing else.
    let mut mixed = config.clone();
    mixed.train.batch_seconds = 0.7;
    mixed.train.epochs = 1;
    mixed.train.normalisation = linnet::Normalisation::Utterance;
    fs::write(place("u8.wav"), "no sound").unwrap();
    fs::write(place("u9.wav"), "no sound").unwrap();
    fs::write(place("mixed.jsonl"), line(0) + &line(9)).unwrap();
    fs::write(place("none.jsonl"), line(8) + &line(9)).unwrap();
    let with = |train: &str, dev: &str| {
        let data = linnet_train::DataConfig { train: place(train), dev: place(dev), ..mixed.data.clone() };
        RunConfig { data, ..mixed.clone() }
    };
    let interrupt = AtomicBool::new(false);
    let mut watcher = Watcher { stop_after: 99, interrupt: &interrupt, skipped: Vec::new() };
    train(&with("mixed.jsonl", "mixed.jsonl"), &place("exp"), &Options::default(), &mut watcher).unwrap();
    assert_eq!(watcher.skipped, ["u9", "u9"]);
    let record = read_metrics(&place("exp/metrics.jsonl")).unwrap().remove(0);
    assert_eq!((record.utterances, record.skipped, record.step), (1, 1, 1));
    for (train_set, dev, named) in [
        ("none.jsonl", "mixed.jsonl", "nothing to train on"),
        ("mixed.jsonl", "none.jsonl", "nothing to judge by"),
    ] {
        let out = place(named);
        let error = train(&with(train_set, dev), &out, &Options::default(), &mut ()).unwrap_err().to_string();
        assert!(error.contains("none.jsonl") && error.contains(named), "{error}");
    }
}

#[test]
fn the_model_has_the_weights_that_were_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = corpus(folder.path(), "learning_rate = 1e-2\n");
    let weights = |path: &Path| {
        let tensors = candle_core::safetensors::load(path, &candle_core::Device::Cpu).unwrap();
        tensors["head.weight"].flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    for (select, files) in [
        (Select::Last, &["epoch-0003"][..]),
        (Select::Best, &["best"]),
        (Select::Average, &["epoch-0002", "epoch-0003"]),
    ] {
        config.train.select = select;
        let out = folder.path().join(files[0]);
        train(&config, &out, &Options::default(), &mut ()).unwrap();
        let each = files.iter().map(|file| weights(&out.join(format!("checkpoints/{file}.safetensors"))));
        let mut want = vec![0.0; weights(&out.join("model/model.safetensors")).len()];
        each.for_each(|each| want.iter_mut().zip(each).for_each(|(sum, x)| *sum += x / files.len() as f32));
        let got = weights(&out.join("model/model.safetensors"));
        assert!(got.iter().zip(&want).all(|(got, want)| (got - want).abs() < 1e-6), "{select:?}");
        // The epochs differ, so that a wrong one would be seen.
        let one = weights(&out.join("checkpoints/epoch-0002.safetensors"));
        assert!(got.iter().zip(&one).any(|(got, one)| (got - one).abs() > 1e-5), "{select:?}");
    }
}

#[test]
fn a_start_that_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (config, out) = (corpus(folder.path(), ""), folder.path().join("exp"));
    let options = Options { init: Some(folder.path().join("nosuch")), ..Options::default() };
    assert!(train(&config, &out, &options, &mut ()).is_err());
    assert!(!out.exists());
}

#[test]
fn an_interrupt_before_the_first_step_ends_the_run_too() {
    let folder = tempfile::tempdir().unwrap();
    let (config, out) = (corpus(folder.path(), ""), folder.path().join("exp"));
    let interrupt = AtomicBool::new(true);
    let options = Options { interrupt: Some(&interrupt), ..Options::default() };
    let outcome = train(&config, &out, &options, &mut ()).unwrap();
    assert_eq!(outcome, Outcome::Interrupted { epoch: 1, step: 0 });
    let options = Options { resume: true, ..Options::default() };
    assert!(matches!(train(&config, &out, &options, &mut ()), Ok(Outcome::Finished { .. })));
}

#[test]
fn training_stops_when_the_first_of_equal_minima_is_long_ago() {
    let rates = [50.0, 40.0, 40.0, 41.0, 41.0];
    let train = linnet_train::TrainConfig { epochs: 9, stop_after: 3, ..Default::default() };
    let ends: Vec<bool> = (1..=5).map(|epoch| train.ends(epoch, if epoch < 2 { 1 } else { 2 })).collect();
    assert_eq!(ends, [false, false, false, false, true]);
    assert!(train.ends(9, 9) && !linnet_train::TrainConfig { stop_after: 0, ..train }.ends(8, 1));
    let folder = tempfile::tempdir().unwrap();
    let (config, out) = (corpus(folder.path(), ""), folder.path().join("exp"));
    linnet_train::train(&config, &out, &Options::default(), &mut ()).unwrap();
    let one = read_metrics(&out.join("metrics.jsonl")).unwrap().remove(0);
    let records = rates.map(|dev_error_rate| EpochRecord { dev_error_rate, ..one.clone() });
    let best = EpochRecord::best(&records).unwrap();
    assert!(std::ptr::eq(best, &records[1]) && EpochRecord::best(&[]).is_none());
}

#[test]
fn steps_are_timed_on_the_batches_of_training() {
    let folder = tempfile::tempdir().unwrap();
    let config = corpus(folder.path(), "");
    let timer = StepTimer::new(&config, 3).unwrap();
    let seconds = timer.time().unwrap();
    assert!(seconds.len() == 3 && seconds.iter().all(|&s| s > 0.0 && s < 10.0), "{seconds:?}");
    let all = StepTimer::new(&config, usize::MAX).unwrap();
    let out = folder.path().join("exp");
    train(&config, &out, &Options::default(), &mut ()).unwrap();
    let epoch = read_metrics(&out.join("metrics.jsonl")).unwrap().remove(0);
    assert_eq!((all.frames(), all.time().unwrap().len() as u64), (epoch.frames, epoch.step));
    assert!(timer.frames() < all.frames());
}

#[test]
fn it_learns_and_other_seeds_differ() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = corpus(folder.path(), "learning_rate = 1e-2\n");
    config.augment = linnet_corpus::Augment::default();
    config.model.dropout = 0.0;
    config.train.epochs = 60;
    let first = folder.path().join("first");
    train(&config, &first, &Options::default(), &mut ()).unwrap();
    let records = read_metrics(&first.join("metrics.jsonl")).unwrap();
    let (start, end) = (records[0].dev_loss, records[59].dev_loss);
    assert!(end < 0.3 * start, "the loss goes from {start} to {end}");
    config.train.seed = 1;
    config.train.epochs = 1;
    let second = folder.path().join("second");
    train(&config, &second, &Options::default(), &mut ()).unwrap();
    assert_ne!(figures(&first)[0].2, figures(&second)[0].2);
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

#[test]
fn utterances_too_short_for_their_labels_are_skipped_or_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = corpus(folder.path(), "");
    let manifest = folder.path().join("all.jsonl");
    let long = "A".repeat(60);
    let lines = fs::read_to_string(&manifest).unwrap()
        + &format!("{{\"audio_filepath\": \"u0.wav\", \"id\": \"long\", \"text\": \"{long}\"}}\n");
    fs::write(&manifest, lines).unwrap();
    config.train.epochs = 1;
    let interrupt = AtomicBool::new(false);
    let mut watcher = Watcher { stop_after: 0, interrupt: &interrupt, skipped: Vec::new() };
    train(&config, &folder.path().join("skip"), &Options::default(), &mut watcher).unwrap();
    assert_eq!(watcher.skipped, ["long"]);
    let record = read_metrics(&folder.path().join("skip/metrics.jsonl")).unwrap().remove(0);
    assert_eq!((record.utterances, record.skipped), (10, 1));
    config.train.skip_impossible = false;
    let error =
        train(&config, &folder.path().join("stop"), &Options::default(), &mut ()).unwrap_err().to_string();
    assert!(error.contains("utterance long"), "{error}");
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_and_names_the_utterances() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = corpus(folder.path(), "");
    (config.train.learning_rate, config.train.clip, config.train.warmup) = (1e30, 0.0, 0.0);
    let out = folder.path().join("run");
    let error = train(&config, &out, &Options::default(), &mut ()).unwrap_err().to_string();
    assert!(error.contains("not finite") && error.contains("learning_rate"), "{error}");
    assert!((0..10).any(|i| error.contains(&format!("u{i}"))), "{error}");
    assert!(!out.join("model").exists());
}
