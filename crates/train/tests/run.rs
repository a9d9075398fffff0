//! Whole runs on a corpus of tones.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use common::{Watcher, corpus, figures};
use linnet_train::{EpochRecord, Options, RunConfig, Select, StepTimer, read_metrics, train};

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

    // As many tokens, but others.
    fs::write(moved.join("model/tokens.txt"), "<blank> 0\nA 1\nB 2\nD 3\n").unwrap();
    let error = train(&config, &folder.path().join("third"), &options, &mut ()).unwrap_err().to_string();
    assert!(error.contains("model/tokens.txt: its tokens are others than those of"), "{error}");
}

#[test]
fn heads_between_layers_train_with_the_last_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = corpus(folder.path(), "learning_rate = 1e-2\n");
    (config.augment, config.train.epochs) = (linnet_corpus::Augment::default(), 100);
    (config.model.layers, config.model.self_conditioning, config.model.dropout) = (2, vec![0], 0.0);
    let run = |name: &str, weight: f64| {
        let mut config = config.clone();
        config.criterion.intermediate_weight = weight;
        let run = folder.path().join(name);
        train(&config, &run, &Options::default(), &mut ()).unwrap();
        read_metrics(&run.join("metrics.jsonl")).unwrap()
    };
    let records = run("with", 0.5);
    let (start, end) = (records[0].dev_loss, records[99].dev_loss);
    assert!(end < 0.3 * start, "the loss goes from {start} to {end}");
    let model = linnet::Model::read(&folder.path().join("with/model")).unwrap();
    assert!(model.encoder.groups().any(|group| group.name == "layers.0.self_conditioning"));
    let (with, without) = (records[0].loss, run("without", 0.0)[0].loss);
    assert!((with - without).abs() > 1e-3, "{with}, {without}");
}

#[test]
fn two_views_of_each_utterance_train_and_go_on_where_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let of = |weight: f64, epochs: u64| {
        let mut config = corpus(folder.path(), "learning_rate = 1e-2\n");
        (config.criterion.consistency_weight, config.train.epochs) = (weight, epochs);
        (config.train.batch_seconds, config.model.dropout) = (2.0 * config.train.batch_seconds, 0.1);
        config
    };
    let (whole, parts, plain) =
        (folder.path().join("whole"), folder.path().join("parts"), folder.path().join("plain"));
    train(&of(0.2, 4), &whole, &Options::default(), &mut ()).unwrap();
    let interrupt = AtomicBool::new(false);
    let mut watcher = Watcher::new(4, &interrupt);
    let options = Options { interrupt: Some(&interrupt), ..Options::default() };
    train(&of(0.2, 4), &parts, &options, &mut watcher).unwrap();
    train(&of(0.2, 4), &parts, &Options { resume: true, ..Options::default() }, &mut ()).unwrap();
    assert_eq!(figures(&parts), figures(&whole));
    let mut one_view = of(0.0, 4);
    one_view.train.batch_seconds /= 2.0;
    train(&one_view, &plain, &Options::default(), &mut ()).unwrap();
    let of = |run: &Path| read_metrics(&run.join("metrics.jsonl")).unwrap()[0].clone();
    let (two, one) = (of(&whole), of(&plain));
    assert_eq!((two.utterances, two.step), (2 * one.utterances, one.step));
    assert_ne!(two.loss, one.loss);
}

#[test]
fn lf_mmi_trains_in_place_of_ctc_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let table = "[criterion]\nkind = \"lf_mmi\"\norder = 3\nhistories = 20\nctc_weight = 0.1\n";
    let of = |table: &str| {
        let mut config = corpus(folder.path(), &format!("learning_rate = 1e-2\n{table}"));
        config.augment = linnet_corpus::Augment::default();
        config.model.dropout = 0.0;
        config.train.epochs = 30;
        config
    };
    let config = of(table);
    let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
    train(&config, &whole, &Options::default(), &mut ()).unwrap();
    let records = read_metrics(&whole.join("metrics.jsonl")).unwrap();
    let (start, end) = (records[0].dev_loss, records[29].dev_loss);
    assert!(end < 0.3 * start, "the loss goes from {start} to {end}");
    // Judged under the n-gram, which the model keeps.
    let model = linnet::Model::read(&whole.join("model")).unwrap();
    let arpa = model.labels.as_ref().unwrap().arpa();
    assert!(arpa.starts_with("\\data\\\nngram 1=5\n") && arpa.contains("\n\\3-grams:\n"), "{arpa}");
    assert!(records[29].dev_error_rate < 20.0, "{}", records[29].dev_error_rate);

    let interrupt = AtomicBool::new(false);
    let mut watcher = Watcher::new(4, &interrupt);
    let options = Options { interrupt: Some(&interrupt), ..Options::default() };
    train(&config, &parts, &options, &mut watcher).unwrap();
    let kept = RunConfig::read_resolved(&parts.join("config.toml")).unwrap();
    assert_eq!(kept.criterion, config.criterion);
    let resume = Options { resume: true, ..Options::default() };
    let other = of("");
    let error = train(&other, &parts, &resume, &mut ()).unwrap_err().to_string();
    assert!(error.contains("criterion.kind"), "{error}");
    train(&config, &parts, &resume, &mut ()).unwrap();
    assert_eq!(figures(&parts), figures(&whole));

    // The same as CTC but for the loss.
    let ctc = folder.path().join("ctc");
    train(&other, &ctc, &Options::default(), &mut ()).unwrap();
    assert_ne!(figures(&ctc), figures(&whole));
    let mut small = config.clone();
    small.criterion.histories = 3;
    let error =
        train(&small, &folder.path().join("small"), &Options::default(), &mut ()).unwrap_err().to_string();
    assert!(
        error.ends_with("all.jsonl: criterion.kind = \"lf_mmi\": the denominator may have 3 histories, but its start and 3 \
                         labels need one each; allow more"),
        "{error}"
    );
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
    mixed.train.normalisation = linnet_frontend::Normalisation::Utterance;
    fs::write(place("u8.wav"), "no sound").unwrap();
    fs::write(place("u9.wav"), "no sound").unwrap();
    fs::write(place("mixed.jsonl"), line(0) + &line(9)).unwrap();
    fs::write(place("none.jsonl"), line(8) + &line(9)).unwrap();
    let with = |train: &str, dev: &str| {
        let data = linnet_train::DataConfig { train: place(train), dev: place(dev), ..mixed.data.clone() };
        RunConfig { data, ..mixed.clone() }
    };
    let interrupt = AtomicBool::new(false);
    let mut watcher = Watcher::new(99, &interrupt);
    train(&with("mixed.jsonl", "mixed.jsonl"), &place("exp"), &Options::default(), &mut watcher).unwrap();
    assert_eq!(watcher.ids(), ["u9", "u9"]);
    let record = read_metrics(&place("exp/metrics.jsonl")).unwrap().remove(0);
    assert_eq!((record.utterances, record.skipped, record.step), (1, 0, 1), "known before the first epoch");
    for (train_set, dev) in [("none.jsonl", "mixed.jsonl"), ("mixed.jsonl", "none.jsonl")] {
        let out = place(train_set).with_extension("exp");
        let error = train(&with(train_set, dev), &out, &Options::default(), &mut ()).unwrap_err().to_string();
        assert!(error.contains("none.jsonl has no usable utterance: u8: "), "{error}");
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
    // The batches come again and again; the time and the listener end them.
    let mut calls = 0;
    let mut twice = |seconds: f64| {
        calls += 1;
        seconds > 0.0 && calls < 2 * epoch.step
    };
    let pace = all.pace(Duration::MAX, &mut twice).unwrap();
    assert_eq!((pace.steps as u64, pace.frames), (2 * epoch.step, 2 * all.frames()));
    assert_eq!(timer.pace(Duration::ZERO, &mut |_| true).unwrap().steps, 1);
    let share = pace.epoch_frames / epoch.frames as f64;
    assert!((0.8..1.2).contains(&share), "{share} of the frames that an epoch had");
    let as_long = pace.seconds * pace.epoch_frames / pace.frames as f64;
    assert!((pace.epoch_seconds() / as_long - 1.0).abs() < 1e-9);
    // With two views of each utterance an epoch has twice as many frames.
    let mut two_views = config.clone();
    two_views.criterion.consistency_weight = 0.2;
    let timer = StepTimer::new(&two_views, 1).unwrap();
    assert_eq!(timer.pace(Duration::ZERO, &mut |_| true).unwrap().epoch_frames, 2.0 * pace.epoch_frames);
    // Labels without room: no step is made, so that there is no pace.
    let lines = fs::read_to_string(&config.data.train).unwrap();
    fs::write(
        &config.data.train,
        lines.replace("\"text\": \"", &format!("\"text\": \"{}", "ABC".repeat(99))),
    )
    .unwrap();
    let timer = StepTimer::new(&config, 3).unwrap();
    let error = timer.pace(Duration::ZERO, &mut |_| true).unwrap_err().to_string();
    assert!(
        error.contains("all.jsonl: no utterance of its first batches has room for its labels"),
        "{error}"
    );
}

#[test]
fn masks_and_dropout_begin_with_the_epoch_behind_their_step() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = corpus(folder.path(), "learning_rate = 1e-3\nselect = \"last\"\nwarmup = 0.0\n");
    config.model.dropout = 0.3;
    let run = |name: &str, change: &dyn Fn(&mut RunConfig)| {
        let mut config = config.clone();
        change(&mut config);
        let out = folder.path().join(name);
        train(&config, &out, &Options::default(), &mut ()).unwrap();
        figures(&out)
    };
    let bare = run("bare", &|config| {
        (config.model.dropout, config.augment.spec_augment) = (0.0, None);
    });
    let never = run("never", &|config| config.train.regularise_after = u64::MAX >> 1);
    assert_eq!(bare, never);
    let always = run("always", &|_| ());
    assert!(bare[0].2 != always[0].2);
    // One step into the first epoch: it ends as it began, and the second has them.
    let later = run("later", &|config| config.train.regularise_after = 1);
    assert!(later[0] == bare[0] && later[1].2 != bare[1].2);
    // At the first epoch's end exactly, too; a step later the second is bare.
    let end = bare[0].1;
    assert_eq!(run("end", &|config| config.train.regularise_after = end), later);
    let second = run("second", &|config| config.train.regularise_after = end + 1);
    assert!(second[1] == bare[1] && second[2].2 != bare[2].2);

    // A run that is interrupted between goes on as it was.
    let interrupt = AtomicBool::new(false);
    config.train.regularise_after = end + 1;
    let out = folder.path().join("broken");
    let options = Options { interrupt: Some(&interrupt), ..Options::default() };
    train(&config, &out, &options, &mut Watcher::new(end + 2, &interrupt)).unwrap();
    train(&config, &out, &Options { resume: true, ..Options::default() }, &mut ()).unwrap();
    assert_eq!(figures(&out), second);
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
    let mut watcher = Watcher::new(0, &interrupt);
    train(&config, &folder.path().join("skip"), &Options::default(), &mut watcher).unwrap();
    assert_eq!(watcher.ids(), ["long"]);
    let record = read_metrics(&folder.path().join("skip/metrics.jsonl")).unwrap().remove(0);
    assert_eq!((record.utterances, record.skipped), (10, 1));
    config.train.skip_impossible = false;
    let error =
        train(&config, &folder.path().join("stop"), &Options::default(), &mut ()).unwrap_err().to_string();
    assert!(error.contains("utterance long"), "{error}");
}

#[test]
fn labels_too_dense_for_the_subsampling_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = corpus(folder.path(), "");
    config.train.epochs = 1;
    let mut refused = |density: f64, subsampling: usize| {
        (config.train.label_density, config.model.subsampling) = (density, subsampling);
        let run = folder.path().join("run");
        train(&config, &run, &Options::default(), &mut ()).unwrap_err().to_string()
    };
    // 23 letters, one of them twice in a row, in 5.1 s.
    let error = refused(0.15, 4);
    assert!(
        error.contains("its labels want 19 of each 100 frames that model.subsampling = 4 leaves"),
        "{error}"
    );
    assert!(error.contains("set model.subsampling = 3, or set train.label_density = 0.19 to"), "{error}");
    let error = refused(0.04, 4);
    assert!(error.contains("train in a unit of fewer labels, or set"), "{error}");
    (config.train.label_density, config.model.subsampling) = (0.5, 1);
    let run = folder.path().join("run");
    train(&config, &run, &Options::default(), &mut ()).unwrap();
    // A run may be continued with another value.
    (config.train.label_density, config.train.epochs) = (2.0, 2);
    train(&config, &run, &Options { resume: true, ..Options::default() }, &mut ()).unwrap();
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

#[test]
fn an_utterance_that_a_speed_makes_too_short_is_told_once_with_the_speed() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = corpus(folder.path(), "");
    config.augment.speeds = vec![1.0, 2.0];
    config.train.epochs = 6;
    let manifest = folder.path().join("all.jsonl");
    // As many labels as there is room for at its own speed alone.
    let lines = fs::read_to_string(&manifest).unwrap()
        + &format!(
            "{{\"audio_filepath\": \"u0.wav\", \"id\": \"dense\", \"text\": \"{}\"}}\n",
            "AB".repeat(8)
        );
    fs::write(&manifest, lines).unwrap();
    let interrupt = AtomicBool::new(false);
    let mut watcher = Watcher::new(0, &interrupt);
    let out = folder.path().join("run");
    train(&config, &out, &Options::default(), &mut watcher).unwrap();
    let records = read_metrics(&out.join("metrics.jsonl")).unwrap();
    let skipped: usize = records.iter().map(|record| record.skipped).sum();
    assert!((2..6).contains(&skipped), "the seed has it drawn at both speeds: {skipped}");
    assert_eq!(watcher.ids(), ["dense"]);
    assert!(watcher.skipped[0].reason.starts_with("at speed 2: "), "{:?}", watcher.skipped);
}
