//! A study that is trained, interrupted and continued, on a corpus of tones.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use common::put;
use linnet_audio::{Audio, write_wav};
use linnet_corpus::Skipped;
use linnet_study::{
    Decoded, Places, PlannedRun, Standing, Study, StudyObserver, StudyOutcome, Surveyed, compare_study,
};
use linnet_train::{EpochRecord, FolderLock, Observer, Start, StepReport, TrainError, read_metrics};

/// A recipe with a prepared corpus in which each letter is a tone.
fn recipe(folder: &Path) -> Study {
    let data = folder.join("exp/data");
    let mut lines = String::new();
    for (i, text) in ["AB", "BA", "CAB", "ABC", "BCA", "AC"].into_iter().enumerate() {
        let tone = |letter: u8, t: usize| {
            let hz = 400.0 * f64::from(letter - b'A' + 1);
            0.3 * (std::f64::consts::TAU * hz * t as f64 / 16_000.0).sin() as f32
        };
        let samples = text.bytes().flat_map(|letter| (0..3200).map(move |t| tone(letter, t))).collect();
        fs::create_dir_all(&data).unwrap();
        let audio = Audio::new(16_000, vec![samples]);
        write_wav(&data.join(format!("u{i}.wav")), &audio).unwrap();
        lines += &format!(
            "{{\"audio_filepath\": \"u{i}.wav\", \"text\": \"{text}\", \"duration\": 0.{}}}\n",
            text.len()
        );
    }
    for set in ["train", "dev"] {
        put(&data.join(format!("{set}.jsonl")), &lines);
    }
    put(&data.join("tokens.txt"), "<blank> 0\nA 1\nB 2\nC 3\n");
    put(
        &folder.join("conf/base.toml"),
        "[data]\nunit = \"char\"\n[features]\nbands = 20\n[augment]\nspeeds = [1.0, 0.95]\n\
         [model]\nsubsampling = 2\nchannels = 4\nlayers = 1\ndim = 16\nheads = 2\nfeed_forward = 32\n\
         [train]\nepochs = 3\nbatch_seconds = 1.5\naverage = 2\n",
    );
    put(
        &folder.join("studies/two.toml"),
        "base = \"../conf/base.toml\"\n[[kind]]\nname = \"softmax\"\nmodel.mixer = \"softmax\"\n\
         [[kind]]\nname = \"linear\"\nmodel.mixer = \"linear\"\n",
    );
    Study::read(&folder.join("studies/two.toml"), &Places::default(), &[]).unwrap()
}

/// Interrupts after so many steps, and notes what it is told.
struct Watcher<'a> {
    training: Training<'a>,
    log: Vec<String>,
}

struct Training<'a> {
    left: usize,
    interrupt: &'a AtomicBool,
    /// Steps that were done when a run began.
    from: Vec<u64>,
}

impl Observer for Training<'_> {
    fn started(&mut self, start: &Start<'_>) {
        self.from.push(start.done);
    }
    fn step(&mut self, _: &StepReport) {
        self.left = self.left.saturating_sub(1);
        self.interrupt.store(self.left == 0, Ordering::Relaxed);
    }
    fn epoch(&mut self, _: &EpochRecord) {}
    fn skipped(&mut self, _: &Skipped) {}
}

impl StudyObserver for Watcher<'_> {
    fn training(&mut self, run: &Surveyed<'_>, _: usize, _: usize) {
        self.log.push(format!("{} {:?}", run.run.name, run.standing));
    }
    fn observer(&mut self) -> &mut dyn Observer {
        &mut self.training
    }
    fn trained(&mut self, whole: bool) {
        self.log.push(format!("trained {whole}"));
    }
    fn failed(&mut self, run: &PlannedRun, error: &TrainError) {
        self.log.push(format!("{} failed: {error}", run.name));
    }
    fn decoded(&mut self, run: &PlannedRun, set: &str, _: &Decoded) {
        self.log.push(format!("{} {set}", run.name));
    }
}

/// Runs the study, interrupted after so many steps; what its observer was told, and the steps at which runs began.
fn run(study: &Study, steps: usize) -> (StudyOutcome, Vec<String>, Vec<u64>) {
    let interrupt = AtomicBool::new(false);
    let training = Training { left: steps, interrupt: &interrupt, from: Vec::new() };
    let mut watcher = Watcher { training, log: Vec::new() };
    let outcome = study.run(&interrupt, None, &mut watcher).unwrap();
    (outcome, watcher.log, watcher.training.from)
}

#[test]
fn an_interrupted_study_goes_on_where_it_stopped_with_the_same_numbers() {
    let (straight, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let whole = recipe(straight.path());
    let (outcome, log, _) = run(&whole, usize::MAX);
    assert_eq!(outcome, StudyOutcome::Finished { failed: 0 });
    let each = |name: &str| [format!("{name} Missing"), "trained true".into(), format!("{name} dev")];
    assert_eq!(log, [each("softmax-seed0"), each("linear-seed0")].concat());

    let study = recipe(broken.path());
    let steps = read_metrics(&whole.exp.join("softmax-seed0/metrics.jsonl")).unwrap()[2].step as usize;
    // In the first run's second epoch, then in the second run's.
    let (outcome, log, _) = run(&study, steps / 2);
    assert_eq!((outcome, log.len()), (StudyOutcome::Interrupted, 2));
    let (outcome, log, from) = run(&study, steps);
    assert_eq!((outcome, from[0]), (StudyOutcome::Interrupted, steps as u64 / 2));
    assert_eq!(log[0], "softmax-seed0 Started(1)");
    let (outcome, log, _) = run(&study, usize::MAX);
    assert_eq!((outcome, log.len()), (StudyOutcome::Finished { failed: 0 }, 3));
    let (outcome, log, _) = run(&study, 0);
    assert_eq!((outcome, log.len()), (StudyOutcome::Finished { failed: 0 }, 0));

    for run in ["softmax-seed0", "linear-seed0"] {
        let rates = |study: &Study| {
            let records = read_metrics(&study.exp.join(run).join("metrics.jsonl")).unwrap();
            records.iter().map(|r| (r.epoch, r.loss, r.dev_loss)).collect::<Vec<_>>()
        };
        assert_eq!(rates(&whole), rates(&study), "{run}");
    }
    // The speeds that augmentation draws decide the frames: both kinds have drawn the same in every epoch.
    let frames = |run: &str| {
        let records = read_metrics(&study.exp.join(run).join("metrics.jsonl")).unwrap();
        records.iter().map(|r| (r.step, r.frames)).collect::<Vec<_>>()
    };
    let softmax = frames("softmax-seed0");
    assert_eq!(softmax, frames("linear-seed0"));
    assert!(softmax[0].1 != softmax[1].1 || softmax[1].1 != softmax[2].1, "nothing is drawn: {softmax:?}");
    assert_eq!(compare_study(&study).unwrap().systems.len(), 2);
}

#[test]
fn processes_that_share_a_study_pass_over_what_others_do_and_have_done() {
    let folder = tempfile::tempdir().unwrap();
    let study = recipe(folder.path());
    let lock = FolderLock::new(&study.exp.join("softmax-seed0")).unwrap();
    let (outcome, log, _) = run(&study, usize::MAX);
    assert_eq!(outcome, StudyOutcome::Finished { failed: 1 });
    assert!(log[0].contains("softmax-seed0 failed: ") && log[0].contains("another process"), "{log:?}");
    assert_eq!(log[1..], ["linear-seed0 Missing", "trained true", "linear-seed0 dev"]);
    drop(lock);
    // What is done while another run is trained isn't done again.
    let text = fs::read_to_string(folder.path().join("studies/two.toml")).unwrap();
    let three = format!("{text}[[kind]]\nname = \"none\"\nmodel.mixer = \"none\"\n");
    put(&folder.path().join("studies/two.toml"), &three);
    let study = Study::read(&folder.path().join("studies/two.toml"), &Places::default(), &[]).unwrap();
    let (interrupt, other) = (AtomicBool::new(false), study.clone());
    let training = Training { left: usize::MAX, interrupt: &interrupt, from: Vec::new() };
    let mut watcher = Meanwhile { watcher: Watcher { training, log: Vec::new() }, study: &other };
    study.run(&interrupt, None, &mut watcher).unwrap();
    assert_eq!(watcher.watcher.log, ["softmax-seed0 Missing", "trained true", "softmax-seed0 dev"]);
    assert!(study.survey().unwrap().iter().all(|surveyed| matches!(surveyed.standing, Standing::Done(_))));
}

/// Another process trains the last run of the study while the first is trained here.
struct Meanwhile<'a> {
    watcher: Watcher<'a>,
    study: &'a Study,
}

impl StudyObserver for Meanwhile<'_> {
    fn training(&mut self, surveyed: &Surveyed<'_>, place: usize, of: usize) {
        let mut other = self.study.clone();
        other.train_only(&["none".into()]).unwrap();
        run(&other, usize::MAX);
        self.watcher.training(surveyed, place, of);
    }
    fn observer(&mut self) -> &mut dyn Observer {
        self.watcher.observer()
    }
    fn trained(&mut self, whole: bool) {
        self.watcher.trained(whole);
    }
    fn failed(&mut self, run: &PlannedRun, error: &TrainError) {
        self.watcher.failed(run, error);
    }
    fn decoded(&mut self, run: &PlannedRun, set: &str, decoded: &Decoded) {
        self.watcher.decoded(run, set, decoded);
    }
}

#[test]
fn what_cannot_be_run_is_said_before_anything_is_trained() {
    let folder = tempfile::tempdir().unwrap();
    let study = recipe(folder.path());
    let run = &study.runs[1];
    let place = study.exp.join(&run.name);
    let mut other = run.config.clone();
    other.model.dim = 32;
    put(&place.join("config.toml"), &other.to_toml().unwrap());
    let interrupt = AtomicBool::new(false);
    let message = |study: &Study| {
        let training = Training { left: usize::MAX, interrupt: &interrupt, from: Vec::new() };
        study.run(&interrupt, None, &mut Watcher { training, log: Vec::new() }).unwrap_err().to_string()
    };
    let error = message(&study);
    assert!(
        error.contains("--exp") && error.ends_with("linear-seed0/config.toml: model.dim is 32, planned 16"),
        "{error}"
    );
    // The same length in the end, but the learning rate was on its way to another one.
    put(&place.join("config.toml"), &run.config.to_toml().unwrap());
    let environment = r#"{"linnet": "1", "system": "", "processor": "", "threads": 1, "extended": [{"epoch": 2, "epochs_before": 1, "epochs": 2}]}"#;
    put(&place.join("env.json"), environment);
    let error = message(&study);
    assert!(error.ends_with("config.toml: train.epochs was 1 before epoch 2 and 2 from there on"), "{error}");
    fs::remove_dir_all(place).unwrap();
    fs::remove_file(folder.path().join("exp/data/dev.jsonl")).unwrap();
    let error = message(&study);
    assert!(
        error.contains(
            "dev.jsonl: there is no such file, and training and timing need it; prepare the corpus"
        ),
        "{error}"
    );
    assert!(!study.exp.join("softmax-seed0").exists());
}

#[test]
fn a_run_that_diverges_is_left_and_one_that_hardly_began_starts_anew() {
    let folder = tempfile::tempdir().unwrap();
    let study = recipe(folder.path());
    let text = fs::read_to_string(folder.path().join("studies/two.toml")).unwrap();
    let wild = text.replacen(
        "model.mixer = \"softmax\"",
        "train = { learning_rate = 1e30, clip = 0.0, warmup = 0.0 }",
        1,
    );
    put(&folder.path().join("studies/two.toml"), &wild);
    let run_config = study.runs[1].config.to_toml().unwrap();
    put(&study.exp.join("linear-seed0/config.toml"), &run_config);
    let study = Study::read(&folder.path().join("studies/two.toml"), &Places::default(), &[]).unwrap();
    let (outcome, log, _) = run(&study, usize::MAX);
    assert_eq!(outcome, StudyOutcome::Finished { failed: 1 });
    assert!(log[2].starts_with("softmax-seed0 failed: ") && log[2].contains("not finite"), "{log:?}");
    assert_eq!(log.last().unwrap(), "linear-seed0 dev");
    let standing = |i: usize| study.survey().unwrap()[i].standing.clone();
    assert!(matches!((standing(0), standing(1)), (Standing::Missing, Standing::Done(_))));
}
