//! `linnet transcribe --format html`: what a page plays, of recordings of any name.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{copy, linnet, mini, put};
use linnet_audio::{ReadOptions, read, write_wav};

const RECORDING: &str = "11-14.1/wsj0/si_et_20/011/011c0e06.wv1";

/// A folder with the trained model, and a recording as SPHERE and as WAV.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    copy(&mini().join("../golden/recognizer"), &place.path().join("model"));
    put(&place.path().join("in/deep/a.wv1"), fs::read(mini().join(RECORDING)).unwrap());
    let audio = read(&mini().join(RECORDING), &ReadOptions::default()).unwrap();
    write_wav(&place.path().join("in/b #1.wav"), &audio).unwrap();
    place
}

/// Transcribes to pages; returns what was said of it.
fn pages(place: &Path, more: &[&str]) -> String {
    let run =
        linnet(place, &[&["transcribe", "model", "in", "--format", "html", "--out", "out"], more].concat());
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    run.err
}

fn page(place: &Path, file: &str) -> String {
    fs::read_to_string(place.join("out").join(file)).unwrap()
}

/// The source of a page's player.
fn source(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("<audio id=player controls preload=auto src=\"")?;
    Some(rest.split_once('"').unwrap().0)
}

#[test]
fn sound_is_part_of_the_page_or_linked() {
    let place = place();
    let place = place.path();
    assert_eq!(pages(place, &[]), "");
    for file in ["deep/a.html", "b #1.html"] {
        let page = page(place, file);
        // 16,000 bytes a second, in base64.
        let source = source(&page).unwrap();
        let seconds = 2.0;
        assert!(
            source.starts_with("data:audio/wav;base64,")
                && source.len() as f64 > seconds * 16_000.0 * 4.0 / 3.0
        );
        assert!(page.contains(">INFLATION</span>") && !page.contains("http:") && !page.contains("https:"));
    }
    let said = pages(place, &["--html-sound", "link"]);
    assert_eq!(source(&page(place, "b #1.html")), Some("../in/b%20%231.wav"));
    assert_eq!(source(&page(place, "deep/a.html")), None);
    assert!(
        said.starts_with("note: in/deep/a.wv1: its page has no sound, since browsers don't play"),
        "{said}"
    );
    assert_eq!(pages(place, &["--html-sound", "none"]), "");
    assert_eq!(source(&page(place, "b #1.html")), None);
}

#[test]
fn a_page_of_a_part_has_the_recordings_times() {
    let place = place();
    let place = place.path();
    let about = |more: &[&str]| -> serde_json::Value {
        pages(place, more);
        let page = page(place, "b #1.html");
        let (_, rest) = page.split_once("id=about>").unwrap();
        serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
    };
    let part = ["--offset", "0.5", "--duration", "1"];
    let embedded = about(&part);
    assert_eq!(
        (&embedded["offset"], &embedded["sound_from"], &embedded["duration"]),
        (&0.5.into(), &0.5.into(), &1.0.into())
    );
    let linked = about(&[&part[..], &["--html-sound", "link"]].concat());
    assert_eq!((&linked["offset"], &linked["sound_from"]), (&0.5.into(), &0.0.into()));
}

#[test]
fn pages_of_several_recordings_need_a_folder() {
    let place = place();
    let run = linnet(place.path(), &["transcribe", "model", "in", "--format", "html"]);
    assert_eq!(run.code, 1);
    assert!(
        run.err.contains("html of several recordings can't stand in one text; give --out DIR"),
        "{}",
        run.err
    );
    let run = linnet(
        place.path(),
        &["transcribe", "model", "in/b #1.wav", "--format", "html", "--html-sound", "link"],
    );
    assert!(run.out.starts_with("<!doctype html>") && source(&run.out) == Some("in/b%20%231.wav"));
}

#[cfg(unix)]
#[test]
fn a_hostile_name_is_text() {
    let place = place();
    let place = place.path();
    let name = "<script>alert(1)<\u{2215}script>&\"'.wav";
    fs::rename(place.join("in/b #1.wav"), place.join("in").join(name)).unwrap();
    pages(place, &[]);
    let page = page(place, &name.replace(".wav", ".html"));
    assert_eq!(page.matches("<script").count(), 2);
    assert!(
        page.contains("<h1><bdi>&lt;script&gt;alert(1)&lt;\u{2215}script&gt;&amp;&quot;&#39;</bdi></h1>")
    );
}
