//! A chord (`tests/data/README.md`) in containers and codecs, against what FFmpeg decodes, and what isn't read by name.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use linnet_audio::{Audio, Note, ReadOptions, is_audio_path, probe, read, read_from};

use common::{chord, chord_pcm, data};

fn decode(bytes: &[u8], name: &str) -> Result<Audio, String> {
    read_from(bytes, name, &ReadOptions::default()).map_err(|e| e.to_string())
}

/// Reads and probes a file with these bytes, which must agree.
fn both(bytes: &[u8], name: &str) -> Result<Audio, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let described = probe(&path, &ReadOptions::default());
    match read(&path, &ReadOptions::default()) {
        Ok(audio) => {
            let info = described.unwrap();
            let got = (info.sample_rate, info.channels, info.frames, &info.notes);
            assert_eq!(
                got,
                (audio.sample_rate, audio.channels.len(), audio.frames(), &audio.notes),
                "{name}"
            );
            Ok(audio)
        }
        Err(error) => {
            assert_eq!(described.unwrap_err().to_string(), error.to_string());
            Err(error.to_string().replace(&path.display().to_string(), name))
        }
    }
}

#[test]
fn each_coding_gives_what_ffmpeg_decodes() {
    // Name, format, coding, sampling rate, samples, and how many of FFmpeg's come before ours. FFmpeg 5.1 takes the
    // edit list of Opus in MP4 for one at 48 kHz, so that it plays 208 samples that the encoder put in front, and it
    // plays the last packet of an MP4 file beyond its edit list. Here that list is kept. Raw AAC, MP2, and MP4 in
    // fragments and Matroska as FFmpeg writes them don't tell what the encoder put in front.
    for (name, format, coding, rate, frames, before) in [
        ("chord.m4a", "MP4", "aac", 16_000, 4000, 0),
        ("chord_fragments.mp4", "MP4", "aac", 16_000, 5120, 0),
        ("chord_opus.mp4", "MP4", "opus", 48_000, 12_000, 208),
        ("chord.aac", "AAC", "aac", 16_000, 5120, 0),
        ("chord.mkv", "Matroska", "aac", 16_000, 5120, 0),
        ("chord.webm", "Matroska", "opus", 48_000, 12_000, 0),
        ("chord_vorbis.webm", "Matroska", "vorbis", 16_000, 4096, 0),
        ("chord.opus", "OGG", "opus", 48_000, 12_000, 0),
        ("chord.mp2", "MP3", "mp2", 16_000, 4608, 0),
    ] {
        let path = data(name);
        let info = probe(&path, &ReadOptions::default()).unwrap();
        assert_eq!((info.format.as_str(), info.coding.as_str()), (format, coding), "{name}");
        let audio = both(&std::fs::read(&path).unwrap(), name).unwrap();
        assert_eq!((audio.sample_rate, audio.channels.len(), audio.frames()), (rate, 1, frames), "{name}");
        assert_eq!(audio.notes, [], "{name}");
        // Every 16th sample, at 16 bits.
        let decoded = std::fs::read(data(&format!("{name}.decoded"))).unwrap();
        let decoded: Vec<f32> =
            decoded.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0).collect();
        let mut compared = 0;
        for (i, want) in decoded.iter().enumerate() {
            if let Some(got) = (16 * i).checked_sub(before).and_then(|at| audio.channels[0].get(at)) {
                assert!((got - want).abs() < 4e-5, "{name}, sample {}: {got}, not {want}", 16 * i);
                compared += 1;
            }
        }
        assert!(compared > decoded.len() / 2, "{name}");
    }
}

#[test]
fn lossless_codings_are_exact() {
    for (name, format) in [("chord_alac.m4a", "MP4"), ("chord_alac.caf", "CAF")] {
        let info = probe(&data(name), &ReadOptions::default()).unwrap();
        assert_eq!((info.format.as_str(), info.coding.as_str()), (format, "alac"));
        assert_eq!(both(&std::fs::read(data(name)).unwrap(), name).unwrap().channels, [chord()]);
    }
}

fn au(told: u32, coding: u32, body: &[u8]) -> Vec<u8> {
    let words = [28, told, coding, 16_000, 1].map(u32::to_be_bytes).concat();
    [b".snd", &words[..], b"name", body].concat()
}

/// The rate is 16,000 Hz as a number of 80 bits.
fn aiff(coding: &[u8], bits: u16, frames: u32, told: u32, body: &[u8]) -> Vec<u8> {
    let rate = [0x40, 0x0c, 0xfa, 0, 0, 0, 0, 0, 0, 0];
    let (form, name) = if coding.is_empty() { (b"AIFF", &b""[..]) } else { (b"AIFC", &b"\x03odd"[..]) };
    let common = [&[0, 1][..], &frames.to_be_bytes(), &bits.to_be_bytes(), &rate, coding, name].concat();
    let len = (common.len() as u32).to_be_bytes();
    let sound = (told + 8).to_be_bytes();
    [&b"FORM\0\0\0\0"[..], form, b"ANNO\0\0\0\x03odd\0COMM", &len, &common, b"SSND", &sound, &[0; 8], body]
        .concat()
}

fn caf(format: &[u8], flags: u32, bytes: u32, told: u64, body: &[u8]) -> Vec<u8> {
    let words = [bytes, 1, 1, 8 * bytes].map(u32::to_be_bytes).concat();
    let rate = 16_000f64.to_be_bytes();
    let desc =
        [&b"caff\0\x01\0\0desc\0\0\0\0\0\0\0\x20"[..], &rate, format, &flags.to_be_bytes(), &words].concat();
    [&desc[..], b"data", &told.to_be_bytes(), &[0; 4], body].concat()
}

type Width = fn(i32) -> Vec<u8>;

#[test]
fn plain_samples_of_every_width_are_exact() {
    let want = chord();
    let body = |width: Width| -> Vec<u8> { want.iter().flat_map(|&x| width((x * 32768.0) as i32)).collect() };
    let big: [Width; 5] = [
        |s| (s as i16).to_be_bytes().to_vec(),
        |s| (s << 8).to_be_bytes()[1..].to_vec(),
        |s| (s << 16).to_be_bytes().to_vec(),
        |s| (s as f32 / 32768.0).to_be_bytes().to_vec(),
        |s| (f64::from(s) / 32768.0).to_be_bytes().to_vec(),
    ];
    let little: [Width; 2] =
        [|s| (s as i16).to_le_bytes().to_vec(), |s| (s << 8).to_le_bytes()[..3].to_vec()];
    let mut files = Vec::new();
    for (width, coding, aifc, bits) in [
        (big[0], 3, b"NONE", 16),
        (big[1], 4, b"in24", 24),
        (big[2], 5, b"twos", 32),
        (big[3], 6, b"fl32", 32),
        (big[4], 7, b"FL64", 64),
    ] {
        let body = body(width);
        let len = body.len() as u32;
        files.push(("x.au", au(len, coding, &body)));
        files.push(("x.aifc", aiff(aifc, bits, 4000, len, &body)));
        let flags = u32::from(bits >= 32 && coding >= 6);
        files.push(("x.caf", caf(b"lpcm", flags, len / 4000, u64::from(len) + 4, &body)));
    }
    files.push(("x.aiff", aiff(b"", 16, 4000, 8000, &body(big[0]))));
    for (width, aifc, bytes) in [(little[0], b"sowt", 2), (little[1], b"42ni", 3)] {
        files.push(("x.aifc", aiff(aifc, 8 * bytes as u16, 4000, 4000 * bytes, &body(width))));
        files.push(("x.caf", caf(b"lpcm", 2, bytes, u64::from(4000 * bytes + 4), &body(width))));
    }
    for (name, file) in files {
        let audio = both(&file, name).unwrap();
        assert_eq!(
            (audio.sample_rate, &audio.channels[..], &audio.notes[..]),
            (16_000, &[want.clone()][..], &[][..])
        );
    }
    let codes: Vec<u8> = (0..=255).collect();
    for (coding, aifc, law) in [(1, b"ulaw", "ulaw"), (27, b"ALAW", "alaw")] {
        let fields = format!(
            "channel_count -i 1\nsample_count -i 256\nsample_rate -i 16000\nsample_n_bytes -i 1\nsample_coding -s4 {law}\n"
        );
        let want = decode(&common::sphere(&fields, &codes), "x.sph").unwrap();
        assert_eq!(both(&au(256, coding, &codes), "x.au").unwrap(), want);
        assert_eq!(both(&aiff(aifc, 8, 256, 256, &codes), "x.aifc").unwrap(), want);
        assert_eq!(both(&caf(&aifc.to_ascii_lowercase(), 0, 1, 260, &codes), "x.caf").unwrap(), want);
    }
}

#[test]
fn what_a_header_tells_of_its_length_is_compared_with_what_is_there() {
    let pcm: Vec<u8> = chord_pcm().chunks_exact(2).flat_map(|b| [b[1], b[0]]).collect();
    let open = |bytes: Vec<u8>, name: &str| both(&bytes, name).unwrap();
    // Pipes leave it open.
    for file in [
        open(au(u32::MAX, 3, &pcm), "x.au"),
        open(caf(b"lpcm", 0, 2, u64::MAX, &pcm), "x.caf"),
        open(aiff(b"", 16, 0, 0, &pcm), "x.aiff"),
    ] {
        assert_eq!((file.frames(), file.notes.len()), (4000, 0));
    }
    let cut = &pcm[..5001];
    for file in [
        open(au(8000, 3, cut), "x.au"),
        open(caf(b"lpcm", 0, 2, 8004, cut), "x.caf"),
        open(aiff(b"", 16, 4000, 8000, cut), "x.aiff"),
    ] {
        let told = "its header tells 8000 bytes of samples".into();
        assert_eq!((file.frames(), &file.notes[..]), (2500, &[Note::Length { told, read_s: 0.15625 }][..]));
    }
    // The bytes behind the samples are no samples.
    let more = [&pcm[..], b"LIST and more"].concat();
    assert_eq!(open(au(8000, 3, &more), "x.au").frames(), 4000);
    assert_eq!(open(caf(b"lpcm", 0, 2, 8004, &pcm), "x.caf").frames(), 4000);
    assert_eq!(open(aiff(b"", 16, 4000, 8000, &more), "x.aiff").frames(), 4000);
    assert_eq!(open(au(0, 3, &pcm), "x.au").notes.len(), 1);
}

#[test]
fn what_is_not_read_is_named_with_a_mend() {
    let file = |name: &str| std::fs::read(data(name)).unwrap();
    let changed = |name: &str, from: &[u8], to: &[u8]| {
        let mut bytes = std::fs::read(data(name)).unwrap();
        let at = bytes.windows(from.len()).position(|w| w == from).unwrap();
        bytes[at..at + to.len()].copy_from_slice(to);
        bytes
    };
    let mut main = file("chord.aac");
    (0..main.len() - 3).for_each(|at| {
        if main[at..].starts_with(b"\xff\xf1\x60") {
            main[at + 2] = 0x20;
        }
    });
    let cases = [
        ("x.spx", file("chord.spx"), "Speex in OGG is not read"),
        (
            "x.wma",
            b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9 and more".to_vec(),
            "Windows Media (WMA) is not read",
        ),
        ("x.amr", b"#!AMR\n\x3c and more".to_vec(), "AMR is not read"),
        ("x.wav", b"MAC \x96\x0f and more, whatever its name".to_vec(), "Monkey's Audio (APE) is not read"),
        ("x.gsm", vec![0xd7; 400], "GSM 06.10 is not read"),
        ("x.webm", changed("chord.webm", b"A_OPUS", b"A_AC3\0"), "AC-3 in Matroska is not read"),
        (
            "x.webm",
            changed("chord.webm", b"A_OPUS", b"A_TTA1"),
            "sound of coding A_TTA1 in Matroska is not read",
        ),
        (
            "x.m4a",
            changed("chord.m4a", b"\x05\x14\x08\x56", b"\x05\x2c\x08\x56"),
            "HE-AAC in MP4 is not read",
        ),
        ("x.3gp", changed("chord.m4a", b"mp4a", b"samr"), "AMR in MP4 is not read"),
        ("x.m4p", changed("chord.m4a", b"mp4a", b"drms"), "encrypted sound in MP4 is not read"),
        ("x.aac", main, "AAC Main is not read"),
        ("x.caf", caf(b"ima4", 0, 34, 70, &[0; 66]), "CAF of 272-bit ima4 is not read"),
        ("x.au", au(100, 23, &[0; 100]), "AU of coding 23, G.721 to G.723 (ADPCM), is not read"),
        ("x.aifc", aiff(b"MAC3", 8, 100, 100, &[0; 100]), "AIFF of 8-bit MAC3 samples is not read"),
        ("x.wav", b"Just some text, as long as it is.".repeat(9), "there is no audio in it that is known"),
    ];
    for (name, bytes, problem) in cases {
        let Err(error) = both(&bytes, name) else { panic!("{problem}: it is read") };
        assert!(error.starts_with(&format!("{name}: {problem}")), "{error}");
        assert!(error.contains("; convert it to 16-bit WAV (ffmpeg -i IN OUT.wav)"), "{error}");
    }
    for (name, bytes) in [
        ("x.mp4", changed("chord.m4a", b"soun", b"vide")),
        ("x.mkv", changed("chord.mkv", b"\x83\x81\x02", b"\x83\x81\x01")),
        ("x.ogg", common::page(2, 0, 0, &[b"\x80theora and more"])),
    ] {
        let error = both(&bytes, name).unwrap_err();
        assert!(error.ends_with("there is no sound in it; leave it out"), "{error}");
    }
}

#[test]
fn names_of_audio_files_are_known_whether_they_are_read_or_not() {
    for name in
        ["chord.m4a", "chord_opus.mp4", "chord.mkv", "chord.spx", "A.WAVE", "a.sphere", "b.wma", "c.3GP"]
    {
        assert!(is_audio_path(Path::new(name)), "{name}");
    }
    assert!(!is_audio_path(Path::new("chord.m4a.decoded")));
}

#[test]
fn an_mp4_file_without_index_or_end_says_so() {
    let whole = std::fs::read(data("chord.m4a")).unwrap();
    let at = whole.windows(4).position(|w| w == b"moov").unwrap() - 4;
    let error = both(&whole[..at], "x.m4a").unwrap_err();
    assert!(
        error.contains("it has no index (moov); the recorder was stopped before it wrote one"),
        "{error}"
    );
    let error = both(&whole[..at - 100], "x.m4a").unwrap_err();
    assert!(error.contains("its mdat box should have") && error.contains("copy it again"), "{error}");
    // QuickTime's older files don't say what they are.
    let mut old = whole.clone();
    old[4..8].copy_from_slice(b"free");
    assert_eq!(both(&old, "x.mov").unwrap().channels, both(&whole, "x.m4a").unwrap().channels);
    // Without an edit list, all that the index tells is read.
    let mut edited = whole.clone();
    let at = edited.windows(4).position(|w| w == b"elst").unwrap();
    edited[at..at + 4].copy_from_slice(b"free");
    let audio = both(&edited, "x.m4a").unwrap();
    assert_eq!((audio.frames(), audio.notes.len()), (5024, 0));
    // iTunes told it in a text before it wrote such lists.
    let mut itunes = edited.clone();
    let text = b" 00000000 00000400 00000060 0000000000000FA0 00000000";
    let data = [&[0, 0, 0, 16 + text.len() as u8][..], b"data\0\0\0\x01\0\0\0\0", text].concat();
    let name = [&b"\0\0\0\x14name\0\0\0\0iTunSMPB"[..], &data].concat();
    let tag = [&(name.len() as u32 + 8).to_be_bytes()[..], b"----", &name].concat();
    let moov = itunes.windows(4).position(|w| w == b"moov").unwrap();
    let size = u32::from_be_bytes(itunes[moov - 4..moov].try_into().unwrap()) as usize;
    itunes.splice(moov - 4 + size..moov - 4 + size, tag.iter().copied());
    itunes[moov - 4..moov].copy_from_slice(&((size + tag.len()) as u32).to_be_bytes());
    let want = both(&whole, "x.m4a").unwrap();
    assert_eq!(both(&itunes, "x.m4a").unwrap().channels, want.channels);
    // A list of two parts, as an editor leaves it, isn't kept, and that is said. The index lies behind the sound.
    let mut cut = whole.clone();
    let place = |kind: &[u8]| whole.windows(4).position(|w| w == kind).unwrap();
    for kind in [&b"moov"[..], b"trak", b"edts", b"elst"] {
        cut[place(kind) - 1] += 12;
    }
    let entries = place(b"elst") + 12;
    cut[entries - 1] = 2;
    cut.splice(entries..entries, whole[entries..entries + 12].iter().copied());
    let audio = both(&cut, "x.m4a").unwrap();
    assert_eq!(audio.frames(), 5120);
    assert!(
        audio.notes[0].to_string().starts_with("its edit list plays 2 parts of it"),
        "{}",
        audio.notes[0]
    );
}

#[test]
fn a_matroska_file_that_is_cut_off_is_read_as_far_as_it_goes() {
    let whole = std::fs::read(data("chord.webm")).unwrap();
    let audio = both(&whole[..900], "x.webm").unwrap();
    assert!((4000..12_000).contains(&audio.frames()), "{}", audio.frames());
    assert!(matches!(&audio.notes[..], [Note::Length { .. }]), "{:?}", audio.notes);
}

#[test]
fn blocks_of_other_tracks_are_passed_over() {
    for name in ["chord.mkv", "chord.webm", "chord_vorbis.webm"] {
        let whole = std::fs::read(data(name)).unwrap();
        let plain = both(&whole, name).unwrap();
        // Pictures behind the head of the first cluster, larger than what is read at a time; they hold all kinds of IDs.
        let cluster = whole.windows(4).position(|w| w == [0x1f, 0x43, 0xb6, 0x75]).unwrap();
        let size = whole[cluster + 4].leading_zeros() as usize + 1;
        let picture = whole.iter().copied().cycle().take(300_000);
        let body: Vec<u8> = [0x82, 0, 0, 0].into_iter().chain(picture).collect();
        let head = [&[0xa3, 0x08][..], &(body.len() as u64).to_be_bytes()[4..]].concat();
        let pictures = [head, body].concat().repeat(3);
        let mut with = whole.clone();
        with.splice(cluster + 4 + size..cluster + 4 + size, pictures);
        let audio = both(&with, name).unwrap();
        assert!(audio.channels == plain.channels && audio.notes == plain.notes, "{name}: {:?}", audio.notes);
    }
}

#[test]
fn damage_never_panics() {
    let mut names: Vec<&str> = Vec::new();
    names.extend(["chord.m4a", "chord_fragments.mp4", "chord_opus.mp4", "chord_alac.m4a", "chord_alac.caf"]);
    names.extend(["chord.aac", "chord.mkv", "chord.webm", "chord_vorbis.webm", "chord.opus", "chord.mp2"]);
    for name in names {
        let whole = std::fs::read(data(name)).unwrap();
        for bytes in common::damaged(&whole, 200, 3) {
            if let Err(error) = decode(&bytes, name) {
                assert!(error.starts_with(name) && !error.contains('\n'), "{error}");
            }
        }
        for cut in (0..whole.len()).step_by(whole.len() / 50) {
            let _ = decode(&whole[..cut], name);
        }
    }
}

#[test]
fn an_index_of_places_outside_the_file_is_an_error() {
    let grown = |kind: &[u8], bytes: &mut Vec<u8>| {
        let at = bytes.windows(4).position(|w| w == kind).unwrap();
        bytes[at - 1] += 4;
        at
    };
    // The place of the only chunk, in 64 bits.
    let mut chunk = std::fs::read(data("chord.m4a")).unwrap();
    for kind in [b"moov", b"trak", b"mdia", b"minf", b"stbl"] {
        grown(kind, &mut chunk);
    }
    let at = grown(b"stco", &mut chunk);
    chunk.splice(at + 12..at + 16, [0xff; 8]);
    chunk[at..at + 4].copy_from_slice(b"co64");
    let mut cases = vec![chunk];
    for (name, kind, field) in [
        ("chord.m4a", b"stco", 12),
        ("chord.m4a", b"stsz", 16),
        ("chord_fragments.mp4", b"tfhd", 12),
        // The run starts before the file, or its first packet is too long.
        ("chord_fragments.mp4", b"trun", 12),
        ("chord_fragments.mp4", b"trun", 20),
    ] {
        let mut bytes = std::fs::read(data(name)).unwrap();
        let at = bytes.windows(4).position(|w| w == kind).unwrap();
        bytes[at + field] = 0x80;
        cases.push(bytes);
    }
    for bytes in cases {
        let told = "MP4: its index tells of packets that aren't there; copy the file again";
        assert_eq!(both(&bytes, "x.mp4").unwrap_err(), format!("x.mp4: byte 0: {told}"));
    }
}

#[test]
fn fragments_whose_first_packet_has_flags_of_its_own_are_read_or_refused() {
    let mut bytes = std::fs::read(data("chord_fragments.mp4")).unwrap();
    let wanted = both(&bytes, "x.mp4").unwrap();
    let at = bytes.windows(4).position(|w| w == b"trun").unwrap();
    // Place, flags of the first packet, sizes: durations, which all but the last packet share, are left out.
    let sizes: Vec<u8> = (0..5).flat_map(|packet| bytes[at + 20 + 8 * packet..][..4].to_vec()).collect();
    bytes[at + 4..at + 8].copy_from_slice(&[0, 0, 2, 5]);
    bytes[at + 20..at + 40].copy_from_slice(&sizes);
    for (first, read) in [(0x0200_0000u32, true), (4, false), (0x200, true), (0x204, false)] {
        bytes[at + 16..at + 20].copy_from_slice(&first.to_be_bytes());
        match both(&bytes, "x.mp4") {
            Ok(audio) => {
                assert!(read, "{first:x}");
                assert!(audio.channels[0][..4096] == wanted.channels[0][..4096], "{first:x}");
            }
            Err(error) => {
                let told = "x.mp4: MP4: its fragments have flags that are not read; convert it";
                assert!(!read && error.starts_with(told), "{first:x}: {error}");
            }
        }
    }
}
