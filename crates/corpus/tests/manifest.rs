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
        (a.id.as_str(), a.audio.as_path(), a.text.as_deref()),
        ("a", Path::new("/data/wav/a.wav"), Some("HÉLLO"))
    );
    assert_eq!((a.duration_s, a.offset_s, &a.extra["lang"]), (Some(1.5), 0.0, &"en".into()));
    assert_eq!((b.offset_s, b.duration_s, b.text.as_deref()), (2.0, Some(3.0), None));
    assert_eq!((b.speaker.as_deref(), b.channel), (Some("17"), Some(1)));
    assert_eq!((x.id.as_str(), x.speaker.as_deref(), x.duration_s), ("x", None, None));
}

#[test]
fn absent_null_and_empty_texts_are_three_things_and_stay_so() {
    let lines = [
        r#"{"audio_filepath": "a.wav", "id": "absent", "lang": "en"}"#,
        r#"{"audio_filepath": "a.wav", "id": "null", "text": null}"#,
        r#"{"audio_filepath": "a.wav", "id": "empty", "text": ""}"#,
        r#"{"audio_filepath": "a.wav", "id": "bare"}"#,
    ];
    let (manifest, bad) = parse(&lines.join("\n"));
    assert_eq!(bad, []);
    let said: Vec<_> = manifest.utterances.iter().map(Utterance::transcript).collect();
    let known = "text, transcript, transcription, sentence, txt";
    let mend = "write what is said as text, \"\" where nothing is";
    assert_eq!(said[0], Err(format!("no transcript: it has none of the fields {known}, but lang; {mend}")));
    assert_eq!(said[1], Err(format!("no transcript: its text is null; {mend}")));
    assert_eq!(said[2], Ok(""));
    assert_eq!(said[3], Err(format!("no transcript: it has none of the fields {known}; {mend}")));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.jsonl");
    manifest.write(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let texts: Vec<_> = text.lines().map(|line| (line.contains("text"), line.contains("null"))).collect();
    assert_eq!(texts, [(false, false), (true, true), (true, false), (false, false)], "{text}");
    assert_eq!(Manifest::read(&path).unwrap(), manifest);
}

fn ids_of(path: &Path) -> Vec<String> {
    Manifest::read(path).unwrap().utterances.into_iter().map(|utterance| utterance.id).collect()
}

#[test]
fn other_tools_names_for_text_and_audio_are_read_and_written_as_nemos() {
    let (manifest, bad) = parse(
        r#"[
  {"audio_filepath": "a.wav", "transcript": "A", "id": 7},
  {"audio_path": "b.wav", "sentence": "B", "transcription": "C", "audio": {"path": "x"}},
  {"wav": "c.wav", "txt": "D", "key": "k", "text": null},
  {"audio": "d.wav", "text": "E", "sentence": "F", "pred_text": "G"},
  {"audio": 5}
]"#,
    );
    assert_eq!(bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [6]);
    assert!(bad[0].problem.starts_with("audio is 5; write a string"), "{bad:?}");
    let texts: Vec<_> = manifest.utterances.iter().map(|u| u.text.as_deref().unwrap()).collect();
    assert_eq!((common::ids(&manifest), texts), (vec!["7", "b", "c", "d"], vec!["A", "C", "D", "E"]));
    assert_eq!(manifest.utterances[3].hypothesis.as_deref(), Some("G"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.jsonl");
    manifest.write(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    // The null is gone, so that text doesn't stand twice.
    assert_eq!(ids_of(&path), ["7", "b", "c", "d"]);
    assert_eq!(lines[0], r#"{"audio_filepath":"/data/a.wav","text":"A","id":"7"}"#);
    assert_eq!(
        lines[3],
        r#"{"audio_filepath":"/data/d.wav","text":"E","pred_text":"G","id":"d","sentence":"F"}"#
    );
}

#[test]
fn an_utterance_without_id_is_named_by_its_file_and_then_by_its_line() {
    let line = "{\"audio_filepath\": \"a.wav\"}\n";
    let (manifest, bad) = parse(&line.repeat(2));
    assert_eq!((common::ids(&manifest), bad.len()), (vec!["a", "a-2"], 0));
    // A line's name may be taken.
    let names = ["a.wav", "a-3.wav", "x/a.wav", "y/a.wav"];
    let lines = names.map(|name| format!("{{\"audio_filepath\": \"{name}\"}}\n")).concat();
    let (manifest, bad) = parse(&lines);
    assert_eq!((common::ids(&manifest), bad.len()), (vec!["a", "a-3", "a-4", "a-5"], 0));
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
        ("not json", "this is no JSON; a line is"),
        (r#"{"text": "no audio", "file": 1}"#, "no audio_filepath in it, only file, text; give"),
        (r#"{"a\nudio": 1}"#, r"no audio_filepath in it, only a\nudio; give"),
        (
            r#"{"audio_filepath": ["a.wav", "b.wav"]}"#,
            r#"audio_filepath is ["a.wav","b.wav"]; write a string"#,
        ),
        (r#"{"audio_filepath": "b.wav", "text": 5}"#, "text is 5; write a string"),
        (
            r#"{"audio_filepath": "b.wav", "duration": "3.2"}"#,
            r#"duration is "3.2"; write a number of seconds"#,
        ),
        (r#"{"audio_filepath": "b.wav", "duration": -1}"#, "not above 0"),
        (r#"{"audio_filepath": "b.wav", "duration": NaN}"#, "NaN is no JSON value"),
        (r#"{"audio_filepath": "b.wav", "offset": false}"#, "offset is false; write a number of seconds"),
        (r#"{"audio_filepath": "b.wav", "channel": -1}"#, "channel is -1; write a whole number from 0"),
        (r#"{"audio_filepath": "b.wav", "speaker": {}}"#, "speaker is {}; write a name"),
        (
            r#"{"audio_filepath": "b.raw", "raw": {"sample_rate": 8e9}}"#,
            "sample_rate is 8000000000.0; write a whole",
        ),
        (r#"{"audio_filepath": "b.raw", "raw": {"byte_order": "big"}}"#, "raw has no sample_rate"),
        (r#"{"audio_filepath": "b.raw", "raw": 16000}"#, "raw is 16000; write an object"),
        (r#"{"audio_filepath": "b.wav", "text": "A", "text": "B"}"#, "text stands twice"),
        (r#"{"id": "x", "recording": {}, "supervisions": []}"#, "a cut of Lhotse"),
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
        (nested.as_str(), "nested too deep"),
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
    assert!(
        error.starts_with(&format!("{}, line 2: column 1: the JSON ends early", path.display())),
        "{error}"
    );
    let manifest = Manifest::read_lenient(&path).unwrap();
    assert_eq!((common::ids(&manifest), manifest.skipped.len()), (vec!["a"], 1));
    assert_eq!(manifest.skipped[0].id, format!("{}, line 2", path.display()));
    assert!(
        manifest.skipped[0].reason.starts_with("column 1: the JSON ends early"),
        "{:?}",
        manifest.skipped
    );
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
    assert!(text.starts_with(r#"{"audio_filepath":"../wav/a.wav","id":"a"}"#), "{text}");
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
