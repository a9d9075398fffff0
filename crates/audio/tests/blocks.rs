//! Recordings in blocks: all of them together are what reading the file as a whole gives.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::data;
use linnet_audio::{Audio, Blocks, ReadOptions, read, write_wav};

fn joined(path: &Path, options: &ReadOptions) -> (Audio, usize) {
    let mut blocks = Blocks::open(path, options).unwrap();
    let mut all = Audio::new(blocks.sample_rate(), vec![Vec::new(); blocks.channels()]);
    let (left, mut count) = (blocks.left_s(), 0);
    while let Some(block) = blocks.read_block().unwrap() {
        assert!(block.duration_s() <= 10.0);
        for (channel, more) in all.channels.iter_mut().zip(block.channels) {
            channel.extend(more);
        }
        count += 1;
    }
    assert!((left - all.duration_s()).abs() < 1e-9 && blocks.left_s() == 0.0);
    all.notes = blocks.notes().to_vec();
    (all, count)
}

/// Long recordings of two channels: as one file, as two that follow each other, and with a header that tells too much.
fn long(folder: &Path) -> Vec<std::path::PathBuf> {
    let tone = |t: usize| (t as f32 * 0.01).sin() * 0.5;
    let samples: Vec<f32> = (0..25 * 8000).map(tone).collect();
    let other = samples.iter().rev().copied().collect();
    write_wav(&folder.join("long.wav"), &Audio::new(8000, vec![samples, other])).unwrap();
    let one = fs::read(folder.join("long.wav")).unwrap();
    fs::write(folder.join("two.wav"), [&one[..], &one].concat()).unwrap();
    fs::write(folder.join("cut.wav"), &one[..one.len() - 4001]).unwrap();
    ["long.wav", "two.wav", "cut.wav"].map(|name| folder.join(name)).into()
}

#[test]
fn blocks_together_are_the_file() {
    let folder = tempfile::tempdir().unwrap();
    for path in long(folder.path()) {
        for (offset_s, duration_s) in [(0.0, None), (3.3333, None), (12.0, Some(11.5)), (24.0, Some(60.0))] {
            let options = ReadOptions { offset_s, duration_s, ..ReadOptions::default() };
            let (blocks, count) = joined(&path, &options);
            let whole = read(&path, &options).unwrap();
            assert_eq!(count, (whole.duration_s() / 10.0).ceil() as usize, "{}", path.display());
            assert!(blocks.channels == whole.channels && blocks.notes == whole.notes, "{}", path.display());
        }
    }
    for name in ["chord.flac", "chord.mp3", "chord.ogg", "chord_alac.m4a"] {
        let options = ReadOptions::default();
        assert_eq!(joined(&data(name), &options).0, read(&data(name), &options).unwrap(), "{name}");
    }
}

#[test]
fn what_reading_refuses_blocks_refuse_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = long(folder.path()).remove(0);
    for (offset_s, duration_s) in [(25.0, None), (-1.0, None), (0.0, Some(f64::NAN)), (1.0, Some(0.0))] {
        let options = ReadOptions { offset_s, duration_s, ..ReadOptions::default() };
        let [a, b] = [Blocks::open(&path, &options).err(), read(&path, &options).err()];
        assert_eq!(a.unwrap().to_string(), b.unwrap().to_string());
    }
    let gone = Blocks::open(&folder.path().join("gone.wav"), &ReadOptions::default()).unwrap_err();
    assert!(gone.to_string().contains("there is no such file"), "{gone}");
}
