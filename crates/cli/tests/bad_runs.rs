//! Configurations, checkpoints and model folders that can't be used, and full discs.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use common::{TINY, copy, linnet, names, put, put_tone, trained};

#[test]
fn wrong_configurations_name_the_file_the_place_and_the_nearest_key() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("tiny.toml"), TINY);
    put(&folder.path().join("key.toml"), "[train]\nepoch = 3\n");
    put(&folder.path().join("cut.toml"), "[train]\nepochs = 3\nclip =\n");
    put(&folder.path().join("manifest.jsonl"), "{\"text\": \"A\"}\n");
    for (arguments, line) in [
        (
            &["manifest.jsonl"][..],
            "manifest.jsonl: this is JSON, as a manifest is; give a configuration file in TOML",
        ),
        (&["."], ".: this is a folder; give a configuration file"),
        (&["key.toml"], "key.toml: there is no key train.epoch; did you mean train.epochs?"),
        (
            &["tiny.toml", "--set", "model.dimm=8"],
            "--set: there is no key model.dimm; did you mean model.dim?",
        ),
        (&["tiny.toml", "--set", "modle.dim=8"], "--set: there is no key modle; did you mean model?"),
        (&["tiny.toml", "--set", "model.dim"], "--set model.dim: write KEY=VALUE, as train.epochs=3"),
        (&["cut.toml"], "cut.toml: line 3: string values must be quoted; write literal string"),
        (
            &["tiny.toml", "--set", "train.select=bset"],
            "--set train.select=bset: train.select: `bset` is not known; the values are `average`, `best`, `last`",
        ),
        (
            &["tiny.toml", "--set", "model.heads=5"],
            "--set model.heads=5: [model] heads = 5: must divide dim = 16",
        ),
        (
            &["tiny.toml", "--set", "augment.speeds=[0]"],
            "--set augment.speeds=[0]: augment.speeds: 0 is not from 0.25 to 4, like 0.9",
        ),
        (
            &["tiny.toml", "--set", "train.batch_seconds=0.001"],
            "--set train.batch_seconds=0.001: train.batch_seconds = 0.001 is less than a frame; give seconds, like 30",
        ),
        (&["gone.toml"], "gone.toml: there is no such file or folder; check the path"),
        (&["tiny.toml"], "data/tokens.txt: there is no such file or folder; check the path"),
    ] {
        linnet(folder.path(), &[&["train"], arguments, &["--out", "exp"]].concat()).fails_with(line);
    }
    assert!(!folder.path().join("exp").exists());
}

#[test]
fn only_the_same_run_is_continued() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("copy");
    copy(trained(), &folder);
    let train =
        |out: &str, more: &[&str]| linnet(&folder, &[&["train", "tiny.toml", "--out", out], more].concat());
    train("exp", &["--resume", "--set", "model.dim=20"]).fails_with(
        "exp/config.toml: the run was started with other settings: model.dim was 16, now 20; give the same, or another folder",
    );
    train("exp", &[])
        .fails_with("exp holds a run already; continue it with --resume, or choose another folder");
    train("new", &["--resume"])
        .fails_with("new/config.toml: there is no run to continue; leave --resume out to start one");
    assert!(!folder.join("new").exists());

    let checkpoint = folder.join("exp/checkpoints/latest.safetensors");
    let whole = fs::read(&checkpoint).unwrap();
    fs::write(&checkpoint, &whole[..3000]).unwrap();
    train("exp", &["--resume"]).fails_with(
        "exp/checkpoints/latest.safetensors: it is damaged; copy it again, or start anew in another folder",
    );
    fs::remove_file(&checkpoint).unwrap();
    train("exp", &["--resume", "--set", "train.epochs=2"]).fails_with(
        "exp/checkpoints/latest.safetensors: it is missing, and without it the run can't be trained on; bring it back, give \
         the settings that it ended with, or another folder",
    );
    fs::rename(folder.join("exp/model"), folder.join("model")).unwrap();
    train("exp", &["--resume"]).fails_with(
        "exp/checkpoints/latest.safetensors: there is no checkpoint to continue from; leave --resume out to start anew, in \
         another folder if this one has a model",
    );
    fs::rename(folder.join("model"), folder.join("exp/model")).unwrap();
    fs::write(&checkpoint, whole).unwrap();
    let run = train("exp", &["--resume"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);

    let lock = fs::File::create(folder.join("exp/.lock")).unwrap();
    lock.lock().unwrap();
    train("exp", &["--resume"])
        .fails_with("exp: another process is training here; wait for it, or choose another folder");
    drop(lock);

    // What a crash left of a line of metrics doesn't count.
    let metrics = folder.join("exp/metrics.jsonl");
    let whole = fs::read_to_string(&metrics).unwrap();
    fs::write(&metrics, format!("{whole}{{\"epoch\":2,\"st")).unwrap();
    let run = train("exp", &["--resume"]);
    assert_eq!(run.code, 0, "{}", run.err);
}

#[test]
fn train_tells_how_long_it_will_take_and_writes_nothing() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("copy");
    copy(trained(), &folder);
    let before = fs::read_dir(&folder).unwrap().count();
    let run = linnet(&folder, &["train", "tiny.toml", "--time=1"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains(" steps in 1.") && run.err.contains(": an epoch takes "), "{}", run.err);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), before);
    assert_eq!(linnet(&folder, &["train", "tiny.toml", "--time=1", "--out", "new"]).code, 2);
    assert_eq!(linnet(&folder, &["train", "tiny.toml"]).code, 2);
}

#[test]
fn a_run_that_failed_before_its_first_checkpoint_starts_anew() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("copy");
    copy(trained(), &folder);
    let run = linnet(
        &folder,
        &[
            "train",
            "tiny.toml",
            "--out",
            "new",
            "--set",
            "train.learning_rate=1e30",
            "--set",
            "train.batch_seconds=2",
        ],
    );
    assert!(run.code == 1 && run.err.contains("is not finite"), "{}", run.err);
    let run = linnet(&folder, &["train", "tiny.toml", "--out", "new"]);
    assert_eq!(run.code, 0, "{}", run.err);
}

#[test]
fn options_without_what_they_are_for_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, what) in [
        (
            &["decode", "model", "dev.jsonl", "--out", "o", "--free-words", "--no-lexicon"][..],
            "'--no-lexicon'",
        ),
        (&["transcribe", "model", "a.wav", "--greedy", "--beam", "3"], "'--greedy'"),
        (&["decode", "model", "dev.jsonl", "--out", "o", "--greedy", "--lm-weight", "3"], "'--greedy'"),
        (&["train", "tiny.toml", "--out", "o", "--resume", "--init", "model"], "'--init <MODEL>'"),
        (&["transcribe", "model", "a.wav", "--jobs", "2000"], "2000 is not in"),
        (&["transcribe", "model", "a.wav", "--jobs", "-1"], "'-1'"),
        (&["prepare", "an4", "an4", "--out", "o", "--join-sets", "dev"], "--join <FROM-TO>"),
    ] {
        let run = linnet(folder.path(), arguments);
        assert!(run.code == 2 && run.err.contains(what), "{arguments:?}: {}", run.err);
    }
    linnet(folder.path(), &["decode", "model", "dev.jsonl", "--out", "o", "--tokens", "tokens.txt"])
        .fails_with(
            "--tokens, --blank and --frame-ms are for a matrix; add --logits FILE.npy, or leave them out",
        );
}

#[test]
fn a_model_folder_that_is_not_whole_is_named() {
    let folder = tempfile::tempdir().unwrap();
    put_tone(&folder.path().join("a.wav"));
    let model = folder.path().join("model");
    let transcribe = || linnet(folder.path(), &["transcribe", "model", "a.wav"]);
    transcribe().fails_with(
        "model: there is no such folder; give a model folder, as training writes it to EXPERIMENT/model",
    );
    linnet(folder.path(), &["transcribe", "a.wav", "model"])
        .fails_with("a.wav: this is a file; give a model folder, as training writes it to EXPERIMENT/model");
    copy(&trained().join("exp/model"), &model);
    assert_eq!(transcribe().code, 0);
    for file in ["config.toml", "model.safetensors", "tokens.txt", "cmvn.json"] {
        let whole = fs::read(model.join(file)).unwrap();
        fs::remove_file(model.join(file)).unwrap();
        transcribe().fails_with(&format!(
            "model: {file} is missing; give a whole model folder, as training writes it to EXPERIMENT/model"
        ));
        fs::write(model.join(file), whole).unwrap();
    }
    fs::remove_file(model.join("lexicon.txt")).unwrap();
    assert_eq!(transcribe().code, 0, "recognition needs no lexicon");
    put(&folder.path().join("m.jsonl"), "{\"audio_filepath\": \"a.wav\", \"text\": \"A\"}\n");
    linnet(folder.path(), &["decode", "model", "m.jsonl", "--out", "decoded"]).fails_with(
        "the model folder has no lexicon.txt, which the phones of transcripts come from; copy it there from the \
         prepared corpus",
    );
}

#[test]
fn a_model_that_does_not_read_is_named_with_the_place() {
    let folder = tempfile::tempdir().unwrap();
    put_tone(&folder.path().join("a.wav"));
    let model = folder.path().join("model");
    copy(&trained().join("exp/model"), &model);
    let damage = |file: &str, change: fn(Vec<u8>) -> Vec<u8>, line: &str| {
        let whole = fs::read(model.join(file)).unwrap();
        fs::write(model.join(file), change(whole.clone())).unwrap();
        linnet(folder.path(), &["transcribe", "model", "a.wav"]).fails_with(line);
        fs::write(model.join(file), whole).unwrap();
    };
    let cut: fn(Vec<u8>) -> Vec<u8> = |bytes| bytes[..100].to_vec();
    let replace: fn(Vec<u8>) -> Vec<u8> =
        |bytes| String::from_utf8(bytes).unwrap().replace("\ndim = 16", "\ndim = 32").into_bytes();
    damage(
        "model.safetensors",
        cut,
        "model/model.safetensors: no weights can be read from it; copy the whole model folder again",
    );
    damage(
        "model.safetensors",
        |_| b"no weights at all".to_vec(),
        "model/model.safetensors: no weights can be read from it; copy the whole model folder again",
    );
    damage(
        "config.toml",
        replace,
        "model/model.safetensors: parameter subsampling.linear.weight is F32 [16, 20], the model wants F32 [32, 20]; \
         give weights that were made with the same [model] configuration",
    );
    let within_key: fn(Vec<u8>) -> Vec<u8> = |bytes| {
        let text = String::from_utf8(bytes).unwrap();
        text.as_bytes()[..text.find("frame_length").unwrap() + 5].to_vec()
    };
    damage("config.toml", within_key, "model/config.toml: line 9: key with no value; write `=`");
    damage("tokens.txt", cut, "model/tokens.txt:19: this is not a symbol and its id; write them as `AH 3`");
    damage(
        "cmvn.json",
        cut,
        "model/cmvn.json: line 1, column 100: the JSON ends early; write it again from the training features",
    );
}

#[cfg(unix)]
mod full_disc {
    use super::*;
    use common::linnet_on_full_disc;

    const MEND: &str =
        "the file grows too large; write to a disc that takes larger files, or raise the limit (ulimit -f)";

    #[test]
    fn it_is_named_with_the_file_and_nothing_half_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path();
        put_tone(&place.join("a.wav"));
        put(&place.join("old.npy"), "old");
        linnet_on_full_disc(place, &["features", "a.wav", "--out", "old.npy"])
            .fails_with(&format!("old.npy: {MEND}"));
        linnet_on_full_disc(place, &["convert", "a.wav", "--out", "b.wav"])
            .fails_with(&format!("b.wav: {MEND}"));
        assert_eq!(names(place), ["a.wav", "old.npy"]);
        assert_eq!(fs::read_to_string(place.join("old.npy")).unwrap(), "old");

        let (model, manifest) = (trained().join("exp/model"), trained().join("data/dev.jsonl"));
        let arguments = ["decode", model.to_str().unwrap(), manifest.to_str().unwrap(), "--out", "decoded"];
        linnet_on_full_disc(place, &arguments).fails_with(&format!("decoded/score.json: {MEND}"));
        assert_eq!(names(&place.join("decoded")), ["decode.json", "hyp.trn", "ref.trn", "score.txt"]);
    }

    #[test]
    fn preparing_and_training_name_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("copy");
        copy(trained(), &folder);
        let mini = common::mini();
        let arguments = ["prepare", "wsj", mini.to_str().unwrap(), "--unit", "char", "--out", "chars"];
        linnet_on_full_disc(&folder, &arguments).fails_with(&format!("chars/train_si84.jsonl: {MEND}"));
        assert_eq!(names(&folder.join("chars")), ["oov.txt", "text.json", "tokens.txt"]);
        linnet_on_full_disc(&folder, &["train", "tiny.toml", "--out", "new"])
            .fails_with(&format!("new/config.toml: {MEND}"));
        // What is left is no run, so that the same command works once there is room.
        let run = linnet(&folder, &["train", "tiny.toml", "--out", "new"]);
        assert_eq!(run.code, 0, "{}", run.err);
    }

    #[test]
    fn standard_output_is_named() {
        let full = std::path::Path::new("/dev/full");
        let Ok(full) = fs::File::options().write(true).open(full) else { return };
        let folder = tempfile::tempdir().unwrap();
        put_tone(&folder.path().join("a.wav"));
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_linnet"));
        command.current_dir(folder.path()).args(["inspect", "a.wav"]);
        let output = command.stdout(full).stderr(std::process::Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let message = "error: standard output: the disc is full; make room on the disc\n";
        assert_eq!(String::from_utf8(output.stderr).unwrap(), message);
        let run = linnet(folder.path(), &["features", "a.wav", "--out", "/dev/full"]);
        run.fails_with("/dev/full: the disc is full; make room on the disc");
    }
}

#[cfg(unix)]
#[test]
fn files_have_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("plain"), "");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode();
    let (plain, mut found) = (mode(&folder.path().join("plain")), 0);
    let mut folders = vec![trained().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in names(&folder).into_iter().map(|name| folder.join(name)) {
            if path.is_dir() {
                folders.push(path);
            } else {
                assert_eq!(mode(&path), plain, "{}", path.display());
                found += 1;
            }
        }
    }
    assert!(found > 15, "{found} files");
}

#[test]
fn a_model_and_a_run_are_told_from_each_other() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    copy(&trained().join("exp"), &place.join("exp"));
    put_tone(&place.join("a.wav"));
    linnet(place, &["compare", "exp/model"]).fails_with(
        "exp/model: this is a model; give the folder of the run that made it, mostly the one above",
    );
    fs::remove_dir_all(place.join("exp/model")).unwrap();
    linnet(place, &["transcribe", "exp/model", "a.wav"]).fails_with(
        "exp/model: the run in exp hasn't come to its end, where it writes the model; continue its training first",
    );
}
