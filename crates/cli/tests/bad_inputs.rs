//! Every input of every command is given what it can't be: the one line of error names it and says what to do.
#![allow(clippy::unwrap_used)]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use common::{Run, beside_its_data, linnet, put, put_tone, trained};

/// Command lines whose word BAD is the input; the first word is its name's extension.
const INPUTS: &[&str] = &[
    "wav convert BAD --out o.wav",
    "wav features BAD --out o.npy",
    "toml features a.wav --config BAD --out o.npy",
    "model transcribe BAD a.wav",
    "wav transcribe model BAD",
    "model decode BAD data/dev.jsonl --out o",
    "jsonl decode model BAD --out o",
    "arpa decode model data/dev.jsonl --out o --lm BAD",
    "txt decode model data/dev.jsonl --out o --lm lm.arpa --lexicon BAD",
    "txt decode model data/dev.jsonl --out o --grammar BAD",
    "txt decode model data/dev.jsonl --out o --lm lm.arpa --hotwords BAD",
    "json decode model data/dev.jsonl --out o --lm lm.arpa --calibration BAD",
    "npy decode --logits BAD --tokens model/tokens.txt",
    "txt decode --logits m.npy --tokens BAD",
    "model tune BAD data/dev.jsonl --lm lm.arpa",
    "jsonl tune model BAD --lm lm.arpa",
    "arpa tune model data/dev.jsonl --lm BAD",
    "arpa tune model data/dev.jsonl --lm lm.arpa --rescore-lm BAD",
    "model align BAD data/dev.jsonl --out o.ctm",
    "jsonl align model BAD --out o.ctm",
    "trn score --ref BAD --hyp r.trn",
    "ctm score --ref r.trn --hyp BAD",
    "stm score --ref BAD --hyp r.trn",
    "jsonl score --ref BAD --hyp r.trn",
    "txt score --ref r.trn --hyp BAD",
    "toml compare BAD",
    "exp compare BAD",
    "txt ngram BAD --order 2 --out o.arpa",
    "jsonl ngram BAD --order 2 --out o.arpa",
    "jsonl ngram r.trn --order 2 --out o.arpa --held-out BAD",
    "toml train BAD --out o",
    "model train tiny.toml --out o --init BAD",
    "jsonl train tiny.toml --out o --set data.train=BAD",
    "txt train tiny.toml --out o --set data.tokens=BAD",
    "tsv prepare folder BAD --unit char --out o",
    "kaldi prepare kaldi BAD --unit char --out o",
    "wsj prepare wsj BAD --unit char --out o",
    "an4 prepare an4 BAD --unit char --out o",
    "libri prepare librispeech BAD --unit char --out o",
    "dict pronounce train BAD --out o",
    "arpa pronounce BAD word",
    "txt pronounce lm.arpa --list BAD",
    "wav inspect BAD",
    "json inspect BAD",
    "toml inspect BAD",
    "arpa inspect BAD",
    "npy inspect BAD",
    "trn inspect BAD",
    "bin inspect BAD",
];

/// Inputs that are right though they look odd: an empty configuration is the defaults, an empty ctm file is of no words,
/// an empty list of hotwords has none, and any text may be hotwords, sentences, words or a lexicon.
const FINE: [[&str; 2]; 8] = [
    ["--config", "empty.toml"],
    ["train", "empty.toml"],
    ["--hyp", "empty.ctm"],
    ["--hotwords", "empty.txt"],
    ["--hotwords", "typed.txt"],
    ["ngram", "typed.txt"],
    ["train", "typed.dict"],
    ["--list", "typed.txt"],
];

/// The kinds of bad files and folders.
type Make = fn(&Path);

fn kinds() -> Vec<(&'static str, Make)> {
    let mut kinds: Vec<(&str, Make)> = vec![
        ("missing", |_| {}),
        ("folder", |path| fs::create_dir(path).unwrap()),
        ("empty", |path| put(path, "")),
        ("noise", |path| put(path, (0..3000u32).map(|i| (i * i / 7 + i) as u8).collect::<Vec<u8>>())),
        ("typed", |path| put(path, "{\"audio_filepath\": 3, \"scale\": \"x\", \"offset\": []}\n")),
    ];
    #[cfg(unix)]
    kinds.push(("unreadable", |path| {
        use std::os::unix::fs::PermissionsExt;
        put(path, "text");
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    }));
    kinds
}

/// A part of a message that isn't in Linnet's words.
const FOREIGN: [&str; 7] =
    ["os error", "expected", "invalid type", "panicked", "unsupported feature", "UTF-8 sequence", "Err("];

/// The fault in how a command failed.
fn fault(run: &Run, name: &str) -> Option<&'static str> {
    let errors: Vec<&str> = run.err.lines().filter(|line| line.starts_with("error: ")).collect();
    match errors.as_slice() {
        _ if run.code != 1 => Some("its exit code isn't 1"),
        [error] if !error.contains(name) => Some("it doesn't name the file"),
        [error] if !error.contains("; ") => Some("it has no mend"),
        [_] if FOREIGN.iter().any(|words| run.err.contains(words)) => Some("its words are foreign"),
        [_] => None,
        _ => Some("it isn't one line of error"),
    }
}

#[test]
fn every_input_that_is_none_is_named_with_a_mend() {
    let place = beside_its_data();
    let place = place.path();
    put_tone(&place.join("a.wav"));
    put(&place.join("r.trn"), "YES (u1)\n");
    let tokens = fs::read_to_string(place.join("model/tokens.txt")).unwrap().lines().count();
    put(&place.join("m.npy"), matrix(tokens));
    for file in ["tiny.toml", "data/tokens.txt", "data/lexicon.txt"] {
        put(&place.join(file), fs::read(trained().join(file)).unwrap());
    }
    let mut faults = String::new();
    for input in INPUTS {
        let (extension, line) = input.split_once(' ').unwrap();
        for (kind, make) in kinds() {
            let name = format!("{kind}.{extension}");
            let path = place.join(&name);
            make(&path);
            // Whoever may read everything, as root may, reads this, too.
            if kind == "unreadable" && fs::read(&path).is_ok() {
                fs::remove_file(&path).unwrap();
                continue;
            }
            let arguments: Vec<String> = line.split(' ').map(|word| word.replace("BAD", &name)).collect();
            if arguments.windows(2).any(|pair| FINE.iter().any(|fine| pair == fine)) {
                continue;
            }
            let run = linnet(place, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
            if let Some(fault) = fault(&run, &name) {
                writeln!(faults, "{}: {fault}: {}{}", arguments.join(" "), run.err, run.out).unwrap();
            }
            let _ = fs::remove_file(&path);
            let _ = fs::remove_dir_all(&path);
            let _ = fs::remove_dir_all(place.join("o"));
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

/// A NumPy file of one frame that makes the first token certain.
fn matrix(tokens: usize) -> Vec<u8> {
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': (1, {tokens}), }}").into_bytes();
    while (10 + header.len()) % 64 != 63 {
        header.push(b' ');
    }
    header.push(b'\n');
    let mut file = b"\x93NUMPY\x01\0".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header);
    file.extend((0..tokens).flat_map(|token| if token == 0 { 0.0f32 } else { -1e4 }.to_le_bytes()));
    file
}
