//! Study files: what they plan, what counts as done, and what is wrong with them.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{Course, finished, put, started};
use linnet_study::{
    KindTime, Places, PlannedRun, Standing, Study, StudyError, Timing, compare, compare_study,
};
use linnet_train::RunConfig;

const BASE: &str = "[features]\nbands = 20\n[model]\nlayers = 2\ndim = 16\nheads = 2\nfeed_forward = 64\n[train]\nepochs = 6\n";
const STUDY: &str = "base = \"../conf/base.toml\"\nseeds = [0, 1]\nbudget = { like = \"linear\", within = 0.02 }\n\
                     sets = { test = [\"test\"] }\n[model]\nconvolution = 0\n\
                     [[kind]]\nname = \"softmax\"\nmodel.mixer = \"softmax\"\n\
                     [[kind]]\nname = \"linear\"\nmodel.mixer = \"linear\"\n\
                     [[kind]]\nname = \"convolution\"\nbudget = true\nmodel = { mixer = \"linear\", convolution = 7 }\n";
const COURSE: Course = Course { end: 20.0, decay: 2.0, seconds: 10.0, noise: 1 };

/// A recipe with this study and a base configuration.
fn recipe(study: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("conf/base.toml"), BASE);
    put(&folder.path().join("studies/kinds.toml"), study);
    folder
}

fn read(folder: &Path, settings: &[&str]) -> Result<Study, StudyError> {
    let settings: Vec<String> = settings.iter().map(|s| s.to_string()).collect();
    Study::read(&folder.join("studies/kinds.toml"), &Places::default(), &settings)
}

fn finish(folder: &Path, run: &PlannedRun) {
    finished(&folder.join(&run.name), &run.config, &COURSE, &["dev", "test"]);
}

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
            ", kind softmax: unknown variant `linaer`",
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
        (format!("base = \"../conf/base.toml\"\nseeds = \"0\"\n{kind}"), "line 2: invalid type"),
        (kind.into(), "missing field `base`"),
        ("base = \"gone.toml\"\n[[kind]]\nname = \"a\"\n".into(), "gone.toml: No such file"),
    ] {
        put(&file, &study);
        let error = read(folder.path(), &[]).unwrap_err().to_string();
        assert!(error.contains(message), "{message}\n{error}");
        assert!(error.contains(".toml"), "{error}");
    }
    put(&file, STUDY);
    let error = read(folder.path(), &["train.seed=4"]).unwrap_err().to_string();
    assert!(
        error.ends_with("--set train.seed=4: the study's seeds count; change them in its file"),
        "{error}"
    );
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
    let metrics = fs::read_to_string(kept.join("metrics.jsonl")).unwrap();
    let cut: String = metrics.lines().take(4).map(|line| format!("{line}\n")).collect();
    fs::write(kept.join("metrics.jsonl"), cut).unwrap();
    assert!(note().ends_with("metrics.jsonl has 4 epochs of 6"), "{}", note());
    let config = fs::read_to_string(kept.join("config.toml")).unwrap();
    fs::write(kept.join("config.toml"), config.replace("dropout", "drop_out")).unwrap();
    assert!(note().contains("there is no key model.drop_out"), "{}", note());
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
    let difference = comparison.systems[1].scores[2].as_ref().unwrap().differences[0].unwrap();
    assert_eq!((difference.value, difference.seeds), (0.0, 1));
    // Where they have none in common, over all.
    fs::remove_dir_all(study.exp.join(&study.runs[1].name)).unwrap();
    let comparison = compare_study(&study).unwrap();
    let difference = comparison.systems[1].scores[2].as_ref().unwrap().differences[0].unwrap();
    assert!(difference.value < -20.0, "{difference:?}");
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
    assert_eq!(row.split(" | ").count(), 5, "{row}");
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
fn results_that_contradict_themselves_are_named() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    study.runs.iter().for_each(|run| finish(&study.exp, run));
    let run = study.exp.join(&study.runs[2].name);
    let wrong = |file: &str, text: String| {
        let path = run.join(file);
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, text).unwrap();
        let error = compare_study(&study).unwrap_err().to_string();
        fs::write(&path, whole).unwrap();
        error.strip_prefix(&format!("{}: ", path.display())).map(String::from).unwrap_or(error)
    };
    assert_eq!(wrong("decode/test/score.json", "[]".into()), "it holds no score; decode the set again");
    let dev = fs::read_to_string(run.join("decode/dev/score.json")).unwrap();
    assert_eq!(
        wrong("decode/test/score.json", dev),
        "it tells of other utterances than ref.trn beside it; decode the set again"
    );
    let metrics = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let first = metrics.lines().next().unwrap();
    assert_eq!(
        wrong("metrics.jsonl", format!("{first}\n{metrics}")),
        "line 2: epoch 1 where 2 should stand; take the line out, or bring the file back"
    );
    compare_study(&study).unwrap();
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
    finish(&study.results, &study.runs[0]);
    let other = read(folder.path(), &["train.epochs=3"]).unwrap();
    finish(&other.exp, &other.runs[0]);
    let before = fs::read(study.results.join("softmax-seed0/config.toml")).unwrap();
    let error = other.keep().unwrap_err().to_string();
    assert!(
        error.contains(
            "softmax-seed0: another run is kept there; move it, or give another folder as --results"
        ) && error.ends_with("train.epochs is 6, planned 3"),
        "{error}"
    );
    assert_eq!(fs::read(study.results.join("softmax-seed0/config.toml")).unwrap(), before);
}

#[test]
fn one_seed_beside_others_of_several_has_no_verdict() {
    let folder = recipe(STUDY);
    let study = read(folder.path(), &[]).unwrap();
    (0..5).for_each(|i| finish(&study.exp, &study.runs[i]));
    let table = compare_study(&study).unwrap().table();
    let row = |name: &str| table.lines().filter(|line| line.starts_with(name)).nth(1).unwrap().to_string();
    assert!(row("linear").ends_with("no clear difference"), "{table}");
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
        let score = comparison.systems[i].scores[2].as_ref().unwrap();
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
    assert_eq!(columns, ["dev", "test", "together"]);
    // Both have the same hypotheses.
    let score = comparison.systems[1].scores[2].as_ref().unwrap();
    let difference = score.differences[0].unwrap();
    assert_eq!((difference.value, difference.interval.low, difference.interval.high), (0.0, 0.0, 0.0));
    let own = &comparison.systems[0].scores;
    assert_eq!(own[2].as_ref().unwrap().differences, [None], "it is the reference");
    let all: f64 = own[..2].iter().map(|s| s.as_ref().unwrap().rate.value).sum();
    assert!((score.rate.value - all / 2.0).abs() < 1e-9, "sets of equal size");
    let curve = &comparison.systems[0].curve;
    assert_eq!((curve.len(), curve[5].seconds), (6, 60.0));
    let table = comparison.table();
    assert!(table.contains("softmax  0, 1   ") && table.contains("no clear difference"), "{table}");
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
