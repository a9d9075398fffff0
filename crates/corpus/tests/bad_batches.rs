//! Datasets of what can't be used: it is left out and named, or an error.
#![allow(clippy::unwrap_used)]

mod common;

use common::{corpus, put, put_wav, tone};
use linnet_corpus::{BatchOptions, Dataset, Manifest, Normalise, Shuffle, Utterance, compute_cmvn};
use linnet_frontend::FbankConfig;

#[test]
fn bad_audio_is_left_out_and_reported_while_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = corpus(folder.path());
    std::fs::remove_file(&manifest.utterances[3].audio).unwrap();
    // Its line says how long it is, so that only reading it finds out.
    put(&manifest.utterances[5].audio, "no audio at all");
    manifest.utterances[5].duration_s = Some(0.5);
    manifest.utterances[7].duration_s = Some(100.0);
    manifest.utterances[8].duration_s = Some(0.01);
    manifest.utterances[9].offset_s = 5.0;
    let options = BatchOptions { longest_s: 20.0, shortest_s: 0.05, batch_frames: 1, ..Default::default() };
    let dataset = Dataset::new(&manifest, None, options).unwrap();
    let skipped: Vec<_> = dataset.skipped().iter().map(|s| s.id.as_str()).collect();
    assert_eq!(skipped, ["u03", "u07", "u08", "u09"]);
    assert!(dataset.skipped()[0].reason.contains("u03.wav"));
    assert_eq!(dataset.skipped()[1].reason, "100.00 s is longer than 20 s");
    let late = &dataset.skipped()[3].reason;
    assert!(late.ends_with("s long, but the utterance starts at 5 s; correct its offset"), "{late}");
    let mut epoch = dataset.epoch(0).unwrap();
    assert_eq!(epoch.batches(), 36);
    assert_eq!(epoch.by_ref().map(|batch| batch.len()).collect::<Vec<_>>(), [1; 35]);
    let [skipped] = epoch.skipped() else { panic!("{:?}", epoch.skipped()) };
    assert!(skipped.id == "u05" && skipped.reason.contains("u05.wav"), "{skipped:?}");
    let stats = epoch.stats();
    assert_eq!((stats.batches, stats.utterances), (35, 35));
    assert!(stats.frames > 0 && stats.busy.as_nanos() > 0 && stats.wait.as_nanos() > 0);
}

#[test]
fn statistics_leave_out_what_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = corpus(folder.path());
    put(&manifest.utterances[5].audio, "no audio at all");
    put_wav(&manifest.utterances[6].audio, &tone(5, 0));
    let is_good = |utterance: &&Utterance| !["u05", "u06"].contains(&utterance.id.as_str());
    let rest = manifest.utterances.iter().filter(is_good).cloned().collect();
    let (cmvn, skipped) = compute_cmvn(&manifest, &FbankConfig::default(), &|_, _| {}).unwrap();
    assert_eq!(skipped.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["u05", "u06"]);
    assert!(skipped[1].reason.starts_with("5 samples at 16000 Hz are too short"), "{skipped:?}");
    let expected = compute_cmvn(
        &Manifest { utterances: rest, ..Default::default() },
        &FbankConfig::default(),
        &|_, _| {},
    );
    assert_eq!(cmvn, expected.unwrap().0);
}

#[test]
fn nothing_left_is_an_error_with_the_first_reason() {
    let missing = Utterance { id: "a".into(), audio: "/no/such.wav".into(), ..Default::default() };
    let manifest = Manifest { utterances: vec![missing], ..Default::default() };
    let error = Dataset::new(&manifest, None, BatchOptions::default()).err().unwrap().to_string();
    assert!(error.contains("no usable utterance: a: /no/such.wav"), "{error}");
    let error = compute_cmvn(&manifest, &FbankConfig::default(), &|_, _| {}).unwrap_err().to_string();
    assert!(error.contains("/no/such.wav"), "{error}");
}

#[test]
fn settings_that_cannot_be_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = corpus(folder.path());
    let error = |change: fn(&mut BatchOptions)| {
        let mut options = BatchOptions::default();
        change(&mut options);
        Dataset::new(&manifest, None, options).err().unwrap().to_string()
    };
    assert!(error(|o| o.augment.speeds = vec![]).starts_with("speeds: empty"));
    assert!(error(|o| o.augment.speeds = vec![0.0]).starts_with("speeds: 0 is not"));
    assert!(error(|o| o.batch_frames = 0).starts_with("batch_frames: 0"));
    assert!(error(|o| o.shuffle = Some(Shuffle { noise_frames: f64::NAN })).starts_with("noise_frames"));
    assert!(error(|o| o.workers = 0).starts_with("workers"));
    assert!(error(|o| o.longest_s = -1.0).starts_with("shortest_s"));
    assert!(error(|o| o.features.bands = 0).starts_with("bands"));
    let (cmvn, _) = compute_cmvn(&manifest, &FbankConfig::default(), &|_, _| {}).unwrap();
    let options = BatchOptions {
        features: FbankConfig { bands: 40, ..FbankConfig::default() },
        normalise: Normalise::Global(cmvn),
        ..Default::default()
    };
    let error = Dataset::new(&manifest, None, options).err().unwrap().to_string();
    assert!(error.contains("80 values for features of 40"), "{error}");
}
