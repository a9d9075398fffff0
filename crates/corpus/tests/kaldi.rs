//! Kaldi's data folders, read and written.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{ids, put, put_sphere, put_wav, read, texts, tone};
use linnet_corpus::CorpusError;
use linnet_corpus::prepare::kaldi::{KaldiOptions, prepare, write_folder};
use linnet_corpus::prepare::{Output, Report};
use linnet_text::Unit;

fn run(folders: &[PathBuf], dir: &Path) -> Result<Report, CorpusError> {
    let output = Output { dir: dir.into(), unit: Unit::Char, lexicons: vec![], join: None };
    prepare(&KaldiOptions { folders: folders.to_vec(), ..Default::default() }, &output, &|_, _| {})
}

#[test]
fn a_folder_of_data_folders_is_a_set_each() {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    put_wav(&at("wav/a b.wav"), &tone(1600, 1));
    put_sphere(&at("sph/c.wv1"), &tone(3200, 2));
    let a = at("wav/a b.wav");
    put(
        &at("data/train/wav.scp"),
        format!(
            "s1-a {}\ns1-c sph2pipe -f wav sph/c.wv1 |\ns1-p sox in.wav -t wav - speed 1.1 |\ns1-n {}\n",
            a.display(),
            a.display()
        ),
    );
    put(&at("data/train/text"), "s1-a HELLO  World\ns1-c\ns1-p X\ns1-zz LOST\n");
    put(&at("data/train/utt2spk"), "s1-a s1\ns1-c s1\n");
    put(&at("data/dev/wav.scp"), format!("d {}\n", a.display()));
    put(&at("data/dev/text"), "d ÉH\n");
    let report = run(&[at("data")], &at("out")).unwrap();
    assert_eq!(report.sets.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["dev", "train"]);
    let train = read(&at("out"), "train");
    assert_eq!(texts(&train), ["s1-a: HELLO WORLD", "s1-c: "]);
    assert_eq!(train.utterances[1].duration_s, Some(0.2));
    assert_eq!(train.utterances[0].speaker.as_deref(), Some("s1"));
    let skipped: Vec<_> = report.sets[1].skipped.iter().map(|s| format!("{}: {}", s.id, s.reason)).collect();
    assert_eq!(skipped[0], "s1-n: the file text has no line of it");
    assert!(
        skipped[1].starts_with("s1-p: wav.scp, s1-p: cannot run \"sox in.wav -t wav - speed 1.1\""),
        "{skipped:?}"
    );
    assert_eq!(skipped[2], "s1-zz: neither segments nor wav.scp has it");
    // Characters that only the development set has are out of the training sets' table.
    assert_eq!(
        (report.oov.oov.len(), report.oov.oov[0].word.as_str(), report.sets[0].oov_utterances),
        (1, "É", 1)
    );
}

#[test]
fn segments_are_parts_of_recordings() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    put_wav(&root.path().join("r.wav"), &tone(16_000, 1));
    put(&data.join("wav.scp"), format!("r {}\n", root.path().join("r.wav").display()));
    put(&data.join("segments"), "u1 r 0.25 0.5\nu2 r 0.5 -1\nu3 r 2.0 3.0\nu4 other 0 1\n");
    put(&data.join("text"), "u1 A\nu2 B\nu3 C\nu4 D\n");
    let report = run(std::slice::from_ref(&data), &root.path().join("out")).unwrap();
    let manifest = read(&root.path().join("out"), "data");
    let parts: Vec<_> =
        manifest.utterances.iter().map(|u| (u.id.as_str(), u.offset_s, u.duration_s)).collect();
    assert_eq!(parts, [("u1", 0.25, Some(0.25)), ("u2", 0.5, Some(0.5))]);
    assert_eq!(report.sets[0].skipped.len(), 2);

    write_folder(&manifest, &root.path().join("again")).unwrap();
    let segments = fs::read_to_string(root.path().join("again/segments")).unwrap();
    assert_eq!(segments, "u1 u1 0.25 0.5\nu2 u1 0.5 1\n");
}

#[test]
fn broken_tables_name_file_and_line() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    put(&data.join("wav.scp"), "a a.wav\n\na b.wav\n");
    let error = run(std::slice::from_ref(&data), root.path()).unwrap_err().to_string();
    assert!(error.contains("wav.scp, line 3: a stands on an earlier line"), "{error}");
    put(&data.join("wav.scp"), "a a.wav\n");
    let error = run(std::slice::from_ref(&data), root.path()).unwrap_err().to_string();
    assert!(error.contains("text: "), "{error}");
    put(&data.join("text"), b"a \xff\n");
    let error = run(std::slice::from_ref(&data), root.path()).unwrap_err().to_string();
    assert!(error.contains("text, line 1: not UTF-8"), "{error}");
    put(&data.join("text"), "a A\n");
    for line in ["a r 1 0.5", "a r x 2", "a r 1", "a r NaN 2", "a r -1 2"] {
        put(&data.join("segments"), line);
        let error = run(std::slice::from_ref(&data), root.path()).unwrap_err().to_string();
        assert!(error.contains("segments: a: "), "{error}");
    }
    let error = run(&[root.path().join("none")], root.path()).unwrap_err().to_string();
    assert!(error.contains("none: "), "{error}");
}

#[test]
fn what_is_written_is_read_again() {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    put_wav(&at("wav/b's 1.wav"), &tone(1600, 1));
    put_sphere(&at("wav/a's 2.wv1"), &tone(3200, 2));
    put(&at("t.tsv"), "wav/b's 1.wav\tBEE\tm\nwav/a's 2.wv1\t\tf\n");
    let mut manifest = linnet_corpus::Manifest::parse(
        b"{\"audio_filepath\": \"wav/b's 1.wav\", \"text\": \"BEE\", \"speaker\": \"m\", \"id\": \"m-b\"}\n\
          {\"audio_filepath\": \"wav/a's 2.wv1\", \"text\": \"\", \"id\": \"f-a\"}",
        root.path(),
    )
    .0;
    write_folder(&manifest, &at("kaldi")).unwrap();
    let file = |name: &str| fs::read_to_string(at("kaldi").join(name)).unwrap();
    assert_eq!(file("utt2spk"), "f-a f-a\nm-b m\n");
    assert_eq!(file("spk2utt"), "f-a f-a\nm m-b\n");
    assert_eq!(file("text"), "f-a\nm-b BEE\n");
    assert!(file("wav.scp").starts_with("f-a sph2pipe -f wav -p '"), "{}", file("wav.scp"));
    assert!(!at("kaldi/segments").exists());
    run(&[at("kaldi")], &at("out")).unwrap();
    let again = read(&at("out"), "kaldi");
    assert_eq!(ids(&again), ["f-a", "m-b"]);
    assert_eq!(
        again.utterances[1].audio.canonicalize().unwrap(),
        at("wav/b's 1.wav").canonicalize().unwrap()
    );

    manifest.utterances[0].id = "m b".to_owned();
    let error = write_folder(&manifest, &at("kaldi")).unwrap_err().to_string();
    assert!(error.contains("\"m b\""), "{error}");
}
