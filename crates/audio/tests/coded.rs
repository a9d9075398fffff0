//! WAV, FLAC, MP3 and OGG files of one chord (`tests/data/README.md`), whole and damaged.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};

use linnet_audio::{ReadOptions, probe, read, read_from};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn chord() -> Vec<f32> {
    let bytes = std::fs::read(data("chord.pcm")).unwrap();
    let samples: Vec<i16> = bytes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
    common::scaled(&samples)
}

/// The power of what differs to that of `want`, in decibels, away from the ends.
fn difference_db(got: &[f32], want: &[f32]) -> f32 {
    let power = |x: &mut dyn Iterator<Item = f32>| x.map(|x| x * x).sum::<f32>();
    let middle = 500..3500;
    let wrong = power(&mut middle.clone().map(|i| got[i] - want[i]));
    10.0 * (wrong / power(&mut middle.map(|i| want[i]))).log10()
}

#[test]
fn each_kind_gives_its_sound_at_its_place() {
    let want = chord();
    for (name, format, coding, late, most_db) in [
        ("chord.flac", "FLAC", "flac", 0, f32::NEG_INFINITY),
        ("chord.ogg", "OGG", "vorbis", 0, -22.0),
        ("chord.mp3", "MP3", "mp3", 0, -23.5),
        // Without a tag nobody says that the encoder comes late by 1,105 samples.
        ("chord_untagged.mp3", "MP3", "mp3", 1105, -23.5),
    ] {
        let audio = read(&data(name), &ReadOptions::default()).unwrap();
        assert_eq!((audio.sample_rate, audio.channels.len()), (16_000, 1), "{name}");
        assert!(audio.frames() == want.len() || late > 0, "{name}: {}", audio.frames());
        let far = difference_db(&audio.channels[0][late..], &want);
        assert!(far <= most_db, "{name}: {far} dB");
        let info = probe(&data(name), &ReadOptions::default()).unwrap();
        assert_eq!((info.format.as_str(), info.coding.as_str()), (format, coding));
        assert_eq!((info.sample_rate, info.channels, info.frames), (16_000, 1, audio.frames()), "{name}");
    }
}

/// A WAV file: its format's tag, bits a sample, and its data chunk with the size that it tells.
fn wav(tag: u16, bits: u16, told: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0odd\0fmt \x10\0\0\0".to_vec();
    let align = bits / 8;
    bytes.extend([tag, 1].iter().flat_map(|x| x.to_le_bytes()));
    bytes.extend([16_000u32, 16_000 * u32::from(align)].iter().flat_map(|x| x.to_le_bytes()));
    bytes.extend([align, bits].iter().flat_map(|x| x.to_le_bytes()));
    bytes.extend(b"data");
    bytes.extend(told.to_le_bytes());
    bytes.extend(data);
    bytes
}

fn decode(bytes: &[u8], name: &str) -> Result<Vec<f32>, String> {
    let audio = read_from(bytes, name, &ReadOptions::default()).map_err(|e| e.to_string())?;
    Ok(audio.channels.into_iter().next().unwrap())
}

#[test]
fn wav_files_of_every_width_are_exact() {
    let want = chord();
    let s16 = |x: f32| (x * 32768.0) as i32;
    type Width = fn(i32) -> Vec<u8>;
    let widths: [(u16, u16, Width); 5] = [
        (1, 16, |s| (s as i16).to_le_bytes().to_vec()),
        (1, 24, |s| (s << 8).to_le_bytes()[..3].to_vec()),
        (1, 32, |s| (s << 16).to_le_bytes().to_vec()),
        (3, 32, |s| (s as f32 / 32768.0).to_le_bytes().to_vec()),
        (3, 64, |s| (f64::from(s) / 32768.0).to_le_bytes().to_vec()),
    ];
    for (tag, bits, width) in widths {
        let data: Vec<u8> = want.iter().flat_map(|&x| width(s16(x))).collect();
        let len = data.len() as u32;
        // Pipes can't go back to tell the size.
        for told in [len, 0x7fff_f000, u32::MAX] {
            assert_eq!(decode(&wav(tag, bits, told, &data), "x.wav").unwrap(), want, "{bits} bits, {told}");
        }
        let cut = decode(&wav(tag, bits, len + 1, &data), "x.wav").unwrap_err();
        assert!(cut.starts_with("x.wav: byte ") && cut.contains("cut off"), "{cut}");
    }
}

/// Symphonia decodes G.711 by its own tables.
#[test]
fn sphere_files_expand_g711_as_wav_files_do() {
    let codes: Vec<u8> = (0..=255).collect();
    for (tag, coding) in [(7, "ulaw"), (6, "alaw")] {
        let fields = format!(
            "channel_count -i 1\nsample_count -i 256\nsample_rate -i 16000\nsample_n_bytes -i 1\n\
             sample_coding -s4 {coding}\nsample_checksum -i {}\n",
            255 * 128
        );
        let sphere = decode(&common::sphere(&fields, &codes), "x.sph").unwrap();
        assert_eq!(sphere, decode(&wav(tag, 8, 256, &codes), "x.wav").unwrap(), "{coding}");
    }
}

#[test]
fn files_that_are_cut_off_are_named() {
    let wav = wav(1, 16, 8000, &std::fs::read(data("chord.pcm")).unwrap());
    let file = |name| std::fs::read(data(name)).unwrap();
    let [flac, ogg, mp3] = ["chord.flac", "chord.ogg", "chord.mp3"].map(file);
    for (name, whole) in [("x.wav", wav), ("x.flac", flac), ("x.ogg", ogg), ("x.mp3", mp3)] {
        assert!(decode(&whole, name).is_ok(), "{name}");
        // The last frames of an MP3 file may be missing, as far as its tag can be trusted.
        let end = if name == "x.mp3" { whole.len() / 3 } else { whole.len() };
        for cut in (0..end).step_by(7) {
            let Err(error) = decode(&whole[..cut], name) else { panic!("{name} cut at {cut} is read") };
            assert!(error.starts_with(name), "{error}");
        }
    }
}

#[test]
fn damage_never_panics_and_lossless_files_show_it() {
    let pcm = std::fs::read(data("chord.pcm")).unwrap();
    let want = chord();
    for name in ["chord.flac", "chord.ogg", "chord.mp3", "chord_untagged.mp3"] {
        let whole = std::fs::read(data(name)).unwrap();
        for bytes in common::damaged(&whole, 500, 1) {
            if let Ok(samples) = decode(&bytes, name) {
                assert!(name != "chord.flac" || samples == want, "damage to {name} goes unseen");
            }
        }
    }
    for bytes in common::damaged(&wav(1, 16, 8000, &pcm), 500, 2) {
        let _ = decode(&bytes, "x.wav");
    }
}
