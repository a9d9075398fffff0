//! Bytes before, between and behind what is read: tags, padding, garbage, other recordings.
#![allow(clippy::unwrap_used)]

mod common;

use common::{both, chord, data, notes};

fn file(name: &str) -> Vec<u8> {
    std::fs::read(data(name)).unwrap()
}

/// An ID3v2 tag of which the content looks like frames.
fn id3v2() -> Vec<u8> {
    let content = [0xff, 0xfb, 0x90, 0x44].repeat(30);
    [&[b'I', b'D', b'3', 3, 0, 0, 0, 0, 0, 120][..], &content].concat()
}

fn id3v1() -> Vec<u8> {
    [&b"TAG"[..], &[b'x'; 125]].concat()
}

/// An APE tag without a header.
fn ape() -> Vec<u8> {
    let item = [&5u32.to_le_bytes()[..], &[0; 4], b"Title\0speak"].concat();
    let numbers = [2000, item.len() as u32 + 32, 1, 0].map(u32::to_le_bytes).concat();
    [&item[..], b"APETAGEX", &numbers, &[0; 8]].concat()
}

/// A FLAC file whose header doesn't tell its samples, nor their MD5 sum.
fn untold(mut flac: Vec<u8>) -> Vec<u8> {
    flac[21] &= 0xf0;
    flac[22..42].fill(0);
    flac
}

#[test]
fn tags_and_padding_are_passed_over() {
    for (name, whole) in [
        ("x.flac", file("chord.flac")),
        ("x.flac", untold(file("chord.flac"))),
        ("x.mp3", file("chord.mp3")),
        ("x.mp3", file("chord_untagged.mp3")),
    ] {
        let want = both(&whole, name).unwrap();
        assert!(want.notes.is_empty(), "{:?}", want.notes);
        for behind in [id3v1(), ape(), [ape(), id3v1()].concat(), b"\n".to_vec(), vec![0; 5000]] {
            assert_eq!(both(&[&whole[..], &behind].concat(), name).unwrap(), want, "{name}");
        }
        for before in [id3v2(), id3v2().repeat(2)] {
            assert_eq!(both(&[&before[..], &whole].concat(), name).unwrap(), want, "{name}");
        }
    }
}

#[test]
fn garbage_is_told() {
    for name in ["chord.flac", "chord.mp3"] {
        let whole = file(name);
        let audio = both(&[&whole[..], &[7; 99]].concat(), name).unwrap();
        assert_eq!(audio.channels, both(&whole, name).unwrap().channels);
        let at = whole.len();
        let want =
            format!("the 99 bytes from byte {at} on are no audio and were passed over; 0.250 s were read");
        assert_eq!(notes(&audio), [want]);
    }
    let mp3 = file("chord_untagged.mp3");
    let want = both(&mp3, "x.mp3").unwrap();
    let at = mp3.windows(2).skip(200).position(|w| w == [0xff, 0xf3]).unwrap() + 200;
    let between = both(&[&mp3[..at], b"garbage is here", &mp3[at..]].concat(), "x.mp3").unwrap();
    assert_eq!(between.channels, want.channels);
    let told = format!("the 15 bytes from byte {at} on are no audio");
    assert!(notes(&between)[0].starts_with(&told), "{:?}", between.notes);
}

#[test]
fn recordings_that_follow_each_other_are_all_read() {
    let (flac, mp3, untagged) = (file("chord.flac"), file("chord.mp3"), file("chord_untagged.mp3"));
    let flacs = both(&[&flac[..], &id3v1(), &untold(flac.clone())].concat(), "x.flac").unwrap();
    assert_eq!(flacs.channels, [[chord(), chord()].concat()]);
    for parts in [
        vec![&mp3[..], &mp3],
        vec![&mp3, &untagged],
        vec![&untagged, &mp3],
        vec![&mp3, &id3v1(), &id3v2(), &mp3],
    ] {
        let joined = both(&parts.concat(), "x.mp3").unwrap();
        let each = parts.iter().filter_map(|part| both(part, "x.mp3").ok());
        let each: Vec<f32> = each.flat_map(|audio| audio.channels[0].clone()).collect();
        assert_eq!(joined.channels, [each]);
        let want = format!(
            "2 recordings follow each other in it; all were read, {:.3} s together",
            joined.duration_s()
        );
        assert_eq!(notes(&joined), [want]);
    }
    let mut other = flac.clone();
    other[20] ^= 0x02; // another number of channels
    let error = both(&[flac, other].concat(), "x.flac").unwrap_err();
    assert!(error.starts_with("x.flac: byte "), "{error}");
}

#[test]
fn flac_files_without_counts_lose_no_frame() {
    let flac = untold(file("chord.flac"));
    for behind in [&b""[..], b"\n", &id3v1()] {
        assert_eq!(both(&[&flac[..], behind].concat(), "x.flac").unwrap().channels, [chord()]);
    }
    let cut = both(&flac[..4000], "x.flac").unwrap();
    assert_eq!(notes(&cut), ["its last frame is cut off; 0.160 s are there and were read"]);
    assert_eq!(cut.channels, [chord()[..2560].to_vec()]);
    let mut damaged = flac.clone();
    damaged[2500] ^= 0xff;
    // Its end is whole, so that probing sees nothing.
    let error = linnet_audio::read_from(&damaged[..], "x.flac", &Default::default()).unwrap_err().to_string();
    assert!(error.contains("are damaged"), "{error}");
}

#[test]
fn sphere_counts_that_are_wrong_give_what_is_there_and_a_note() {
    let pcm = std::fs::read(data("chord.pcm")).unwrap();
    let sphere = |count: &str| {
        let fields =
            "channel_count -i 1\nsample_rate -i 16000\nsample_n_bytes -i 2\nsample_byte_format -s2 01\n";
        common::sphere(&format!("{fields}{count}"), &pcm)
    };
    for told in [9000, 3000, 0] {
        let audio = both(&sphere(&format!("sample_count -i {told}\n")), "x.sph").unwrap();
        assert_eq!(audio.channels, [chord()], "{told}");
        let want = format!("its header tells {told} samples; 0.250 s are there and were read");
        assert_eq!(notes(&audio), [want]);
    }
    let right = sphere("sample_count -i 4000\n");
    for whole in [right.clone(), sphere(""), [&right[..], &[0; 3000]].concat()] {
        let audio = both(&whole, "x.sph").unwrap();
        assert_eq!((&audio.channels[0], audio.notes.len()), (&chord(), 0));
    }
    let odd = both(&sphere("")[..5001], "x.sph").unwrap();
    assert_eq!(notes(&odd), ["its last sample is incomplete; 0.124 s are there and were read"]);
}

#[test]
fn garbage_again_and_again_before_much_padding_takes_no_time() {
    let mp3 = file("chord_untagged.mp3");
    let frames = &mp3[mp3.windows(2).position(|w| w == [0xff, 0xf3]).unwrap()..];
    let parts = [frames, b"garbage"].concat().repeat(400);
    let bytes = [&parts[..], &vec![0; 20 << 20]].concat();
    let start = std::time::Instant::now();
    let audio = linnet_audio::read_from(&bytes[..], "x.mp3", &Default::default()).unwrap();
    assert_eq!(audio.notes.len(), 400);
    // Once through the padding is some hundredths of a second.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn a_second_stream_that_is_decoded_with_other_channels_is_refused() {
    let read = linnet_audio::read_from(&file("damaged_channels.mp3")[..], "x.mp3", &Default::default());
    let error = read.unwrap_err().to_string();
    assert!(
        error.starts_with("x.mp3: byte 941: MP3: ") && error.ends_with("; split the file here"),
        "{error}"
    );
}
