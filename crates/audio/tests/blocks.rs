//! Recordings in blocks: all of them together are what reading the file as a whole gives.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

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
    // Packets may have some more samples than the recording.
    let known = left > 0.0 && (left - all.duration_s()).abs() < 0.2;
    assert!(known || left == 0.0, "{}: {left} s, {}", path.display(), all.duration_s());
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
}

/// All of our recordings, of every format.
fn formats() -> Vec<PathBuf> {
    let below = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .collect()
    };
    let mut all = below(&data("")).into_iter().chain(below(&data("wave"))).collect::<Vec<_>>();
    let mini = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/mini/11-14.1/wsj0/si_et_20/011");
    all.push(mini.join("011c0e01.wv1"));
    all.sort();
    all
}

/// The result of reading a recording, whole or in blocks: samples, and notes or an error.
fn both(path: &Path, options: &ReadOptions) -> [Result<Audio, String>; 2] {
    let in_blocks = || -> Result<Audio, linnet_audio::AudioError> {
        let mut blocks = Blocks::open(path, options)?;
        let mut all = Audio::new(blocks.sample_rate(), vec![Vec::new(); blocks.channels()]);
        while let Some(block) = blocks.read_block()? {
            all.channels.iter_mut().zip(block.channels).for_each(|(channel, more)| channel.extend(more));
        }
        all.notes = blocks.notes().to_vec();
        Ok(all)
    };
    [read(path, options), in_blocks()].map(|audio| audio.map_err(|error| error.to_string()))
}

#[test]
fn every_format_in_blocks_is_what_it_is_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut read = 0;
    for path in formats() {
        let bytes = fs::read(&path).unwrap();
        let id3 = [b'I', b'D', b'3', 3, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let versions = [
            bytes.clone(),
            bytes[..bytes.len() - bytes.len() / 3].to_vec(),
            [&bytes[..], &bytes].concat(),
            [&bytes[..], b"garbage that is no audio, some more of it"].concat(),
            [&id3[..], &bytes].concat(),
            [&bytes[..bytes.len() / 2], &[0x55; 40], &bytes[bytes.len() / 2..]].concat(),
        ];
        for (version, bytes) in versions.iter().enumerate() {
            let other = folder.path().join(path.file_name().unwrap());
            fs::write(&other, bytes).unwrap();
            let name = format!("{} {version}", other.display());
            for (offset_s, duration_s) in [(0.0, None), (0.05, Some(0.1))] {
                let options = ReadOptions { offset_s, duration_s, ..ReadOptions::default() };
                match both(&other, &options) {
                    [Ok(whole), Ok(blocks)] => {
                        read += 1;
                        assert!(blocks.channels == whole.channels, "{name}: other samples");
                        // A part that ends before the file does is read no further.
                        if duration_s.is_none() {
                            assert_eq!(blocks.notes, whole.notes, "{name}");
                        }
                    }
                    [Err(whole), Err(blocks)] => assert_eq!(blocks, whole, "{name}"),
                    // Damage behind the part isn't met.
                    [Err(_), Ok(_)] if duration_s.is_some() => {}
                    [whole, blocks] => panic!("{name}: {:?}, {:?}", whole.err(), blocks.err()),
                }
            }
        }
    }
    assert!(read > 100, "{read}");
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
