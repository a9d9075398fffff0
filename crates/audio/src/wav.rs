//! WAV files, written.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use crate::error::AudioError;
use crate::samples::Audio;

/// Bytes of samples in a WAV file at most: sizes have 32 bits and count the header too.
const MOST_BYTES: usize = u32::MAX as usize - 1024;

/// Writes a 16-bit WAV file, samples rounded and clipped: beside it first, then renamed.
///
/// # Errors
///
/// No or more than 65,535 channels, channels of different lengths, more than 4 GiB, a sample that is no finite number, a
/// file that can't be written.
pub fn write_wav(path: &Path, audio: &Audio) -> Result<(), AudioError> {
    let setting = |problem: &str| AudioError::Setting(format!("{}: {problem}", path.display()));
    let channels = u16::try_from(audio.channels.len()).ok().filter(|&n| n > 0);
    let channels = channels.ok_or_else(|| setting("a WAV file has from 1 to 65535 channels"))?;
    let frames = audio.frames();
    if audio.channels.iter().any(|c| c.len() != frames) {
        return Err(setting("the channels have different lengths"));
    }
    if frames.saturating_mul(2 * usize::from(channels)) > MOST_BYTES {
        return Err(setting("a WAV file has no room for more than 4 GiB; write it in parts"));
    }
    for (channel, samples) in audio.channels.iter().enumerate() {
        if let Some(sample) = samples.iter().position(|s| !s.is_finite()) {
            return Err(AudioError::NotFinite { path: path.to_path_buf(), channel, sample });
        }
    }
    let spec = hound::WavSpec {
        channels,
        sample_rate: audio.sample_rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let io = |source| AudioError::io(path, source);
    let other = |e: hound::Error| match e {
        hound::Error::IoError(source) => AudioError::io(path, source),
        e => setting(&e.to_string()),
    };
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return Err(setting("it is no file; give the path of a file"));
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let file = File::create(&beside).map_err(io)?;
    let write = || {
        let mut writer = hound::WavWriter::new(BufWriter::new(file), spec).map_err(other)?;
        for i in 0..frames {
            for channel in &audio.channels {
                let sample = (channel[i] * 32768.0).round().clamp(-32768.0, 32767.0);
                writer.write_sample(sample as i16).map_err(other)?;
            }
        }
        writer.finalize().map_err(other)?;
        std::fs::rename(&beside, path).map_err(io)
    };
    write().inspect_err(|_| {
        // What is left of a failed write is of no use; the first error is the one to tell.
        let _ = std::fs::remove_file(&beside);
    })
}
