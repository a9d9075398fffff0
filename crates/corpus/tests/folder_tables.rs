//! Tables of recordings and texts.
#![allow(clippy::unwrap_used)]

mod common;

use common::folder::{WHOLE, put_sound, run, skipped};
use common::{ids, put, read, texts};
use linnet_corpus::prepare::folder::{Match, Split, parse_table};

#[test]
fn tables_with_and_without_a_header() {
    let root = tempfile::tempdir().unwrap();
    put_sound(&root.path().join("clips/a.wav"));
    put_sound(&root.path().join("clips/b.wav"));
    let tables = [
        ("t.tsv", "clips/a.wav\tsay \"hi\"\tann\nclips/b.wav\tyes\n"),
        ("cv.tsv", "client_id\tpath\tsentence\tage\nann\tclips/a.wav\tsay \"hi\"\t\n\tclips/b.wav\tyes\t\n"),
        (
            "t.csv",
            "FILE,TEXT,SPEAKER\r\nclips/a.wav,\"say \"\"hi\"\"\",ann\r\nclips/b.wav,yes,\r\nclips/c.wav,gone,\r\n",
        ),
    ];
    for (name, content) in tables {
        let table = root.path().join(name);
        put(&table, content);
        let out = root.path().join("out");
        let report = run(&table, WHOLE, &out).unwrap();
        let train = read(&out, "train");
        assert_eq!(texts(&train), ["clips-a: SAY \"HI\"", "clips-b: YES"], "{name}");
        assert_eq!(train.utterances[0].speaker.as_deref(), Some("ann"));
        assert_eq!((report.sets.len(), report.notes.len()), (1, 1));
        assert_eq!(report.sets[0].skipped.len(), usize::from(name == "t.csv"));
    }
    // A text that has the character between columns would lose its end, and the speaker its name.
    put(
        &root.path().join("wide.csv"),
        "file,text,speaker\nclips/a.wav,one,ann,\nclips/b.wav,two, and three,ann\n",
    );
    let report = run(&root.path().join("wide.csv"), WHOLE, &root.path().join("wide")).unwrap();
    assert_eq!(texts(&read(&root.path().join("wide"), "train")), ["clips-a: ONE"]);
    let [skipped] = &report.sets[0].skipped[..] else { panic!("{:?}", report.sets[0].skipped) };
    assert!(
        skipped.id.ends_with("wide.csv, line 3")
            && skipped.reason.starts_with("4 columns, where the first line names 3; put a text"),
        "{skipped:?}"
    );
    put(&root.path().join("bad.csv"), "clips/a.wav,one\nclips/b.wav\n");
    let report = run(&root.path().join("bad.csv"), WHOLE, root.path()).unwrap();
    let [skipped] = &report.sets[0].skipped[..] else { panic!("{:?}", report.sets[0].skipped) };
    assert!(
        skipped.id.ends_with("bad.csv, line 2") && skipped.reason.starts_with("1 columns"),
        "{skipped:?}"
    );
}

#[test]
fn a_column_of_several_sets_counts_more_than_the_tables_name() {
    let root = tempfile::tempdir().unwrap();
    let mut table = "file,text,split\n".to_owned();
    for (name, set) in [("a", "train"), ("b", "train"), ("c", "dev"), ("d", "test")] {
        put_sound(&root.path().join(format!("{name}.wav")));
        table += &format!("{name}.wav,{name},{set}\n");
    }
    put(&root.path().join("val.csv"), &table);
    put(&root.path().join("._val.csv"), "what macOS notes");
    let out = root.path().join("out");
    let report = run(&root.path().join("val.csv"), Split::default(), &out).unwrap();
    let sets: Vec<_> = report.sets.iter().map(|set| (set.name.as_str(), set.utterances)).collect();
    assert_eq!(sets, [("train", 2), ("dev", 1), ("test", 1)]);
}

#[test]
fn common_voices_paths_are_in_clips_and_nothing_left_says_why() {
    let root = tempfile::tempdir().unwrap();
    put_sound(&root.path().join("clips/a.wav"));
    let table = root.path().join("train.tsv");
    put(&table, "client_id\tpath\tsentence\nann\ta.wav\tyes\n");
    run(&table, WHOLE, &root.path().join("out")).unwrap();
    assert_eq!(texts(&read(&root.path().join("out"), "train")), ["a: YES"]);
    put(&table, "client_id\tpath\tsentence\nann\tc.wav\tyes\n");
    let error = run(&table, WHOLE, &root.path().join("out")).unwrap_err().to_string();
    let shown = root.path().display();
    assert_eq!(
        error,
        format!(
            "{shown}/train.tsv has no usable utterance: c: {shown}/train.tsv, line 2: {shown}/c.wav is not there; check the path"
        )
    );
}

/// The utterances, the notes, and what was left out.
type Prepared = (Vec<String>, Vec<String>, Vec<String>);

/// Prepares a table of the recordings `a.wav`, `b.wav`, `c.wav` and `d.wav`.
fn prepared(name: &str, content: impl AsRef<[u8]>) -> Result<Prepared, String> {
    let root = tempfile::tempdir().unwrap();
    for recording in ["a", "b", "c", "d"] {
        put_sound(&root.path().join("wavs").join(recording).with_extension("wav"));
    }
    let table = root.path().join(name);
    put(&table, content);
    let out = root.path().join("out");
    let shorter = |text: String| text.replace(&format!("{}/", root.path().display()), "");
    let report = run(&table, WHOLE, &out).map_err(|error| shorter(error.to_string()))?;
    let train = read(&out, "train");
    let line = |u: &linnet_corpus::Utterance| {
        let speaker = u.speaker.as_deref().map_or(String::new(), |speaker| format!(" ({speaker})"));
        format!("{}: {}{speaker}", u.id, u.text.as_deref().unwrap_or_default())
    };
    let shortened = |texts: Vec<String>| texts.into_iter().map(shorter).collect();
    Ok((
        train.utterances.iter().map(line).collect(),
        shortened(report.notes.clone()),
        shortened(skipped(&report)),
    ))
}

#[test]
fn headers_of_other_tools_are_known() {
    let expected = ["a: ONE TWO", "b: THREE"];
    for (name, content, note) in [
        (
            "deepspeech.csv",
            "wav_filename,wav_filesize,transcript\nwavs/a.wav,1644,one two\nwavs/b.wav,1644,three\n",
            "file from wav_filename, text from transcript; not used: wav_filesize",
        ),
        (
            "metadata.csv",
            "file_name,transcription\nwavs/a.wav,one two\nwavs/b.wav,three\n",
            "file from file_name, text from transcription",
        ),
        (
            "excel.csv",
            "\u{feff}Audio Path;Sentence;Age\r\nwavs\\a.wav;\"one two\";20s\r\nwavs\\b.wav;three;\r\n",
            "file from Audio Path, text from Sentence; not used: Age",
        ),
        (
            "hf.jsonl",
            "{\"audio\": {\"path\": \"wavs/a.wav\", \"bytes\": null}, \"text\": \"one two\"}\n\n{\"audio\": \"wavs/b.wav\", \"text\": \"three\"}\n",
            "file from audio, text from text",
        ),
        (
            "array.json",
            "[\n{\"text\": \"one two\", \"file\": \"wavs/a.wav\", \"n\": 1},\n{\"file\": \"b.wav\", \"text\": \"three\"}]",
            "file from file, text from text; not used: n",
        ),
        (
            "known-by-content.tsv",
            "clip_name\tsentence\nwavs/a.wav\tone two\nwavs/b.wav\tthree\n",
            "file from clip_name, text from sentence",
        ),
        (
            "lj.csv",
            "ID|raw_text|normalized_text\na|1 2|one two\nb|3|three\n",
            "file from ID, text from normalized_text; not used: raw_text",
        ),
    ] {
        let (found, notes, skipped) = prepared(name, content).unwrap();
        let short: Vec<String> =
            found.iter().map(|line| line.replace("wavs-", "").replace("wavs\\", "")).collect();
        assert_eq!(short, expected, "{name}");
        assert_eq!(skipped, [""; 0], "{name}");
        assert!(notes.contains(&format!("{name}: columns: {note}")), "{notes:?}");
    }
}

#[test]
fn a_header_without_known_names_is_refused_with_those() {
    for (content, missing) in [
        ("wav_name,words\na.wav,one two\nb.wav,three\n", "the text (normalized_text, "),
        ("recording,wav_filesize,words\na.wav,12,one two\n", "the text (normalized_text, "),
        ("uri,sentence\nhttp://x/a,one two\n", "the recording (audio_filepath, "),
    ] {
        let error = prepared("t.csv", content).unwrap_err();
        let names = content.lines().next().unwrap().replace(',', ", ");
        let start = format!("t.csv, line 1: the columns are {names}, of which none is known as {missing}");
        assert!(error.starts_with(&start) && error.ends_with("; rename one"), "{error}");
    }
    let error = prepared("t.json", "[{\"file\": \"a.wav\", \"txt\": \"one\"}]").unwrap_err();
    assert!(
        error.starts_with("t.json, line 1: the columns are file, txt, of which none is known as the text"),
        "{error}"
    );
}

#[test]
fn columns_without_names_are_taken_where_they_are_plain() {
    let (lj, notes, _) =
        prepared("metadata.csv", "a|1, 2 \"x|one, two \"x\nb|one more|\nc|5 6|five six\n").unwrap();
    assert_eq!(lj, ["a: ONE, TWO \"X", "b: ONE MORE", "c: FIVE SIX"]);
    assert!(
        notes.contains(
            &"metadata.csv: no names of columns: file from column 1, text from column 3, or from column 2 where that is empty"
                .to_owned()
        ),
        "{notes:?}"
    );
    for (name, content) in [
        ("vits.txt", "wavs/a.wav|7|one two\nwavs/b.wav|7|three\n"),
        ("swapped.tsv", "one two\twavs/a.wav\t7\nthree\twavs/b.wav\t7\n"),
        ("first-is-gone.csv", "gone.wav,nothing more,7\na.wav,one two,7\nb.wav,three,7\n"),
    ] {
        let (found, _, _) = prepared(name, content).unwrap();
        let short: Vec<String> = found.iter().map(|line| line.replace("wavs-", "")).collect();
        assert_eq!(short, ["a: ONE TWO (7)", "b: THREE (7)"], "{name}");
    }
    for content in
        ["a.wav,1644,one two\nb.wav,1650,three\n", "a.wav,yes,ann\nb.wav,no,bob\n", "a.wav,1,2,one two\n"]
    {
        let error = prepared("t.csv", content).unwrap_err();
        let width = content.split('\n').next().unwrap().split(',').count();
        let start = format!("t.csv, line 1: {width} columns without names, and what they hold doesn't tell");
        assert!(error.starts_with(&start) && error.ends_with("such as file,text,speaker"), "{error}");
    }
}

#[test]
fn times_cut_the_recording_and_bad_ones_are_named() {
    let root = tempfile::tempdir().unwrap();
    common::put_wav(&root.path().join("long.wav"), &common::tone(16_000, 0));
    let out = root.path().join("out");
    for (content, expected) in [
        ("file,start,end,text\nlong,0.25,0.75,one\nlong.wav,0.75,,two\n", [(0.25, 0.5), (0.75, 0.25)]),
        ("file,offset,duration,text\nlong,0.25,0.5,one\nlong.wav,.75,-1,two\n", [(0.25, 0.5), (0.0, 0.0)]),
        ("file,start_ms,end_ms,text\nlong,250,750,one\nlong,0,250,two\n", [(0.25, 0.5), (0.0, 0.25)]),
        ("file,begin,stop,text\nlong,0:00.5,0:01,one\nlong,0,-1,two\n", [(0.5, 0.5), (0.0, 1.0)]),
        // A second row of one recording is left out.
        ("file,duration,text\nlong,0.5,one\nlong,7,two\n", [(0.0, 1.0), (0.0, 0.0)]),
    ] {
        put(&root.path().join("t.csv"), content);
        let report = run(&root.path().join("t.csv"), WHOLE, &out).unwrap();
        let train = read(&out, "train");
        let times: Vec<_> = train.utterances.iter().map(|u| (u.offset_s, u.duration_s.unwrap())).collect();
        let expected: Vec<_> = expected.into_iter().filter(|(_, duration)| *duration > 0.0).collect();
        assert_eq!(times, expected, "{content}");
        assert_eq!(skipped(&report).len(), 2 - expected.len(), "{:?}", skipped(&report));
        assert_eq!(ids(&train)[0], "long");
    }
    put(
        &root.path().join("t.csv"),
        "file,start,end,text\nlong,0,0.5,x\nlong,1x,2,y\nlong,0.5,0.2,z\nlong,5,6,w\n",
    );
    let report = run(&root.path().join("t.csv"), WHOLE, &out).unwrap();
    let reasons = skipped(&report);
    for (found, expected) in reasons.iter().zip([
        "t.csv, line 3: start is \"1x\", which is no time; give seconds, as 12.5",
        "t.csv, line 4: from 0.5 s to 0.2 s is no part of a recording; correct the times",
        "long.wav: 1.00 s long, but the utterance starts at 5 s; correct its times",
    ]) {
        assert!(found.ends_with(expected), "{found}");
    }
    assert_eq!(reasons.len(), 3);
}

#[test]
fn encodings_rows_and_quotation_marks_that_are_wrong_are_named() {
    let utf16: Vec<u8> =
        "\u{feff}file\ttext\na\tgr\u{fc}n\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (found, _, _) = prepared("excel.txt", &utf16).unwrap();
    assert_eq!(found, ["a: GR\u{dc}N"]);
    let error = prepared("t.csv", &utf16[2..]).unwrap_err();
    assert!(
        error.starts_with("t.csv: byte 2 (0x00) is not UTF-8") && error.contains("-f UTF-16LE"),
        "{error}"
    );

    let (found, _, skipped) = prepared("t.csv", b"file,text\na,yes\nb,gr\xfcn\nc,\nd\n,x\n").unwrap();
    assert_eq!(found, ["a: YES"]);
    assert_eq!(
        skipped,
        [
            "t.csv, line 3: column 2 has the byte 0xfc, which is not UTF-8; convert the table from its encoding, as by \
             `iconv -f LATIN1 -t UTF-8 OLD > NEW`",
            "t.csv, line 5: 1 columns; a row is a file, its text and perhaps a speaker",
            "t.csv, line 6: no file or no text in this row; fill it in or leave the row out",
            "c: its text has no words; write what is said, or leave the recording out",
        ]
    );

    let spreadsheet = "\u{feff}file,text\r\na,yes\r\n\r\nb,\"one\r\ntwo\"\r\nc\r\n";
    let (_, _, skipped) = prepared("t.csv", spreadsheet).unwrap();
    assert_eq!(skipped, ["t.csv, line 6: 1 columns; a row is a file, its text and perhaps a speaker"]);
    let (found, _, _) = prepared("t.csv", "file,text\na,\"one\ntwo\"\nb,three\n").unwrap();
    assert_eq!(found, ["a: ONE TWO", "b: THREE"]);
    let error = prepared("t.csv", "file,text\na.wav,\"one\nb.wav,two\nc.wav,three\n").unwrap_err();
    assert_eq!(
        error,
        "t.csv, line 2: a quotation mark opens here and isn't closed before \"b.wav,two\", another recording's row; close \
         it, or write it twice where it is part of the text"
    );

    let (found, _, skipped) =
        prepared("t.jsonl", "{\"file\": \"a\", \"text\": \"one\"}\n{\"file\": \"b\", \"text\": null}\nx\n")
            .unwrap();
    assert_eq!(found, ["a: ONE"]);
    assert_eq!(
        skipped,
        [
            "t.jsonl, line 3: column 1: this is no JSON; a line is an object such as {\"file\": \"a.wav\", \"text\": \"HELLO\"}",
            "t.jsonl, line 2: no file or no text in this row; fill it in or leave the row out",
        ]
    );
    let error = prepared("t.json", "[{\"file\": \"a\"},\n x]").unwrap_err();
    assert_eq!(error, "t.json: line 2, column 2: this is no JSON; give an array of objects");
}

#[test]
fn delimiters_are_told_by_what_they_part() {
    let find = |name: &str| if name.ends_with(".wav") { Match::File } else { Match::None };
    for (content, name) in [
        ("a.wav,x; y | z\nb.wav,u; v | w\n", "t.csv"),
        ("a.wav;x, y | z\nb.wav;u, v | w\n", "t.csv"),
        ("a.wav|x, y ; z\nb.wav|u, v ; w\n", "t.txt"),
        ("a.wav\tx, y ; z\nb.wav\tu, v ; w\n", "t.csv"),
        ("a.wav,x\ty\nb.wav,u\tv\n", "t.csv"),
    ] {
        let table = parse_table(content.as_bytes(), name.as_ref(), &find).unwrap();
        assert_eq!((table.rows.len(), table.skipped.len()), (2, 0), "{content}");
        assert!(table.rows.iter().all(|row| row.text.len() > 2 && row.speaker.is_none()), "{:?}", table.rows);
    }
    for empty in ["", "\n\n", "[]"] {
        assert_eq!(parse_table(empty.as_bytes(), "t.json".as_ref(), &find).unwrap().rows, []);
        assert_eq!(parse_table(b"", "t.csv".as_ref(), &find).unwrap().rows, []);
    }
}

#[test]
fn recordings_that_no_row_names_are_counted() {
    let root = tempfile::tempdir().unwrap();
    let (source, out) = (root.path().join("in"), root.path().join("out"));
    for name in ["a.wav", "clips/b.WAV", "clips/c.wav", "clips/d.mp3", "deep/er/e.flac"] {
        put_sound(&source.join(name));
    }
    put(&source.join("clips/c.txt"), "no recording");
    put(&source.join("metadata.csv"), "file,text\na.wav,yes\nb.wav,no\n");
    let counted = |source: &std::path::Path| {
        let notes = run(source, WHOLE, &out).unwrap().notes;
        notes.into_iter().find(|note| note.contains("in no row"))
    };
    let note = |count: usize| {
        let first = source.join("clips/c.wav");
        format!("{count} recordings are in no row that is used, the first of them {}", first.display())
    };
    assert_eq!(counted(&source), Some(note(3)), "of all in the folder");
    assert_eq!(counted(&source.join("metadata.csv")), Some(note(2)), "of those beside the named ones");
    put(&source.join("metadata.csv"), "file,text\na.wav,yes\n");
    assert_eq!(counted(&source.join("metadata.csv")), None);
}

#[test]
fn a_folder_without_texts_names_the_table_that_lies_in_it() {
    let root = tempfile::tempdir().unwrap();
    put_sound(&root.path().join("wav/a.wav"));
    put(&root.path().join("list.csv"), "file,text\nwav/a.wav,yes\n");
    let error = run(root.path(), WHOLE, &root.path().join("out")).unwrap_err().to_string();
    let mend = format!("; or give a table that lies there, such as {}/list.csv", root.path().display());
    assert!(error.ends_with(&mend), "{error}");
}
