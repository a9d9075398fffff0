//! WAV, FLAC, MP3 and OGG files of one chord (`tests/data/README.md`), whole and damaged.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{both, chord, data, notes};
use linnet_audio::{RawFormat, ReadOptions, probe, read, read_from};

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
    let mut bytes = b"RIFF\x24\0\0\0WAVELIST\x03\0\0\0odd\0fmt \x10\0\0\0".to_vec();
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
    }
}

#[test]
fn tags_with_pictures_are_skipped() {
    for name in ["chord.mp3", "chord.flac"] {
        // Bytes that look like an MP3 frame are a picture's.
        let picture = [0xff, 0xfb, 0x90, 0x44].repeat(500);
        let head = [b'I', b'D', b'3', 3, 0, 0, 0, 0, (2000 >> 7) as u8, (2000 & 0x7f) as u8];
        let whole = std::fs::read(data(name)).unwrap();
        let tagged = [&head[..], &picture, &whole].concat();
        assert_eq!(decode(&tagged, name).unwrap(), decode(&whole, name).unwrap());
        assert!(decode(&tagged[..1000], name).is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, tagged).unwrap();
        let described = |path: &Path| probe(path, &ReadOptions::default()).unwrap();
        assert_eq!(described(&path), described(&data(name)));
    }
}

#[test]
fn other_files_are_no_audio() {
    let text = "RIFF and WAVE, fLaC and OggS.\n".repeat(300);
    for bytes in [&b""[..], b"RIFF", b"NIST_1A\n", text.as_bytes(), &[0; 5000], &text.as_bytes()[9..]] {
        for name in ["x.wav", "x.flac", "x.mp3", "x.sph", "x"] {
            let error = decode(bytes, name).unwrap_err();
            assert!(error.starts_with(&format!("{name}: ")), "{error}");
        }
    }
}

#[test]
fn wav_headers_may_be_long_or_lie() {
    let pcm = std::fs::read(data("chord.pcm")).unwrap();
    let change = |from: &[u8], to: &[u8]| {
        let mut file = wav(1, 16, 8000, &pcm);
        let at = file.windows(from.len()).position(|w| w == from).unwrap();
        file.splice(at..at + from.len(), to.iter().copied());
        file
    };
    // An extensible format with a senseless mask of channels.
    let guid = [1, 0, 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];
    let mut extensible = change(b"fmt \x10\0\0\0\x01\0", b"fmt \x28\0\0\0\xfe\xff");
    let at = extensible.windows(4).position(|w| w == b"data").unwrap();
    extensible.splice(at..at, [&[22, 0, 16, 0, 0, 0, 0, 128][..], &guid].concat());
    assert_eq!(decode(&extensible, "x.wav").unwrap(), chord());
    let many = change(b"\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0", b"\x01\0\x19\0\x80\x3e\0\0\0\0\0\0\x32\0");
    let channels = read_from(&many[..], "x.wav", &ReadOptions::default()).unwrap().channels;
    assert_eq!((channels.len(), channels[24][7]), (25, chord()[7 * 25 + 24]));
    let none = change(b"data\x40\x1f\0\0", b"data\0\0\0\0LIST\x40\x1f\0\0");
    let [all, lost] = [change(b"\x01\0\x01\0", b"\x01\0\xff\xff"), change(b"data", b"tada")];
    let (no_format, long) = (change(b"fmt ", b"tmf "), change(b"fmt \x10\0", b"fmt \0\x20"));
    let lie = change(b"\x03\0\0\0odd", b"\xff\xff\xff\xffodd");
    for (file, problem) in [
        (none, "no samples"),
        (all, "65535 channels"),
        (lost, "before its data chunk"),
        (change(b"fmt \x10\0\0\0\x01\0", b"fmt \x10\0\0\0\x31\0"), "coding 0x0031"),
        (change(b"fmt \x10\0\0\0\x01\0", b"fmt \x10\0\0\0\xfe\xff"), "coding 0xfffe"),
        (change(b"\x80\x3e\0\0", b"\0\0\0\0"), "a sampling rate of 0 Hz"),
        (no_format, "samples and no format chunk"),
        (long, "8192 bytes"),
        (lie, "no samples come before"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.wav");
        std::fs::write(&path, file).unwrap();
        let [reading, probing] =
            [read(&path, &ReadOptions::default()).err(), probe(&path, &ReadOptions::default()).err()]
                .map(|e| e.map_or("it is read".into(), |e| e.to_string()));
        assert!(reading.contains(problem) && reading.contains("x.wav: "), "{problem}: {reading}");
        assert_eq!(reading, probing);
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
fn files_that_are_cut_off_are_errors_or_carry_a_note() {
    let wav = wav(1, 16, 8000, &std::fs::read(data("chord.pcm")).unwrap());
    let file = |name| std::fs::read(data(name)).unwrap();
    let [flac, ogg, mp3] = ["chord.flac", "chord.ogg", "chord.mp3"].map(file);
    for (name, whole) in [("x.wav", wav), ("x.flac", flac), ("x.ogg", ogg), ("x.mp3", mp3)] {
        assert_eq!(notes(&both(&whole, name).unwrap()), [""; 0], "{name}");
        // The last frames of an MP3 file may be missing, as far as its tag can be trusted.
        let end = if name == "x.mp3" { whole.len() / 3 } else { whole.len() };
        // An OGG file that is cut off is read up to its last whole page, with a note.
        for cut in (0..end).filter(|&cut| cut % 37 == 0 || whole[cut..].starts_with(b"OggS")) {
            match both(&whole[..cut], name) {
                Err(error) => assert!(error.starts_with(name), "{error}"),
                Ok(audio) => {
                    let [note] = &notes(&audio)[..] else { panic!("{name} cut at {cut}: {:?}", audio.notes) };
                    let read = format!("; {:.3} s are there and were read", audio.duration_s());
                    assert!(note.ends_with(&read), "{note}");
                    assert!(audio.frames() < chord().len(), "{name} cut at {cut}");
                }
            }
        }
    }
}

#[test]
fn files_without_samples_are_described_by_the_error_of_reading_them() {
    let folder = tempfile::tempdir().unwrap();
    let fields = "channel_count -i 1\nsample_count -i 0\nsample_rate -i 16000\nsample_n_bytes -i 2\n\
                  sample_byte_format -s2 01\nsample_coding -s3 pcm\n";
    let raw = Some(RawFormat { sample_rate: 16_000, byte_order: None, channels: 1 });
    let options = ReadOptions { raw, ..Default::default() };
    for (name, bytes) in
        [("x.raw", vec![]), ("x.sph", common::sphere(fields, &[])), ("x.wav", wav(1, 16, 0, &[]))]
    {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let reading = read(&path, &options).unwrap_err().to_string();
        let probing = probe(&path, &options).map_err(|error| error.to_string());
        assert_eq!(probing, Err(reading));
    }
}

#[test]
fn flac_files_that_decode_to_something_else_are_named() {
    let mut file = std::fs::read(data("chord.flac")).unwrap();
    file[30] ^= 1; // of the MD5 sum
    let error = decode(&file, "x.flac").unwrap_err();
    assert!(error.starts_with("x.flac: the checksum") && error.contains("MD5"), "{error}");
}

#[test]
fn damage_never_panics_and_lossless_files_show_it() {
    let pcm = std::fs::read(data("chord.pcm")).unwrap();
    let want = chord();
    for name in ["chord.flac", "chord.ogg", "chord.mp3", "chord_untagged.mp3"] {
        let whole = std::fs::read(data(name)).unwrap();
        for bytes in common::damaged(&whole, 500, 1) {
            if let Ok(audio) = both(&bytes, name) {
                let seen = audio.channels[0] == want || !audio.notes.is_empty();
                assert!(name != "chord.flac" || seen, "damage to {name} goes unseen");
            }
        }
    }
    for bytes in common::damaged(&wav(1, 16, 8000, &pcm), 500, 2) {
        let _ = decode(&bytes, "x.wav");
    }
}
