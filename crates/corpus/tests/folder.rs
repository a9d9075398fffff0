//! A folder of audio files with their texts beside them.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::folder::{WHOLE, options, put_pair, put_sound, run, skipped, speakers, split};
use common::{ids, put, put_raw, put_wav, read, texts, tone};
use linnet_audio::{ByteOrder, RawFormat};
use linnet_corpus::Join;
use linnet_corpus::prepare::folder::{FolderOptions, Split, prepare};
use linnet_corpus::prepare::{Joining, Output};
use linnet_text::{Normaliser, Punctuation, Unit};

#[test]
fn texts_lie_beside_and_folders_are_speakers_which_sets_do_not_share() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("in");
    for speaker in 0..10 {
        for n in 0..5 {
            let stem = source.join(format!("s{speaker}/part 1/u{n}"));
            put_wav(&stem.with_extension("wav"), &tone(800, n));
            put(&stem.with_extension("txt"), format!("word {speaker} {n}\n word\n"));
        }
    }
    put_wav(&source.join("s0/untold.wav"), &tone(800, 0));
    put_wav(&source.join("s0/empty.wav"), &[]);
    put(&source.join("s0/empty.txt"), "x");
    let split = split(0.2, 0.3, 5);
    let out = root.path().join("out");
    let report = run(&source, split, &out).unwrap();
    let sets = ["train", "dev", "test"].map(|set| read(&out, set));
    assert_eq!(sets.each_ref().map(|set| set.utterances.len()), [25, 10, 15]);
    let [train, dev, test] = sets.each_ref().map(speakers);
    assert!(train.is_disjoint(&dev) && train.is_disjoint(&test) && dev.is_disjoint(&test));
    assert_eq!((train.len(), dev.len(), test.len()), (5, 2, 3));
    assert!(texts(&sets[0])[0].contains("-part-1-u0: WORD "), "{:?}", texts(&sets[0]));
    let left_out = skipped(&report);
    assert!(left_out[0].starts_with("s0/untold: ") && left_out[1].starts_with("s0-empty: "), "{left_out:?}");
    assert_eq!(left_out.len(), 2);

    let again = root.path().join("again");
    run(&source, split, &again).unwrap();
    assert_eq!(ids(&read(&again, "test")), ids(&sets[2]));
    run(&source, Split { seed: 6, ..split }, &again).unwrap();
    assert_ne!(ids(&read(&again, "test")), ids(&sets[2]));
}

#[test]
fn of_several_recordings_of_a_text_one_is_taken() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("in");
    for name in ["a.MP3", "a.flac", "a.wav", "b.mp3", "b.wav", "c.wav"] {
        put_wav(&source.join(name), &tone(800, 0));
        put(&source.join(name).with_extension("txt"), "yes");
    }
    let report = run(&source, WHOLE, &root.path().join("out")).unwrap();
    let names = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let train = read(&root.path().join("out"), "train");
    let taken: Vec<_> = train.utterances.iter().map(|u| names(&u.audio)).collect();
    assert_eq!(taken, ["a.flac", "b.wav", "c.wav"]);
    let skipped: Vec<_> = report.sets[0].skipped.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(skipped, ["a.MP3", "a.wav", "b.mp3"]);
    let reason = &report.sets[0].skipped[1].reason;
    assert!(reason.ends_with("in/a.flac; keep one of them"), "{reason}");
}

#[test]
fn headerless_files_have_the_format_that_is_given() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("in");
    put_raw(&source.join("a.raw"), &tone(800, 0), true);
    put(&source.join("a.txt"), "yes");
    let error = run(&source, WHOLE, &root.path().join("out")).unwrap_err().to_string();
    assert!(error.contains("give its sampling rate (--raw-rate HZ)"), "{error}");
    let output = Output {
        dir: root.path().join("out"),
        unit: Unit::Char,
        lexicons: vec![],
        pronounce: None,
        join: None,
    };
    for byte_order in [None, Some(ByteOrder::Little)] {
        let raw = RawFormat { sample_rate: 8000, byte_order, channels: 1 };
        let options = FolderOptions { raw: Some(raw), ..options(&source, WHOLE) };
        prepare(&options, &output, &|_, _| {}).unwrap();
        let utterance = &read(&output.dir, "train").utterances[0];
        let found = RawFormat { byte_order: Some(byte_order.unwrap_or(ByteOrder::Big)), ..raw };
        assert_eq!((utterance.raw, utterance.duration_s), (Some(found), Some(0.1)));
    }
}

#[test]
fn files_of_another_preparation_do_not_pass_for_this_ones() {
    let root = tempfile::tempdir().unwrap();
    let (source, out) = (root.path().join("in"), root.path().join("out"));
    put_wav(&source.join("a.wav"), &tone(800, 0));
    put(&source.join("a.txt"), "yes");
    run(&source, WHOLE, &out).unwrap();
    put(&out.join("notes.txt"), "my own");
    run(&source, WHOLE, &out).unwrap();
    for name in ["dev.jsonl", "lexicon.txt", "test.jsonl"] {
        put(&out.join(name), "old");
    }
    let before = fs::read(out.join("train.jsonl")).unwrap();
    put(&source.join("a.txt"), "no");
    let error = run(&source, WHOLE, &out).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "{}: dev.jsonl, lexicon.txt, test.jsonl would pass for parts of this corpus, which doesn't write them; remove \
             them or give another folder",
            out.display()
        )
    );
    assert_eq!(fs::read(out.join("train.jsonl")).unwrap(), before);
    assert_eq!(fs::read_to_string(out.join("test.jsonl")).unwrap(), "old");
}

#[test]
fn joined_recordings_within_the_source_are_not_taken_for_ones_without_text() {
    let root = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        put_wav(&root.path().join(name).with_extension("wav"), &tone(800, 0));
        put(&root.path().join(name).with_extension("txt"), "yes");
    }
    let joining = Joining { length: Join { shortest_s: 0.1, longest_s: 0.1 }, sets: vec![] };
    let output = Output {
        dir: root.path().join("data"),
        unit: Unit::Char,
        lexicons: vec![],
        pronounce: None,
        join: Some(joining),
    };
    for _ in 0..2 {
        let report = prepare(&options(root.path(), WHOLE), &output, &|_, _| {}).unwrap();
        assert_eq!(report.sets[0].skipped, []);
        assert_eq!(texts(&read(&output.dir, "train")), ["a+1: YES YES"]);
    }
}

#[test]
fn sources_and_shares_that_cannot_be_are_told() {
    let root = tempfile::tempdir().unwrap();
    let error = |split| run(root.path(), split, &root.path().join("out")).unwrap_err().to_string();
    assert!(error(split(0.6, 0.4, 0)).starts_with("dev + test: 1 is no share"));
    assert!(error(Split { dev: Some(-0.1), ..Split::default() }).starts_with("dev: -0.1"));
    assert!(error(Split { dev: Some(0.9), ..Split::default() }).starts_with("dev + test: 1 is no share"));
    assert!(error(Split::default()).contains("no audio file with a text"));
}

#[test]
fn names_pair_in_any_case_and_form_and_kind_of_text() {
    let root = tempfile::tempdir().unwrap();
    let (source, out) = (root.path().join("in"), root.path().join("out"));
    for (audio, text) in [
        ("SX1.WAV", "sx1.txt"),
        ("sx2.wav", "SX2.TXT"),
        ("gr\u{fc}n.wav", "gru\u{308}n.lab"),
        ("v1.2.wav", "v1.2.txt"),
        ("whole.wav", "whole.wav.txt"),
        ("both.wav", "both.lab"),
        ("b/X.wav", "b/X.txt"),
        ("b/x.wav", "b/x.txt"),
    ] {
        put_sound(&source.join(audio));
        put(&source.join(text), format!("{audio} said"));
    }
    put(&source.join("both.txt"), "text");
    put(&source.join("README.txt"), "about");
    put(&source.join("docs/notes.txt"), "more");
    let report = run(&source, WHOLE, &out).unwrap();
    assert_eq!(
        texts(&read(&out, "train")),
        [
            "SX1: SX1.WAV SAID",
            "b-X: B/X.WAV SAID",
            "b-x: B/X.WAV SAID",
            "both: TEXT",
            "gr\u{fc}n: GR\u{dc}N.WAV SAID",
            "sx2: SX2.WAV SAID",
            "v1.2: V1.2.WAV SAID",
            "whole: WHOLE.WAV SAID"
        ]
    );
    assert_eq!(skipped(&report), [""; 0]);
    let note = format!(
        "1 texts in folders without recordings were left, the first of them {}/docs/notes.txt",
        source.display()
    );
    assert!(report.notes.contains(&note), "{:?}", report.notes);
}

#[test]
fn texts_of_a_folder_are_read_as_librispeech_has_them() {
    let root = tempfile::tempdir().unwrap();
    let (source, out) = (root.path().join("in"), root.path().join("out"));
    for id in [
        "19/198/19-198-0000",
        "19/198/19-198-0001",
        "26/495/26-495-0000",
        "26/495/26-495-0001",
        "26/495/26-495-0002",
    ] {
        put_sound(&source.join(id).with_extension("flac"));
    }
    put(
        &source.join("19/198/19-198.trans.txt"),
        "19-198-0000 ONE TWO\n19-198-0001 THREE\n\n19-198-0002 GONE\n",
    );
    put(&source.join("26/495/26-495.trans.txt"), "26-495-0000\n26-495-0001 FOUR\n");
    let report = run(&source, WHOLE, &out).unwrap();
    let train = read(&out, "train");
    assert_eq!(
        texts(&train),
        ["19-198-19-198-0000: ONE TWO", "19-198-19-198-0001: THREE", "26-495-26-495-0001: FOUR"]
    );
    assert_eq!(speakers(&train), ["19", "26"].map(str::to_owned).into());
    let shown = source.display();
    assert_eq!(
        skipped(&report),
        [
            format!("26/495/26-495-0002: {shown}/26/495/26-495-0002.txt: there is no such file; write what is said into it"),
            "19/198/19-198.trans.txt, line 4: no audio file 19-198-0002 lies beside it; put it there, or remove the line"
                .to_owned(),
            format!(
                "26/495/26-495-0000: {shown}/26/495/26-495.trans.txt, line 1: no text behind the name; write what is said"
            ),
        ]
    );
}

#[test]
fn all_that_is_not_read_is_named() {
    let root = tempfile::tempdir().unwrap();
    let (source, out) = (root.path().join("in"), root.path().join("out"));
    put_pair(&source.join("good"), "yes");
    put_pair(&source.join("silent"), " \n");
    put_pair(&source.join("dots"), "...");
    put_sound(&source.join("labels.wav"));
    put(&source.join("labels.lab"), "0 2100000 sil\n2100000 3400000 ah\n");
    put_sound(&source.join("latin.wav"));
    put(&source.join("latin.txt"), b"gr\xfcn");
    put_sound(&source.join("wide.wav"));
    put(&source.join("wide.txt"), b"\xff\xfeg\0r\0\xfc\0n\0");
    put(&source.join("alone.txt"), "no");
    put(&source.join("unknown.txt"), "no");
    put(&source.join("unknown.xyz"), "no");
    let options = FolderOptions {
        normaliser: Normaliser { punctuation: Punctuation::Drop, ..Normaliser::default() },
        ..options(&source, WHOLE)
    };
    let output = Output { dir: out.clone(), unit: Unit::Char, lexicons: vec![], pronounce: None, join: None };
    let report = prepare(&options, &output, &|_, _| {}).unwrap();
    assert_eq!(texts(&read(&out, "train")), ["good: YES", "wide: GR\u{dc}N"]);
    let shown = source.display();
    assert_eq!(
        skipped(&report),
        [
            "alone.txt: no audio file of its name is there; put it beside, or remove the text".to_owned(),
            format!(
                "unknown.txt: no audio file of its name is there, and {shown}/unknown.xyz is of no kind that is read; \
                 convert it to WAV"
            ),
            format!(
                "labels: {shown}/labels.lab: times and labels, where the words are expected; write what is said into it"
            ),
            format!(
                "latin: {shown}/latin.txt: byte 3 (0xfc) is not UTF-8; convert the file from its encoding, as by `iconv -f \
                 LATIN1 -t UTF-8 OLD > NEW`"
            ),
            format!("silent: {shown}/silent.txt: it is empty; write what is said into it"),
            "dots: its text has no words; write what is said, or leave the recording out".to_owned(),
        ]
    );
}

#[test]
fn timits_texts_begin_with_samples_that_are_no_words() {
    let root = tempfile::tempdir().unwrap();
    let (source, out) = (root.path().join("in"), root.path().join("out"));
    put_pair(&source.join("a"), "0 46797 She had.\n");
    put_pair(&source.join("b"), "0 3000 0 five\n");
    let report = run(&source, WHOLE, &out).unwrap();
    assert_eq!(texts(&read(&out, "train")), ["a: SHE HAD.", "b: 0 FIVE"]);
    assert!(report.notes.iter().any(|note| note.contains("as TIMIT's do")), "{:?}", report.notes);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_a_recording_that_they_lead_to_twice_is_taken_once() {
    use std::os::unix::fs::symlink;
    let root = tempfile::tempdir().unwrap();
    let (source, out) = (root.path().join("in"), root.path().join("out"));
    put_pair(&root.path().join("disc/a"), "yes");
    fs::create_dir_all(&source).unwrap();
    symlink("../disc", source.join("one")).unwrap();
    symlink("../disc", source.join("two")).unwrap();
    symlink("..", source.join("up")).unwrap();
    for (n, m) in (0..8).flat_map(|n| (0..8).map(move |m| (n, m))) {
        let folder = root.path().join(format!("knot/{n}"));
        fs::create_dir_all(&folder).unwrap();
        symlink(format!("../{m}"), folder.join(m.to_string())).unwrap();
    }
    let report = run(&source, WHOLE, &out).unwrap();
    assert_eq!(texts(&read(&out, "train")), ["one-a: YES"]);
    let has = |part: &str| report.notes.iter().any(|note| note.contains(part));
    for note in
        ["links lead to 4 recordings again", "its links lead in a circle", "too many links lead to it"]
    {
        assert!(has(note), "{note}: {:?}", report.notes);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf8_is_named_and_the_rest_goes_on() {
    use std::os::unix::ffi::OsStrExt;
    let root = tempfile::tempdir().unwrap();
    let (source, out) = (root.path().join("in"), root.path().join("out"));
    put_pair(&source.join("good"), "yes");
    put_pair(&source.join(std::ffi::OsStr::from_bytes(b"gr\xfcn")), "no");
    let report = run(&source, WHOLE, &out).unwrap();
    assert_eq!(texts(&read(&out, "train")), ["good: YES"]);
    let reason = format!(
        "gr\u{fffd}n: {}/gr\u{fffd}n.wav: its name is not UTF-8, which a manifest cannot hold; rename the file",
        source.display()
    );
    assert_eq!(skipped(&report), [reason]);
}
