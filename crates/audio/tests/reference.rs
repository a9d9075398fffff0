//! Decoded samples against the reference files of `../shared/sphere` (or `$LINNET_SHARED/sphere`), where they exist,
//! and damaged copies of them.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use linnet_audio::{ReadOptions, probe, read, read_from};

fn pcm(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    bytes.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0).collect()
}

#[test]
fn shorten_is_bit_exact() {
    let Some(folder) = common::shared("sphere") else { return };
    for name in ["an406_plain", "an406_all", "an406_shift2", "an406_stereo"] {
        let audio = read(&folder.join(format!("shorten/{name}.sph")), &ReadOptions::default()).unwrap();
        let want = pcm(&folder.join(format!("shorten/{name}.raw")));
        let count = audio.channels.len();
        assert_eq!(audio.frames() * count, want.len(), "{name}");
        for (c, channel) in audio.channels.iter().enumerate() {
            assert!(channel.iter().eq(want.iter().skip(c).step_by(count)), "{name}, channel {c}");
        }
    }
}

#[test]
fn both_byte_orders_and_both_laws_give_the_same_sound() {
    let Some(folder) = common::shared("sphere") else { return };
    let read = |name: &str| read(&folder.join(name), &ReadOptions::default()).unwrap();
    let little = read("pcm16_little.sph");
    assert_eq!(little, read("pcm16_big.sph"));
    assert_eq!(little.frames(), read("written_by_sox.sph").frames());
    for name in ["ulaw.sph", "alaw.sph"] {
        let coded = read(name);
        let far =
            coded.channels[0].iter().zip(&little.channels[0]).map(|(a, b)| (a - b).abs() / (0.01 + b.abs()));
        let far = far.max_by(f32::total_cmp).unwrap_or(0.0);
        assert!(far < 0.06, "{name}: {far}");
        let info = probe(&folder.join(name), &ReadOptions::default()).unwrap();
        assert_eq!((info.frames, info.sample_rate), (coded.frames(), coded.sample_rate));
    }
}

#[test]
fn damaged_files_are_errors_and_never_panics() {
    let Some(folder) = common::shared("sphere") else { return };
    for name in ["shorten/an406_all.sph", "shorten/an406_stereo.sph", "pcm16_big.sph", "ulaw.sph"] {
        let whole = std::fs::read(folder.join(name)).unwrap();
        let decode = |bytes: &[u8]| read_from(bytes, "damaged.sph", &ReadOptions::default());
        for cut in (0..whole.len()).step_by(whole.len() / 60) {
            match decode(&whole[..cut]) {
                Err(error) => {
                    assert!(error.to_string().contains("damaged.sph"), "{name} cut at {cut}: {error}")
                }
                Ok(audio) => {
                    assert!(!name.contains("shorten") && !audio.notes.is_empty(), "{name} cut at {cut}")
                }
            }
        }
        let mut state = 1u64;
        for _ in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..3 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = (state >> 33) as usize % bytes.len();
                bytes[at] ^= 1 << (state >> 60 & 7);
            }
            let _ = decode(&bytes);
        }
        if !name.contains("shorten") {
            continue; // The others have no checksum.
        }
        let mut flipped = whole.clone();
        let last = flipped.len() - 40;
        flipped[last] ^= 0x10;
        assert!(decode(&flipped).is_err(), "{name}: a flipped bit goes unseen");
    }
}

#[test]
fn a_header_that_lies_is_named() {
    let body = vec![0u8; 200];
    let file = |fields: &str| {
        let mut bytes = format!("NIST_1A\n   1024\n{fields}end_head\n").into_bytes();
        bytes.resize(1024, b' ');
        bytes.extend(&body);
        read_from(bytes.as_slice(), "lie.sph", &ReadOptions::default())
    };
    let good = "channel_count -i 1\nsample_count -i 100\nsample_rate -i 16000\nsample_n_bytes -i 2\n";
    assert_eq!(file(good).unwrap().frames(), 100);
    for (fields, problem) in [
        (good.replace("16000", "0"), "sample_rate"),
        (good.replace("16000", "many"), "no whole number"),
        (good.replace("-i 2", "-i 3"), "convert"),
        (good.replace("-i 1\n", "-i 0\n"), "channel_count"),
        (good.to_string() + "sample_checksum -i 7\n", "checksum"),
        (good.to_string() + "sample_coding -s3 gsm\n", "gsm"),
        (good.replace("sample_rate -i 16000\n", ""), "missing"),
        ("nonsense\n".to_string(), "byte 16"),
    ] {
        let error = file(&fields).unwrap_err().to_string();
        assert!(error.starts_with("lie.sph: ") && error.contains(problem), "{error}");
    }
}
