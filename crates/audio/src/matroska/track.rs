//! A track: its codec and what its entry tells of it.
//!
//! From RFC 9559: elements of `TrackEntry` (5.1.4).

use std::path::Path;

use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_FLAC, CODEC_ID_MP2, CODEC_ID_MP3, CODEC_ID_VORBIS,
};

use super::block::xiph;
use super::ebml::{elements, float, number};
use crate::error::{AudioError, Place};
use crate::packets::{Codec, unread};
use crate::pcm::{Kind, MOST_CHANNELS, MOST_RATE, Pcm, Sample};
use crate::raw::ByteOrder;
use crate::{opus, vorbis};

const AUDIO: u32 = 0xe1;

/// The fields of a track entry.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) kind: u64,
    codec: Vec<u8>,
    private: Vec<u8>,
    /// Nanoseconds to leave out at the start.
    pub(super) delay: u64,
    encoded: bool,
    sample_rate: f64,
    channels: u64,
    bits: u64,
}

impl Entry {
    /// Of the body of a `TrackEntry`.
    pub(super) fn read(body: &[u8]) -> Self {
        let mut entry = Self { channels: 1, sample_rate: 8000.0, ..Self::default() };
        for (id, body) in elements(body) {
            match id {
                0xd7 => entry.number = number(body),
                0x83 => entry.kind = number(body),
                0x86 => entry.codec = body.split(|&b| b == 0).next().unwrap_or_default().into(),
                0x63a2 => entry.private = body.into(),
                0x56aa => entry.delay = number(body),
                0x6d80 => entry.encoded = true,
                AUDIO => {
                    for (id, body) in elements(body) {
                        match id {
                            0xb5 => entry.sample_rate = float(body),
                            0x9f => entry.channels = number(body),
                            0x6264 => entry.bits = number(body),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        entry
    }

    /// Whether packets of both can be decoded as one track's.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let numbers = |entry: &Self| (entry.sample_rate, entry.channels, entry.bits, entry.encoded);
        (&self.codec, &self.private, numbers(self)) == (&other.codec, &other.private, numbers(other))
    }

    /// Its samples, if they are neither coded nor compressed as a whole.
    pub(super) fn pcm(&self) -> Option<Pcm> {
        if self.encoded {
            return None;
        }
        let bits = u32::try_from(self.bits).ok()?;
        let sample = match &self.codec[..] {
            b"A_PCM/INT/LIT" if bits == 8 => Some(Sample::byte(Kind::Unsigned)),
            b"A_PCM/INT/LIT" => Sample::signed(bits, ByteOrder::Little),
            b"A_PCM/INT/BIG" => Sample::signed(bits, ByteOrder::Big),
            b"A_PCM/FLOAT/IEEE" => Sample::float(bits, ByteOrder::Little),
            _ => None,
        }?;
        let (rate, channels) = (self.sample_rate.round() as u32, self.channels.min(1 << 16) as usize);
        Some(Pcm { sample, channels, sample_rate: rate })
    }

    /// The codec of its packets, if they are read.
    pub(super) fn codec(&self, path: &Path) -> Result<Codec, AudioError> {
        let rate = self.sample_rate.round().clamp(0.0, MOST_RATE.into()) as u32;
        let channels = self.channels.min(MOST_CHANNELS as u64) as u32;
        let of = |name, id, config: &[u8]| Ok(Codec::of(name, id, config, rate, channels));
        let damaged = || {
            AudioError::damaged(
                path,
                Place::Byte(0),
                "Matroska: its codec's header is damaged; copy the file again",
            )
        };
        if self.encoded {
            return Err(unread("Matroska", "a compressed or encrypted track", path));
        }
        match &self.codec[..] {
            b"A_OPUS" => Codec::opus(opus::Head::read(&self.private), path),
            b"A_VORBIS" => of("vorbis", CODEC_ID_VORBIS, &vorbis_headers(&self.private).ok_or_else(damaged)?),
            b"A_FLAC" => of("flac", CODEC_ID_FLAC, self.private.get(8..42).ok_or_else(damaged)?),
            b"A_ALAC" => Ok(Codec::alac(&self.private, rate, channels)),
            b"A_MPEG/L3" => of("mp3", CODEC_ID_MP3, &[]),
            b"A_MPEG/L2" => of("mp2", CODEC_ID_MP2, &[]),
            codec if codec.starts_with(b"A_AAC") => Codec::aac(&self.private, "Matroska", path),
            codec => {
                let name = match codec {
                    _ if codec.starts_with(b"A_AC3") || codec.starts_with(b"A_EAC3") => "AC-3".into(),
                    _ if codec.starts_with(b"A_DTS") => "DTS".into(),
                    _ => format!("sound of coding {}", String::from_utf8_lossy(codec).escape_debug()),
                };
                Err(unread("Matroska", &name, path))
            }
        }
    }
}

/// The first and the third of Vorbis's headers, which lie in a row behind their sizes.
fn vorbis_headers(private: &[u8]) -> Option<Vec<u8>> {
    let (&count, mut rest) = private.split_first()?;
    let sizes = (0..count).map(|_| xiph(&mut rest)).collect::<Option<Vec<usize>>>()?;
    let &[identification, comment] = &sizes[..] else { return None };
    let setup = rest.get(identification.checked_add(comment)?..).filter(|setup| vorbis::is_sound(setup))?;
    Some([rest.get(..identification)?, setup].concat())
}
