//! WAV files there and back, and audio that can't be used.
#![allow(clippy::unwrap_used)]

use linnet_audio::{
    Audio, ByteOrder, Channel, RawFormat, ReadOptions, is_audio_path, probe, read, read_from, write_wav,
};

fn tone(samples: usize) -> Vec<f32> {
    (0..samples).map(|i| (12_000.0 * (i as f32 * 0.07).sin()).round() / 32768.0).collect()
}

#[test]
fn a_wav_file_keeps_16_bit_samples_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let audio = Audio::new(16_000, vec![tone(5000), vec![-1.0; 5000]]);
    write_wav(&path, &audio).unwrap();
    assert_eq!(read(&path, &ReadOptions::default()).unwrap(), audio);
    let info = probe(&path, &ReadOptions::default()).unwrap();
    assert_eq!((info.sample_rate, info.channels, info.frames), (16_000, 2, 5000));
    let part = ReadOptions { offset_s: 0.1, duration_s: Some(0.05), ..Default::default() };
    assert_eq!(read(&path, &part).unwrap().channels[0], tone(5000)[1600..2400]);
    let beyond = ReadOptions { offset_s: 1.0, ..Default::default() };
    assert!(read(&path, &beyond).unwrap_err().to_string().contains("correct the offset"));
    assert_eq!(audio.channel(Channel::Index(1)).unwrap(), vec![-1.0; 5000]);
    assert!(audio.channel(Channel::Index(2)).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let message = write_wav(folder.path(), &audio).unwrap_err().to_string();
    assert!(message.ends_with("this is a folder; give a file"), "{message}");
    let message = write_wav(&folder.path().join("none/a.wav"), &audio).unwrap_err().to_string();
    assert!(message.ends_with("none/a.wav: its folder isn't there; make it first"), "{message}");
}

#[test]
fn raw_files_need_their_rate() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.RAW");
    let bytes: Vec<u8> = tone(500).iter().flat_map(|s| ((s * 32768.0) as i16).to_be_bytes()).collect();
    std::fs::write(&path, bytes).unwrap();
    assert!(read(&path, &ReadOptions::default()).unwrap_err().to_string().contains("sampling rate"));
    for byte_order in [None, Some(ByteOrder::Big)] {
        let raw = Some(RawFormat { sample_rate: 16_000, byte_order, channels: 1 });
        assert_eq!(read(&path, &ReadOptions { raw, ..Default::default() }).unwrap().channels, [tone(500)]);
    }
}

#[test]
fn useless_audio_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, samples: &[f32]| {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let path = folder.path().join(name);
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        samples.iter().for_each(|&s| writer.write_sample(s).unwrap());
        writer.finalize().unwrap();
        path
    };
    let message = |path: &std::path::Path| read(path, &ReadOptions::default()).unwrap_err().to_string();
    let nothing = folder.path().join("nothing.flac");
    std::fs::write(&nothing, "").unwrap();
    assert!(
        message(&nothing).ends_with("the file is empty; copy it again or leave it out"),
        "{}",
        message(&nothing)
    );
    let nan = file("nan.wav", &[0.0, 0.5, f32::NAN, 0.1]);
    assert!(
        message(&nan).contains("nan.wav") && message(&nan).contains("sample 2 of channel 0"),
        "{}",
        message(&nan)
    );
    let empty = file("empty.wav", &[]);
    assert!(message(&empty).contains("no samples"), "{}", message(&empty));
    let whole = std::fs::read(file("cut.wav", &[0.1; 4000])).unwrap();
    let half = read_from(&whole[..whole.len() / 2], "cut.wav", &ReadOptions::default()).unwrap();
    assert!(half.frames() < 2000 && half.notes[0].to_string().contains("its header tells 16000 bytes"));
    std::fs::write(folder.path().join("text.wav"), "this is no audio").unwrap();
    assert!(message(&folder.path().join("text.wav")).contains("text.wav"));
    assert!(message(&folder.path().join("missing.flac")).contains("missing.flac"));
    assert!(is_audio_path("a/B.WV1".as_ref()) && !is_audio_path("a/b.txt".as_ref()));
}
