//! Ends of recordings in containers: tags behind them, sizes that leave samples out, other recordings, damage, cuts.
#![allow(clippy::unwrap_used)]

mod common;

use linnet_audio::{ReadOptions, probe};

use common::{both, chord, chord_pcm, data, notes};

const FILES: [&str; 8] = [
    "chord.aac",
    "chord.m4a",
    "chord.mkv",
    "chord.webm",
    "chord_alac.caf",
    "chord_fragments.mp4",
    "chord_opus.mp4",
    "chord_vorbis.webm",
];

fn file(name: &str) -> Vec<u8> {
    std::fs::read(data(name)).unwrap()
}

/// The chord as big-endian samples.
fn big_endian() -> Vec<u8> {
    chord_pcm().chunks_exact(2).flat_map(|b| [b[1], b[0]]).collect()
}

fn au(told: u32, body: &[u8]) -> Vec<u8> {
    let words = [24, told, 3, 16_000, 1].map(u32::to_be_bytes).concat();
    [b".snd", &words[..], body].concat()
}

fn aiff(frames: u32, told: u32, body: &[u8]) -> Vec<u8> {
    let rate = [0x40, 0x0c, 0xfa, 0, 0, 0, 0, 0, 0, 0];
    let common = [&[0, 1][..], &frames.to_be_bytes(), &[0, 16], &rate].concat();
    let sizes = (told + 8).to_be_bytes();
    [&b"FORM\0\0\0\0AIFFCOMM\0\0\0\x12"[..], &common, b"SSND", &sizes, &[0; 8], body].concat()
}

#[test]
fn a_tag_behind_a_container_costs_nothing() {
    let tag = [&b"TAG"[..], &[b'x'; 125]].concat();
    for name in FILES {
        let whole = file(name);
        let want = both(&whole, name).unwrap();
        assert_eq!(want.notes, [], "{name}");
        assert_eq!(both(&[&whole[..], &tag].concat(), name).unwrap(), want, "{name}");
    }
}

#[test]
fn a_file_behind_tags_longer_than_what_is_read_first_is_described_as_itself() {
    let folder = tempfile::tempdir().unwrap();
    let picture = [&b"ID3\x03\0\0\0\x02\0\0"[..], &[b'P'; 2 << 14]].concat();
    let tags = [&picture[..], b"ID3\x03\0\0\0\0\0\x03abc"].concat();
    for name in FILES.into_iter().chain(["chord.flac", "chord.ogg", "chord.mp3"]) {
        let path = folder.path().join(name);
        std::fs::write(&path, [&tags[..], &file(name)].concat()).unwrap();
        let described = |path: &std::path::Path| probe(path, &ReadOptions::default()).unwrap();
        assert_eq!(described(&path), described(&data(name)), "{name}");
    }
}

#[test]
fn sizes_that_leave_samples_out_are_told() {
    let pcm = big_endian();
    for (name, file) in
        [("x.au", au(800, &pcm)), ("x.aiff", aiff(400, 800, &pcm)), ("x.aiff", aiff(400, 8000, &pcm))]
    {
        let audio = both(&file, name).unwrap();
        assert_eq!(audio.channels, [chord()], "{name}");
        assert_eq!(notes(&audio), ["its header tells 800 bytes of samples; 0.250 s are there and were read"]);
    }
    // A few bytes are no samples, nor are chunks, however long.
    let chunk = [&b"ID3 \0\0\x10\0"[..], &[b'x'; 4096]].concat();
    let garbage = [&aiff(4000, 8000, &pcm)[..], &chunk, b"x"].concat();
    assert_eq!(both(&garbage, "x.aiff").unwrap().channels, [chord()]);
    let audio = both(&[&au(8000, &pcm)[..], &[7; 99]].concat(), "x.au").unwrap();
    assert_eq!(audio.channels, [chord()]);
    let told = "the 99 bytes from byte 8024 on are no audio and were passed over; 0.250 s were read";
    assert_eq!(notes(&audio), [told]);
}

#[test]
fn another_recording_behind_the_first_is_read_or_named() {
    let aiff = aiff(4000, 8000, &big_endian());
    for (name, whole) in [("x.aiff", aiff), ("chord.m4a", file("chord.m4a"))] {
        let error = both(&whole.repeat(2), name).unwrap_err();
        assert!(
            error.contains("another recording follows") && error.contains("; split the file "),
            "{error}"
        );
    }
    let whole = file("chord.webm");
    let audio = both(&whole.repeat(2), "x.webm").unwrap();
    // An encoder puts 312 samples before the recording, and some behind.
    assert!((24_312..26_000).contains(&audio.frames()), "{}", audio.frames());
    assert!(notes(&audio)[0].starts_with("2 recordings follow each other in it"), "{:?}", audio.notes);
    let error = both(&[whole, file("chord_vorbis.webm")].concat(), "x.webm").unwrap_err();
    assert!(error.contains("another recording of another format follows; split the file here"), "{error}");
}

#[test]
fn damage_within_a_matroska_file_is_told_and_read_over() {
    let whole = file("chord.webm");
    let cluster = |from: usize| {
        whole[from..].windows(4).position(|w| w == [0x1f, 0x43, 0xb6, 0x75]).map(|at| from + at)
    };
    let first = cluster(0).unwrap();
    // A second cluster behind what no element can start with.
    let junk = [0, 1, 2, 3];
    let middle = [&whole[..], &junk, &whole[first..]].concat();
    let audio = both(&middle, "x.webm").unwrap();
    assert!(audio.frames() > 20_000, "{}", audio.frames());
    let told = format!("the 4 bytes from byte {} on are no audio", whole.len());
    assert!(notes(&audio)[0].starts_with(&told), "{:?}", audio.notes);
    let end = both(&[&whole[..], &junk.repeat(10)].concat(), "x.webm").unwrap();
    let told = format!("the 40 bytes from byte {} on are no audio", whole.len());
    assert!(notes(&end)[0].starts_with(&told), "{:?}", end.notes);
    assert_eq!(both(&[&whole[..], &[0; 40]].concat(), "x.webm").unwrap().notes, []);
}

#[test]
fn an_ogg_file_whose_last_page_is_cut_off_is_read_up_to_it() {
    for name in ["chord.ogg", "chord.opus"] {
        let whole = file(name);
        let last = (0..whole.len()).rev().find(|&at| whole[at..].starts_with(b"OggS")).unwrap();
        let mut long = whole.clone();
        if name == "chord.opus" {
            // All its sound is in one page.
            long = [&whole[..], &whole].concat();
        }
        let at = long.len() - whole.len() + last;
        for end in [at + 2, at + 60, long.len() - 1] {
            let audio = both(&long[..end], name).unwrap();
            let want = both(&long[..at], name);
            let frames = want.map_or(12_000, |audio| audio.frames());
            assert_eq!(audio.frames(), frames, "{name}");
            let told = notes(&audio);
            assert!(told[0].starts_with("its last page is cut off; "), "{told:?}");
        }
        // Without a page of sound there is nothing to read.
        let error = both(&whole[..100], name).unwrap_err();
        assert!(error.contains("is cut off here; copy the file again"), "{error}");
    }
}

#[test]
fn frames_of_aac_are_read_up_to_a_cut_and_over_what_is_none() {
    let whole = file("chord.aac");
    let want = both(&whole, "x.aac").unwrap();
    let cut = both(&whole[..whole.len() - 20], "x.aac").unwrap();
    assert_eq!(cut.frames(), want.frames() - 1024);
    assert_eq!(notes(&cut), ["its last frame is cut off; 0.256 s are there and were read"]);
    let starts: Vec<usize> =
        (0..whole.len() - 3).filter(|&at| whole[at..].starts_with(&whole[..3])).collect();
    let (before, behind) = whole.split_at(starts[3]);
    let tag = b"ID3\x04\0\0\0\0\0\x03abc";
    assert_eq!(both(&[before, &tag[..], behind].concat(), "x.aac").unwrap(), want);
    let audio = both(&[before, &[1; 30][..], behind].concat(), "x.aac").unwrap();
    assert_eq!(audio.channels, want.channels);
    let told = format!("the 30 bytes from byte {} on are no audio", before.len());
    assert!(notes(&audio)[0].starts_with(&told), "{:?}", audio.notes);
}

#[test]
fn fragments_of_mp4_are_read_up_to_one_that_is_cut_off() {
    let whole = file("chord_fragments.mp4");
    let start = |kind: &[u8]| whole.windows(4).position(|w| w == kind).unwrap() - 4;
    let (fragment, data, behind) = (start(b"moof"), start(b"mdat"), start(b"mfra"));
    let one = both(&whole[..behind], "x.mp4").unwrap();
    let mut two = [&whole[..behind], &whole[fragment..behind]].concat();
    // Its places count from where the fragment starts.
    let base = behind - fragment + start(b"tfhd") + 16;
    two[base..base + 8].copy_from_slice(&(behind as u64).to_be_bytes());
    let joined = both(&two, "x.mp4").unwrap();
    assert_eq!((joined.frames(), &joined.notes[..]), (2 * one.frames(), &[][..]));
    // Within the second one's index, right behind it, and within its packets.
    for end in [fragment + 20, data, data + 3, data + 100] {
        let cut = both(&two[..behind - fragment + end], "x.mp4").unwrap();
        assert_eq!(cut.channels, one.channels, "{end}");
        assert!(notes(&cut)[0].starts_with("its last fragment is cut off; "), "{:?}", cut.notes);
    }
    let error = both(&whole[..data + 100], "x.mp4").unwrap_err();
    assert!(error.contains("its mdat box should have 1788 bytes, the file is cut off"), "{error}");
}
