//! Material of several tests and the benchmarks: signals, a Shorten encoder, SPHERE files around it, damage.
#![allow(dead_code, clippy::unwrap_used, clippy::print_stderr)] // No test needs all of it.

pub(crate) mod encoder;
pub(crate) mod ogg;

use std::path::{Path, PathBuf};

use linnet_audio::{Audio, ReadOptions, probe, read};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The folder of reference files, `$LINNET_SHARED` or `../shared`, where it is.
pub(crate) fn shared(part: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("LINNET_SHARED").map_or(beside, PathBuf::from).join(part);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no {}", folder.display());
    None
}

/// A file of `tests/data`.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

pub(crate) fn chord_pcm() -> Vec<u8> {
    std::fs::read(data("chord.pcm")).unwrap()
}

/// The samples of all files of the chord, as far as their codings keep them.
pub(crate) fn chord() -> Vec<f32> {
    let samples: Vec<i16> = chord_pcm().chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
    scaled(&samples)
}

/// A page of an OGG file: its flags, granule, number, and packets, each below 255 bytes.
pub(crate) fn page(flags: u8, granule: u64, sequence: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut page = [&b"OggS\0"[..], &[flags], &granule.to_le_bytes(), &7u32.to_le_bytes()].concat();
    page.extend(sequence.to_le_bytes());
    page.extend([0, 0, 0, 0, packets.len() as u8]);
    page.extend(packets.iter().map(|packet| packet.len() as u8));
    page.extend(packets.concat());
    ogg::sum_pages(&mut page);
    page
}

/// Something that codes like speech: voiced stretches (a pulse train through three resonances) between quieter noise.
pub(crate) fn speech(samples: usize, seed: u64) -> Vec<i16> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let resonances = [(500.0, 80.0), (1500.0, 120.0), (2500.0, 160.0)].map(|(hz, width): (f64, f64)| {
        let radius = (-std::f64::consts::PI * width / 16_000.0).exp();
        (2.0 * radius * (std::f64::consts::TAU * hz / 16_000.0).cos(), -radius * radius)
    });
    let mut states = [[0.0f64; 2]; 3];
    let of = |i: usize| {
        let voiced = i % 8000 < 4500;
        let pulse = if voiced && i.is_multiple_of(120) { 900.0 } else { 0.0 };
        let mut x = pulse + rng.random_range(-1.0..1.0) * 12.0;
        for ((a, b), state) in resonances.iter().zip(&mut states) {
            x += a * state[0] + b * state[1];
            *state = [x, state[0]];
            x *= 0.25;
        }
        (20.0 * x).clamp(-30_000.0, 30_000.0) as i16
    };
    (0..samples).map(of).collect()
}

/// Samples of 16 bits as the readers scale them.
pub(crate) fn scaled(samples: &[i16]) -> Vec<f32> {
    samples.iter().map(|&s| f32::from(s) / 32768.0).collect()
}

/// A SPHERE file: the first two lines, the fields, padding to 1,024 bytes, the samples' bytes.
pub(crate) fn sphere(fields: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("NIST_1A\n   1024\n{fields}end_head\n").into_bytes();
    bytes.resize(1024, b' ');
    bytes.extend(body);
    bytes
}

/// A file as those of the WSJ discs, with its checksum.
pub(crate) fn shortened(channels: &[Vec<i16>], stream: &[u8]) -> Vec<u8> {
    let sum = channels.iter().flatten().fold(0u16, |sum, &s| sum.wrapping_add(s as u16));
    let fields = format!(
        "channel_count -i {}\nsample_count -i {}\nsample_rate -i 16000\nsample_n_bytes -i 2\n\
         sample_byte_format -s2 01\nsample_coding -s26 pcm,embedded-shorten-v2.00\nsample_checksum -i {sum}\n",
        channels.len(),
        channels[0].len(),
    );
    sphere(&fields, stream)
}

/// Copies of a file, each with a few of its bytes changed.
pub(crate) fn damaged(whole: &[u8], copies: usize, seed: u64) -> impl Iterator<Item = Vec<u8>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..copies).map(move |copy| {
        let mut bytes = whole.to_vec();
        // Half of them near the start, where headers are.
        let end = if copy % 2 == 0 { bytes.len() } else { bytes.len().min(1100) };
        for _ in 0..rng.random_range(1..5) {
            let at = rng.random_range(0..end);
            bytes[at] = if rng.random() { rng.random() } else { bytes[at] ^ 1 << rng.random_range(0..8) };
        }
        bytes
    })
}

/// Reads a file; it must be probed as the same, as far as it is read at all.
pub(crate) fn both(bytes: &[u8], name: &str) -> Result<Audio, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let plain = |message: String| message.replace(&path.display().to_string(), name);
    let read = read(&path, &ReadOptions::default()).map_err(|error| plain(error.to_string()));
    let probed = probe(&path, &ReadOptions::default()).map_err(|error| plain(error.to_string()));
    if let Ok(audio) = &read {
        let info = probed.unwrap();
        let read = (audio.sample_rate, audio.channels.len(), audio.frames(), &audio.notes);
        assert_eq!((info.sample_rate, info.channels, info.frames, &info.notes), read);
    }
    read
}

/// The notes, as they are shown.
pub(crate) fn notes(audio: &Audio) -> Vec<String> {
    audio.notes.iter().map(ToString::to_string).collect()
}
