//! NIST SPHERE files as WSJ has them: a text header, then an embedded Shorten stream.

use crate::shorten;

const HEADER_BYTES: usize = 1024;

/// What a header says beside the samples' own facts.
#[derive(Debug, Clone)]
pub struct Description {
    /// Utterance ID, eight characters.
    pub utterance: String,
    /// Samples a second.
    pub sample_rate: u32,
    /// What `recording_environment` says; here the synthesizer and its voice.
    pub environment: String,
}

/// A mono 16-bit file with `sample_coding pcm,embedded-shorten-v2.00`.
pub fn compressed(samples: &[i16], about: &Description, options: &shorten::Options) -> Vec<u8> {
    let mut bytes = header(samples, about);
    bytes.extend(shorten::encode(&[samples], options));
    bytes
}

fn header(samples: &[i16], about: &Description) -> Vec<u8> {
    let mut text = format!("NIST_1A\n{HEADER_BYTES:7}\n");
    let string = |name: &str, value: &str| {
        // Cut so that no value can push the header past its fixed length.
        let value: String = value.chars().filter(char::is_ascii).take(100).collect();
        format!("{name} -s{} {value}\n", value.len())
    };
    let id = &about.utterance;
    let part = |range| id.get(range).unwrap_or_default();
    text += &string("database_id", "wsj-miniature");
    text += &string("recording_environment", &about.environment);
    text += &string("utterance_id", id);
    text += &string("speaker_id", part(0..3));
    text += &string("speaker_session_number", part(4..6));
    text += &string("session_utterance_number", part(6..8));
    text += &format!("sample_count -i {}\n", samples.len());
    text += &format!("sample_min -i {}\n", samples.iter().min().unwrap_or(&0));
    text += &format!("sample_max -i {}\n", samples.iter().max().unwrap_or(&0));
    text += "channel_count -i 1\n";
    text += &format!("sample_rate -i {}\n", about.sample_rate);
    text += "sample_n_bytes -i 2\n";
    text += &string("sample_byte_format", "01");
    text += "sample_sig_bits -i 16\n";
    text += &format!("sample_checksum -i {}\n", checksum(samples));
    text += &string("sample_coding", "pcm,embedded-shorten-v2.00");
    text += "end_head\n";
    let mut bytes = text.into_bytes();
    bytes.resize(HEADER_BYTES, b' ');
    bytes
}

/// SPHERE's checksum: the samples as unsigned 16-bit numbers, summed modulo 65,536.
pub fn checksum(samples: &[i16]) -> u16 {
    samples.iter().fold(0, |sum, &x| sum.wrapping_add(x as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_wraps_and_counts_negative_samples() {
        assert_eq!(checksum(&[-1, 2, i16::MIN, i16::MIN]), 1);
    }

    #[test]
    fn the_header_is_1024_bytes_and_its_fields_have_their_lengths() {
        let about = Description {
            utterance: "011c0201".into(),
            sample_rate: 16_000,
            environment: "flite rms".into(),
        };
        let bytes = header(&[1, -3], &about);
        assert_eq!(bytes.len(), 1024);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("NIST_1A\n   1024\n"));
        assert!(text.contains("sample_coding -s26 pcm,embedded-shorten-v2.00\n"));
        assert!(text.contains("sample_count -i 2\nsample_min -i -3\nsample_max -i 1\n"));
        assert!(text.contains("speaker_id -s3 011\n") && text.contains("session_utterance_number -s2 01\n"));
    }
}
