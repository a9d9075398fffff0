//! Study files: what they plan, what counts as done, and what is wrong with them.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{COURSE, STUDY, finish, finished, put, read, recipe, started};
use linnet_study::{KindTime, Places, PlannedRun, Standing, Study, Timing, compare_study};
use linnet_train::RunConfig;

#[test]
fn a_study_is_kinds_times_sizes_times_seeds() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &["train.epochs=9"]).unwrap();
    let names: Vec<&str> = study.runs.iter().map(|run| run.name.as_str()).collect();
    assert_eq!(names[..3], ["softmax-seed0", "softmax-seed1", "linear-seed0"]);
    assert_eq!((names.len(), study.references[0].as_str()), (6, "softmax"));
    let sets: Vec<&str> = study.sets.iter().map(|set| set.name.as_str()).collect();
    assert_eq!(sets, ["dev", "test"]);
    let config = &study.runs[3].config;
    assert_eq!((config.train.seed, config.train.epochs, config.features.bands), (1, 9, 20));
    assert_eq!(config.model.mixer.name(), "linear");
    assert!(config.data.train.is_absolute() && config.data.train.ends_with("exp/data/train.jsonl"));

    let sized = format!(
        "{STUDY}[[size]]\nname = \"wide\"\nmodel.dim = 32\n[[size]]\nname = \"deep\"\nmodel.layers = 4\n"
    );
    put(&folder.path().join("studies/kinds.toml"), &sized);
    let study = read(folder.path(), &[]).unwrap();
    let sizes: Vec<_> = study.runs.iter().map(|r| (r.name.as_str(), r.config.model.dim)).collect();
    assert_eq!(
        (sizes.len(), sizes[0], sizes[11]),
        (12, ("softmax-wide-seed0", 32), ("convolution-deep-seed1", 16))
    );
}

#[test]
fn kinds_of_a_budget_have_its_parameters() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    let [linear, convolution] = [2, 4].map(|i| &study.runs[i]);
    assert!(convolution.config.model.feed_forward < linear.config.model.feed_forward);
    let (found, wanted) = (convolution.parameters as f64, linear.parameters as f64);
    assert!((found - wanted).abs() <= 0.5 * 2.0 * 33.0, "{found} of {wanted}: nearer is possible");

    let file = folder.path().join("studies/kinds.toml");
    put(&file, &STUDY.replace("convolution = 7", "convolution = 7, layers = 20"));
    let message = read(folder.path(), &[]).unwrap_err().to_string();
    assert!(message.contains("kind convolution: model.feed_forward = 1 gives"), "{message}");
}

#[test]
fn kinds_of_one_seed_differ_in_nothing_that_order_and_augmentation_come_from() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    let apart = |run: &PlannedRun| {
        let mut config = run.config.clone();
        config.model = RunConfig::default().model;
        config
    };
    assert_eq!(apart(&study.runs[0]), apart(&study.runs[2]));
    assert_eq!(apart(&study.runs[1]), apart(&study.runs[5]));
    assert_ne!(apart(&study.runs[0]), apart(&study.runs[1]));
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_the_mend() {
    let folder = recipe(STUDY);
    let file = folder.path().join("studies/kinds.toml");
    let kind = "[[kind]]\nname = \"softmax\"\n";
    for (study, message) in [
        (format!("seed = [1]\n{STUDY}"), "there is no key seed; did you mean seeds?"),
        (
            format!("{STUDY}mixer = 1\n"),
            ", kind convolution: there is no key mixer; the keys there are augment, budget",
        ),
        (format!("{STUDY}model.mixxer = 1\n"), "line 17: cannot extend value"),
        (
            format!("base = \"../conf/base.toml\"\n{kind}model.mixxer = \"linear\"\n"),
            ", kind softmax: there is no key model.mixxer; did you mean model.mixer?",
        ),
        (
            format!("base = \"../conf/base.toml\"\n{kind}model.mixer = \"linaer\"\n"),
            ", kind softmax: model.mixer: `linaer` is not known; the values are `softmax`, ",
        ),
        (
            format!("base = \"../conf/base.toml\"\n{kind}train.seed = 3\n"),
            ", kind softmax: train.seed is not a kind's; list the seeds",
        ),
        (format!("base = \"../conf/base.toml\"\nseeds = [1, 1]\n{kind}"), "seeds: 1 is there twice"),
        (format!("base = \"../conf/base.toml\"\nseeds = []\n{kind}"), "there is nothing to run"),
        (format!("base = \"../conf/base.toml\"\n{kind}{kind}"), "kind softmax is there twice"),
        (
            format!("base = \"../conf/base.toml\"\nsets = {{ test = [\"test\", \"dev\"] }}\n{kind}"),
            "sets: dev would be decoded twice",
        ),
        (
            format!("base = \"../conf/base.toml\"\nreferences = [\"x\"]\n{kind}"),
            "references: x is no kind; it must be one of softmax",
        ),
        (
            format!("base = \"../conf/base.toml\"\nreferences = [\"softmax\", \"softmax\"]\n{kind}"),
            "references: softmax is there twice",
        ),
        (
            format!("base = \"../conf/base.toml\"\n{kind}budget = true\n"),
            "kind softmax asks for the budget, but there is none",
        ),
        (
            "base = \"../conf/base.toml\"\n[[kind]]\nname = \"../x\"\n".into(),
            "kind \"../x\": the name becomes a folder's",
        ),
        (
            format!("base = \"../conf/base.toml\"\nsets = {{ tests = [] }}\n{kind}"),
            "there is no key sets.tests; did you mean sets.test?",
        ),
        (
            format!("base = \"../conf/base.toml\"\nseeds = \"0\"\n{kind}"),
            "seeds must be a list of whole numbers",
        ),
        (
            format!("base = \"../conf/base.toml\"\nseeds = [-1]\n{kind}"),
            "seeds must be a list of whole numbers",
        ),
        (kind.into(), "base is missing: name the configuration"),
        (format!("base = \"\"\n{kind}"), "base is missing: name the configuration"),
        (
            "base = \"../conf/base.toml\"\n[kind]\nname = \"a\"\n".into(),
            "write [[kind]] above each one's name",
        ),
        ("base = \"../conf/base.toml\"\n".into(), "there is no [[kind]]"),
        ("[model]\ndim = 3\n".into(), "this is no study: it has neither base nor [[kind]]"),
        (
            format!("base = \"../conf/base.toml\"\nsets = {{ test = [\"sub/test\"] }}\n{kind}"),
            "sets.test \"sub/test\": the name becomes a folder's",
        ),
        (
            format!("base = \"../conf/base.toml\"\nsets = {{ dev = \"\" }}\n{kind}"),
            "sets.dev \"\": the name becomes a folder's",
        ),
        ("base = \"gone.toml\"\n[[kind]]\nname = \"a\"\n".into(), "gone.toml: there is no such file"),
    ] {
        put(&file, &study);
        let error = read(folder.path(), &[]).unwrap_err().to_string();
        assert!(error.contains(message), "{message}\n{error}");
        assert!(error.contains(".toml"), "{error}");
    }
    put(&file, STUDY);
    for (setting, mend) in [
        ("train.seed=4", "the study's seeds count; change them in its file"),
        ("train={ seed = 4 }", "the study's seeds count; change them in its file"),
        ("data={ dev = \"x\" }", "give the data's folder as --data"),
    ] {
        let error = read(folder.path(), &[setting]).unwrap_err().to_string();
        assert!(error.ends_with(&format!("--set {setting}: {mend}")), "{error}");
    }
    let gone = Places { data: Some(folder.path().join("gone")), ..Places::default() };
    let error = Study::read(&file, &gone, &[]).unwrap_err().to_string();
    assert!(error.ends_with("gone: there is no such folder; --data is a prepared corpus"), "{error}");
}

#[test]
fn a_run_stands_where_its_files_say() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    let run = |i: usize| &study.runs[i];
    finish(&study.exp, run(0));
    finish(&study.results, run(1));
    let trained = study.exp.join(&run(2).name);
    finish(&study.exp, run(2));
    put(&trained.join("model/model.safetensors"), "");
    fs::remove_file(trained.join("decode/test/hyp.trn")).unwrap();
    let begun = study.exp.join(&run(3).name);
    started(&begun, &run(3).config, &COURSE, 2);
    put(&begun.join("checkpoints/latest.safetensors"), "");
    let mut other = run(4).config.clone();
    other.train.epochs = 3;
    finished(&study.exp.join(&run(4).name), &other, &COURSE, &["dev", "test"]);

    let surveyed = study.survey().unwrap();
    let standings: Vec<&Standing> = surveyed.iter().map(|s| &s.standing).collect();
    let done = |place: &Path, i: usize| Standing::Done(place.join(&run(i).name));
    assert_eq!(standings[0], &done(&study.exp, 0));
    assert_eq!(standings[1], &done(&study.results, 1));
    assert_eq!(standings[2], &Standing::Trained);
    assert_eq!((standings[3], surveyed[3].left_s), (&Standing::Started(2), Some(40.0)));
    assert!(
        matches!(standings[4], Standing::Different(text) if text.ends_with("train.epochs is 3, planned 6"))
    );
    assert_eq!((standings[5], surveyed[5].left_s), (&Standing::Missing, Some(60.0)));
    // A model whose writing was cut short is written again.
    fs::remove_file(trained.join("model/model.safetensors")).unwrap();
    put(&trained.join("checkpoints/latest.safetensors"), "");
    assert_eq!(study.survey().unwrap()[2].standing, Standing::Started(6));

    let comparison = compare_study(&study).unwrap();
    assert_eq!(comparison.missing.len(), 4);
    assert_eq!(comparison.systems.len(), 1);
    assert_eq!(comparison.systems[0].seeds(), [0, 1]);
}

#[test]
fn kept_results_of_another_configuration_do_not_count_and_are_named() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    finish(&study.results, &study.runs[0]);
    let other = read(folder.path(), &["train.learning_rate=0.5"]).unwrap();
    let surveyed = other.survey().unwrap();
    assert_eq!(surveyed[0].standing, Standing::Missing);
    let note = surveyed[0].note.as_ref().unwrap();
    assert!(
        note.ends_with("softmax-seed0/config.toml: train.learning_rate is 0.0015, planned 0.5"),
        "{note}"
    );
}

#[test]
fn runs_of_another_corpus_do_not_count_and_are_named() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    finish(&study.exp, &study.runs[0]);
    finish(&study.results, &study.runs[1]);
    // The corpus itself: the runs' utterances and one that couldn't be read.
    let decoded = fs::read_to_string(study.exp.join("softmax-seed0/decode/test/ref.trn")).unwrap();
    let ids: Vec<&str> =
        decoded.lines().filter_map(|line| line.rsplit_once('(')?.1.strip_suffix(')')).collect();
    let line =
        |id: &str| format!("{{\"audio_filepath\": \"{id}.wav\", \"text\": \"A\", \"id\": \"{id}\"}}\n");
    let own: String = ids.iter().copied().chain(["unread"]).map(line).collect();
    put(&study.sets[1].manifest, &own);
    let standings = || study.survey().unwrap().into_iter().map(|s| (s.standing, s.note)).collect::<Vec<_>>();
    assert!(standings()[..2].iter().all(|(standing, _)| matches!(standing, Standing::Done(_))));
    // Another one.
    let other: String = ids[1..].iter().copied().map(line).collect();
    put(&study.sets[1].manifest, &other);
    let standings = standings();
    let stranger = format!("{} is no utterance of {}", ids[0], study.sets[1].manifest.display());
    assert!(
        matches!(&standings[0].0, Standing::Different(text) if text.contains(&stranger)),
        "{standings:?}"
    );
    assert_eq!(standings[1].0, Standing::Missing);
    assert!(standings[1].1.as_ref().unwrap().contains(&stranger));
}

#[test]
fn runs_on_different_data_are_not_compared() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    let env =
        |data: &str| format!("{{\"linnet\":\"1\",\"system\":\"s\",\"processor\":\"p\",\"threads\":1{data}}}");
    for (run, data) in study.runs[..3].iter().zip([",\"data\":7", "", ",\"data\":7"]) {
        finish(&study.exp, run);
        put(&study.exp.join(&run.name).join("env.json"), &env(data));
    }
    assert_eq!(compare_study(&study).unwrap().systems.len(), 2);
    put(&study.exp.join(&study.runs[2].name).join("env.json"), &env(",\"data\":8"));
    let message = compare_study(&study).unwrap_err().to_string();
    let wanted = "softmax-seed0 and linear-seed0 were trained on different utterances";
    assert!(message.contains(wanted), "{message}");
}

#[test]
fn kept_results_that_are_damaged_or_of_another_version_do_not_count_and_are_named() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    let kept = study.results.join(&study.runs[0].name);
    let note = || {
        let surveyed = study.survey().unwrap();
        assert_eq!(surveyed[0].standing, Standing::Missing);
        surveyed[0].note.clone().unwrap()
    };
    finish(&study.results, &study.runs[0]);
    fs::remove_file(kept.join("decode/test/hyp.trn")).unwrap();
    assert!(note().ends_with("decode/test/hyp.trn is missing"), "{}", note());
    finish(&study.results, &study.runs[0]);
    fs::write(kept.join("decode/dev/score.json"), "").unwrap();
    assert!(note().contains("decode/dev/score.json"), "{}", note());
    finish(&study.results, &study.runs[0]);
    let metrics = fs::read_to_string(kept.join("metrics.jsonl")).unwrap();
    let cut: String = metrics.lines().take(4).map(|line| format!("{line}\n")).collect();
    fs::write(kept.join("metrics.jsonl"), cut).unwrap();
    assert!(note().ends_with("metrics.jsonl has 4 epochs of 6"), "{}", note());
    let config = fs::read_to_string(kept.join("config.toml")).unwrap();
    fs::write(kept.join("config.toml"), config.replace("dropout", "drop_out")).unwrap();
    assert!(note().contains("there is no key model.drop_out"), "{}", note());
}

#[test]
fn measured_times_take_the_place_of_the_runs_own_for_all_kinds_or_none() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    study.runs.iter().for_each(|run| finish(&study.exp, run));
    // 10 µs a frame for softmax, 20 and 30 for the others.
    let timing = |runs: &[&PlannedRun]| Timing {
        linnet: "1".into(),
        processor: "one".into(),
        threads: 2,
        batches: 8,
        rounds: 5,
        kinds: (1..).zip(runs).map(|(i, run)| KindTime::new(run, 10.0 * f64::from(i)).unwrap()).collect(),
    };
    let kinds = [0, 2, 4].map(|i| &study.runs[i]);
    let put_timing = |place: &Path, runs: &[&PlannedRun]| {
        put(&place.join("timing.json"), &serde_json::to_string(&timing(runs)).unwrap());
    };
    let own = compare_study(&study).unwrap();
    assert_eq!((own.timing, own.systems[0].seconds_per_epoch()), (None, 10.0));
    put_timing(&study.results, &kinds);
    let comparison = compare_study(&study).unwrap();
    assert_eq!(comparison.timing, Some(timing(&kinds)));
    for system in &comparison.systems {
        let place = kinds.iter().position(|run| run.kind == system.name).unwrap();
        // 130,000 frames an epoch.
        let want = 1.3 * (place + 1) as f64;
        assert!((system.seconds_per_epoch() - want).abs() < 1e-9);
        assert!((system.curve[3].seconds - 4.0 * want).abs() < 1e-9);
    }
    let tables = comparison.markdown();
    assert!(tables.starts_with("# kinds\n"), "{tables}");
    let row = tables.lines().find(|line| line.starts_with("| softmax | 0, 1 | ")).unwrap();
    assert_eq!(row.split(" | ").count(), 4, "{row}");
    assert!(
        tables
            .contains("timed in turn, on one with 2 threads (linnet 1):\n\n|  | parameters | s per epoch |"),
        "{tables}"
    );
    // The last measurement counts, but where it lacks a kind.
    put_timing(&study.exp, &[kinds[1], kinds[0], kinds[2]]);
    assert!((compare_study(&study).unwrap().systems[0].seconds_per_epoch() - 2.6).abs() < 1e-9);
    put_timing(&study.exp, &kinds[1..]);
    assert_eq!(compare_study(&study).unwrap().timing, Some(timing(&kinds)));
    // Times of kinds that have changed since are nobody's.
    let wider = read(folder.path(), &["model.dim=32"]).unwrap();
    put_timing(&study.exp, &[&wider.runs[0], kinds[1], kinds[2]]);
    fs::remove_file(study.results.join("timing.json")).unwrap();
    assert_eq!(compare_study(&study).unwrap().timing, None);
    put(&study.exp.join("timing.json"), "{}");
    let error = compare_study(&study).unwrap_err().to_string();
    assert!(error.contains("timing.json") && error.ends_with("measure again with --time"), "{error}");
}

#[test]
fn the_report_is_rebuilt_from_what_was_kept() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    study.runs.iter().for_each(|run| finish(&study.exp, run));
    let page = |study: &Study, name: &str| {
        let comparison = compare_study(study).unwrap();
        assert!(comparison.missing.is_empty());
        let path = folder.path().join(name);
        comparison.write_html(&path).unwrap();
        fs::read_to_string(path).unwrap()
    };
    let before = page(&study, "before.html");
    assert_eq!(study.keep().unwrap().runs.len(), 6);
    fs::remove_dir_all(folder.path().join("exp")).unwrap();

    let fresh = tempfile::tempdir().unwrap();
    let study = {
        for part in ["conf", "studies", "results"] {
            fs::rename(folder.path().join(part), fresh.path().join(part)).unwrap();
        }
        read(fresh.path(), &[]).unwrap()
    };
    assert!(study.survey().unwrap().iter().all(|s| matches!(s.standing, Standing::Done(_))));
    let without_paths = |page: &str| {
        page.lines().filter(|line| !line.contains("/data/")).map(String::from).collect::<Vec<_>>()
    };
    let after = page(&study, "after.html");
    let kept = fs::read_to_string(study.results.join("linear-seed1/config.toml")).unwrap();
    assert!(kept.contains("train = \"data/train.jsonl\"\n"), "{kept}");
    assert!(!after.contains(folder.path().to_str().unwrap()));
    let (before, after) = (without_paths(&before), without_paths(&after));
    assert_eq!(before.len(), after.len() - 4 * 3);
    assert!(before.iter().all(|line| after.contains(line)));
    assert_eq!(study.keep().unwrap().runs, Vec::<String>::new());
}

#[test]
fn another_run_that_is_kept_is_not_replaced() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    finish(&study.results, &study.runs[1]);
    let other = read(folder.path(), &["train.epochs=3"]).unwrap();
    other.runs[..2].iter().for_each(|run| finish(&other.exp, run));
    let before = fs::read(study.results.join("softmax-seed1/config.toml")).unwrap();
    let error = other.keep().unwrap_err().to_string();
    assert!(
        error.contains(
            "softmax-seed1: another run is kept there; move it, or give another folder as --results"
        ) && error.ends_with("train.epochs is 6, planned 3"),
        "{error}"
    );
    assert_eq!(fs::read(study.results.join("softmax-seed1/config.toml")).unwrap(), before);
    // Nor is anything copied beside it.
    assert!(!study.results.join("softmax-seed0").exists());
}
