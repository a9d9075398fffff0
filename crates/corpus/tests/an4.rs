//! `prepare an4` over the real corpus, where it is at hand, and over miniatures of its archives.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::{ids, put, put_raw, put_sphere, put_wav, read, texts, tone};
use linnet_audio::ByteOrder;
use linnet_corpus::prepare::an4::{An4Options, prepare};
use linnet_corpus::prepare::{Joining, Output, Report};
use linnet_corpus::{Join, Utterance, read_samples};
use linnet_text::Unit;

fn run(root: &Path, unit: Unit, dir: &Path) -> Report {
    let options = An4Options { root: root.into(), byte_order: None };
    let output = Output { dir: dir.into(), unit, lexicons: vec![], pronounce: None, join: None };
    prepare(&options, &output, &|_, _| {}).unwrap()
}

#[test]
fn the_real_corpus_has_the_facts_that_are_known_of_it() {
    let Some(root) = common::shared("corpora/an4") else { return };
    let out = tempfile::tempdir().unwrap();
    let report = run(&root, Unit::Phone, out.path());
    assert_eq!(report.notes, Vec::<String>::new());
    assert_eq!((report.oov.oov.len(), report.skipped()), (0, 0));
    let facts: Vec<_> = report
        .sets
        .iter()
        .map(|s| (s.name.as_str(), s.utterances, s.speakers, s.words, s.oov_utterances))
        .collect();
    assert_eq!(facts, [("train", 848, 66, 4851, 0), ("dev", 100, 8, 591, 0), ("test", 130, 10, 773, 0)]);
    let [train, dev, test] = &report.sets[..] else { panic!() };
    assert_eq!((train.tokens + dev.tokens, test.tokens), (14_313, 2_040));
    assert_eq!((train.hours * 3600.0).round(), 2283.0);
    assert_eq!(((train.hours + dev.hours) * 3600.0).round(), 2546.0);

    let manifests = ["train", "dev", "test"].map(|set| read(out.path(), set));
    let speakers = manifests
        .each_ref()
        .map(|m| m.utterances.iter().filter_map(|u| u.speaker.clone()).collect::<BTreeSet<_>>());
    assert!(speakers[0].is_disjoint(&speakers[1]) && speakers[0].is_disjoint(&speakers[2]));
    let words = |m: &linnet_corpus::Manifest| {
        m.utterances
            .iter()
            .flat_map(|u| u.text.as_deref().unwrap().split(' ').map(str::to_owned))
            .collect::<BTreeSet<_>>()
    };
    let [train_words, dev_words, test_words] = manifests.each_ref().map(words);
    let only = |words: &BTreeSet<String>, known: &BTreeSet<String>| {
        words.difference(known).cloned().collect::<Vec<_>>()
    };
    assert_eq!(only(&dev_words, &train_words), ["ELEVENTH", "TWENTIETH"]);
    let all_train = &train_words | &dev_words;
    assert_eq!((all_train.len(), test_words.len()), (99, 69));
    assert_eq!(only(&test_words, &all_train), ["NOVEMBER", "THIRTEEN"]);
    assert_eq!(ids(&manifests[1])[..2], ["an251-fash-b", "an253-fash-b"]);
}

#[test]
fn the_real_corpus_has_its_characters() {
    let Some(root) = common::shared("corpora/an4") else { return };
    let out = tempfile::tempdir().unwrap();
    let report = run(&root, Unit::Char, out.path());
    let tokens: Vec<_> = report.sets.iter().map(|set| set.tokens).collect();
    assert_eq!((tokens[0] + tokens[1], tokens[2]), (17_854, 2_565));
    assert_eq!((report.tokens, report.oov.oov.len()), (28, 0));
}

/// Writes samples to a file of this stem.
type PutAudio = fn(&Path, &[i16]);

/// 104 training utterances of two speakers, one of a third without audio, and a test utterance.
fn miniature(root: &Path, put_audio: impl Fn(&Path, &[i16])) {
    let mut training: Vec<(String, String)> =
        (0..52).map(|i| ("mzzz".to_owned(), format!("an{i}-mzzz-b"))).collect();
    training.extend((0..52).map(|i| ("fabc".to_owned(), format!("cen{i}-fabc-b"))));
    let mut lists = (String::new(), String::new());
    for (i, (speaker, id)) in training.iter().enumerate() {
        lists.0 += &format!("an4_clstk/{speaker}/{id}\n");
        lists.1 += &format!("<s> GO  YES </s> ({id})\n");
        put_audio(&root.join(format!("wav/an4_clstk/{speaker}/{id}")), &tone(400, i));
    }
    put(&root.join("etc/an4_train.fileids"), lists.0 + "an4_clstk/gone/an1-gone-b\n");
    put(&root.join("etc/an4_train.transcription"), lists.1 + "<s> NO </s> (an1-gone-b)\n");
    put(
        &root.join("etc/an4_test.fileids"),
        "an4test_clstk/fcaw/an406-fcaw-b\n\nan4test_clstk/fcaw/an407-fcaw-b\n",
    );
    put(&root.join("etc/an4_test.transcription"), "STOP (an406-fcaw-b)\n");
    put_audio(&root.join("wav/an4test_clstk/fcaw/an406-fcaw-b"), &tone(800, 3));
    put(&root.join("etc/an4.dic"), "GO G OW\nNO N OW\nSTOP S T AA P\nYES Y EH S\n");
}

fn named(stem: &Path, extension: &str) -> std::path::PathBuf {
    stem.with_extension(extension)
}

#[test]
fn every_archives_files_are_read() {
    let put_audio: [(&str, PutAudio); 4] = [
        ("wav", |stem, samples| put_wav(&named(stem, "wav"), samples)),
        ("sph", |stem, samples| put_sphere(&named(stem, "sph"), samples)),
        ("raw", |stem, samples| put_raw(&named(stem, "raw"), samples, false)),
        ("raw", |stem, samples| put_raw(&named(stem, "raw"), samples, true)),
    ];
    for (extension, put_audio) in put_audio {
        let folder = tempfile::tempdir().unwrap();
        miniature(&folder.path().join("an4"), put_audio);
        let out = folder.path().join("data");
        let report = run(folder.path(), Unit::Phone, &out);
        assert_eq!(report.sets.iter().map(|set| set.utterances).collect::<Vec<_>>(), [5, 99, 1]);
        let test = read(&out, "test");
        assert_eq!(texts(&test), ["an406-fcaw-b: STOP"]);
        let utterance: &Utterance = &test.utterances[0];
        assert_eq!((utterance.speaker.as_deref(), utterance.duration_s), (Some("fcaw"), Some(0.05)));
        let samples: Vec<f32> = tone(800, 3).into_iter().map(|sample| f32::from(sample) / 32_768.0).collect();
        assert_eq!(read_samples(utterance, 16_000).unwrap(), samples, "{extension}");
    }
}

#[test]
fn the_first_hundred_by_speaker_and_utterance_are_for_development() {
    let folder = tempfile::tempdir().unwrap();
    miniature(folder.path(), |stem, samples| put_wav(&named(stem, "wav"), samples));
    let out = folder.path().join("data");
    let report = run(folder.path(), Unit::Phone, &out);
    let dev = read(&out, "dev");
    assert_eq!((ids(&dev)[0], ids(&dev)[51], ids(&dev)[52]), ("cen0-fabc-b", "cen9-fabc-b", "an0-mzzz-b"));
    // As text sorts, not as numbers: an51, an6, an7, an8, an9 are the last. One that isn't there moves none.
    let last = ["an51-mzzz-b", "an6-mzzz-b", "an7-mzzz-b", "an8-mzzz-b", "an9-mzzz-b"];
    assert_eq!((ids(&read(&out, "train")), dev.utterances.len()), (last.to_vec(), 99));
    let reasons: Vec<_> =
        report.sets.iter().flat_map(|set| &set.skipped).map(|s| s.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "wav/an4_clstk/gone/an1-gone-b is there as none of .flac, .wav, .sph, .raw",
            "an4_test.transcription has no line of it"
        ]
    );
    assert_eq!(report.sets[1].skipped[0].id, "an1-gone-b");
    assert!(report.notes[2].ends_with("where 130 are known"), "{:?}", report.notes);
    assert!(report.notes[3].starts_with("dev: 1 of 1 sentences (99 of 99 utterances) occur in training too"));
    assert_eq!(report.notes.len(), 4);
}

#[test]
fn a_byte_order_given_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    miniature(folder.path(), |stem, samples| put_raw(&named(stem, "raw"), samples, true));
    let options = An4Options { root: folder.path().into(), byte_order: Some(ByteOrder::Little) };
    let output = Output {
        dir: folder.path().join("data"),
        unit: Unit::Phone,
        lexicons: vec![],
        pronounce: None,
        join: None,
    };
    prepare(&options, &output, &|_, _| {}).unwrap();
    let raw = read(&output.dir, "test").utterances[0].raw.unwrap();
    assert_eq!(raw.byte_order, Some(ByteOrder::Little));
}

#[test]
fn another_folder_is_told_to_be_no_an4() {
    let folder = tempfile::tempdir().unwrap();
    let options = An4Options { root: folder.path().into(), byte_order: None };
    let output = Output {
        dir: folder.path().join("data"),
        unit: Unit::Phone,
        lexicons: vec![],
        pronounce: None,
        join: None,
    };
    let error = prepare(&options, &output, &|_, _| {}).unwrap_err().to_string();
    assert!(error.contains("no etc/an4_train.fileids"), "{error}");
}

#[test]
fn utterances_of_a_speaker_are_joined_with_their_audio_and_texts() {
    let folder = tempfile::tempdir().unwrap();
    miniature(folder.path(), |stem, samples| put_wav(&named(stem, "wav"), samples));
    put(&folder.path().join("wav/an4_clstk/fabc/cen1-fabc-b.wav"), "RIFF");
    let options = An4Options { root: folder.path().into(), byte_order: None };
    // A tone has 25 ms: 100 of them are for development, 52 of the one speaker, 47 of the other, and one that isn't
    // there.
    let joining = |sets: &[&str]| Joining {
        length: Join { shortest_s: 0.1, longest_s: 0.2 },
        sets: sets.iter().map(|set| set.to_string()).collect(),
    };
    let output = |sets: &[&str]| Output {
        dir: folder.path().join("data"),
        unit: Unit::Phone,
        lexicons: vec![],
        pronounce: None,
        join: Some(joining(sets)),
    };
    let report = prepare(&options, &output(&["test", "dev"]), &|_, _| {}).unwrap();
    assert!(read(&folder.path().join("data"), "train").utterances.iter().all(|u| !u.id.contains('+')));
    let error = prepare(&options, &output(&["dev", "tset"]), &|_, _| {}).unwrap_err().to_string();
    assert_eq!(error, "join: there is no set tset; the sets are train, dev, test");
    let output = output(&[]);
    let dev = read(&output.dir, "dev");
    assert!(report.sets[1].skipped.iter().any(|s| s.id == "cen1-fabc-b"), "{:?}", report.sets[1].skipped);
    let mut parts = 0;
    for utterance in &dev.utterances {
        let more: usize = utterance.id.split_once('+').map_or(0, |(_, more)| more.parse().unwrap());
        assert!((3..=7).contains(&more), "{}", utterance.id);
        assert_eq!(utterance.text.as_deref().unwrap(), vec!["GO YES"; more + 1].join(" "));
        assert!(utterance.audio.starts_with(output.dir.join("audio/dev")));
        let samples = read_samples(utterance, 16_000).unwrap();
        assert_eq!(samples.len(), 400 * (more + 1));
        assert_eq!(utterance.duration_s, Some(samples.len() as f64 / 16_000.0));
        parts += more + 1;
    }
    assert_eq!(parts, 98);
    // cen0, then cen10 to cen19 by the order of text; cen1 can't be read.
    let first = &dev.utterances[0];
    let want: Vec<f32> = [52, 62]
        .into_iter()
        .flat_map(|seed| tone(400, seed))
        .map(|sample| f32::from(sample) / 32_768.0)
        .collect();
    assert!(first.id.starts_with("cen0-fabc-b+"));
    assert_eq!(read_samples(first, 16_000).unwrap()[..800], want[..]);
}
