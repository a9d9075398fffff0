//! `linnet tune` and `linnet align` on a model that was trained in a second.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{beside_its_data, linnet, names, put};
use serde_json::Value;

fn tune(place: &Path, more: &[&str]) -> common::Run {
    linnet(
        place,
        &[&["tune", "model", "data/dev.jsonl", "--lm", "lm.arpa", "--cache-logits", "cache"], more].concat(),
    )
}

fn read(place: &Path, path: &str) -> String {
    fs::read_to_string(place.join(path)).unwrap()
}

/// The points of a table: WER, errors, weight, bonus.
fn rows(table: &str) -> Vec<Vec<f64>> {
    let row =
        |line: &str| -> Vec<f64> { line.split_whitespace().map(|field| field.parse().unwrap()).collect() };
    let lines = table.lines().skip(1).take_while(|line| !line.is_empty());
    lines.map(row).map(|r| vec![r[0], r[1], r[6], r[7]]).collect()
}

#[test]
fn the_best_flags_of_a_grid_decode_with_its_wer() {
    let place = beside_its_data();
    let place = place.path();
    // A word that may be left out is no error in either.
    let manifest = read(place, "data/dev.jsonl");
    let (first, others) = manifest.split_once('\n').unwrap();
    let mut first: Value = serde_json::from_str(first).unwrap();
    first["text"] = format!("{} (XYZZY)", first["text"].as_str().unwrap()).into();
    put(&place.join("data/dev.jsonl"), format!("{first}\n{others}"));
    let more = ["--lm-weights", "0,0.5,1", "--word-bonuses", "-2,30", "--beam", "20", "--out", "tune.json"];
    let run = tune(place, &more);
    assert_eq!(run.code, 0, "{}", run.err);
    let rows = rows(&run.out);
    let mut points: Vec<(f64, f64)> = rows.iter().map(|row| (row[2], row[3])).collect();
    points.sort_by(|a, b| a.partial_cmp(b).unwrap());
    assert_eq!(points, [(0.0, -2.0), (0.0, 30.0), (0.5, -2.0), (0.5, 30.0), (1.0, -2.0), (1.0, 30.0)]);
    assert!(rows.is_sorted_by(|a, b| a[1] <= b[1]), "{}", run.out);
    assert!(rows[0][1] < rows[5][1], "the points must differ: {}", run.out);
    let flags: Vec<&str> = run.out.lines().last().unwrap().split(' ').collect();
    let decoded =
        linnet(place, &[&["decode", "model", "data/dev.jsonl", "--out", "out"][..], &flags].concat());
    assert!(decoded.out.contains(&format!("]: {} errors (", rows[0][1])), "{}{}", run.out, decoded.out);
    let json: Value = serde_json::from_str(&read(place, "tune.json")).unwrap();
    assert_eq!((json["utterances"].as_u64(), json["trials"].as_array().unwrap().len()), (Some(4), 6));
    assert_eq!(json["flags"], run.out.lines().last().unwrap());
    // Neither the cache nor the number of threads matters.
    assert_eq!(names(&place.join("cache")).len(), 1);
    assert_eq!(tune(place, &[&more[..], &["--threads", "1"]].concat()).out, run.out);
}

#[test]
fn a_calibration_goes_from_tune_to_decode_by_a_file() {
    let place = beside_its_data();
    let place = place.path();
    let run =
        tune(place, &["--lm-weights", "0.5", "--word-bonuses", "0", "--calibration", "calibration.json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let json: Value = serde_json::from_str(&read(place, "calibration.json")).unwrap();
    let line = run.out.lines().find(|line| line.starts_with("confidence of ")).unwrap();
    let percent = |key: &str| format!("{:.2}", 100.0 * json[key].as_f64().unwrap());
    for part in ["error_before", "error_after", "error_fitted"].map(percent) {
        assert!(line.contains(&part), "{part}: {line}");
    }
    let flags: Vec<&str> = run.out.lines().last().unwrap().split(' ').collect();
    assert!(flags.ends_with(&["--calibration", "calibration.json"]), "{}", run.out);
    let confidences = |out: &str, flags: &[&str]| -> Vec<f64> {
        let run = linnet(place, &[&["decode", "model", "data/dev.jsonl", "--out", out], flags].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        let ctm = read(place, &format!("{out}/hyp.ctm"));
        ctm.lines().map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect()
    };
    let raw = confidences("raw", &flags[..flags.len() - 2]);
    let calibrated = confidences("calibrated", &flags);
    let (scale, offset) = (json["scale"].as_f64().unwrap(), json["offset"].as_f64().unwrap());
    assert!(!raw.is_empty() && raw.len() == calibrated.len());
    for (raw, calibrated) in raw.iter().zip(calibrated) {
        let p = raw.clamp(1e-4, 1.0 - 1e-4);
        let expected = 1.0 / (1.0 + (-(scale * (p / (1.0 - p)).ln() + offset)).exp());
        // A ctm file has four digits, which weigh most near 0 and 1.
        assert!((expected - calibrated).abs() < 0.05 * scale.abs().max(1.0), "{raw} {calibrated} {expected}");
    }
    let flags = ["--lm", "lm.arpa", "--calibration", "1"];
    linnet(place, &[&["decode", "model", "data/dev.jsonl", "--out", "o"][..], &flags].concat())
        .fails_with("1: there is no such file or folder; check the path");
}

#[test]
fn random_points_lie_in_between_and_follow_the_seed() {
    let place = beside_its_data();
    let place = place.path();
    let random = |seed| {
        let more = [
            "--lm-weights",
            "0.5,1",
            "--word-bonuses",
            "-1,1",
            "--beam",
            "5",
            "--trials",
            "7",
            "--seed",
            seed,
        ];
        let run = tune(place, &more);
        assert_eq!(run.code, 0, "{}", run.err);
        run.out
    };
    let (one, two) = (random("1"), random("2"));
    let points = rows(&one);
    assert_eq!(points.len(), 7);
    assert!(points.iter().all(|p| (0.5..=1.0).contains(&p[2]) && (-1.0..=1.0).contains(&p[3])), "{one}");
    assert!(one != two && one == random("1"));
}

#[test]
fn what_can_not_be_tuned_is_one_line() {
    let place = beside_its_data();
    let place = place.path();
    tune(place, &["--lm-weights", "-1"]).fails_with("the option weight: it must be at least 0 and finite");
    let run = linnet(place, &["tune", "model", "data/dev.jsonl", "--beam", "5", "--no-lexicon"]);
    run.fails_with(
        "data/dev.jsonl: there are no words to count the errors of; give a lexicon (--lexicon FILE)",
    );
    let text = read(place, "data/dev.jsonl");
    let silent: String = text
        .lines()
        .map(|line| {
            let mut json: Value = serde_json::from_str(line).unwrap();
            json["text"] = "".into();
            format!("{json}\n")
        })
        .collect();
    put(&place.join("data/dev.jsonl"), silent);
    tune(place, &[]).fails_with("data/dev.jsonl: its texts have no words; give a manifest with transcripts");
}

#[test]
fn alignments_cover_the_transcripts_in_order() {
    let place = beside_its_data();
    let place = place.path();
    let run =
        linnet(place, &["align", "model", "data/dev.jsonl", "--out", "a.ctm", "--tokens", "phones.ctm"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    // A name without an ending is a folder's.
    let run = linnet(place, &["align", "model", "data/dev.jsonl", "--out", "grids"]);
    assert_eq!(run.code, 0, "{}", run.err);
    linnet(place, &["align", "model", "data/dev.jsonl", "--out", "a.TextGrid"])
        .fails_with("a.TextGrid: one TextGrid has one utterance, and there are 4; give --out a folder");
    let (words, phones) = (read(place, "a.ctm"), read(place, "phones.ctm"));
    let manifest = read(place, "data/dev.jsonl");
    for line in manifest.lines() {
        let json: Value = serde_json::from_str(line).unwrap();
        let id = json["id"].as_str().unwrap();
        let of = |ctm: &str| -> Vec<(f64, f64, String)> {
            let lines =
                ctm.lines().map(|line| line.split(' ').collect::<Vec<_>>()).filter(|line| line[0] == id);
            lines.map(|l| (l[2].parse().unwrap(), l[3].parse().unwrap(), l[4].to_string())).collect()
        };
        let (words, phones) = (of(&words), of(&phones));
        let text: Vec<&str> = words.iter().map(|word| word.2.as_str()).collect();
        assert_eq!(text.join(" "), json["text"].as_str().unwrap());
        for ctm in [&words, &phones] {
            assert!(ctm.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0 + 1e-3), "{ctm:?}");
            let end = ctm.last().map(|last| last.0 + last.1).unwrap();
            // A ctm file has milliseconds.
            assert!(end <= json["duration"].as_f64().unwrap() + 1e-3, "{ctm:?}");
        }
        // A word begins with its first phone and ends with its last.
        for (start, length, _) in &words {
            assert!(phones.iter().any(|phone| phone.0 == *start));
            assert!(phones.iter().any(|phone| (phone.0 + phone.1 - start - length).abs() < 2e-3));
        }
        let grid = read(place, &format!("grids/{id}.TextGrid"));
        assert!(
            grid.starts_with("File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0\nxmax = ")
        );
        let labels: Vec<&str> = grid
            .lines()
            .filter_map(|line| line.trim().strip_prefix("text = \"")?.strip_suffix('"'))
            .filter(|label| !label.is_empty())
            .collect();
        let expected: Vec<&str> = words.iter().chain(&phones).map(|entry| entry.2.as_str()).collect();
        assert_eq!(labels, expected);
        // Intervals follow each other without gaps, from 0 to the end, in both tiers.
        let times = |key: &str| -> Vec<&str> {
            let prefix = format!("            {key} = ");
            grid.lines().filter_map(|line| line.strip_prefix(&prefix)).collect()
        };
        let (starts, ends) = (times("xmin"), times("xmax"));
        let gaps = starts.iter().skip(1).zip(&ends).filter(|(start, end)| start != end).count();
        assert_eq!((gaps, starts[0]), (1, "0"), "the second tier begins anew: {grid}");
        assert!(grid.contains(&format!("xmax = {}\ntiers?", ends.last().unwrap())));
        assert_eq!(ends.last().unwrap().parse::<f64>().unwrap(), json["duration"].as_f64().unwrap());
    }
}

#[test]
fn text_grids_that_are_there_stay() {
    let place = beside_its_data();
    let place = place.path();
    let align = |out: &str, more: &[&str]| {
        linnet(place, &[&["align", "model", "data/dev.jsonl", "--out", out], more].concat())
    };
    assert_eq!(align("grids", &[]).code, 0);
    align("grids", &[]).fails_with(
        "grids: the TextGrids of all 4 utterances are there already; --again replaces them, or give --out another folder",
    );
    let names = fs::read_dir(place.join("grids")).unwrap().map(|entry| entry.unwrap().path());
    let names: Vec<_> = names.collect();
    let before = fs::read(&names[1]).unwrap();
    put(&names[0], "corrected");
    fs::remove_file(&names[1]).unwrap();
    let run = align("grids", &[]);
    assert_eq!(run.code, 0, "{}", run.err);
    let told = "3 of their TextGrids were there before, and stay as they were; --again makes them anew\n";
    assert!(run.err.ends_with(told), "{}", run.err);
    assert!(fs::read(&names[1]).unwrap() == before && fs::read(&names[0]).unwrap() == b"corrected");
    assert_eq!(align("grids", &["--again"]).code, 0);
    assert!(fs::read(&names[0]).unwrap() != b"corrected");

    let manifest = read(place, "data/dev.jsonl");
    put(&place.join("data/dev.jsonl"), format!("{}\n", manifest.lines().next().unwrap()));
    assert_eq!(align("one.TextGrid", &[]).code, 0);
    align("one.TextGrid", &[]).fails_with("one.TextGrid: it is there already; --again replaces it");
    assert_eq!(align("one.TextGrid", &["--again"]).code, 0);
    // As Praat takes them, and no other has the same name.
    let twice = manifest.lines().take(2).enumerate().map(|(i, line)| {
        let mut json: Value = serde_json::from_str(line).unwrap();
        json["id"] = ["a/b", "a_b"][i].into();
        format!("{json}\n")
    });
    put(&place.join("data/dev.jsonl"), twice.collect::<String>());
    align("slashes", &[])
        .fails_with("slashes/a_b.TextGrid: another utterance has this file already; give a_b another id");
}

#[test]
fn what_can_not_be_aligned_is_named_and_the_rest_goes_on() {
    let place = beside_its_data();
    let place = place.path();
    let text = read(place, "data/dev.jsonl");
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let word = lines[0]["text"].as_str().unwrap().split(' ').next().unwrap().to_string();
    lines[0]["text"] = vec![word.as_str(); 400].join(" ").into();
    lines[1]["text"] = format!("{word} XYZZY").into();
    lines[2]["text"] = "".into();
    put(&place.join("data/dev.jsonl"), lines.iter().map(|line| format!("{line}\n")).collect::<String>());
    let run = linnet(place, &["align", "model", "data/dev.jsonl", "--out", "a.ctm"]);
    let id = |i: usize| lines[i]["id"].as_str().unwrap();
    let warnings: Vec<&str> =
        run.err.lines().filter(|line| !line.contains("may not be what is said")).collect();
    assert_eq!((run.code, warnings.len()), (3, 5), "{}", run.err);
    assert!(warnings[0].starts_with(&format!("warning: left out {}: ", id(0))), "{}", warnings[0]);
    assert!(warnings[0].contains(" frames, the utterance has "), "{}", warnings[0]);
    let line = |i, reason| format!("warning: left out {}: {reason}", id(i));
    let reason = "without pronunciation: XYZZY; add them to the lexicon, a line WORD PHONE PHONE … each";
    assert_eq!(warnings[1], line(1, reason));
    assert_eq!(warnings[2], line(2, "its text has no words; give the transcript"));
    assert_eq!(warnings[3], "warning: 3 of 4 utterances were not aligned");
    assert!(read(place, "a.ctm").lines().all(|line| line.starts_with(id(3))));
    // A lexicon of one's own has it.
    let own = ["align", "model", "data/dev.jsonl", "--out", "a.ctm", "--lexicon"];
    put(&place.join("own.dic"), "XYZZY Z IH Z IY\n");
    let run = linnet(place, &[&own[..], &["own.dic"]].concat());
    assert!(run.err.contains("warning: 2 of 4 utterances were not aligned"), "{}", run.err);
    assert!(read(place, "a.ctm").lines().any(|line| line.starts_with(id(1)) && line.contains(" XYZZY ")));
    linnet(place, &[&own[..], &["gone.dic"]].concat())
        .fails_with("gone.dic: there is no such file or folder; check the path");
}
