//! WAV files, written.

use std::io::Cursor;
use std::path::Path;

use linnet_files::write_beside;

use crate::error::AudioError;
use crate::note::Note;
use crate::samples::Audio;

/// Bytes of samples in a WAV file at most: sizes have 32 bits and count the header too.
const MOST_BYTES: usize = u32::MAX as usize - 1024;

/// Writes a 16-bit WAV file, samples rounded and clipped, see [`write_beside`]. The note counts those that were
/// clipped.
///
/// # Errors
///
/// No or more than 65,535 channels, channels of different lengths, more than 4 GiB, a sample that is no finite number,
/// a file that can't be written.
pub fn write_wav(path: &Path, audio: &Audio) -> Result<Option<Note>, AudioError> {
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
    let (mut clipped, mut peak) = (0, 0f32);
    let mut bytes = Cursor::new(Vec::new());
    let mut encode = || {
        let mut writer = hound::WavWriter::new(&mut bytes, spec)?;
        for i in 0..frames {
            for channel in &audio.channels {
                let sample = (channel[i] * 32768.0).round();
                // Full scale itself is one step off, as much as rounding takes.
                clipped += usize::from(sample.abs() > 32768.0);
                peak = peak.max(channel[i].abs());
                writer.write_sample(sample.clamp(-32768.0, 32767.0) as i16)?;
            }
        }
        writer.finalize()
    };
    encode().map_err(|error| setting(&error.to_string()))?;
    write_beside(path, |out| out.write_all(bytes.get_ref()))
        .map_err(|source| AudioError::io(path, source))?;
    Ok((clipped > 0).then_some(Note::Clipped { samples: clipped, peak }))
}
