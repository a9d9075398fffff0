//! OGG files: several recordings in one, ends that aren't marked, what lies between, damage.
#![allow(clippy::unwrap_used)]

mod common;

use linnet_audio::{Audio, Note, ReadOptions, read_from};

use common::{chord, data};

fn decode(bytes: &[u8]) -> Result<Audio, String> {
    read_from(bytes, "x.ogg", &ReadOptions::default()).map_err(|e| e.to_string())
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(data(name)).unwrap()
}

/// Where pages start.
fn pages(bytes: &[u8]) -> Vec<usize> {
    (0..bytes.len()).filter(|&at| bytes[at..].starts_with(b"OggS")).collect()
}

#[test]
fn recordings_in_a_row_are_read_whole() {
    for name in ["chord.ogg", "chord.opus"] {
        let one = decode(&file(name)).unwrap();
        assert_eq!(one.notes, []);
        let three = decode(&file(name).repeat(3)).unwrap();
        let channel = &one.channels[0];
        assert_eq!(three.channels[0], channel.repeat(3), "{name}");
        assert_eq!(three.notes, [Note::Joined { parts: 3, read_s: 0.75 }]);
    }
    let error = decode(&[file("chord.ogg"), file("chord.opus")].concat()).unwrap_err();
    assert!(error.starts_with("x.ogg: sample 4000: ") && error.contains("split it there"), "{error}");
}

#[test]
fn an_end_that_is_not_marked_is_said() {
    for name in ["chord.ogg", "chord.opus"] {
        let whole = file(name);
        let last = *pages(&whole).last().unwrap();
        let mut unmarked = whole.clone();
        unmarked[last + 5] &= !4;
        common::ogg::sum_pages(&mut unmarked);
        let audio = decode(&unmarked).unwrap();
        assert_eq!(audio.channels, decode(&whole).unwrap().channels, "{name}");
        let told = "none of its pages is marked as the last".into();
        assert_eq!(audio.notes, [Note::Length { told, read_s: 0.25 }]);
    }
    // Cut off between two pages, the same is said, and what is there is read.
    let whole = file("chord.ogg");
    let last = *pages(&whole).last().unwrap();
    let audio = decode(&whole[..last]).unwrap();
    assert!(matches!(audio.notes[..], [Note::Length { .. }]) && audio.frames() < chord().len());
}

#[test]
fn what_lies_between_and_behind_pages_is_passed_over_and_said() {
    for name in ["chord.ogg", "chord.opus"] {
        let whole = file(name);
        let last = *pages(&whole).last().unwrap();
        let junk = b"what OggS is that?";
        let between = [&whole[..last], junk, &whole[last..], b"TAG"].concat();
        let audio = decode(&between).unwrap();
        assert_eq!(audio.channels, decode(&whole).unwrap().channels);
        let skipped = |at, bytes| Note::Skipped { at, bytes, read_s: 0.25 };
        assert_eq!(audio.notes, [skipped(last, junk.len()), skipped(whole.len() + junk.len(), 3)]);
    }
}

#[test]
fn damaged_and_missing_pages_are_seen() {
    for name in ["chord.ogg", "chord.opus"] {
        let whole = file(name);
        for at in (30..whole.len()).step_by(97) {
            let mut damaged = whole.clone();
            damaged[at] ^= 8;
            let audio = decode(&damaged);
            assert!(audio.is_err() || !audio.unwrap().notes.is_empty(), "{name}: damage at {at} goes unseen");
        }
        let starts = pages(&whole);
        if let [_, .., _, before, last] = starts[..] {
            let audio = decode(&[&whole[..before], &whole[last..]].concat()).unwrap();
            assert!(audio.notes.iter().any(|note| note.to_string().contains("1 of its pages are missing")));
        }
    }
}

/// Symphonia asserts what a codebook's numbers give.
#[test]
fn a_setup_that_a_decoder_panics_over_is_an_error() {
    let mut damaged = file("chord.ogg");
    damaged[1423] = 174;
    common::ogg::sum_pages(&mut damaged);
    let error = decode(&damaged).unwrap_err();
    assert_eq!(error, "x.ogg: byte 0: OGG: the stream that starts here is damaged; copy the file again");
}

#[test]
fn opus_starts_and_ends_where_its_pages_say() {
    // Of a stream that ran before: every granule is 100,000 further.
    let mut later = file("chord.opus");
    for at in pages(&later) {
        let granule = u64::from_le_bytes(later[at + 6..at + 14].try_into().unwrap());
        if granule > 0 {
            later[at + 6..at + 14].copy_from_slice(&(granule + 100_000).to_le_bytes());
        }
    }
    common::ogg::sum_pages(&mut later);
    let audio = decode(&later).unwrap();
    // Where the first page is the last one, too, it doesn't tell what of it to leave out.
    assert!((12_000..=12_480).contains(&audio.frames()), "{}", audio.frames());
}
