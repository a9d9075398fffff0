//! What the targets share.

use std::path::Path;
use std::sync::OnceLock;

use linnet_audio::{ReadOptions, probe, read, read_from};
use tempfile::TempDir;

/// Reads bytes as audio: channels of one length, of finite samples, or an error of one line that begins with the name.
pub fn heard(bytes: &[u8], name: &str) {
    match read_from(bytes, name, &ReadOptions::default()) {
        Ok(audio) => {
            let frames = audio.frames();
            assert!(frames > 0 && audio.sample_rate > 0);
            assert!(audio.channels.iter().all(|c| c.len() == frames && c.iter().all(|s| s.is_finite())));
        }
        Err(error) => {
            let message = error.to_string();
            assert!(message.starts_with(&format!("{name}: ")) && !message.contains('\n'), "{message}");
        }
    }
}

/// Hands over bytes as a file, for readers that take a path; an error must be one line that begins with the file.
pub fn as_file(bytes: &[u8], read: impl FnOnce(&Path) -> Result<(), String>) {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder"));
    let path = folder.path().join("f");
    std::fs::write(&path, bytes).expect("room for a file");
    if let Err(message) = read(&path) {
        let named = message.starts_with(&path.display().to_string());
        assert!(named && !message.contains(['\n', '\r']), "{message}");
    }
}

/// Hands over bytes as an audio file: what is read has finite samples, as many in each channel as probing finds.
pub fn as_audio(bytes: &[u8]) {
    as_file(bytes, |path| {
        let options = ReadOptions::default();
        let audio = read(path, &options).map_err(|error| error.to_string())?;
        let frames = audio.frames();
        assert!(frames > 0 && audio.sample_rate > 0);
        assert!(audio.channels.iter().all(|c| c.len() == frames && c.iter().all(|s| s.is_finite())));
        let info = probe(path, &options).map_err(|error| error.to_string())?;
        let found = (audio.sample_rate, audio.channels.len(), frames, &audio.notes);
        assert_eq!((info.sample_rate, info.channels, info.frames, &info.notes), found);
        Ok(())
    });
}

/// Log-probabilities of so many frames and tokens, always the same.
pub fn log_probs(frames: usize, tokens: usize) -> Vec<f32> {
    let weight = |frame: usize, token: usize| (1 + (frame * tokens + token).pow(2) * 7 % 11) as f32;
    let row = |frame| {
        let sum: f32 = (0..tokens).map(|token| weight(frame, token)).sum();
        (0..tokens).map(move |token| (weight(frame, token) / sum).ln())
    };
    (0..frames).flat_map(row).collect()
}
