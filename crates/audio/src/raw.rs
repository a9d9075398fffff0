//! Headerless 16-bit samples.

use std::path::Path;

use crate::error::{AudioError, Place};
use crate::pcm::{Kind, Sample};
use crate::read::ReadOptions;
use crate::samples::Audio;

/// Which byte of a sample comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteOrder {
    /// The lower.
    Little,
    /// The higher.
    Big,
}

/// The format of headerless samples: 16-bit, signed, channels interleaved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawFormat {
    /// Sampling rate, in Hz.
    pub sample_rate: u32,
    /// The order of a sample's bytes; `None`: the one that gives the smoother signal.
    pub byte_order: Option<ByteOrder>,
    /// Channels.
    pub channels: usize,
}

/// Samples of 16 bits.
pub(crate) fn samples(bytes: &[u8], order: ByteOrder) -> impl Iterator<Item = i16> + '_ {
    bytes.chunks_exact(2).map(move |b| match order {
        ByteOrder::Little => i16::from_le_bytes([b[0], b[1]]),
        ByteOrder::Big => i16::from_be_bytes([b[0], b[1]]),
    })
}

/// How much neighbouring 16-bit samples of a channel differ, all together: speech is smooth, and samples with swapped
/// bytes are noise, so that the lower sum has the likelier byte order.
pub fn roughness(bytes: &[u8], order: ByteOrder, channels: usize) -> u64 {
    let later = samples(bytes, order).skip(channels);
    samples(bytes, order).zip(later).map(|(a, b)| u64::from(a.abs_diff(b))).sum()
}

/// The byte order in which neighbouring samples differ less, little where they are alike.
fn likelier_order(bytes: &[u8], channels: usize) -> ByteOrder {
    let [little, big] = [ByteOrder::Little, ByteOrder::Big].map(|order| roughness(bytes, order, channels));
    if big < little { ByteOrder::Big } else { ByteOrder::Little }
}

/// The format that the caller gives, and the samples a channel of a file of so many bytes.
pub(crate) fn frames(
    options: &ReadOptions,
    bytes: usize,
    path: &Path,
) -> Result<(RawFormat, usize), AudioError> {
    let setting = |problem: &str| AudioError::Setting(format!("{}: {problem}", path.display()));
    let format =
        options.raw.ok_or_else(|| setting("it has no header; give its sampling rate (--raw-rate HZ)"))?;
    if format.channels == 0 || format.sample_rate == 0 {
        return Err(setting("headerless audio needs a sampling rate and channels above 0"));
    }
    let frame = format.channels.saturating_mul(2);
    if !bytes.is_multiple_of(frame) {
        let problem = format!(
            "the last sample is incomplete (16 bits, channels: {}); is the file cut off, or no raw audio?",
            format.channels
        );
        return Err(AudioError::damaged(path, Place::Byte(bytes - bytes % frame), problem));
    }
    Ok((format, bytes / frame))
}

/// Decodes headerless samples.
pub(crate) fn decode(bytes: &[u8], options: &ReadOptions, path: &Path) -> Result<Audio, AudioError> {
    let (format, _) = frames(options, bytes.len(), path)?;
    let order = format.byte_order.unwrap_or_else(|| likelier_order(bytes, format.channels));
    let sample = Sample { kind: Kind::Signed, bytes: 2, bits: 16, top: true, order };
    Ok(Audio::from_interleaved(format.sample_rate, format.channels, &sample.interleaved(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smoother_order_is_taken() {
        let wave: Vec<i16> = (0..400).map(|i| (3000.0 * (i as f64 * 0.05).sin()) as i16).collect();
        let little: Vec<u8> = wave.iter().flat_map(|s| s.to_le_bytes()).collect();
        let big: Vec<u8> = wave.iter().flat_map(|s| s.to_be_bytes()).collect();
        let raw = Some(RawFormat { sample_rate: 16_000, byte_order: None, channels: 1 });
        let options = ReadOptions { raw, ..ReadOptions::default() };
        let want: Vec<f32> = wave.iter().map(|&s| f32::from(s) / 32768.0).collect();
        for bytes in [&little, &big] {
            assert_eq!(decode(bytes, &options, Path::new("x.raw")).unwrap().channels[0], want);
        }
        assert!(
            decode(&little[1..], &options, Path::new("x.raw")).unwrap_err().to_string().contains("x.raw")
        );
    }
}
