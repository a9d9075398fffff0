//! `prepare librispeech` over miniatures of its archives.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{put, put_wav, read, texts, tone};
use linnet_corpus::prepare::librispeech::{LibriSpeechOptions, prepare};
use linnet_corpus::prepare::{Output, Report};
use linnet_corpus::{CorpusError, Manifest};
use linnet_text::Unit;

const SPEAKERS: &str = ";ID  |SEX| SUBSET           |MINUTES| NAME\n\
    19   | F | train-clean-100  | 25.19 | Kara\n\
    32   | F | train-clean-100  | 24.01 | Betty\n\
    60   | M | train-clean-100  | 20.18 | |CBW|Simon\n\
    61   | M | test-clean       | 8.08  | Paul\n";

/// A chapter of so many utterances, in a set's folder.
fn put_chapter(set: &Path, speaker: u32, chapter: u32, utterances: usize) {
    let folder = set.join(format!("{speaker}/{chapter}"));
    let mut lines = String::new();
    for i in 0..utterances {
        let id = format!("{speaker}-{chapter}-{i:04}");
        put_wav(&folder.join(format!("{id}.wav")), &tone(800, i));
        lines += &format!("{id} {speaker} SAID {i}\n");
    }
    put(&folder.join(format!("{speaker}-{chapter}.trans.txt")), lines);
}

/// Two sets as one archive has them.
fn miniature(root: &Path) {
    put(&root.join("SPEAKERS.TXT"), SPEAKERS);
    let train = root.join("train-clean-5");
    put_chapter(&train, 19, 198, 3);
    put_chapter(&train, 19, 227, 1);
    put_chapter(&train, 32, 21631, 2);
    put_chapter(&train, 60, 1, 1);
    put_chapter(&root.join("test-clean"), 61, 70968, 2);
}

fn options(roots: &[&Path]) -> LibriSpeechOptions {
    LibriSpeechOptions { roots: roots.iter().map(|root| root.into()).collect(), ..Default::default() }
}

fn run(options: &LibriSpeechOptions, dir: &Path) -> Result<Report, CorpusError> {
    let output = Output { dir: dir.into(), unit: Unit::Char, lexicons: vec![], pronounce: None, join: None };
    prepare(options, &output, &|_, _| {})
}

fn names(report: &Report) -> Vec<(&str, usize)> {
    report.sets.iter().map(|set| (set.name.as_str(), set.utterances)).collect()
}

/// The speaker of each utterance with the sex.
fn speakers(manifest: &Manifest) -> Vec<String> {
    let speaker = |u: &linnet_corpus::Utterance| {
        let sex = u.extra.get("sex").and_then(|sex| sex.as_str()).unwrap_or("?");
        format!("{}{sex}", u.speaker.as_deref().unwrap_or_default())
    };
    manifest.utterances.iter().map(speaker).collect()
}

#[test]
fn sets_are_found_wherever_the_archives_lie() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("corpora/LibriSpeech");
    miniature(&root);
    let out = folder.path().join("data");
    for roots in [
        &[root.as_path()][..],
        &[folder.path()],
        &[&root.join("train-clean-5"), &root.join("test-clean")],
        &[&root, &root.join("test-clean/.")],
        &[&root.join("test-clean/.."), &root.join("test-clean/61/..")],
    ] {
        let report = run(&options(roots), &out).unwrap();
        assert_eq!(names(&report), [("train-clean-5", 7), ("test-clean", 2)], "{roots:?}");
        assert_eq!(
            report.notes,
            [
                "train-clean-5: 7 utterances, where 1519 are known",
                "test-clean: 2 utterances, where 2620 are known"
            ]
        );
        assert_eq!(texts(&read(&out, "test-clean"))[1], "61-70968-0001: 61 SAID 1");
        let all = ["19F", "19F", "19F", "19F", "32F", "32F", "60M"];
        assert_eq!(speakers(&read(&out, "train-clean-5")), all);
    }
}

#[test]
fn wanted_sets_are_prepared_and_speakers_become_the_development_set() {
    let folder = tempfile::tempdir().unwrap();
    miniature(folder.path());
    let cut = |speakers: &[&str], sets: &[&str], out: &str| {
        let options = LibriSpeechOptions {
            sets: sets.iter().map(|set| set.to_string()).collect(),
            dev_speakers: speakers.iter().map(|speaker| speaker.to_string()).collect(),
            ..options(&[folder.path()])
        };
        run(&options, &folder.path().join(out))
    };
    let report = cut(&["60", "32"], &[], "data").unwrap();
    assert_eq!(names(&report), [("train-clean-5", 4), ("dev", 3), ("test-clean", 2)]);
    assert_eq!(report.notes[0], "train-clean-5: 4 utterances, where 1516 are known");
    assert_eq!(speakers(&read(&folder.path().join("data"), "dev")), ["32F", "32F", "60M"]);
    assert_eq!(speakers(&read(&folder.path().join("data"), "train-clean-5")), ["19F"; 4]);
    let report = cut(&[], &["test-clean"], "test").unwrap();
    assert_eq!(names(&report), [("test-clean", 2)]);

    let fails = |speakers: &[&str], sets: &[&str]| cut(speakers, sets, "none").unwrap_err().to_string();
    assert_eq!(
        fails(&["32", "61"], &[]),
        "dev_speakers: no speaker 61 is in train-clean-5; the speakers there are 19, 32, 60"
    );
    assert_eq!(
        fails(&["61"], &["test-clean"]),
        "dev_speakers: there is no training set to take speakers from; name one, such as train-clean-5"
    );
    assert_eq!(
        fails(&[], &["dev-clean"]),
        format!(
            "{}: no folder of the set dev-clean is below it; the sets there are test-clean, train-clean-5",
            folder.path().display()
        )
    );
    put_chapter(&folder.path().join("dev"), 7, 7, 1);
    assert!(fails(&["32"], &[]).starts_with("dev_speakers: there is a set dev already; "));
}

#[test]
fn what_lacks_its_other_half_is_named_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    miniature(root);
    let chapter = root.join("test-clean/61/70968");
    put(&chapter.join("61-70968.trans.txt"), "61-70968-0000 SAID\n61-70968-0002 GONE\n\n61-70968-0003\n");
    put_wav(&chapter.join("61-70968-0003.wav"), &tone(800, 0));
    put_chapter(&root.join("test-clean"), 99, 1, 1);
    put(&root.join("SPEAKERS.TXT"), "61 | M | test-clean | 8.08 | Paul\n61 M\n");
    let options = LibriSpeechOptions { sets: vec!["test-clean".into()], ..options(&[root]) };
    let report = run(&options, &root.join("data")).unwrap();
    assert_eq!(speakers(&read(&root.join("data"), "test-clean")), ["61M", "99?"]);
    let skipped: Vec<String> =
        report.sets[0].skipped.iter().map(|skipped| format!("{}: {}", skipped.id, skipped.reason)).collect();
    let (lines, audio) = (chapter.join("61-70968.trans.txt"), chapter.join("61-70968-0001.wav"));
    assert_eq!(
        skipped,
        [
            format!(
                "61-70968-0002: {}, line 2: no audio file of this name lies beside it; put it there",
                lines.display()
            ),
            format!(
                "61-70968-0003: {}, line 4: no text behind the name; write what is said",
                lines.display()
            ),
            format!("61-70968-0001: {}: no .trans.txt beside it has a line of it; add one", audio.display()),
        ]
    );
    assert_eq!(
        report.notes[..2],
        [
            format!(
                "{}, line 2: not of the form 14 | F | …; the line is left out",
                root.join("SPEAKERS.TXT").display()
            ),
            "test-clean: SPEAKERS.TXT lacks 1 of its speakers, such as 99".to_owned(),
        ]
    );
    std::fs::remove_file(root.join("SPEAKERS.TXT")).unwrap();
    let report = run(&options, &root.join("data")).unwrap();
    assert!(report.notes[0].ends_with("so the speakers' sexes aren't known"), "{:?}", report.notes);
}

#[test]
fn folders_without_sets_and_sets_that_are_there_twice_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    put(&root.join("train-clean-5/README.TXT"), "not unpacked");
    let fails = |roots: &[&Path]| run(&options(roots), &root.join("data")).unwrap_err().to_string();
    assert!(
        fails(&[root])
            .contains("no folder of a set is below it, such as LibriSpeech/train-clean-100/103/1240")
    );
    miniature(&root.join("a"));
    miniature(&root.join("b"));
    let message = fails(&[&root.join("a"), &root.join("b/LibriSpeech/..")]);
    assert!(message.contains("there is no such file or folder"), "{message}");
    let message = fails(&[&root.join("a"), &root.join("b")]);
    assert!(message.contains("lies in ") && message.ends_with(" too; give one of them"), "{message}");
}

#[test]
fn of_two_lines_with_one_name_the_second_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("LibriSpeech");
    miniature(&root);
    let lines = "19-227-0000 SAID ONCE\n19-227-0000 SAID AGAIN\n";
    put(&root.join("train-clean-5/19/227/19-227.trans.txt"), lines);
    let report = run(&options(&[&root]), &folder.path().join("data")).unwrap();
    let [skipped] = &report.sets[0].skipped[..] else { panic!("{:?}", report.sets[0].skipped) };
    assert!(
        skipped.id == "19-227-0000" && skipped.reason.contains("line 2: another line has this name"),
        "{skipped:?}"
    );
    assert!(
        texts(&read(&folder.path().join("data"), "train-clean-5")).contains(&"19-227-0000: SAID ONCE".into())
    );
}
