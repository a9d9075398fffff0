//! Small audio files and folders for the tests of this crate.
#![allow(clippy::unwrap_used, clippy::print_stderr, dead_code)]

pub(crate) mod folder;

use std::fs;
use std::path::{Path, PathBuf};

use linnet_corpus::{Manifest, Utterance};

/// Samples of a tone with a wobble, so that features differ between frames.
pub(crate) fn tone(samples: usize, seed: usize) -> Vec<i16> {
    let step = 0.05 + 0.01 * (seed % 17) as f64;
    let value = |i: usize| 8000.0 * (step * i as f64).sin() * (1.0 + (0.0007 * i as f64).sin());
    (0..samples).map(|i| value(i) as i16).collect()
}

pub(crate) fn put(path: &Path, content: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn le(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

pub(crate) fn put_wav(path: &Path, samples: &[i16]) {
    put_channels(path, samples, 1);
}

/// Two channels of as many samples.
pub(crate) fn put_stereo(path: &Path, left: &[i16], right: &[i16]) {
    let both: Vec<i16> = left.iter().zip(right).flat_map(|(&l, &r)| [l, r]).collect();
    put_channels(path, &both, 2);
}

fn put_channels(path: &Path, samples: &[i16], channels: u16) {
    let data = le(samples);
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    bytes.extend(channels.to_le_bytes());
    bytes.extend(16_000u32.to_le_bytes());
    bytes.extend((32_000 * u32::from(channels)).to_le_bytes());
    bytes.extend((2 * channels).to_le_bytes());
    bytes.extend(b"\x10\0data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    put(path, bytes);
}

/// A WAV file of 32-bit floating-point samples that are no numbers.
pub(crate) fn put_not_finite(path: &Path, samples: u32) {
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + 4 * samples).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x03\0\x01\0");
    bytes.extend(16_000u32.to_le_bytes());
    bytes.extend(64_000u32.to_le_bytes());
    bytes.extend(b"\x04\0\x20\0data");
    bytes.extend((4 * samples).to_le_bytes());
    bytes.extend((0..samples).flat_map(|_| f32::NAN.to_le_bytes()));
    put(path, bytes);
}

pub(crate) fn put_sphere(path: &Path, samples: &[i16]) {
    let header = format!(
        "NIST_1A\n   1024\nchannel_count -i 1\nsample_count -i {}\nsample_rate -i 16000\nsample_n_bytes -i 2\n\
         sample_byte_format -s2 01\nsample_sig_bits -i 16\nsample_coding -s3 pcm\nend_head\n",
        samples.len()
    );
    let mut bytes = header.into_bytes();
    bytes.resize(1024, b' ');
    bytes.extend(le(samples));
    put(path, bytes);
}

pub(crate) fn put_raw(path: &Path, samples: &[i16], big: bool) {
    let bytes = |sample: &i16| if big { sample.to_be_bytes() } else { sample.to_le_bytes() };
    put(path, samples.iter().flat_map(bytes).collect::<Vec<u8>>());
}

pub(crate) fn read(dir: &Path, set: &str) -> Manifest {
    Manifest::read(&dir.join(format!("{set}.jsonl"))).unwrap()
}

/// `id: text` of each utterance.
pub(crate) fn texts(manifest: &Manifest) -> Vec<String> {
    manifest
        .utterances
        .iter()
        .map(|u| format!("{}: {}", u.id, u.text.as_deref().unwrap_or("(none)")))
        .collect()
}

pub(crate) fn ids(manifest: &Manifest) -> Vec<&str> {
    manifest.utterances.iter().map(|u| u.id.as_str()).collect()
}

/// The folder of shared data, or a note that the test is skipped.
pub(crate) fn shared(what: &str) -> Option<PathBuf> {
    let root = std::env::var_os("LINNET_SHARED").map(PathBuf::from);
    let root = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    let found = root.join(what);
    if !found.exists() {
        eprintln!("skipped: {} is not there; set LINNET_SHARED", found.display());
        return None;
    }
    Some(found)
}

/// 40 utterances of 0.1 to 1 s.
pub(crate) fn corpus(folder: &Path) -> Manifest {
    let utterances = (0..40).map(|i| {
        let audio = folder.join(format!("u{i:02}.wav"));
        let samples = 1600 + (i * 7919) % 14_400;
        put_wav(&audio, &tone(samples, i));
        let duration_s = (i % 3 != 0).then_some(samples as f64 / 16_000.0);
        Utterance {
            id: format!("u{i:02}"),
            audio,
            duration_s,
            speaker: Some(format!("s{}", i % 4)),
            ..Default::default()
        }
    });
    Manifest { utterances: utterances.collect(), ..Default::default() }
}
