//! Runs whose batches are cut into pieces, and that several ranks share.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use common::ranks::on_ranks;
use common::{corpus, figures};
use linnet_corpus::Skipped;
use linnet_train::{
    Communicator, Environment, EpochRecord, Observer, Options, Outcome, RunConfig, Start, StepReport,
    TrainError, read_metrics, train,
};

/// A configuration of several pieces a batch, in batches of several utterances.
fn in_pieces(folder: &Path, pieces: usize) -> RunConfig {
    let mut config = corpus(folder, "learning_rate = 1e-2\n");
    (config.train.batch_seconds, config.train.pieces) = (3.0, pieces);
    config
}

/// Trains on so many ranks in a new folder, which is returned.
fn trained(config: &RunConfig, ranks: usize) -> PathBuf {
    let folder = config.data.train.with_file_name(format!("{}-pieces-{ranks}-ranks", config.train.pieces));
    let outcomes = on_ranks(ranks, |rank| {
        train(config, &folder, &Options { ranks: Some(rank), ..Options::default() }, &mut ())
    });
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Outcome::Finished { .. }))), "{outcomes:?}");
    folder
}

fn weights(run: &Path) -> Vec<u8> {
    fs::read(run.join("model/model.safetensors")).unwrap()
}

#[test]
fn a_batch_in_one_piece_trains_as_it_always_has() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train(&corpus(folder.path(), ""), &run, &Options::default(), &mut ()).unwrap();
    // The loss of each epoch, and the gradient's length, of the version before there were pieces. Processors round
    // otherwise; another order of masks or sums changes the second digit.
    let kept = [
        (1.9913157, 1.6917335, 9.1270655),
        (1.7126121, 1.7282156, 2.7349614),
        (1.6704710, 1.7037945, 2.0804334),
    ];
    let found = figures(&run);
    assert_eq!(found.len(), kept.len());
    for ((.., loss, dev_loss, _, norm), kept) in found.iter().zip(kept) {
        let near = |found: &f64, kept: f64| (found / kept - 1.0).abs() < 1e-4;
        assert!(near(loss, kept.0) && near(dev_loss, kept.1) && near(norm, kept.2), "{found:?}");
    }
}

#[test]
fn pieces_have_the_sums_of_the_whole_batch() {
    let folder = tempfile::tempdir().unwrap();
    // Steps too short for a difference to grow.
    let run = |pieces: usize| {
        let mut config = in_pieces(folder.path(), pieces);
        // Dropout follows the order of the pieces.
        (config.train.learning_rate, config.model.dropout) = (1e-6, 0.0);
        config.criterion.consistency_weight = 0.2;
        let run = folder.path().join(format!("{pieces}"));
        train(&config, &run, &Options::default(), &mut ()).unwrap();
        figures(&run)
    };
    let whole = run(1);
    // More pieces than a batch has utterances, too.
    for pieces in [2, 3, 16] {
        for (whole, cut) in whole.iter().zip(run(pieces)) {
            let near = |whole: f64, cut: f64| (whole / cut - 1.0).abs() < 1e-4;
            assert!(near(whole.2, cut.2) && near(whole.5, cut.5), "{pieces} pieces: {whole:?}, {cut:?}");
        }
    }
}

#[test]
fn any_number_of_ranks_gives_the_same_weights() {
    let folder = tempfile::tempdir().unwrap();
    for (pieces, ranks) in [(4, &[1, 2, 3, 4][..]), (6, &[1, 4])] {
        let config = in_pieces(folder.path(), pieces);
        let runs: Vec<PathBuf> = ranks.iter().map(|&ranks| trained(&config, ranks)).collect();
        for (run, ranks) in runs.iter().zip(ranks).skip(1) {
            assert_eq!(figures(run), figures(&runs[0]), "{ranks} ranks");
            assert!(weights(run) == weights(&runs[0]), "the models of 1 rank and of {ranks} differ");
            assert_eq!(Environment::read(run).unwrap().unwrap().first.ranks, *ranks);
            for record in read_metrics(&run.join("metrics.jsonl")).unwrap() {
                let (wait, sum) = (record.ranks_wait, record.ranks_sum);
                assert!(wait > 0.0 && sum > 0.0 && wait + sum < 1.0, "{ranks} ranks: {wait} and {sum}");
            }
        }
    }
}

/// Stops the run after so many steps.
struct Stopper<'a>(u64, &'a AtomicBool);

impl Observer for Stopper<'_> {
    fn started(&mut self, _: &Start<'_>) {}
    fn step(&mut self, report: &StepReport) {
        self.1.fetch_or(report.step >= self.0, Ordering::Relaxed);
    }
    fn epoch(&mut self, _: &EpochRecord) {}
    fn skipped(&mut self, _: &Skipped) {}
}

#[test]
fn a_run_that_any_rank_interrupts_goes_on_with_other_ranks() {
    let folder = tempfile::tempdir().unwrap();
    let config = in_pieces(folder.path(), 4);
    let straight = trained(&config, 1);
    let broken = folder.path().join("broken");
    let sitting = |ranks: usize, stop_after: u64, resume: bool| {
        let interrupt = AtomicBool::new(false);
        on_ranks(ranks, |rank| {
            // Only the last rank is told to stop.
            let interrupt_of = (rank.rank() + 1 == ranks).then_some(&interrupt);
            let options =
                Options { resume, interrupt: interrupt_of, ranks: Some(rank), ..Options::default() };
            train(&config, &broken, &options, &mut Stopper(stop_after, &interrupt)).unwrap()
        })
    };
    for (ranks, stop_after, resume) in [(2, 1, false), (4, 3, true), (1, 5, true)] {
        let outcomes = sitting(ranks, stop_after, resume);
        // The last rank may look before the first one has told it.
        let stopped = |outcome: &Outcome| matches!(outcome, Outcome::Interrupted { step, .. } if (0..2).contains(&(step - stop_after)));
        assert!(outcomes.iter().all(|outcome| stopped(outcome) && *outcome == outcomes[0]), "{outcomes:?}");
    }
    assert!(sitting(2, 99, true).iter().all(|outcome| matches!(outcome, Outcome::Finished { .. })));
    assert_eq!(figures(&broken), figures(&straight));
    assert!(weights(&broken) == weights(&straight), "the models differ");
}

/// Takes recordings away once a run has started, and lists what is left out later.
struct Thief<'a> {
    folder: &'a Path,
    skipped: Vec<String>,
}

impl Observer for Thief<'_> {
    fn started(&mut self, _: &Start<'_>) {
        for name in ["u0.wav", "u4.wav"] {
            fs::remove_file(self.folder.join(name)).unwrap();
        }
    }
    fn step(&mut self, _: &StepReport) {}
    fn epoch(&mut self, _: &EpochRecord) {}
    fn skipped(&mut self, skipped: &Skipped) {
        self.skipped.push(skipped.id.clone());
    }
}

#[test]
fn the_first_rank_tells_what_all_leave_out() {
    let runs = [1, 4].map(|ranks| {
        let folder = tempfile::tempdir().unwrap();
        let mut config = in_pieces(folder.path(), 4);
        config.train.epochs = 2;
        let manifest = folder.path().join("all.jsonl");
        let long = "A".repeat(60);
        let lines = fs::read_to_string(&manifest).unwrap()
            + &format!("{{\"audio_filepath\": \"u1.wav\", \"id\": \"long\", \"text\": \"{long}\"}}\n");
        fs::write(&manifest, lines).unwrap();
        let out = folder.path().join("run");
        let told = on_ranks(ranks, |rank| {
            let mut thief = Thief { folder: folder.path(), skipped: Vec::new() };
            let options = Options { ranks: Some(rank), ..Options::default() };
            train(&config, &out, &options, &mut thief).unwrap();
            thief.skipped.sort();
            // At each speed there is a reason of its own.
            thief.skipped.dedup();
            thief.skipped
        });
        (told[0].clone(), told[1..].concat(), figures(&out), weights(&out))
    });
    let [one, four] = runs;
    assert_eq!(one.0, ["long", "u0", "u4"]);
    assert!(four.1.is_empty(), "other ranks tell {:?}", four.1);
    assert!(one == four, "{:?}, {:?}", (&one.0, &one.2), (&four.0, &four.2));
}

#[test]
fn what_fails_on_a_rank_ends_all() {
    let folder = tempfile::tempdir().unwrap();
    let config = in_pieces(folder.path(), 4);
    let errors = |config: &(dyn Fn(usize) -> RunConfig + Sync), out: &Path, ranks: usize| {
        on_ranks(ranks, |rank| {
            let options = Options { ranks: Some(rank), ..Options::default() };
            train(&config(rank.rank()), out, &options, &mut ()).unwrap_err()
        })
    };
    let same = |_| config.clone();
    // Losses that are no numbers.
    let mut wild = config.clone();
    (wild.train.learning_rate, wild.train.clip, wild.train.warmup) = (1e30, 0.0, 0.0);
    for error in errors(&|_| wild.clone(), &folder.path().join("wild"), 2) {
        assert!(matches!(error, TrainError::NotFinite { .. }), "{error}");
    }
    // A file that the first rank can't write: its error everywhere.
    let out = folder.path().join("blocked");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("checkpoints"), "in the way").unwrap();
    let found = errors(&same, &out, 3);
    assert!(matches!(found[0], TrainError::Io { .. }), "{}", found[0]);
    for other in &found[1..] {
        assert_eq!(other.to_string(), format!("rank 0: {}", found[0]));
    }
    // More ranks than pieces.
    let out = folder.path().join("many");
    let message = errors(&same, &out, 5)[0].to_string();
    assert_eq!(
        message,
        "5 ranks can't share the 4 pieces of a batch; set train.pieces to 5 or a multiple of it"
    );
    assert!(!out.exists());
    // Ranks that were started otherwise.
    let other = |rank: usize| {
        let mut config = config.clone();
        config.train.seed = u64::from(rank == 1);
        config
    };
    for error in errors(&other, &out, 3) {
        let message = error.to_string();
        assert!(
            message.starts_with("rank 1: its version, configuration or folder is not that of rank 0"),
            "{message}"
        );
    }
}
