//! WAV files and their relatives: of other programs (`tests/data/wave`), with fields that contradict each other, with
//! sizes that are wrong, and with bytes behind.
#![allow(clippy::unwrap_used)]

mod common;

use common::{both, chord, data, notes};
use linnet_audio::{Audio, ReadOptions, read_from};

/// The fields of a format chunk; `block` and `byte_rate` follow from the others where they are `None`.
#[derive(Clone, Copy)]
struct Format {
    tag: u16,
    channels: u16,
    bits: u16,
    block: Option<u16>,
    byte_rate: Option<u32>,
    /// Bits that count, of an extensible format.
    valid: Option<u16>,
}

const PCM: Format = Format { tag: 1, channels: 1, bits: 16, block: None, byte_rate: None, valid: None };
const FLOAT: Format = Format { tag: 3, bits: 32, ..PCM };

impl Format {
    fn chunk(self) -> Vec<u8> {
        let block = self.block.unwrap_or(self.channels * self.bits.div_ceil(8));
        let byte_rate = self.byte_rate.unwrap_or(16_000 * u32::from(block));
        let mut bytes = Vec::new();
        let tag = if self.valid.is_some() { 0xfffe } else { self.tag };
        [tag, self.channels].iter().for_each(|x| bytes.extend(x.to_le_bytes()));
        [16_000, byte_rate].iter().for_each(|x| bytes.extend(x.to_le_bytes()));
        [block, self.bits].iter().for_each(|x| bytes.extend(x.to_le_bytes()));
        if let Some(valid) = self.valid {
            [22, valid, 0, 0, self.tag].iter().for_each(|x| bytes.extend(x.to_le_bytes()));
            bytes.extend([0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113]);
        }
        chunk(b"fmt ", &bytes)
    }
}

fn chunk(name: &[u8], content: &[u8]) -> Vec<u8> {
    sized(name, content, content.len() as u32)
}

/// A chunk that tells a size of its own.
fn sized(name: &[u8], content: &[u8], told: u32) -> Vec<u8> {
    let padding = vec![0; content.len() % 2];
    [name, &told.to_le_bytes(), content, &padding].concat()
}

fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    let chunks = chunks.concat();
    [b"RIFF", &(chunks.len() as u32 + 4).to_le_bytes()[..], b"WAVE", &chunks].concat()
}

fn wav(format: Format, samples: &[u8]) -> Vec<u8> {
    file(&[format.chunk(), chunk(b"data", samples)])
}

fn bytes_of(width: impl Fn(i32) -> Vec<u8>) -> Vec<u8> {
    chord().iter().flat_map(|&x| width((x * 32768.0) as i32)).collect()
}

fn pcm() -> Vec<u8> {
    bytes_of(|s| (s as i16).to_le_bytes().to_vec())
}

fn decode(bytes: &[u8]) -> Result<Audio, String> {
    both(bytes, "x.wav")
}

#[test]
fn files_of_other_programs_have_their_samples() {
    let want = &chord()[..1000];
    for (name, format) in [
        ("sox.w64", "W64"),
        ("rifx.wav", "RIFX"),
        ("rf64.wav", "RF64"),
        ("sox_pipe.wav", "WAV"),
        ("ffmpeg_pipe.wav", "WAV"),
    ] {
        let bytes = std::fs::read(data("wave").join(name)).unwrap();
        let audio = both(&bytes, name).unwrap();
        assert_eq!(audio.channels, [want], "{name}");
        assert_eq!(notes(&audio).is_empty(), !name.ends_with("pipe.wav"), "{name}");
        let info = linnet_audio::probe(&data("wave").join(name), &ReadOptions::default()).unwrap();
        assert_eq!(info.format, format);
    }
}

/// FFmpeg rounds IMA's changes otherwise than the specification and SoX do.
#[test]
fn adpcm_is_as_other_programs_decode_it() {
    for (name, most) in
        [("sox_ima", 0.0), ("ima", 1e-3), ("ima_stereo", 1e-3), ("ms", 0.0), ("ms_stereo", 0.0)]
    {
        let file = |ending: &str| std::fs::read(data("wave").join(format!("{name}.{ending}"))).unwrap();
        let audio = both(&file("wav"), "x.wav").unwrap();
        let count = audio.channels.len();
        let want = file("pcm");
        let want: Vec<f32> =
            want.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0).collect();
        // SoX leaves out what fills the last block, which the header doesn't count.
        assert!((audio.frames() * count).abs_diff(want.len()) <= 10, "{name}: {}", audio.frames());
        let far = want
            .iter()
            .enumerate()
            .filter_map(|(i, w)| Some((audio.channels[i % count].get(i / count)? - w).abs()));
        let far = far.fold(0.0, f32::max);
        assert!(far <= most, "{name}: {far}");
    }
}

#[test]
fn mp3_inside_is_decoded() {
    let mp3 = std::fs::read(data("chord_untagged.mp3")).unwrap();
    let alone = both(&mp3, "x.mp3").unwrap();
    let format = Format { tag: 0x55, bits: 0, block: Some(1), ..PCM };
    assert_eq!(decode(&wav(format, &mp3)).unwrap().channels, alone.channels);
}

#[test]
fn bits_that_fill_no_container_are_found_in_it() {
    let want = chord();
    let low = |s: i32| ((s << 8) | 0x55).to_le_bytes().to_vec();
    let high = |s: i32| (s << 16).to_le_bytes().to_vec();
    let close = |samples: &[f32]| samples.iter().zip(&want).all(|(a, b)| (a - b).abs() < 2e-5);
    for (what, format, samples) in [
        ("24 bits in the upper bytes of 4", Format { bits: 24, block: Some(4), ..PCM }, bytes_of(high)),
        ("in the lower ones, as ALSA's S24_LE", Format { bits: 24, block: Some(4), ..PCM }, bytes_of(low)),
        ("told as valid bits", Format { bits: 32, valid: Some(24), ..PCM }, bytes_of(high)),
        ("told, and yet in the lower ones", Format { bits: 32, valid: Some(24), ..PCM }, bytes_of(low)),
        (
            "20 bits in 3 bytes",
            Format { bits: 20, ..PCM },
            bytes_of(|s| (s << 8).to_le_bytes()[..3].to_vec()),
        ),
        ("18 bits in 4 bytes", Format { bits: 18, block: Some(4), ..PCM }, bytes_of(high)),
        ("64 bits", Format { bits: 64, ..PCM }, bytes_of(|s| (i64::from(s) << 48).to_le_bytes().to_vec())),
    ] {
        let audio = decode(&wav(format, &samples)).unwrap();
        assert_eq!(audio.frames(), want.len(), "{what}");
        assert!(close(&audio.channels[0]), "{what}: {:?}", &audio.channels[0][..3]);
        assert_eq!(notes(&audio), [""; 0], "{what}");
    }
    let twelve = decode(&wav(Format { bits: 12, ..PCM }, &pcm())).unwrap();
    assert!(twelve.channels[0].iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-3));
    let eight = decode(&wav(Format { bits: 8, ..PCM }, &bytes_of(|s| vec![((s >> 8) + 128) as u8]))).unwrap();
    assert!(eight.channels[0].iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-2));
}

#[test]
fn fields_that_contradict_each_other_are_told_or_refused() {
    for (format, problem) in [
        (
            Format { block: Some(4), byte_rate: Some(32_000), ..PCM },
            "a block of 4 bytes, where 1 channels of 16 bits take 2",
        ),
        (Format { block: Some(0), byte_rate: Some(32_000), ..PCM }, "a block of 0 bytes"),
        (Format { byte_rate: Some(88_200), ..PCM }, "which is 44100 Hz; it was read at 16000 Hz"),
    ] {
        let audio = decode(&wav(format, &pcm())).unwrap();
        assert_eq!(audio.channels, [chord()], "{problem}");
        let [note] = &notes(&audio)[..] else { panic!("{problem}: {:?}", audio.notes) };
        assert!(note.contains(problem), "{note}");
    }
    for (format, problem) in [
        (
            Format { channels: 2, block: Some(2), ..PCM },
            "a block of 2 bytes, where 2 channels of 16 bits take 4",
        ),
        (Format { block: Some(4), ..PCM }, "a block of 4 bytes"),
        (Format { block: Some(8), ..FLOAT }, "a block of 8 bytes"),
        (Format { bits: 0, ..PCM }, "0-bit samples"),
        (Format { tag: 0x31, ..PCM }, "GSM 6.10"),
    ] {
        let error = decode(&wav(format, &pcm())).unwrap_err();
        assert!(error.starts_with("x.wav: ") && error.contains(problem) && error.contains("; "), "{error}");
    }
}

#[test]
fn floating_point_samples_on_the_scale_of_integers_are_scaled_or_refused() {
    let float = |scale: f32| bytes_of(|s| (s as f32 * scale).to_le_bytes().to_vec());
    let audio = decode(&wav(FLOAT, &float(1.0))).unwrap();
    assert_eq!(audio.channels, [chord()]);
    assert!(notes(&audio)[0].contains("scale of 16-bit integers"), "{:?}", audio.notes);
    let loud = decode(&wav(FLOAT, &float(8.0 / 32768.0))).unwrap();
    assert!(loud.notes.is_empty() && loud.channels[0][1] == 8.0 * chord()[1]);
    let error = decode(&wav(FLOAT, &float(65536.0))).unwrap_err();
    assert!(error.contains("neither to 1 nor to 32768"), "{error}");
}

#[test]
fn wrong_sizes_give_what_is_there_and_a_note() {
    let list = chunk(b"LIST", b"INFOISFT\x05\0\0\0Lavf\0\0");
    let tag = [&b"TAG"[..], &[b'x'; 125]].concat();
    for told in [0, 9000, 4000, u32::MAX, 0x7fff_f000] {
        for behind in [&[][..], &tag] {
            let whole = [file(&[PCM.chunk(), sized(b"data", &pcm(), told)]), behind.to_vec()].concat();
            let audio = decode(&whole).unwrap();
            assert_eq!(audio.channels, [chord()], "{told}");
            let want = format!(
                "its header tells {told} bytes of samples, 8000 follow; 0.250 s are there and were read"
            );
            assert_eq!(notes(&audio), [want]);
        }
    }
    let big = |size: u64| {
        let sizes = [size + 72, size, size / 2].map(u64::to_le_bytes).concat();
        let chunks =
            [chunk(b"ds64", &[&sizes[..], &[0; 4]].concat()), PCM.chunk(), sized(b"data", &pcm(), u32::MAX)];
        [b"RF64\xff\xff\xff\xffWAVE", &chunks.concat()[..]].concat()
    };
    assert_eq!(notes(&decode(&big(8000)).unwrap()), [""; 0]);
    assert!(notes(&decode(&big(0)).unwrap())[0].contains("tells 0 bytes"));
    // Whole samples only.
    let cut = decode(&wav(PCM, &pcm())[..4001]).unwrap();
    assert_eq!((cut.frames(), notes(&cut).len()), (1978, 1));
    let mut odd = file(&[PCM.chunk(), chunk(b"data", &pcm())]);
    odd.extend(&list);
    assert_eq!(notes(&decode(&odd).unwrap()), [""; 0]);
    for empty in [wav(PCM, &[]), file(&[PCM.chunk(), sized(b"data", &[], u32::MAX)])] {
        let error = decode(&empty).unwrap_err();
        assert!(error.contains("no samples in it; leave it out"), "{error}");
    }
}

#[test]
fn chunks_come_in_any_order_and_with_or_without_padding() {
    let list = chunk(b"LIST", b"INFOISFT\x05\0\0\0Lavf\0\0");
    let data = chunk(b"data", &pcm());
    let unpadded = [b"junk\x03\0\0\0odd".to_vec(), PCM.chunk(), data.clone()];
    for chunks in [&[data.clone(), PCM.chunk()][..], &[PCM.chunk(), list.clone(), data.clone()], &unpadded] {
        let audio = decode(&file(chunks)).unwrap();
        assert_eq!((&audio.channels[0], audio.notes.len()), (&chord(), 0));
    }
    let odd = bytes_of(|s| vec![((s >> 8) + 128) as u8]);
    let eight = Format { bits: 8, ..PCM };
    let whole = decode(&wav(eight, &odd[..3999])).unwrap();
    let mut unpadded = wav(eight, &odd[..3999]);
    unpadded.pop();
    unpadded.extend(&list);
    assert_eq!(decode(&unpadded).unwrap(), whole);
}

#[test]
fn what_follows_the_samples_is_no_sound() {
    let whole = wav(PCM, &pcm());
    let id3v1 = [&b"TAG"[..], &[b'x'; 125]].concat();
    for tail in [&b"\n"[..], &id3v1, &[0; 3000]] {
        let audio = decode(&[&whole[..], tail].concat()).unwrap();
        assert_eq!((&audio.channels[0], audio.notes.len()), (&chord(), 0));
    }
    let audio = decode(&[&whole[..], &[0xfe; 100]].concat()).unwrap();
    assert_eq!(audio.channels, [chord()]);
    assert!(
        notes(&audio)[0].starts_with("the 100 bytes from byte 8044 on are no audio"),
        "{:?}",
        audio.notes
    );
    let two = decode(&[&whole[..], &whole].concat()).unwrap();
    assert_eq!(two.channels, [[chord(), chord()].concat()]);
    assert!(notes(&two)[0].starts_with("2 recordings follow each other"), "{:?}", two.notes);
    let rf64 = std::fs::read(data("wave/rf64.wav")).unwrap();
    assert_eq!(decode(&[&whole[..], &rf64].concat()).unwrap().frames(), 5000);
    // Samples that look like the name of a chunk.
    let named = file(&[PCM.chunk(), sized(b"data", &[&pcm()[..4000], &b"LIST".repeat(1000)].concat(), 4000)]);
    assert_eq!(decode(&named).unwrap().frames(), 4000);
    let error = decode(&[whole, wav(FLOAT, &pcm())].concat()).unwrap_err();
    assert!(error.starts_with("x.wav: byte 8044: ") && error.ends_with("split the file here"), "{error}");
}

#[test]
fn samples_beyond_full_scale_are_counted_when_they_are_clipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let write = |samples: &[f32]| {
        linnet_audio::write_wav(&path, &Audio::new(16_000, vec![samples.to_vec()])).unwrap()
    };
    assert_eq!(write(&[1.0, -1.0, 0.99999]), None);
    let note = write(&[1.5, 0.0, -1.25, 1.0]).unwrap().to_string();
    assert!(note.starts_with("2 samples beyond full scale (up to 1.500) were clipped"), "{note}");
}

/// Every size at every place: no panic, errors of one line, and a length on which reading and probing agree.
#[test]
fn damage_is_read_as_it_is_probed() {
    for (i, whole) in [
        wav(PCM, &pcm()),
        std::fs::read(data("wave/sox.w64")).unwrap(),
        std::fs::read(data("wave/ima.wav")).unwrap(),
    ]
    .iter()
    .enumerate()
    {
        for bytes in common::damaged(&whole[..whole.len().min(600)], 400, i as u64) {
            if let Err(error) = both(&bytes, "x.wav") {
                assert!(error.starts_with("x.wav: ") && !error.contains('\n'), "{error}");
            }
        }
        for cut in 0..300 {
            let _ = both(&whole[..cut], "x.wav");
        }
    }
    let _ = read_from(&b"RIFF\0\0\0\0WAVE"[..], "x.wav", &ReadOptions::default()).unwrap_err();
}
