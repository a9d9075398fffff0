//! Kaldi's data folders.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};

use common::{put, put_raw, put_sphere, put_stereo, put_wav, read, texts, tone};
use linnet_audio::{ByteOrder, RawFormat};
use linnet_corpus::CorpusError;
use linnet_corpus::prepare::kaldi::{KaldiOptions, prepare};
use linnet_corpus::prepare::{Output, Report};
use linnet_text::Unit;

fn run(folders: &[PathBuf], dir: &Path) -> Result<Report, CorpusError> {
    let output = Output { dir: dir.into(), unit: Unit::Char, lexicons: vec![], pronounce: None, join: None };
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
    put(&at("data/test/text"), "t YES\n");
    put(&at("data/lang/words.txt"), "YES 1\n");
    let report = run(&[at("data")], &at("out")).unwrap();
    let left_out = format!("{}: left out, as wav.scp is missing", at("data/test").display());
    assert!(
        report.notes.contains(&left_out) && !report.notes.iter().any(|n| n.contains("lang")),
        "{:?}",
        report.notes
    );
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
}

#[test]
fn segments_beyond_their_recording_are_left_out_and_those_a_little_beyond_cut_and_noted() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    put_wav(&root.path().join("r.wav"), &tone(32_000, 1));
    put(&data.join("wav.scp"), format!("r {}\n", root.path().join("r.wav").display()));
    put(&data.join("segments"), "u1 r 1.5 9.0\nu2 r 1.5 2.4\nu3 r 1.5 2.001\nu4 r 1.5 2.1\n");
    put(&data.join("text"), "u1 A\nu2 B\nu3 C\nu4 D\n");
    let report = run(std::slice::from_ref(&data), &root.path().join("out")).unwrap();
    let manifest = read(&root.path().join("out"), "data");
    let parts: Vec<_> = manifest.utterances.iter().map(|u| (u.id.as_str(), u.duration_s)).collect();
    assert_eq!(parts, [("u2", Some(0.5)), ("u3", Some(0.5)), ("u4", Some(0.5))]);
    let [skipped] = &report.sets[0].skipped[..] else { panic!("{:?}", report.sets[0].skipped) };
    assert_eq!(skipped.id, "u1");
    assert!(
        skipped.reason.ends_with("r.wav: 2.00 s long, but the utterance ends at 9.00 s; correct its times"),
        "{skipped:?}"
    );
    assert_eq!(
        report.notes,
        [
            "data: cut at the recording's end, which lies up to 0.40 s before the utterance's: 2 utterances, the first u2"
        ]
    );
}

#[test]
fn segments_that_are_none_are_named_with_their_line_and_left_out() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    put_wav(&root.path().join("r.wav"), &tone(16_000, 1));
    put(&data.join("wav.scp"), format!("r {}\n", root.path().join("r.wav").display()));
    let bad = ["r 1 0.5", "r x 2", "r 1", "r NaN 2", "r -1 2"];
    let lines: String = (0..).zip(bad).map(|(i, line)| format!("u{i} {line}\n")).collect();
    put(&data.join("segments"), lines + "good r 0 0.5\n");
    put(&data.join("text"), "u0 A\nu1 A\nu2 A\nu3 A\nu4 A\ngood A\n");
    let report = run(std::slice::from_ref(&data), &root.path().join("out")).unwrap();
    assert_eq!(texts(&read(&root.path().join("out"), "data")), ["good: A"]);
    assert_eq!(report.sets[0].skipped.len(), bad.len());
    for ((number, line), skipped) in (1..).zip(bad).zip(&report.sets[0].skipped) {
        let reason = format!("segments, line {number}: \"{line}\" is not a recording");
        assert!(skipped.reason.contains(&reason), "{skipped:?}");
    }
}

#[test]
fn headerless_recordings_have_the_rate_that_is_given_and_the_likelier_byte_order() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    put_raw(&root.path().join("r.raw"), &tone(4000, 1), true);
    put(&data.join("wav.scp"), format!("r {}\n", root.path().join("r.raw").display()));
    put(&data.join("text"), "r A\n");
    let error = run(std::slice::from_ref(&data), &root.path().join("out")).unwrap_err().to_string();
    assert!(error.contains("give its sampling rate (--raw-rate HZ)"), "{error}");
    let raw = Some(RawFormat { sample_rate: 8000, byte_order: None, channels: 1 });
    let options = KaldiOptions { folders: vec![data], raw, ..Default::default() };
    let output = Output {
        dir: root.path().join("out"),
        unit: Unit::Char,
        lexicons: vec![],
        pronounce: None,
        join: None,
    };
    prepare(&options, &output, &|_, _| {}).unwrap();
    let utterance = &read(&output.dir, "data").utterances[0];
    let found = RawFormat { sample_rate: 8000, byte_order: Some(ByteOrder::Big), channels: 1 };
    assert_eq!((utterance.raw, utterance.duration_s), (Some(found), Some(0.5)));
}

#[test]
fn tables_may_begin_with_a_mark_of_utf8_and_bad_lines_are_named() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let wav = root.path().join("r.wav");
    put_wav(&wav, &tone(16_000, 1));
    let wav = wav.display();
    let marked = |text: &str| [b"\xef\xbb\xbf", text.as_bytes()].concat();
    put(
        &data.join("wav.scp"),
        marked(&format!("a {wav}\r\nb {wav}\nb {wav}\nc {wav}\n\nc x.wav\nd\ne x.ark:5\nf {wav}\nf {wav}\n")),
    );
    put(&data.join("text"), [marked("a A\nb B\nc C\nd D\ne E\nf F\nf G\n"), b"g \xff\n".to_vec()].concat());
    put(&data.join("utt2spk"), marked("a s\nb\nz s\n"));
    let report = run(std::slice::from_ref(&data), &root.path().join("out")).unwrap();
    let manifest = read(&root.path().join("out"), "data");
    assert_eq!(texts(&manifest), ["a: A", "b: B"]);
    assert_eq!(manifest.utterances[0].speaker.as_deref(), Some("s"));
    let skipped: Vec<_> = report.sets[0].skipped.iter().map(|s| format!("{}: {}", s.id, s.reason)).collect();
    for (start, end) in [
        ("c: ", "wav.scp: lines 4 and 6 have different values of it; remove the wrong one"),
        ("d: wav.scp, d: ", "no file is named; write ID FILE"),
        ("e: wav.scp, e: ", "and take files.scp for wav.scp"),
        ("f: ", "text: lines 6 and 7 have different values of it; remove the wrong one"),
        (
            &format!("{}, line 8: ", data.join("text").display()),
            "convert the file, as by `iconv -f LATIN1 -t UTF-8`",
        ),
    ] {
        assert!(skipped.iter().any(|s| s.starts_with(start) && s.ends_with(end)), "{start}: {skipped:#?}");
    }
    for note in [
        "data: 4 utterances without a speaker in utt2spk, the first of them b",
        "data: 1 utterances of utt2spk that are nowhere else, the first of them z",
    ] {
        assert!(report.notes.iter().any(|found| found == note), "{note}: {:#?}", report.notes);
    }
}

#[test]
fn a_folder_without_text_has_no_transcripts_and_says_so() {
    let root = tempfile::tempdir().unwrap();
    let (data, out) = (root.path().join("data"), root.path().join("out"));
    put_wav(&root.path().join("a.wav"), &tone(1600, 1));
    put(&data.join("wav.scp"), format!("a {}\n", root.path().join("a.wav").display()));
    let report = run(std::slice::from_ref(&data), &out).unwrap();
    assert_eq!(texts(&read(&out, "data")), ["a: (none)"]);
    assert!(
        report.notes[0].starts_with("data: there is no file text, so nobody knows what is said"),
        "{:?}",
        report.notes
    );
    let error = run(&[root.path().join("none")], root.path()).unwrap_err().to_string();
    assert!(error.contains("none: "), "{error}");
    put(&root.path().join("feats/feats.scp"), "a a.ark:5\n");
    let error = run(&[root.path().join("feats")], root.path()).unwrap_err().to_string();
    assert!(error.contains("feats.scp without wav.scp: features are made from the audio"), "{error}");
}

#[test]
fn pipes_and_tables_pick_channels_rates_and_headerless_samples() {
    let root = tempfile::tempdir().unwrap();
    let (data, out) = (root.path().join("data"), root.path().join("out"));
    put_stereo(&root.path().join("s.wav"), &tone(1600, 1), &tone(1600, 2));
    put_raw(&root.path().join("x.pcm"), &tone(800, 3), true);
    put_wav(&root.path().join("m.wav"), &tone(1600, 4));
    // A command quotes the path, whose folders may have a space, as a shell needs; a path alone is the rest of its
    // line.
    let lines = [
        "p-a ROOT/s.wav",
        "p-b ROOT/s.wav",
        "q sox 'ROOT/s.wav' -r 8k -t wav - remix 2 |",
        "r sox -t raw -r 8000 -e signed -b 16 -B 'ROOT/x.pcm' -t wav - |",
        "s sph2pipe -f wav -p -c 1 'ROOT/s.wav' |",
        "t sox -r 8000 'ROOT/m.wav' -t wav - |",
        "u sox -c 1 -t wavpcm 'ROOT/m.wav' -t wav - |",
    ];
    let lines = lines.join("\n").replace("ROOT", &root.path().display().to_string());
    put(&data.join("wav.scp"), lines);
    put(&data.join("reco2file_and_channel"), "p-a s A\np-b s B\nq s B\ns s B\n");
    put(&data.join("text"), "p-a A\np-b A\nq A\nr A\ns A\nt A\nu A\n");
    let report = run(std::slice::from_ref(&data), &out).unwrap();
    let manifest = read(&out, "data");
    let found: Vec<_> =
        manifest.utterances.iter().map(|u| (u.id.as_str(), u.channel, u.duration_s)).collect();
    let expected = [
        ("p-a", Some(0), 0.1),
        ("p-b", Some(1), 0.1),
        ("q", Some(1), 0.1),
        ("r", None, 0.1),
        ("u", None, 0.1),
    ];
    assert_eq!(found, expected.map(|(id, channel, length)| (id, channel, Some(length))));
    let raw = RawFormat { sample_rate: 8000, byte_order: Some(ByteOrder::Big), channels: 1 };
    assert_eq!(manifest.utterances[3].raw, Some(raw));
    let samples = linnet_corpus::read_samples(&manifest.utterances[3], 8000).unwrap();
    assert_eq!(samples[5], f32::from(tone(800, 3)[5]) / 32768.0);
    let reasons: Vec<_> = report.sets[0].skipped.iter().map(|s| format!("{}: {}", s.id, s.reason)).collect();
    assert!(
        reasons[0].contains("s: wav.scp, s: its command picks channel 1, and ")
            && reasons[0].contains("says B; correct one"),
        "{reasons:?}"
    );
    assert!(
        reasons[1].starts_with(
            "t: wav.scp, t: its command says 8000 Hz, and the file has 16000; correct the command"
        ),
        "{reasons:?}"
    );
    assert!(
        report.notes[0]
            .starts_with("data: commands of wav.scp resample to 8000 Hz, which is left to training"),
        "{:?}",
        report.notes
    );
}

#[test]
fn segments_may_tell_channels_and_recordings_without_one_are_counted() {
    let root = tempfile::tempdir().unwrap();
    let (data, out) = (root.path().join("data"), root.path().join("out"));
    put_stereo(&root.path().join("s.wav"), &tone(16_000, 1), &tone(16_000, 2));
    let wav = root.path().join("s.wav");
    let wav = wav.display();
    put(&data.join("wav.scp"), format!("r {wav}\nidle {wav}\nm sox '{wav}' -t wav - remix 1 |\n"));
    put(&data.join("segments"), "a r 0 0.5 1\nb r 0 0.5\nc r 0 0.5 x\nd m 0 0.5 0\ne m 0 0.5 1\n");
    put(&data.join("text"), "a A\nb B\nc C\nd D\ne E\n");
    let report = run(std::slice::from_ref(&data), &out).unwrap();
    let channels: Vec<_> = read(&out, "data").utterances.into_iter().map(|u| (u.id, u.channel)).collect();
    assert_eq!(
        channels,
        [("a", Some(1)), ("b", None), ("d", Some(0))].map(|(id, channel)| (id.to_owned(), channel))
    );
    let skipped: Vec<_> = report.sets[0].skipped.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(skipped, ["c", "e"]);
    assert_eq!(
        report.notes[0],
        "data: 1 recordings of wav.scp that no segment is of, the first of them idle"
    );
}
