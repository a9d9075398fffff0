//! The committed data/mini is what its README says: whole, readable, and fair.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use linnet_audio::ReadOptions;
use make_wsj_discs::shorten::{self, Options};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/mini")
}

/// All files below the corpus with this extension, sorted.
fn files(extension: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Utterance ID to its words, marks removed.
fn transcripts() -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for path in files("dot") {
        for line in fs::read_to_string(path).unwrap().lines() {
            let (text, id) = line.strip_suffix(')').unwrap().rsplit_once(" (").unwrap();
            let plain = |w: &str| w.replace(['\\', '*', '<', '>', '%'], "").to_uppercase();
            let words = text.split(' ').filter(|w| *w != ".").map(plain).collect();
            assert!(all.insert(id.to_owned(), words).is_none(), "{id} twice");
        }
    }
    all
}

fn in_training(id: &str) -> bool {
    root().join("11-1.1/wsj0/si_tr_s").join(&id[..3]).join(format!("{id}.wv1")).exists()
}

#[test]
fn every_recording_decodes_and_has_a_transcript() {
    let transcripts = transcripts();
    let audio = files("wv1");
    assert_eq!(audio.len(), transcripts.len());
    let mut seconds = 0.0;
    for (i, path) in audio.iter().enumerate() {
        assert!(transcripts.contains_key(path.file_stem().unwrap().to_str().unwrap()), "{}", path.display());
        let decoded = linnet_audio::read(path, &ReadOptions::default()).unwrap();
        assert_eq!((decoded.sample_rate, decoded.channels.len()), (16_000, 1));
        seconds += decoded.duration_s();
        if i % 20 == 0 {
            let samples: Vec<i16> = decoded.channels[0].iter().map(|x| (x * 32_768.0) as i16).collect();
            let again = shorten::encode(&[&samples], &Options::default());
            assert_eq!(
                &fs::read(path).unwrap()[1024..],
                again,
                "{} is not what the encoder writes",
                path.display()
            );
        }
    }
    assert!((26.0..28.0).contains(&(seconds / 60.0)), "{seconds} s");
}

#[test]
fn no_test_sentence_occurs_in_training_and_every_word_does() {
    let (mut train, mut test) = (BTreeSet::new(), BTreeSet::new());
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (id, words) in transcripts() {
        if in_training(&id) {
            words.iter().for_each(|w| *counts.entry(w.clone()).or_default() += 1);
            train.insert(words);
        } else {
            test.insert(words);
        }
    }
    assert_eq!((train.len(), test.len()), (560, 140), "all sentences differ");
    assert!(train.is_disjoint(&test));
    let lexicon = fs::read_to_string(root().join("lexicon.txt")).unwrap();
    let words =
        lexicon.lines().filter(|l| !l.starts_with(";;;")).map(|l| l.split(['(', ' ']).next().unwrap());
    for word in words.collect::<BTreeSet<_>>() {
        let count = counts.remove(word).unwrap_or(0);
        assert!(count >= 8, "{word} occurs {count} times in training");
    }
    assert!(counts.is_empty(), "not in the lexicon: {counts:?}");
    let unknown = test.iter().flatten().find(|w| !lexicon.contains(&format!("\n{w}  ")));
    assert_eq!(unknown, None);
}
