//! WAV files, written.

use std::path::Path;

use crate::error::AudioError;
use crate::samples::Audio;

/// Writes a 16-bit WAV file, samples rounded and clipped: beside it first, then renamed.
pub fn write_wav(path: &Path, audio: &Audio) -> Result<(), AudioError> {
    let channels = u16::try_from(audio.channels.len()).ok().filter(|&n| n > 0);
    let channels =
        channels.ok_or_else(|| AudioError::Setting("a WAV file has from 1 to 65535 channels".into()))?;
    let spec = hound::WavSpec {
        channels,
        sample_rate: audio.sample_rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let io = |source| AudioError::io(path, source);
    let other = |e: hound::Error| match e {
        hound::Error::IoError(source) => AudioError::io(path, source),
        e => AudioError::content(path, e.to_string()),
    };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    let mut writer =
        hound::WavWriter::new(std::io::BufWriter::new(file.as_file_mut()), spec).map_err(other)?;
    for i in 0..audio.frames() {
        for channel in &audio.channels {
            let sample = (channel[i] * 32768.0).round().clamp(-32768.0, 32767.0);
            writer.write_sample(sample as i16).map_err(other)?;
        }
    }
    writer.finalize().map_err(other)?;
    file.persist(path).map_err(|e| io(e.error))?;
    Ok(())
}
