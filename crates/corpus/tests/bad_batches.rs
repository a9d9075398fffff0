//! Datasets of what can't be used: it is left out and named, or an error.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::{corpus, put, put_not_finite, put_wav, tone};
use linnet_corpus::{BatchOptions, CorpusError, Dataset, Manifest, Shuffle, Utterance, compute_cmvn};
use linnet_frontend::{FbankConfig, Normalisation};
use linnet_text::{TokenTable, Tokenizer, Unit};

#[test]
fn bad_audio_is_left_out_and_reported_while_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = corpus(folder.path());
    std::fs::remove_file(&manifest.utterances[3].audio).unwrap();
    put(&manifest.utterances[4].audio, "no audio at all");
    manifest.utterances[4].duration_s = Some(0.5);
    put_wav(&manifest.utterances[5].audio, &tone(8000, 5));
    manifest.utterances[5].duration_s = Some(0.5);
    put_wav(&manifest.utterances[7].audio, &tone(16_000 * 21, 7));
    manifest.utterances[7].duration_s = None;
    manifest.utterances[8].duration_s = Some(0.01);
    let options = BatchOptions { longest_s: 20.0, shortest_s: 0.05, batch_frames: 1, ..Default::default() };
    let dataset = Dataset::new(&manifest, None, options).unwrap();
    let skipped: Vec<_> = dataset.skipped().iter().map(|s| s.id.as_str()).collect();
    assert_eq!(skipped, ["u03", "u04", "u07", "u08"]);
    let missing = &dataset.skipped()[0].reason;
    assert!(missing.contains("u03.wav: ") && missing.ends_with("; check the path"), "{missing}");
    assert_eq!(dataset.skipped()[2].reason, "21.00 s is longer than 20 s");
    assert_eq!(dataset.note(), None);
    // Of recordings that change afterwards only reading finds out.
    put_not_finite(&manifest.utterances[5].audio, 8000);
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
fn utterances_that_end_behind_their_recordings_are_cut_and_counted_or_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let audio = folder.path().join("a.wav");
    put_wav(&audio, &tone(32_000, 1));
    let part = |id: &str, offset_s: f64, duration_s: Option<f64>| Utterance {
        id: id.into(),
        audio: audio.clone(),
        offset_s,
        duration_s,
        ..Default::default()
    };
    let utterances = vec![
        part("far", 0.0, Some(600.0)),
        part("near", 1.0, Some(1.3)),
        part("rounded", 1.5, Some(0.501)),
        part("inside", 0.0, Some(0.5)),
        part("late", 5.0, None),
        part("behind", 2.0, Some(0.1)),
    ];
    let manifest = Manifest { utterances, ..Default::default() };
    let dataset = Dataset::new(&manifest, None, BatchOptions::default()).unwrap();
    let lengths: Vec<_> = dataset.utterances().map(|u| (u.id, u.duration_s.unwrap())).collect();
    let lengths: Vec<_> = lengths.iter().map(|(id, length)| (id.as_str(), *length)).collect();
    assert_eq!(lengths, [("near", 1.0), ("rounded", 0.5), ("inside", 0.5)]);
    assert_eq!(dataset.seconds(), 2.0);
    let note = "cut at the recording's end, which lies up to 0.30 s before the utterance's: 1 utterance, the first near";
    assert_eq!(dataset.note(), Some(note));
    let skipped: Vec<_> = dataset.skipped().iter().map(|s| (s.id.as_str(), s.reason.as_str())).collect();
    let reason = |problem: &str| {
        format!("{}: 2.00 s long, but the utterance {problem}; correct its times", audio.display())
    };
    let expected = [
        ("far", reason("ends at 600.00 s")),
        ("late", reason("starts at 5 s")),
        ("behind", reason("starts at 2 s")),
    ];
    assert_eq!(skipped, expected.each_ref().map(|(id, reason)| (*id, reason.as_str())));
    let (measured, also) = manifest.measured();
    assert_eq!((measured.utterances, also.as_deref()), (dataset.utterances().collect(), Some(note)));
    assert_eq!(measured.skipped, dataset.skipped());
}

#[test]
fn a_missing_file_of_a_manifest_of_tar_files_is_told_by_that() {
    let (manifest, _) =
        Manifest::parse(br#"{"audio_filepath": "a.wav", "text": "A", "shard_id": 0}"#, "/no/such".as_ref());
    let error = Dataset::new(&manifest, None, BatchOptions::default()).err().unwrap().to_string();
    assert!(
        error.contains("a.wav: ") && error.ends_with("lies in a tar file: unpack the tar files"),
        "{error}"
    );
}

#[test]
fn texts_that_are_missing_are_named_and_a_set_of_empty_ones_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = corpus(folder.path());
    let symbols = ["<space>", "A"].map(str::to_owned);
    let tokenizer = Tokenizer { unit: Unit::Char, table: TokenTable::new(symbols.into()), lexicon: None };
    let dataset = |manifest: &Manifest| Dataset::new(manifest, Some(&tokenizer), BatchOptions::default());
    let error = dataset(&manifest).err().unwrap().to_string();
    assert!(
        error.starts_with("the manifest has no usable utterance: u00: no transcript: it has none of"),
        "{error}"
    );
    for utterance in &mut manifest.utterances[1..] {
        utterance.text = Some(String::new());
    }
    let error = dataset(&manifest).err().unwrap().to_string();
    assert!(error.ends_with("all of its texts are empty; write what is said into them"), "{error}");
    manifest.utterances[1].text = Some("A".to_owned());
    let dataset = dataset(&manifest).unwrap();
    assert_eq!((dataset.len(), dataset.skipped().len(), dataset.skipped()[0].id.as_str()), (39, 1, "u00"));
}

#[test]
fn statistics_leave_out_what_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = corpus(folder.path());
    put(&manifest.utterances[5].audio, "no audio at all");
    put_wav(&manifest.utterances[6].audio, &tone(5, 0));
    let is_good = |utterance: &&Utterance| !["u05", "u06"].contains(&utterance.id.as_str());
    let rest = manifest.utterances.iter().filter(is_good).cloned().collect();
    let (cmvn, skipped) = compute_cmvn(&manifest, &FbankConfig::default(), None, &|_, _| {}).unwrap();
    assert_eq!(skipped.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["u05", "u06"]);
    assert!(skipped[1].reason.starts_with("5 samples at 16000 Hz are too short"), "{skipped:?}");
    let expected = compute_cmvn(
        &Manifest { utterances: rest, ..Default::default() },
        &FbankConfig::default(),
        None,
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
    let error = compute_cmvn(&manifest, &FbankConfig::default(), None, &|_, _| {}).unwrap_err().to_string();
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
    let (cmvn, _) = compute_cmvn(&manifest, &FbankConfig::default(), None, &|_, _| {}).unwrap();
    let options = BatchOptions {
        features: FbankConfig { bands: 40, ..FbankConfig::default() },
        normalisation: Normalisation::Global,
        cmvn: Some(cmvn),
        ..Default::default()
    };
    let error = Dataset::new(&manifest, None, options).err().unwrap().to_string();
    assert!(error.contains("features have 40 dimensions where 80 are expected"), "{error}");
}

#[test]
fn statistics_can_be_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = corpus(folder.path());
    let interrupt = AtomicBool::new(false);
    let most = AtomicUsize::new(0);
    let progress = |done: usize, _: usize| {
        most.fetch_max(done, Ordering::Relaxed);
        interrupt.store(done == 3, Ordering::Relaxed);
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let run = || compute_cmvn(&manifest, &FbankConfig::default(), Some(&interrupt), &progress);
    assert!(matches!(pool.install(run), Err(CorpusError::Interrupted)));
    assert_eq!(most.into_inner(), 3);
}
