//! What ends a process or its terminal saves a run; what the process was started to ignore does nothing.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{copy, trained};

/// Starts training for so long that it doesn't come to its end, by a shell that runs `before` first, and waits until it
/// has begun.
fn train(folder: &Path, before: &str) -> Child {
    let script = format!(r#"{before}; exec "$0" "$@""#);
    let arguments = ["train", "tiny.toml", "--out", "long", "--set", "train.epochs=90000"];
    let mut command = Command::new("sh");
    command.current_dir(folder).args(["-c", &script, env!("CARGO_BIN_EXE_linnet")]).args(arguments);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(|| epochs(folder) > 0);
    child
}

fn epochs(folder: &Path) -> usize {
    fs::read_to_string(folder.join("long/metrics.jsonl")).map_or(0, |text| text.lines().count())
}

fn wait_for(mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_secs(120), "it doesn't come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_hang_up_saves_the_run_unless_it_is_ignored() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("copy");
    copy(trained(), &folder);
    for (before, signals) in [
        (":", &["HUP"][..]),
        (":", &["TERM"]),
        (":", &["USR1"]),
        (":", &["USR2"]),
        ("trap '' HUP INT", &["HUP", "INT", "TERM"]),
    ] {
        let mut child = train(&folder, before);
        let (last, ignored) = signals.split_last().unwrap();
        for signal in ignored {
            let so_far = epochs(&folder);
            send(signal, &child);
            wait_for(|| epochs(&folder) > so_far + 2 || child.try_wait().unwrap().is_some());
            assert!(child.try_wait().unwrap().is_none(), "{signal} has ended it");
        }
        send(last, &child);
        let output = child.wait_with_output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(130), "{message}");
        assert!(
            message.contains("\ninterrupted in epoch")
                && message.contains("and saved in long; ")
                && !message.contains("error:"),
            "{message}"
        );
        assert!(folder.join("long/checkpoints/latest.safetensors").is_file());
        fs::remove_dir_all(folder.join("long")).unwrap();
    }
}
