//! How many samples of the AN4 corpus's FLAC files are read a second, where the corpus is.

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::PathBuf;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use linnet_audio::{Audio, ReadOptions, read};

/// Files that are read, all of one speaker or a few.
const FILES: usize = 40;

fn flac(criterion: &mut Criterion) {
    let Some(folder) = common::shared("corpora/an4/wav") else { return };
    let mut files: Vec<PathBuf> = walk(folder);
    files.sort();
    files.truncate(FILES);
    let read = |path: &PathBuf| read(path, &ReadOptions::default()).expect("the corpus is sound");
    let samples: usize = files.iter().map(|path| read(path).frames()).sum();
    let mut group = criterion.benchmark_group("flac");
    group.throughput(Throughput::Elements(samples as u64)).sample_size(20);
    group.bench_function("AN4", |b| b.iter(|| files.iter().map(read).collect::<Vec<Audio>>()));
    group.finish();
}

/// All FLAC files under a folder.
fn walk(folder: PathBuf) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let below = |path: PathBuf| if path.is_dir() { walk(path) } else { vec![path] };
    entries.flat_map(below).filter(|path| path.extension().is_some_and(|e| e == "flac")).collect()
}

criterion_group!(benches, flac);
criterion_main!(benches);
