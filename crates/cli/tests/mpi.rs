//! Training by several processes over MPI. Without the feature `mpi`, or without mpirun, tests are skipped and say so.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]
#![cfg_attr(not(feature = "mpi"), allow(dead_code, unused_imports))]

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::{copy, linnet, trained};
use tempfile::TempDir;

/// Whether there is no mpirun, which is told past the capture of print macros.
#[allow(clippy::explicit_write)]
fn skipped() -> bool {
    let missing = Command::new("mpirun").arg("--version").output().is_err();
    if missing {
        writeln!(std::io::stderr(), "skipped: mpirun is missing; install Open MPI or MPICH").unwrap();
    }
    missing
}

/// A program on so many ranks, in a folder; also as root, and on fewer processors than ranks.
fn mpirun_of(program: &[&str], folder: &Path, ranks: usize, arguments: &[&str]) -> Command {
    let mut command = Command::new("mpirun");
    command.args(["-n", &ranks.to_string()]).args(program).args(arguments);
    for name in [
        "OMPI_ALLOW_RUN_AS_ROOT",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
        "OMPI_MCA_rmaps_base_oversubscribe",
        "PRTE_ALLOW_RUN_AS_ROOT",
        "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM",
    ] {
        command.env(name, "1");
    }
    // Open MPI's files have paths of at most 107 bytes.
    command.env("TMPDIR", "/tmp").env("RAYON_NUM_THREADS", "1").current_dir(folder);
    command
}

fn mpirun(folder: &Path, ranks: usize, arguments: &[&str]) -> Command {
    mpirun_of(&[env!("CARGO_BIN_EXE_linnet")], folder, ranks, arguments)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A copy of a folder with data, a configuration and a run, and what removes it.
fn place() -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("copy");
    copy(trained(), &folder);
    (place, folder)
}

fn weights(run: &Path) -> Vec<u8> {
    fs::read(run.join("model/model.safetensors")).unwrap()
}

const PIECES: [&str; 6] =
    ["--set", "train.pieces=4", "--set", "train.epochs=2", "--set", "train.batch_seconds=8"];

#[test]
#[cfg_attr(not(feature = "mpi"), ignore = "needs --features linnet-cli/mpi")]
fn ranks_train_the_model_of_one_process_and_one_of_them_speaks() {
    if skipped() {
        return;
    }
    let (_place, folder) = place();
    let train = |out: &'static str| [&["train", "tiny.toml", "--out", out][..], &PIECES].concat();
    assert_eq!(linnet(&folder, &train("one")).code, 0);
    for (ranks, out) in [(2, "two"), (4, "four")] {
        let output = mpirun(&folder, ranks, &train(out)).output().unwrap();
        let told = text(&output);
        assert!(output.status.success(), "{told}");
        for line in ["parameters; ", "epoch   1: ", "/model: "] {
            assert_eq!(told.matches(line).count(), 1, "{line}: {told}");
        }
        assert!(
            weights(&folder.join("one")) == weights(&folder.join(out)),
            "{ranks} ranks have another model"
        );
    }
}

#[test]
#[cfg_attr(not(feature = "mpi"), ignore = "needs --features linnet-cli/mpi")]
fn a_failure_is_told_once() {
    if skipped() {
        return;
    }
    let (_place, folder) = place();
    for (arguments, message) in [
        (&["train", "gone.toml", "--out", "new"][..], "gone.toml: there is no such file"),
        (
            &["train", "tiny.toml", "--out", "new"],
            "2 ranks can't share the 1 pieces of a batch; set train.pieces",
        ),
        (&["train", "tiny.toml", "--out", "exp", "--set", "train.pieces=2"], "exp holds a run already"),
        (
            &[
                "train",
                "tiny.toml",
                "--out",
                "new",
                "--set",
                "train.pieces=2",
                "--set",
                "train.learning_rate=1e30",
                "--set",
                "train.clip=0",
                "--set",
                "train.warmup=0",
                "--set",
                "train.epochs=9",
            ],
            "is not finite",
        ),
    ] {
        let output = mpirun(&folder, 2, arguments).output().unwrap();
        let told = text(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert_eq!(told.matches("error: ").count(), 1, "{told}");
        assert!(told.contains(message), "{told}");
    }
}

/// The processes of a run that is to write into `out`, by their ranks.
fn processes(out: &str) -> Vec<(usize, u32)> {
    let mut found: Vec<(usize, u32)> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            let read = |name: &str| {
                Some(String::from_utf8_lossy(&fs::read(entry.path().join(name)).ok()?).into_owned())
            };
            read("cmdline")?.split('\0').any(|argument| argument == out).then_some(())?;
            let environment = read("environ")?;
            let rank = environment.split('\0').find_map(|variable| {
                variable.strip_prefix("OMPI_COMM_WORLD_RANK=").or_else(|| variable.strip_prefix("PMI_RANK="))
            });
            Some((rank?.parse().ok()?, id))
        })
        .collect();
    found.sort_unstable();
    found
}

/// Starts a run, and waits until two epochs more than before are done.
fn started(folder: &Path, ranks: usize, arguments: &[&str]) -> Child {
    let epochs =
        || fs::read_to_string(folder.join("broken/metrics.jsonl")).map_or(0, |text| text.lines().count());
    let before = epochs();
    let child =
        mpirun(folder, ranks, arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while epochs() < before + 2 {
        assert!(start.elapsed() < Duration::from_secs(120), "nothing comes of it");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

fn kill(signal: &str, id: u32) {
    assert!(Command::new("kill").args([format!("-{signal}"), id.to_string()]).status().unwrap().success());
}

#[test]
#[cfg_attr(not(feature = "mpi"), ignore = "needs --features linnet-cli/mpi")]
fn a_run_whose_rank_is_killed_or_signalled_goes_on_with_other_ranks() {
    if skipped() {
        return;
    }
    let (_place, folder) = place();
    let out = folder.join("broken");
    let out = out.to_str().unwrap();
    let train = |out, resume: Option<&'static str>| {
        let more = ["--set", "train.epochs=60", "--set", "train.checkpoint_steps=1"];
        let all = [&["train", "tiny.toml", "--out", out][..], &PIECES, &more].concat();
        all.into_iter().chain(resume).collect::<Vec<&str>>()
    };
    assert_eq!(linnet(&folder, &train("straight", None)).code, 0);
    let mut resume = None;
    // The last one is mpirun itself, as by Ctrl-C: it ends the ranks, and drops their words.
    for (signal, rank, ranks) in
        [("KILL", Some(1), 2), ("KILL", Some(0), 3), ("USR1", Some(1), 2), ("INT", None, 2)]
    {
        let child = started(&folder, ranks, &train(out, resume));
        let victim = match rank {
            Some(rank) => processes(out).into_iter().find(|(found, _)| *found == rank).unwrap().1,
            None => child.id(),
        };
        kill(signal, victim);
        let output = child.wait_with_output().unwrap();
        let told = text(&output);
        assert!(!output.status.success(), "{told}");
        // They may be a moment behind mpirun.
        let end = Instant::now();
        while !processes(out).is_empty() {
            assert!(end.elapsed() < Duration::from_secs(20), "ranks are left: {told}");
            std::thread::sleep(Duration::from_millis(10));
        }
        if signal == "USR1" {
            assert_eq!(output.status.code(), Some(130), "{told}");
            assert_eq!(told.matches("interrupted in epoch").count(), 1, "{told}");
        }
        resume = Some("--resume");
    }
    assert_eq!(linnet(&folder, &train(out, resume)).code, 0);
    assert!(weights(&folder.join("straight")) == weights(Path::new(out)), "the models differ");
}

#[test]
#[cfg_attr(not(feature = "mpi"), ignore = "needs --features linnet-cli/mpi")]
fn a_full_disc_ends_all_ranks() {
    if skipped() {
        return;
    }
    let (_place, folder) = place();
    // No file may be longer than 8 KiB. Open MPI's shared memory is such a file, hence TCP.
    let script = r#"trap '' XFSZ; ulimit -f 16; exec "$0" "$@""#;
    let program = ["sh", "-c", script, env!("CARGO_BIN_EXE_linnet")];
    let arguments = [&["train", "tiny.toml", "--out", "full"][..], &PIECES].concat();
    let output =
        mpirun_of(&program, &folder, 2, &arguments).env("OMPI_MCA_btl", "self,tcp").output().unwrap();
    let told = text(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!(told.matches("error: ").count(), 1, "{told}");
    assert!(told.contains("error: full/checkpoints/") && told.contains("the file grows too large"), "{told}");
}

#[test]
#[cfg(not(feature = "mpi"))]
fn processes_that_mpi_does_not_connect_are_told_so() {
    let (_place, folder) = place();
    let out = folder.join("exp");
    let _held = linnet_train::FolderLock::new(&out).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_linnet"));
    command.current_dir(&folder).env("OMPI_COMM_WORLD_SIZE", "2").args([
        "train",
        "tiny.toml",
        "--out",
        "exp",
        "--resume",
    ]);
    let told = text(&command.output().unwrap());
    let mend = "2 processes were started together, and this program has no MPI to connect them: build it with --features mpi";
    assert!(
        told.starts_with("error: exp: another process is training here") && told.contains(mend),
        "{told}"
    );
}
