//! Running the built command, and what it is given: recordings good and bad, a corpus, a tiny model.
#![allow(dead_code, clippy::unwrap_used)] // No test needs all of it.

pub(crate) mod matrix;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use linnet_audio::{Audio, write_wav};
use tempfile::TempDir;

/// What a run of the command gave.
pub(crate) struct Run {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Run {
    /// Of a command that is made ready.
    pub(crate) fn of(mut command: Command) -> Self {
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The line of standard error that starts so.
    pub(crate) fn line(&self, start: &str) -> &str {
        self.err
            .lines()
            .find(|line| line.starts_with(start))
            .unwrap_or_else(|| panic!("{start}: {}", self.err))
    }

    /// Fails unless the command failed with exactly this line, and no other.
    pub(crate) fn fails_with(&self, line: &str) {
        assert_eq!((self.code, self.err.as_str(), self.out.as_str()), (1, &*format!("error: {line}\n"), ""));
    }
}

/// Runs the command in a folder.
pub(crate) fn linnet(folder: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linnet"));
    command.current_dir(folder).args(arguments);
    Run::of(command)
}

/// Runs the command in a folder where no file may be longer than 512 bytes: a disc that is full.
#[cfg(unix)]
pub(crate) fn linnet_on_full_disc(folder: &Path, arguments: &[&str]) -> Run {
    // The signal that comes with the limit is ignored, so that only the error is left.
    let script = r#"trap '' XFSZ; ulimit -f 1; exec "$0" "$@""#;
    let mut command = Command::new("sh");
    command.current_dir(folder).args(["-c", script, env!("CARGO_BIN_EXE_linnet")]).args(arguments);
    Run::of(command)
}

/// The names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Writes a file, and its folder.
pub(crate) fn put(path: &Path, content: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Writes a recording of half a second of a tone.
pub(crate) fn put_tone(path: &Path) {
    let tone = |t: usize| 0.3 * (std::f32::consts::TAU * 440.0 * t as f32 / 16_000.0).sin();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_wav(path, &Audio::new(16_000, vec![(0..8000).map(tone).collect()])).unwrap();
}

/// A SPHERE file of 16-bit samples whose header tells of `samples`, with as many bytes of them.
pub(crate) fn sphere(samples: usize, bytes: usize) -> Vec<u8> {
    let mut file = format!(
        "NIST_1A\n   1024\nchannel_count -i 1\nsample_count -i {samples}\nsample_rate -i 16000\n\
         sample_n_bytes -i 2\nsample_byte_format -s2 01\nsample_coding -s3 pcm\nend_head\n"
    )
    .into_bytes();
    file.resize(1024, b' ');
    file.resize(1024 + bytes, 1);
    file
}

/// A WAV file of 32-bit floating-point samples.
pub(crate) fn float_wav(samples: &[f32]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x03\0\x01\0");
    file.extend(16_000u32.to_le_bytes());
    file.extend(64_000u32.to_le_bytes());
    file.extend(b"\x04\0\x20\0data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}

/// The embedded corpus.
pub(crate) fn mini() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/mini").canonicalize().unwrap()
}

/// A run's configuration that is trained in a second.
pub(crate) const TINY: &str = "[features]\nbands = 20\n[model]\nsubsampling = 4\nchannels = 4\nlayers = 1\ndim = 16\n\
                        heads = 2\nfeed_forward = 32\n[train]\nepochs = 1\naverage = 1\n";

/// A folder with `data` of a few utterances of the embedded corpus, `tiny.toml` and the run `exp` that it has trained;
/// made once for all tests of a file, who leave it as it is.
pub(crate) fn trained() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (place, mini) = (folder.path(), mini());
        let lexicon = mini.join("lexicon.txt");
        let run = linnet(
            place,
            &[
                "prepare",
                "wsj",
                mini.to_str().unwrap(),
                "--lexicon",
                lexicon.to_str().unwrap(),
                "--out",
                "all",
            ],
        );
        assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
        for (from, to, lines) in [("train_si84", "train", 8), ("test_dev93", "dev", 4)] {
            let text = fs::read_to_string(place.join(format!("all/{from}.jsonl"))).unwrap();
            let few: String = text.split_inclusive('\n').take(lines).collect();
            put(&place.join(format!("data/{to}.jsonl")), few);
        }
        for file in ["tokens.txt", "lexicon.txt"] {
            fs::copy(place.join("all").join(file), place.join("data").join(file)).unwrap();
        }
        put(&place.join("tiny.toml"), TINY);
        let run = linnet(place, &["train", "tiny.toml", "--out", "exp"]);
        assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
        // A second of training teaches blanks alone: now it says something, if nonsense.
        let model = place.join("exp/model");
        let babbling = ::linnet::Model::read(&model).unwrap();
        babbling.encoder.favour(0, 0.1).unwrap();
        babbling.write(&model, "").unwrap();
        folder
    });
    folder.path()
}

/// A copy of a folder's files, for a test that changes them.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in names(from) {
        match from.join(&name) {
            path if path.is_dir() => copy(&path, &to.join(&name)),
            path => drop(fs::copy(path, to.join(&name)).unwrap()),
        }
    }
}

/// A copy of the tiny run beside its data, with a language model of the training transcripts.
pub(crate) fn beside_its_data() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    copy(&trained().join("exp/model"), &place.path().join("model"));
    for set in ["train", "dev"] {
        let path = format!("data/{set}.jsonl");
        put(&place.path().join(&path), fs::read(trained().join(&path)).unwrap());
    }
    let run = linnet(place.path(), &["ngram", "data/train.jsonl", "--order", "2", "--out", "lm.arpa"]);
    assert_eq!(run.code, 0, "{}", run.err);
    place
}
