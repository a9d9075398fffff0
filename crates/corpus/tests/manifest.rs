//! Manifests as files.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use linnet_corpus::{BadLine, Manifest, Utterance};

fn parse(text: &str) -> (Manifest, Vec<BadLine>) {
    Manifest::parse(text.as_bytes(), Path::new("/data"))
}

#[test]
fn nemo_lines_are_read_as_they_are() {
    let text = "\u{feff}{\"audio_filepath\": \"wav/a.wav\", \"duration\": 1.5, \"text\": \"HÉLLO\", \"lang\": \"en\"}\r\n\n\
                {\"audio_filepath\": \"/abs/b.flac\", \"text\": null, \"offset\": 2, \"duration\": 3, \"speaker\": 17, \"channel\": 1}\n\
                {\"audio_filepath\": \"/other/b.flac\", \"id\": \"x\", \"speaker\": null}";
    let (manifest, bad) = parse(text);
    assert_eq!(bad, []);
    let [a, b, x] = &manifest.utterances[..] else { panic!("{manifest:?}") };
    assert_eq!(
        (a.id.as_str(), a.audio.as_path(), a.text.as_str()),
        ("a", Path::new("/data/wav/a.wav"), "HÉLLO")
    );
    assert_eq!((a.duration_s, a.offset_s, &a.extra["lang"]), (Some(1.5), 0.0, &"en".into()));
    assert_eq!((b.offset_s, b.duration_s, b.text.as_str()), (2.0, Some(3.0), ""));
    assert_eq!((b.speaker.as_deref(), b.channel), (Some("17"), Some(1)));
    assert_eq!((x.id.as_str(), x.speaker.as_deref(), x.duration_s), ("x", None, None));
}

#[test]
fn an_utterance_without_id_is_named_by_its_file_and_then_by_its_line() {
    let line = "{\"audio_filepath\": \"a.wav\"}\n";
    let (manifest, bad) = parse(&line.repeat(2));
    assert_eq!((common::ids(&manifest), bad.len()), (vec!["a", "a-2"], 0));
    // Score files have no room for spaces.
    let (manifest, bad) = parse("{\"audio_filepath\": \"my file (2).wav\"}");
    assert_eq!((common::ids(&manifest), bad.len()), (vec!["my-file--2-"], 0));
}

#[test]
fn bad_lines_are_told_with_their_numbers_and_the_rest_is_read() {
    let long = format!("{{\"audio_filepath\": \"{}\"}}", "a".repeat(1 << 20));
    let nested = format!("{{\"audio_filepath\": \"n.wav\", \"x\": {}", "[".repeat(100_000));
    let lines = [
        (r#"{"audio_filepath": "a.wav", "id": "a"}"#, ""),
        ("not json", "expected"),
        (r#"{"text": "no audio"}"#, "audio_filepath"),
        (r#"{"audio_filepath": ["a.wav", "b.wav"]}"#, "string"),
        (r#"{"audio_filepath": ""}"#, "is empty"),
        (r#"{"audio_filepath": "b.wav", "duration": 0}"#, "not above 0"),
        (r#"{"audio_filepath": "b.wav", "offset": -1}"#, "below 0"),
        (r#"{"audio_filepath": "b.wav", "id": ""}"#, "id is empty"),
        (r#"{"audio_filepath": "b.wav", "id": "a"}"#, "earlier line"),
        (
            r#"{"audio_filepath": "b.wav", "id": "my b"}"#,
            r#"has a space, which score files have no room for; call it "my-b""#,
        ),
        (r#"{"audio_filepath": "b.wav", "id": "b("}"#, "a parenthesis without its other"),
        (long.as_str(), "bytes"),
        (nested.as_str(), "recursion"),
        ("{\"audio_filepath\": \"b.wav\"}\u{0}", "column"),
        (r#"{"audio_filepath": "b.wav"}"#, ""),
    ];
    let (manifest, bad) = parse(&lines.map(|(line, _)| line).join("\n"));
    assert_eq!(common::ids(&manifest), ["a", "b"]);
    let expected: Vec<_> = lines.iter().enumerate().filter(|(_, (_, problem))| !problem.is_empty()).collect();
    assert_eq!(bad.len(), expected.len());
    for (bad, (number, (_, problem))) in bad.iter().zip(expected) {
        assert_eq!(bad.line, number + 1);
        assert!(bad.problem.contains(problem), "{bad:?} lacks {problem}");
        assert!(!bad.problem.contains("at line"), "{bad:?}");
    }
    let (_, bad) = Manifest::parse(b"{\"audio_filepath\": \"\xff\"}", Path::new(""));
    assert_eq!(bad.len(), 1);
}

#[test]
fn reading_fails_at_the_first_bad_line_or_leaves_bad_lines_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.jsonl");
    fs::write(&path, "{\"audio_filepath\": \"a.wav\"}\n{\n").unwrap();
    let error = Manifest::read(&path).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}, line 2: EOF", path.display())), "{error}");
    let manifest = Manifest::read_lenient(&path).unwrap();
    assert_eq!((common::ids(&manifest), manifest.skipped.len()), (vec!["a"], 1));
    assert_eq!(manifest.skipped[0].id, format!("{}, line 2", path.display()));
    assert!(manifest.skipped[0].reason.starts_with("EOF"), "{:?}", manifest.skipped);
    let error = Manifest::read(Path::new("/no/such.jsonl")).unwrap_err().to_string();
    assert!(error.starts_with("/no/such.jsonl: "), "{error}");
}

#[test]
fn what_is_written_is_read_again_and_moves_with_its_audio() {
    let root = tempfile::tempdir().unwrap();
    let old = root.path().join("old");
    common::put_wav(&old.join("wav/a.wav"), &common::tone(100, 1));
    fs::create_dir_all(old.join("data")).unwrap();
    let (read, _) = parse(
        r#"{"audio_filepath": "/far/b.raw", "offset": 0.1, "duration": 0.30000000000000004, "text": "B \"Q\"", "speaker": "s",
            "channel": 1, "raw": {"sample_rate": 16000, "byte_order": "big"}, "lang": {"a": [1, null]}}"#
            .replace('\n', "")
            .as_str(),
    );
    let near = Utterance { id: "a".into(), audio: old.join("wav/a.wav"), ..Default::default() };
    let manifest = Manifest { utterances: [vec![near], read.utterances].concat(), ..Default::default() };
    manifest.write(&old.join("data/m.jsonl")).unwrap();
    let text = fs::read_to_string(old.join("data/m.jsonl")).unwrap();
    assert!(text.starts_with(r#"{"audio_filepath":"../wav/a.wav","text":"","id":"a"}"#), "{text}");
    assert!(text.contains(r#""audio_filepath":"/far/b.raw""#), "{text}");
    let again = Manifest::read(&old.join("data/m.jsonl")).unwrap();
    assert_eq!(again.utterances[1], manifest.utterances[1]);

    fs::rename(&old, root.path().join("new")).unwrap();
    let moved = Manifest::read(&root.path().join("new/data/m.jsonl")).unwrap();
    assert!(moved.utterances[0].audio.is_file());
}

#[test]
fn a_failed_write_leaves_nothing_and_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.jsonl");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("x"), "").unwrap();
    let error = Manifest::default().write(&path).unwrap_err().to_string();
    assert!(error.contains("m.jsonl: "), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
