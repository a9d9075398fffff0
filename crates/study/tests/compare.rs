//! Runs side by side: which of them count as one kind, and what of them can be compared.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{COURSE, Course, STUDY, finish, finished, put, read, recipe, started};
use linnet_study::{PlannedRun, Study, compare, compare_study};
use linnet_text::Unit;
use serde_json::Value;

fn folders<const N: usize>(study: &Study, runs: [usize; N]) -> [PathBuf; N] {
    runs.map(|i| study.exp.join(&study.runs[i].name))
}

/// Changes a text in all files of some decoded sets.
fn change(run: &Path, sets: &[&str], from: &str, to: &str) {
    for set in sets {
        for file in ["ref.trn", "hyp.trn", "score.json"].map(|file| run.join("decode").join(set).join(file)) {
            let text = fs::read_to_string(&file).unwrap();
            assert!(text.contains(from) || !file.ends_with("score.json"));
            fs::write(&file, text.replace(from, to)).unwrap();
        }
    }
}

#[test]
fn folders_that_differ_in_their_seeds_alone_are_one_system() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    study.runs.iter().for_each(|run| finish(&study.exp, run));
    let folders: Vec<_> = [2, 0, 1, 3].map(|i| study.exp.join(&study.runs[i].name)).to_vec();
    let comparison = compare(&folders).unwrap();
    let systems: Vec<_> = comparison.systems.iter().map(|s| (s.name.as_str(), s.seeds())).collect();
    assert_eq!(systems, [("linear", vec![0, 1]), ("softmax", vec![0, 1])]);
    let columns: Vec<&str> = comparison.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["dev", "test"]);
    // Both have the same hypotheses.
    let score = comparison.systems[1].scores[1].as_ref().unwrap();
    let difference = score.differences[0].unwrap();
    assert_eq!((difference.value, difference.interval.low, difference.interval.high), (0.0, 0.0, 0.0));
    let own = &comparison.systems[0].scores;
    assert_eq!(own[1].as_ref().unwrap().differences, [None], "it is the reference");
    let curve = &comparison.systems[0].curve;
    assert_eq!((curve.len(), curve[5].seconds), (6, 60.0));
    let table = comparison.table();
    assert!(table.contains("softmax  0, 1   ") && table.contains("no clear difference"), "{table}");
    // Kinds whose folders are called alike have their first ones' names.
    let renamed = [0, 1, 2, 3].map(|i| {
        let to = study.exp.join(format!("run-{i}"));
        fs::rename(study.exp.join(&study.runs[i].name), &to).unwrap();
        to
    });
    let comparison = compare(&renamed).unwrap();
    let systems: Vec<_> = comparison.systems.iter().map(|s| (s.name.as_str(), s.seeds())).collect();
    assert_eq!(systems, [("run-0", vec![0, 1]), ("run-2", vec![0, 1])]);
}

#[test]
fn several_test_sets_are_summed_without_the_development_set() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    [0, 2].iter().for_each(|&i| finish(&study.exp, &study.runs[i]));
    let folders = folders(&study, [0, 2]);
    for folder in &folders {
        let (from, to) = (folder.join("decode/test"), folder.join("decode/other"));
        fs::create_dir_all(&to).unwrap();
        for file in ["ref.trn", "hyp.trn", "score.json"] {
            fs::copy(from.join(file), to.join(file)).unwrap();
        }
        change(folder, &["other"], "test-s", "other-s");
    }
    let comparison = compare(&folders).unwrap();
    let columns: Vec<&str> = comparison.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["dev", "other", "test", "test sets together"]);
    let rates: Vec<f64> =
        comparison.systems[0].scores.iter().map(|s| s.as_ref().unwrap().rate.value).collect();
    assert!((rates[3] - (rates[1] + rates[2]) / 2.0).abs() < 1e-9, "{rates:?}: sets of equal size");
}

#[test]
fn sets_that_some_lack_or_that_are_the_same_utterances_have_no_share_in_the_sum() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    [0, 2].iter().for_each(|&i| finish(&study.exp, &study.runs[i]));
    let folders = [0, 2].map(|i| study.exp.join(&study.runs[i].name));
    let columns = |comparison: &linnet_study::Comparison| {
        comparison.columns.iter().map(|c| format!("{} {}", c.name, c.rate_name)).collect::<Vec<_>>()
    };
    // The second run lacks a set of the first.
    fs::remove_dir_all(folders[1].join("decode/test")).unwrap();
    let comparison = compare(&folders).unwrap();
    assert_eq!(columns(&comparison), ["test PER", "dev PER"]);
    assert!(comparison.systems[1].scores[1].as_ref().unwrap().differences[0].is_some());
    assert_eq!(comparison.length_groups.iter().map(|group| group.utterances).sum::<usize>(), 60);
    // Both have the development set as words, too: the same utterances again.
    for folder in &folders {
        let (from, to) = (folder.join("decode/dev"), folder.join("decode/dev-words"));
        fs::create_dir_all(&to).unwrap();
        let scores = fs::read_to_string(from.join("score.json")).unwrap().replace("\"phone\"", "\"word\"");
        put(&to.join("score.json"), &scores);
    }
    let comparison = compare(&folders).unwrap();
    assert_eq!(columns(&comparison), ["test PER", "dev PER", "dev-words WER"]);
    assert!(comparison.length_groups.is_empty());
    // Who counts a set otherwise than the first lacks it.
    let words = fs::read(folders[1].join("decode/dev-words/score.json")).unwrap();
    fs::write(folders[1].join("decode/dev/score.json"), words).unwrap();
    let comparison = compare(&folders).unwrap();
    assert!(comparison.systems[1].scores[1].is_none(), "{:?}", columns(&comparison));
}

#[test]
fn runs_on_other_utterances_are_kinds_of_their_own() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    study.runs.iter().for_each(|run| finish(&study.exp, run));
    let linear = folders(&study, [2, 3]);
    change(&linear[1], &["test"], "test-s", "other-s");
    let comparison = compare(&linear).unwrap();
    let names: Vec<&str> = comparison.systems.iter().map(|system| system.name.as_str()).collect();
    assert_eq!(names, ["linear-seed0", "linear-seed1"]);
    assert_eq!(comparison.gaps, ["linear-seed1 has other utterances of test"]);
    let has_rate = |i: usize| comparison.systems[i].scores.iter().map(Option::is_some).collect::<Vec<_>>();
    assert_eq!([0, 1].map(has_rate), [[true, true], [false, true]], "test, dev");
    assert!(comparison.systems[1].reached.last().unwrap().is_some(), "dev is the same");

    // Also where the seed is the same, and the names.
    let other = folder.path().join("other");
    finish(&other, &study.runs[2]);
    let both = [linear[0].clone(), other.join(&study.runs[2].name)];
    let error = compare(&both).unwrap_err().to_string();
    assert!(error.ends_with(": the same configuration and seed as kinds; leave one of them out"), "{error}");
    change(&both[1], &["dev", "test"], "-s", "-t");
    let comparison = compare(&both).unwrap();
    let names: Vec<&str> = comparison.systems.iter().map(|system| system.name.as_str()).collect();
    assert_eq!(names, ["kinds", "other"]);
    assert_eq!(comparison.gaps, ["other has other utterances of dev and test"]);
    assert!(comparison.systems[1].reached.last().unwrap().is_none(), "another dev");
}

#[test]
fn references_with_alternatives_may_have_other_numbers_of_tokens() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    study.runs.iter().for_each(|run| finish(&study.exp, run));
    let linear = folders(&study, [2, 3]);
    let path = linear[1].join("decode/test/score.json");
    let mut score: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let of_first = score.pointer("/0/utterances/0/counts/correct").unwrap().as_u64().unwrap();
    assert!(of_first > 0);
    for place in ["/0", "/0/utterances/0"] {
        for count in ["reference", "correct"] {
            let count = score.pointer_mut(&format!("{place}/counts/{count}")).unwrap();
            *count = (count.as_u64().unwrap() - 1).into();
        }
    }
    fs::write(&path, score.to_string()).unwrap();
    let comparison = compare(&linear).unwrap();
    assert_eq!((comparison.systems.len(), comparison.gaps.len()), (1, 0), "{:?}", comparison.gaps);
    assert!(comparison.systems[0].scores.iter().all(Option::is_some));
    // Other texts with other numbers are other utterances.
    let texts = linear[1].join("decode/test/ref.trn");
    fs::write(&texts, fs::read_to_string(&texts).unwrap().replacen("A ", "B ", 1)).unwrap();
    assert_eq!(compare(&linear).unwrap().gaps, ["linear-seed1 has other utterances of test"]);
}

#[test]
fn a_run_that_is_not_finished_is_named_and_left_out() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    [0, 2].iter().for_each(|&i| finish(&study.exp, &study.runs[i]));
    let [softmax, begun, linear] = folders(&study, [0, 1, 2]);
    started(&begun, &study.runs[1].config, &COURSE, 2);
    let comparison = compare(&[softmax, begun.clone(), linear.clone()]).unwrap();
    assert_eq!(comparison.systems[0].seeds(), [0]);
    assert!(comparison.systems[0].scores.iter().all(Option::is_some));
    let left_out = "left out: softmax-seed1 (2 of 6 epochs)\n";
    assert!(comparison.table().ends_with(left_out), "{}", comparison.table());
    fs::remove_file(begun.join("metrics.jsonl")).unwrap();
    let comparison = compare(&[linear, begun.clone()]).unwrap();
    assert_eq!(comparison.missing, ["softmax-seed1 (0 of 6 epochs)"]);
    assert!(comparison.table().ends_with("left out: softmax-seed1 (0 of 6 epochs)\n"));
    let error = compare(std::slice::from_ref(&begun)).unwrap_err().to_string();
    let end = "softmax-seed1: 0 of 6 epochs are finished; train the others with linnet train --resume";
    assert!(error.ends_with(end), "{error}");
    // Whoever stopped early is finished.
    let mut config = study.runs[1].config.clone();
    config.train.stop_after = 1;
    started(&begun, &config, &COURSE, 2);
    let metrics = fs::read_to_string(begun.join("metrics.jsonl")).unwrap();
    let (first, second) = metrics.split_once('\n').unwrap();
    let mut second: Value = serde_json::from_str(second).unwrap();
    second["dev_error_rate"] = 200.0.into();
    put(&begun.join("metrics.jsonl"), &format!("{first}\n{second}\n"));
    assert!(compare(&[begun]).unwrap().missing.is_empty());
}

#[test]
fn runs_of_other_units_share_no_rate_and_no_plot() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    [0, 2].iter().for_each(|&i| finish(&study.exp, &study.runs[i]));
    let [phone, char] = folders(&study, [0, 2]);
    let mut config = study.runs[2].config.clone();
    config.data.unit = Unit::Char;
    finished(&char, &config, &Course { end: 5.0, ..COURSE }, &["dev", "test"]);
    change(&char, &["dev", "test"], "\"phone\"", "\"word\"");
    let comparison = compare(&[phone.clone(), char.clone()]).unwrap();
    assert_eq!(comparison.gaps, ["linear-seed0 counts dev and test as WER"]);
    assert!(comparison.systems[1].scores.iter().all(Option::is_none));
    let reached: Vec<bool> = comparison.systems.iter().map(|s| s.reached.last().unwrap().is_some()).collect();
    assert_eq!(reached, [true, false]);
    let note = "phones. No rate (–): linear-seed0 counts dev and test as WER.\n";
    assert!(comparison.table().contains(note), "{}", comparison.table());
    let plot = folder.path().join("plot.svg");
    comparison.write_plot(&plot).unwrap();
    let plot = fs::read_to_string(&plot).unwrap();
    for title in ["PER (%) by epoch", "PER (%) by time", "CER (%) by epoch", "CER (%) by time"] {
        assert_eq!(plot.matches(&format!("Development {title}")).count(), 1, "{title}");
    }
    // Words that phones became are other rates, of the same development set.
    finish(&study.exp, &study.runs[2]);
    change(&char, &["dev"], "\"phone\"", "\"word\"");
    let comparison = compare(&[phone, char]).unwrap();
    assert_eq!(comparison.gaps, ["linear-seed0 counts dev as WER"]);
    assert!(comparison.systems[1].reached.last().unwrap().is_some());
}

#[test]
fn what_rates_are_of_is_said_everywhere() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    study.runs.iter().for_each(|run| finish(&study.exp, run));
    let comparison = compare_study(&study).unwrap();
    let size = |i: usize| {
        let phones: usize =
            comparison.systems[0].runs[0].sets[i].utterances.iter().map(|u| u.counts.reference).sum();
        format!("10 speakers, 60 utterances, 1,{:03} phones", phones - 1000)
    };
    let note = format!("dev: {}; test: {}.\n", size(0), size(1));
    assert!(comparison.table().contains(&format!("\n{note}\nminus softmax")), "{}", comparison.table());
    assert!(
        comparison.markdown().contains(&format!("|\n\n{note}\nDifferences")),
        "{}",
        comparison.markdown()
    );
    let path = folder.path().join("page.html");
    comparison.write_html(&path).unwrap();
    assert!(fs::read_to_string(path).unwrap().contains(note.trim()));
    // A run that lacks a set is named, not its kind.
    fs::remove_dir_all(study.exp.join("softmax-seed1/decode/test")).unwrap();
    let comparison = compare(&folders(&study, [0, 1])).unwrap();
    assert_eq!(comparison.gaps, ["softmax-seed1 has not decoded test"]);
}

#[test]
fn results_that_contradict_themselves_are_named() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    study.runs.iter().for_each(|run| finish(&study.exp, run));
    let run = study.exp.join(&study.runs[2].name);
    let wrong = |file: &str, text: String| {
        let path = run.join(file);
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, text).unwrap();
        let error = compare(std::slice::from_ref(&run)).unwrap_err().to_string();
        fs::write(&path, whole).unwrap();
        error.strip_prefix(&format!("{}: ", path.display())).map(String::from).unwrap_or(error)
    };
    let mend = "; decode the set again, or take the folder of a kept run out";
    assert_eq!(wrong("decode/test/score.json", "[]".into()), format!("it holds no score{mend}"));
    let dev = fs::read_to_string(run.join("decode/dev/score.json")).unwrap();
    assert_eq!(
        wrong("decode/test/score.json", dev),
        format!("it tells of other utterances than ref.trn beside it{mend}")
    );
    let score = fs::read_to_string(run.join("decode/test/score.json")).unwrap();
    let changed = |place: &str, value: Value| {
        let mut score: Value = serde_json::from_str(&score).unwrap();
        *score.pointer_mut(place).unwrap() = value;
        wrong("decode/test/score.json", score.to_string())
    };
    let first = "/0/utterances/0";
    let id = serde_json::from_str::<Value>(&score).unwrap().pointer(&format!("{first}/id")).unwrap().clone();
    let id = id.as_str().unwrap();
    assert_eq!(
        changed(&format!("{first}/counts/substitutions"), u64::MAX.into()),
        format!("it is damaged, as {id} can't have these errors{mend}")
    );
    assert_eq!(
        changed(&format!("{first}/counts/insertions"), 3.into()),
        format!("it is damaged, as its counts are not the sum of its utterances'{mend}")
    );
    assert_eq!(
        changed(&format!("{first}/duration_s"), (-2.5).into()),
        format!("it is damaged, as {id} lasts -2.5 s{mend}")
    );
    assert_eq!(
        changed("/0/utterances/1/id", id.into()),
        format!("it is damaged, as {id} is in it twice{mend}")
    );
    let metrics = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let first = metrics.lines().next().unwrap();
    assert_eq!(
        wrong("metrics.jsonl", format!("{first}\n{metrics}")),
        "line 2: epoch 1 where 2 should stand; bring the file back, or train the run again"
    );
    assert_eq!(
        wrong("metrics.jsonl", metrics.replacen("\"seconds\":10.0", "\"seconds\":-65.0", 1)),
        "line 1: it is damaged, as seconds is -65; bring the file back, or take the run's folder out"
    );
    compare_study(&study).unwrap();
}

#[test]
fn a_difference_is_over_the_seeds_that_both_have() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    let course = |end: f64| Course { end, ..COURSE };
    let run = |i: usize, end: f64| {
        finished(&study.exp.join(&study.runs[i].name), &study.runs[i].config, &course(end), &["dev", "test"]);
    };
    // softmax with seeds 0 and 1, linear with seed 1 alone.
    run(0, 60.0);
    run(1, 20.0);
    run(3, 20.0);
    let comparison = compare_study(&study).unwrap();
    assert_eq!(comparison.systems[1].seeds(), [1]);
    let difference = comparison.systems[1].scores[1].as_ref().unwrap().differences[0].unwrap();
    assert_eq!((difference.value, difference.seeds), (0.0, 1));
    // Where they have none in common, over all.
    fs::remove_dir_all(study.exp.join(&study.runs[1].name)).unwrap();
    let comparison = compare_study(&study).unwrap();
    let difference = comparison.systems[1].scores[1].as_ref().unwrap().differences[0].unwrap();
    assert!(difference.value < -20.0, "{difference:?}");
}

#[test]
fn one_seed_beside_others_of_several_has_no_verdict() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    (0..5).for_each(|i| finish(&study.exp, &study.runs[i]));
    let table = compare_study(&study).unwrap().table();
    let row = |name: &str| table.lines().filter(|line| line.starts_with(name)).nth(1).unwrap().to_string();
    assert!(row("linear").ends_with("no clear difference p = 1.000"), "{table}");
    assert!(row("convolution").ends_with("  one seed"), "{table}");
}

#[test]
fn each_kind_is_compared_with_all_references_of_its_size_that_are_there() {
    let sizes = "references = [\"convolution\", \"softmax\"]\n";
    let folder = recipe(&format!(
        "{sizes}{STUDY}[[size]]\nname = \"small\"\nmodel.dim = 16\n[[size]]\nname = \"large\"\nmodel.dim = 32\n"
    ));
    let study = read(folder.path(), &[]).unwrap();
    let is = |run: &PlannedRun, kind: &str, size: &str| run.kind == kind && run.size.as_deref() == Some(size);
    // Of the large size there is no softmax.
    study.runs.iter().filter(|run| !is(run, "softmax", "large")).for_each(|run| finish(&study.exp, run));
    let comparison = compare_study(&study).unwrap();
    assert_eq!(comparison.references, ["convolution", "softmax"]);
    let systems: Vec<_> =
        comparison.systems.iter().map(|s| (s.name.as_str(), s.references.clone())).collect();
    let (small, large) = (vec![Some(2), Some(0)], vec![Some(4), None]);
    assert_eq!(
        systems,
        [
            ("softmax small", small.clone()),
            ("linear small", small.clone()),
            ("convolution small", small),
            ("linear large", large.clone()),
            ("convolution large", large),
        ]
    );
    let differs = |i: usize| {
        let score = comparison.systems[i].scores[1].as_ref().unwrap();
        score.differences.iter().map(Option::is_some).collect::<Vec<_>>()
    };
    assert_eq!(
        [0, 1, 2, 3, 4].map(differs),
        [[true, false], [true, true], [false, true], [true, false], [false, false]]
    );
    let table = comparison.table();
    for heading in
        ["minus convolution  ", "minus softmax  ", "dev as convolution’s last", "dev as softmax’s last"]
    {
        assert!(table.contains(heading), "{table}");
    }

    // Where no reference is there, the first kind is.
    let gone = |run: &PlannedRun| run.kind != "linear" && study.exp.join(&run.name).exists();
    study
        .runs
        .iter()
        .filter(|run| gone(run))
        .for_each(|run| fs::remove_dir_all(study.exp.join(&run.name)).unwrap());
    assert_eq!(compare_study(&study).unwrap().references, ["linear"]);
}
